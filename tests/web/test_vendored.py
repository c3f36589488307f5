"""Files of others are what they have published, and are named with their licence."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "adapters/src/glowtify_adapters/web/static"

OURS = {"site.css", "site.js", "mark.svg", "vendor.toml"}

VENDORED = tomllib.loads((STATIC / "vendor.toml").read_text(encoding="utf-8"))["file"]


def test_every_file_is_ours_or_has_its_sum_and_licence() -> None:
    named = {name for file in VENDORED for name in (file["path"], file["licence_file"])}
    assert {path.name for path in STATIC.rglob("*") if path.is_file()} == OURS | named
    for file in VENDORED:
        content = (STATIC / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]
        assert len((STATIC / file["licence_file"]).read_text(encoding="utf-8")) > 300


def test_people_find_them_with_their_version_and_licence() -> None:
    listed = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for file in VENDORED:
        line = next(line for line in listed.splitlines() if file["path"] in line and "|" in line)
        assert file["version"] in line
        assert file["licence"] in line


def test_nothing_of_ours_or_theirs_asks_elsewhere() -> None:
    for name in ("site.css", "site.js", "htmx.min.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert "https://" not in text
        assert "url(" not in text
        assert "@import" not in text
