"""Reading single values from a platform's documents; needs no schema, and so no schema library."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from glowtify_core.domain.errors import shown
from glowtify_core.kit.answers import malformed

YEARS = range(1900, 9000)
"""Years of the times that we read: beyond them dates cannot be reckoned with, nor shown in every zone."""

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""The escape of half a character outside the first 65,536, as a rule followed by its other half."""


def parse_json(content: bytes) -> Any:
    """The value of a JSON text. Half a character, which no text can hold, becomes a question mark.

    Raises:
        ValueError: it is no JSON in UTF-8, or too deep.
    """
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text)
        if _HALF.search(text):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise ValueError("too deep") from None
    return value


@contextmanager
def reading(*, write: bool = False) -> Iterator[None]:
    """What a document lacks, or has in another form than the code inside expects, is a malformed answer.

    Args:
        write: whether the answer belongs to a write, which then has happened although we cannot read it.

    Raises:
        MalformedResponse: instead of what Python says about it, which may quote the document.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        missing = shown(str(problem.args[0])) if isinstance(problem, KeyError) else type(problem).__name__
        raise malformed(f"wrong or missing: {missing}", write=write) from None


def dig(value: Any, *path: str) -> Any:
    """A value further down in nested objects; None where the path ends early."""
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def next_link(document: Any) -> str | None:
    """Where a JSON:API document goes on, or None on its last page.

    Raises:
        MalformedResponse: it goes on, and does not say where.
    """
    following = dig(document, "links", "next")
    if isinstance(following, Mapping):  # the rules of JSON:API allow an object
        following = following.get("href")
    if following and not isinstance(following, str):
        raise malformed("the link to the next page is no text", write=False)
    return following or None


def parse_instant(text: str | None) -> datetime | None:
    """An aware datetime in UTC from an ISO 8601 text; one without an offset is read as UTC.

    Raises:
        MalformedResponse: not a time.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.year not in YEARS:
        raise malformed("a time cannot be read", write=False)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
