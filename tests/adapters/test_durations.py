"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glowtify_adapters.durations import duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", timedelta(days=7)),
        ("2h", timedelta(hours=2)),
        ("30m", timedelta(minutes=30)),
        ("45s", timedelta(seconds=45)),
        ("1w", timedelta(weeks=1)),
        ("1D12H", timedelta(days=1, hours=12)),
    ],
)
def test_a_duration_is_numbers_with_units(text, expected):
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "7x", "-1d", "1.5h", "0d", "7d ago", "٣d"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match=r".*"):
        duration(text)
