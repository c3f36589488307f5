"""Reads query parameters against what an endpoint allows; what it does not allow is a 400."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from glowtify_klaviyo.sandbox import filters
from glowtify_klaviyo.sandbox.endpoint import Endpoint, Query
from glowtify_klaviyo.sandbox.errors import invalid
from glowtify_klaviyo.sandbox.state import State
from glowtify_klaviyo.sandbox.vocabulary import FIELDS

FAMILY = re.compile(r"(?P<family>fields|additional-fields|page)\[(?P<name>[^\]]*)\]")


def read(text: str, endpoint: Endpoint, state: State) -> Query:
    """Return the checked parameters of the query string ``text``."""
    pairs = tuple(parse_qsl(text, keep_blank_values=True))
    given = dict(pairs)
    _refuse_unsupported(given, endpoint)
    conditions = filters.parse(given["filter"]) if given.get("filter", "").strip() else []
    filters.check(conditions, endpoint.filters, state.guesses.any_limit)
    filters.not_future(conditions, state.clock.now())
    return Query(
        pairs=pairs,
        fields=_fields(given, endpoint),
        additional=_additional(given, endpoint),
        include=_include(given, endpoint),
        filter=tuple(conditions),
        sort=_sort(given.get("sort"), endpoint),
        cursor=given.get("page[cursor]"),
        size=_size(given.get("page[size]"), endpoint),
    )


def self_link(origin: str, path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the top-level ``links.self``: no trailing slash, the parameters as asked, percent-encoded."""
    encoded = urlencode(list(pairs))
    return f"{origin}{path.rstrip('/')}" + (f"?{encoded}" if encoded else "")


def _refuse_unsupported(given: Iterable[str], endpoint: Endpoint) -> None:
    """Refuse parameters of JSON:API that the endpoint does not have; others are ignored."""
    supported = {"include": endpoint.include, "filter": endpoint.filters, "sort": endpoint.sort}
    for name in given:
        match = FAMILY.fullmatch(name)
        if name in supported and not supported[name]:
            raise invalid(f"'{name}' is not an allowed parameter for this resource.", parameter=name)
        if match and match["family"] == "page" and not _pages(match["name"], endpoint):
            raise invalid(f"'{name}' is not an allowed parameter for this resource.", parameter=name)


def _pages(name: str, endpoint: Endpoint) -> bool:
    if name == "cursor":
        return endpoint.page is not None
    return name == "size" and endpoint.page is not None and not endpoint.cursor_only


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _known(name: str, names: frozenset[str]) -> bool:
    return name in names or any(name.startswith(wild[:-1]) for wild in names if wild.endswith(".*"))


def _fields(given: dict[str, str], endpoint: Endpoint) -> dict[str, tuple[str, ...]]:
    allowed = {kind.partition(":")[0]: FIELDS[kind] for kind in endpoint.types}
    chosen = {}
    for parameter, value in given.items():
        match = FAMILY.fullmatch(parameter)
        if not match or match["family"] != "fields":
            continue
        kind = match["name"]
        if kind not in allowed:
            raise invalid(f"'{kind}' is not an allowed type for fields.", parameter=parameter)
        chosen[kind] = _split(value)
        for name in chosen[kind]:
            if not _known(name, allowed[kind]):
                raise invalid(
                    f"'{name}' is not a valid field for the resource '{kind}'.", parameter=parameter
                )
    return chosen


def _additional(given: dict[str, str], endpoint: Endpoint) -> frozenset[str]:
    chosen: set[str] = set()
    for parameter, value in given.items():
        match = FAMILY.fullmatch(parameter)
        if not match or match["family"] != "additional-fields":
            continue
        for name in _split(value):
            if name not in endpoint.additional.get(match["name"], ()):
                raise invalid(f"'{name}' is not an allowed additional field.", parameter=parameter)
            chosen.add(name)
    return frozenset(chosen)


def _include(given: dict[str, str], endpoint: Endpoint) -> tuple[str, ...] | None:
    if "include" not in given:
        return None
    chosen = _split(given["include"])
    for name in chosen:
        if name not in endpoint.include:
            detail = f"'{name}' is not an allowed include parameter for this resource."
            raise invalid(detail, parameter="include")
    return chosen


def _sort(value: str | None, endpoint: Endpoint) -> str | None:
    if value is not None and value.removeprefix("-") not in endpoint.sort:
        allowed = ",".join(endpoint.sort)
        raise invalid(
            f"'{value}' is not an allowed sort field.  Allowed fields are {allowed}", parameter="sort"
        )
    return value


def _size(value: str | None, endpoint: Endpoint) -> int:
    if endpoint.page is None:
        return 0
    default, most = endpoint.page
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= most:
        raise invalid(f"Page size must be an integer between 1 and {most}.", parameter="page[size]")
    return int(value)
