"""Reading single values from a platform's documents; needs no schema, and so no schema library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from glowtify_core.kit.answers import malformed


def dig(value: Any, *path: str) -> Any:
    """A value further down in nested objects; None where the path ends early."""
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def next_link(document: Any) -> str | None:
    """Where a JSON:API document goes on, or None on its last page."""
    following = dig(document, "links", "next")
    return following if isinstance(following, str) and following else None


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
        raise malformed("a time cannot be read", write=False) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
