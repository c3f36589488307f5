"""What an endpoint is: its path, scopes, limit, parameters and body, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from glowtify_klaviyo.sandbox.filters import Condition, Rule
from glowtify_klaviyo.sandbox.limits import Limit
from glowtify_klaviyo.sandbox.shapes import Shape
from glowtify_klaviyo.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a request, checked."""

    pairs: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    additional: frozenset[str] = frozenset()
    include: tuple[str, ...] | None = None
    filter: tuple[Condition, ...] = ()
    sort: str | None = None
    cursor: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler. ``origin`` is scheme and host of absolute links."""

    state: State
    endpoint: Endpoint
    origin: str
    path: str
    query: Query
    body: Any
    ids: Mapping[str, str]
    lag: float = 0.0

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.ids["id"]

    @property
    def data(self) -> dict[str, Any]:
        """The ``data`` member of a body that was checked."""
        data: dict[str, Any] = self.body["data"]
        return data

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of a body that was checked."""
        attributes: dict[str, Any] = self.data["attributes"]
        return attributes


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and document; no document means an empty body."""

    status: int
    document: dict[str, Any] | None = None


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path.

    ``types`` are the resources whose fields may be picked; ``name:variant`` picks another set of names.
    ``page`` is default and maximum of ``page[size]``; ``cursor_only`` pages take a cursor but no size.
    ``costly`` maps an additional field to the stricter limit that asking for it brings.
    """

    method: str
    path: str
    handle: Handler
    scopes: tuple[str, ...]
    limit: Limit
    types: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    additional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    costly: Mapping[str, Limit] = field(default_factory=dict)
    filters: Mapping[str, Rule] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    page: tuple[int, int] | None = None
    cursor_only: bool = False
    body: Shape | None = None

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, the id as ``{id}``."""
        return tuple(self.path.strip("/").split("/"))

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the ids in a path of this endpoint; None if it is another's."""
        if len(segments) != len(self.segments):
            return None
        ids = {}
        for mine, theirs in zip(self.segments, segments, strict=True):
            if mine == "{id}":
                ids["id"] = theirs
            elif mine != theirs:
                return None
        return ids
