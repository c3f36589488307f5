"""Faults by request pattern: what a network, an edge or a bad day at the platform does to a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["drop", "delay", "status", "cut", "html", "throttle", "error", "lag"]

CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    "<body>Checking your browser before accessing this site.</body></html>"
)
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault, for the requests whose method and path match.

    Kinds:
        ``drop``: close the connection without an answer, before or after the effect.
        ``delay``: wait ``seconds``, before or after the effect.
        ``status``: a 5xx (``status``, 500 if not given), before or after the effect.
        ``cut``: do it, then send only half of the body.
        ``html``: a page instead of JSON: a 403 of the network edge, or with ``status`` 502 its error page.
        ``throttle``: 429 with ``retry_after`` seconds, or without the header if that is None.
        ``error``: ``status`` and ``body`` as given.
        ``lag``: objects younger than ``seconds`` do not show in the collection.

    ``path`` is a regular expression searched in the path; ``nth`` is the first matching request that is
    hit, ``count`` how many are (None: all until cleared).
    """

    kind: Kind
    method: str = "*"
    path: str = ""
    when: Literal["before", "after"] = "before"
    nth: int = 1
    count: int | None = 1
    seconds: float = 0.0
    status: int | None = None
    retry_after: int | None = 1
    body: Any = None
    seen: int = field(default=0)

    def __post_init__(self) -> None:
        re.compile(self.path)
        if self.kind not in Kind.__args__:  # type: ignore[attr-defined]  # a Literal has its values there
            raise ValueError(f"unknown kind of fault: {self.kind}")
        if self.kind == "lag":
            self.count = None

    def hits(self, method: str, path: str) -> bool:
        """Count a request that matches, and tell whether it is one of those to hit."""
        if self.method not in {"*", method} or not re.search(self.path, path):
            return False
        self.seen += 1
        last = None if self.count is None else self.nth + self.count
        return self.seen >= self.nth and (last is None or self.seen < last)


@dataclass(slots=True)
class Faults:
    """The faults in force."""

    active: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> list[Fault]:
        """Return the faults that hit this request, in the order in which they were added."""
        return [fault for fault in self.active if fault.hits(method, path)]
