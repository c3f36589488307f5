"""Right answers of the sandbox made wrong on the way: what a platform, or somebody in between, might send."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from hypothesis import strategies as st
from inprocess import InProcess
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from glowtify_core.ports.connectors import ConnectorContext
from glowtify_klaviyo.platform import KlaviyoPlatform

_ITEM = re.compile(r"(?<!/api)(?<!^)/[^/]+$")


def endpoint_of(request: requests.PreparedRequest) -> str:
    """What a request asks, whatever the id is that it asks about."""
    path = request.path_url.partition("?")[0]
    return f"{request.method} {_ITEM.sub('/ID', path)}"


@dataclass(frozen=True)
class Tamper:
    """From the ``nth`` answer of an endpoint on, ``times`` of them are changed."""

    endpoint: str
    change: Callable[[Answered], None]
    words: str
    nth: int = 0
    times: int = 1

    def __repr__(self) -> str:
        return f"{self.endpoint} #{self.nth} x{self.times}: {self.words}"


@dataclass
class Answered:
    """An answer that may be changed."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Tampering(BaseAdapter):
    """A transport over the sandbox that changes answers; the effects of requests stay what they are."""

    inner: InProcess
    tampers: Sequence[Tamper] = ()
    hits: int = 0
    """How many answers became other ones."""
    asked: list[str] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)

    def mounted(self, base_url: str) -> Callable[[ConnectorContext], KlaviyoPlatform]:
        """A manifest's factory: platforms at this address ask by way of this transport."""

        def factory(context: ConnectorContext) -> KlaviyoPlatform:
            platform = KlaviyoPlatform(context)
            if context.settings["base_url"] == base_url:
                platform._client.http.mount(self)
            return platform

        return factory

    def arm(self, tampers: Sequence[Tamper]) -> None:
        self.tampers = tampers
        self._seen = {}

    def send(self, request: requests.PreparedRequest, **wire: Any) -> requests.Response:  # type: ignore[override]  # options are passed on
        response = self.inner.send(request, **wire)
        endpoint = endpoint_of(request)
        self.asked.append(endpoint)
        changes = [one.change for index, one in enumerate(self.tampers) if self._due(index, one, endpoint)]
        if not changes:
            return response
        answered = Answered(response.status_code, dict(response.headers), response.content)
        answered.headers.pop("Content-Length", None)
        answered.headers.pop("content-length", None)
        for change in changes:
            change(answered)
        self.hits += (answered.status, answered.body) != (response.status_code, response.content) or (
            any(response.headers.get(name) != value for name, value in answered.headers.items())
        )
        raw = HTTPResponse(
            io.BytesIO(answered.body),
            headers=list(answered.headers.items()),
            status=answered.status,
            preload_content=False,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None: ...

    def _due(self, index: int, tamper: Tamper, endpoint: str) -> bool:
        if tamper.endpoint != endpoint:
            return False
        count = self._seen[index] = self._seen.get(index, -1) + 1
        return tamper.nth <= count < tamper.nth + tamper.times


Change = tuple[Callable[[Answered], None], str]
"""What is done to an answer, and the words for it."""

# --- what is changed ------------------------------------------------------------------------------

DEEP = json.loads("[" * 400 + "]" * 400)
VALUES: tuple[Any, ...] = (
    None,
    "",
    " ",
    0,
    -1,
    True,
    False,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    [],
    {},
    [None],
    [[]],
    {"data": None},
    {"data": []},
    {"data": {"id": []}},
    {"data": [{"id": {}}]},
    DEEP,
    "x" * 70_000,
    "\ud800",
    "\x00",
    "\x1b]0;owned\x07\x1b[31m",
    "\u202egnp.exe\x9b31m",
    "[bold red]x[/] [link=http://evil.example]y[/link]",
    "NOPE01",
    "../../accounts",
    "?page[size]=1",
    "Exploded",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00",
    "9999-12-31",
    "2027-02-30T00:00:00Z",
    "2027-W01-1T00:00",
    "1e400",
    "US/Nowhere",
    "../etc/passwd",
    "EUR\n",
)
BODIES = (
    b"",
    b"null",
    b"true",
    b"0",
    b'"data"',
    b"[]",
    b"{}",
    b'{"data": null}',
    b'{"data": []}',
    b'{"data": {}}',
    b'{"data": [null]}',
    b'{"data": [[]]}',
    b'{"data": "x", "included": 5, "links": 7}',
    b'{"data": {"id": "x", "attributes": 5, "relationships": 5}}',
    b'{"data": {"id": "x", "attributes": [], "relationships": []}, "included": [1, null, "x", [], {}]}',
    b'{"data": {"id": 1e400, "attributes": NaN}}',
    b"[" * 100_000,
    b'{"data":' * 50_000,
    b'{"data": {"id": ' + b"9" * 5000 + b"}}",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"<html>\x1b[31mgateway</html>",
    b"\x1f\x8b\x08\x00",
)


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a document, but its root."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in items:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from nodes(below, (*path, key))


def _at(document: Any, path: Sequence[Any]) -> Any:
    for key in path:
        document = document[key]
    return document


def in_document(place: int, act: Callable[[Any, Any], None]) -> Callable[[Answered], None]:
    """Change one node of the JSON that is answered."""

    def change(answered: Answered) -> None:
        try:
            document = json.loads(answered.body)
            paths = list(nodes(document)) if isinstance(document, dict | list) else []
        except (ValueError, RecursionError):
            return
        if paths:
            *above, key = paths[place % len(paths)]
            act(_at(document, above), key)
            answered.body = json.dumps(document).encode()

    return change


def _put(value: Any) -> Callable[[Any, Any], None]:
    def act(holder: Any, key: Any) -> None:
        holder[key] = value

    return act


def _drop(holder: Any, key: Any) -> None:
    del holder[key]


def _double(holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[f"{key}_"] = holder.pop(key)


def _wrap(holder: Any, key: Any) -> None:
    holder[key] = [holder[key]]


ACTS: tuple[tuple[str, Callable[[Any, Any], None]], ...] = (
    ("drop", _drop),
    ("double or rename", _double),
    ("wrap", _wrap),
    *((f"put {value!r:.60}", _put(value)) for value in VALUES),
)


def node(place: int, which: int) -> Change:
    """An act on a node, and its words."""
    words, act = ACTS[which]
    return in_document(place, act), f"{words} at node {place}"


def body(content: bytes) -> Change:
    """Another body altogether."""

    def change(answered: Answered) -> None:
        answered.body = content

    return change, f"body {content[:60]!r}"


def cut(part: int) -> Change:
    """A part of the body, in percent, that looks whole."""

    def change(answered: Answered) -> None:
        answered.body = answered.body[: len(answered.body) * part // 100]

    return change, f"cut to {part}%"


def status(code: int) -> Change:
    """Another status."""

    def change(answered: Answered) -> None:
        answered.status = code

    return change, f"status {code}"


def header(name: str, value: str) -> Change:
    """A header that says something else."""

    def change(answered: Answered) -> None:
        answered.headers[name] = value

    return change, f"{name}: {value[:60]!r}"


HEADERS = (
    *(
        ("Date", value)
        for value in ("", "x", "Mon, 01 Jan 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 GMT")
    ),
    ("Date", "Thu, 01 Jan 1970 00:00:00 -9999"),
    ("Content-Type", "text/html"),
    ("Content-Type", "application/json; charset=utf-16"),
    ("Content-Type", "\x1b[31m"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br"),
    ("Content-Length", "-1"),
    ("Location", "https://evil.example/"),
)
"""Headers that say something else."""

STATUSES = (200, 201, 202, 204, 206, 299, 300, 301, 302, 304, 307, 500, 502, 503, 599, 600, 999)
"""Another status: 200 to 299, what no status of Klaviyo's should do, and a server that fails."""

changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(node, st.integers(0, 400), st.integers(0, len(ACTS) - 1)),
    st.builds(node, st.integers(0, 400), st.integers(0, len(ACTS) - 1)),
    st.builds(node, st.integers(0, 30), st.integers(0, len(ACTS) - 1)),
    st.builds(body, st.sampled_from(BODIES)),
    st.builds(cut, st.integers(0, 99)),
    st.builds(status, st.sampled_from(STATUSES)),
    st.sampled_from(HEADERS).map(lambda pair: header(*pair)),
)


@st.composite
def tampers(draw: st.DrawFn, asked: Mapping[str, int]) -> Tamper:
    """One change of an answer, now and then of all of an endpoint; ``asked`` counts what is asked."""
    change, words = draw(changes)
    endpoint = draw(st.sampled_from(sorted(asked)))
    nth = draw(st.integers(0, min(2, asked[endpoint] - 1)))
    return Tamper(endpoint, change, words, nth, draw(st.sampled_from((1, 1, 2, 3, 1000))))
