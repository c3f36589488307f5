"""The table of guesses names every switch."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from glowtify_klaviyo.sandbox import Guesses

TABLE = Path(__file__).parents[3] / "docs" / "reference" / "sandbox.md"


def test_every_guess_has_a_row_in_the_table():
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {name.strip("`") for row in rows for name in row.split("|")[1].strip().split(", ")}
    assert {field.name for field in fields(Guesses)} <= named
