"""Words of platforms and files, made harmless before anything shows them."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Text of a platform or a file without anything that could steer a terminal."""
    return "".join(one for one in text if one == "\n" or unicodedata.category(one) not in {"Cc", "Cf", "Cs"})
