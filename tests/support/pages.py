"""Code that stands in the documentation, for the tests that run it."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs"


def block_of(page: str, test: str) -> str:
    """The block of code on a page that says that it is run by this file."""
    text = (PAGES / page).read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- this block is run by (\S+) -->\n```python\n(.*?)```", text, re.DOTALL)
    return dict(blocks)[test]
