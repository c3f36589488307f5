"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta


def duration(text: str) -> timedelta:
    """Read ``7d``, ``2h``, ``30m``, ``45s``, ``1w`` or several of them, such as ``1d12h``.

    Raises:
        ValueError: anything else.
    """
    units = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    total, number = timedelta(), ""
    for one in text.strip().lower():
        if one.isascii() and one.isdigit():
            number += one
        elif number and one in units:
            total += timedelta(**{units[one]: int(number)})
            number = ""
        else:
            raise ValueError(text)
    if number or not total:
        raise ValueError(text)
    return total
