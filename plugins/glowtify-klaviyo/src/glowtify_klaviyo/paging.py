"""Reading collections whole: page after page, and filter values in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from glowtify_core.domain.errors import RequestRejected
from glowtify_core.kit.answers import Endpoint, malformed
from glowtify_core.kit.documents import next_link
from glowtify_core.kit.http import HttpClient

PART = 50
"""Values in one ``any(...)`` filter. Its limit is not documented, so a part that is refused is halved."""

MOST_PAGES = 2_000
"""Pages of one collection; where there are more, something goes round in circles."""

_TOO_LONG = frozenset({"invalid", "http_400", "http_413", "http_414"})


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_HasId)


def pages(
    http: HttpClient,
    endpoint: Endpoint,
    path: str,
    params: Mapping[str, str],
    read: Callable[[Any], list[R]],
) -> Iterator[R]:
    """The records of all pages, by ``links.next`` alone; ends when a page brings nothing new.

    Raises:
        MalformedResponse: there is no end to them.
    """
    seen: set[str] = set()
    answer = http.call("GET", path, endpoint=endpoint, params=params)
    for _ in range(MOST_PAGES):
        fresh = {record.id: record for record in read(answer.body) if record.id not in seen}
        yield from fresh.values()
        seen.update(fresh)
        following = next_link(answer.body)
        if following is None or not fresh:
            return
        answer = http.call("GET", following, endpoint=endpoint)
    raise malformed("there is no end to its pages", write=False)


def page_cursor(document: Any) -> str | None:
    """Where a report goes on, or None: reports are asked for again with ``page_cursor``."""
    return next(iter(parse_qs(urlsplit(next_link(document) or "").query).get("page_cursor", [])), None)


def in_parts(values: Sequence[str], read: Callable[[Sequence[str]], Iterator[R]]) -> Iterator[R]:
    """The records for many filter values, :data:`PART` at a time."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), PART):
        yield from _halving(distinct[start : start + PART], read)


def _halving(values: Sequence[str], read: Callable[[Sequence[str]], Iterator[R]]) -> list[R]:
    try:
        return list(read(values))
    except RequestRejected as problem:
        if len(values) == 1 or problem.code not in _TOO_LONG:
            raise
    middle = len(values) // 2
    return [*_halving(values[:middle], read), *_halving(values[middle:], read)]
