"""The programmable transport: carries every request to a platform script, and breaks what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import RemoteDisconnected
from io import BytesIO
from typing import Any, NoReturn
from unittest import mock
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from glowtify_core.testing.clock import FakeClock
from glowtify_core.testing.stage.script import Answer, PlatformScript, Request

UNREADABLE = b'{"data": {"id": "'
"""An answer that was cut: it begins as JSON does, and does not end."""


class Died(BaseException):
    """The process died here. No connector can catch it but by catching everything."""


@dataclass(slots=True)
class Exchange:
    """One request on its way.

    Attributes:
        number: from 1, of its drill.
        request: what was asked.
        write: whether it may change something.
        answer: what the platform said, whether or not that arrived; None while it has not been asked.
    """

    number: int
    request: Request
    write: bool
    answer: Answer | None = None

    def __str__(self) -> str:
        return f"request {self.number}, {self.request}"


Carry = Callable[["Wire", Exchange], Answer]
"""Brings a request to the platform and its answer back, or breaks that in one way."""


@dataclass
class Wire:
    """Carries what ``requests`` sends in this process to a script; one test's, on one clock.

    Attributes:
        script: answers.
        clock: moved by what takes time.
        exchanges: everything that was asked since :meth:`forget`, oldest first.
        watchers: told of each exchange, before it reaches the platform.
    """

    script: PlatformScript
    clock: FakeClock
    exchanges: list[Exchange] = field(default_factory=list)
    watchers: list[Callable[[Exchange], object]] = field(default_factory=list)
    _faults: dict[int, Carry] = field(default_factory=dict)
    _late: list[tuple[datetime, Exchange]] = field(default_factory=list)
    _dead: bool = False

    def forget(self) -> None:
        """Begin counting anew, with no fault ahead."""
        self.exchanges.clear()
        self._faults.clear()

    def break_at(self, number: int, carry: Carry) -> None:
        """Carry the request of that number, counted from 1, in another way."""
        self._faults[number] = carry

    @property
    def writes(self) -> list[Exchange]:
        """The exchanges that may have changed something."""
        return [exchange for exchange in self.exchanges if exchange.write]

    def send(self, request: Request) -> Answer:
        """Carry one request; a process that died sends nothing more."""
        if self._dead:
            raise Died
        self.catch_up()
        exchange = Exchange(len(self.exchanges) + 1, request, self.script.writes(request))
        self.exchanges.append(exchange)
        for watch in self.watchers:
            watch(exchange)
        return self._faults.pop(exchange.number, Wire.deliver)(self, exchange)

    def deliver(self, exchange: Exchange) -> Answer:
        """The request takes effect on the platform."""
        exchange.answer = self.script.answer(exchange.request)
        return exchange.answer

    def postpone(self, exchange: Exchange, by: timedelta) -> None:
        """The request is on its way, and takes effect only then."""
        self._late.append((self.clock.now() + by, exchange))

    def catch_up(self) -> None:
        """Let what was under way arrive, if its time has come."""
        due = [exchange for when, exchange in self._late if when <= self.clock.now()]
        self._late = [(when, exchange) for when, exchange in self._late if when > self.clock.now()]
        for exchange in due:
            self.deliver(exchange)

    def die(self) -> NoReturn:
        """Nothing that this process does from now on reaches anybody."""
        self._dead = True
        raise Died

    def live(self) -> None:
        """A new process begins."""
        self._dead = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Every Session of ``requests`` speaks to the script, whatever its adapters; nobody really waits."""
        adapter = _Adapter(self)
        with (
            mock.patch.object(requests.Session, "get_adapter", return_value=adapter),
            mock.patch("time.sleep", side_effect=AssertionError("wait by context.clock, not by time.sleep")),
        ):
            yield


class _Adapter(BaseAdapter):
    """The wire, as requests sees it."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._shape = HTTPAdapter().build_response

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # options change nothing here
        answer = self._wire.send(_read(request))
        content = answer.content
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **answer.headers}
        raw = HTTPResponse(
            BytesIO(content),
            headers=headers,
            status=answer.status,
            preload_content=False,
            request_method=request.method,
        )
        return self._shape(request, raw)

    def close(self) -> None:
        """There is no connection."""


def _read(request: requests.PreparedRequest) -> Request:
    url = urlsplit(request.url or "")
    body = request.body or b""
    return Request(
        request.method or "GET",
        unquote(url.path) or "/",
        dict(parse_qsl(url.query, keep_blank_values=True)),
        {name.lower(): str(value) for name, value in request.headers.items()},
        body if isinstance(body, bytes) else str(body).encode(),
        url.hostname or "",
    )


def connection_lost() -> requests.ConnectionError:
    """What requests raises when the other side hangs up without an answer."""
    gone = RemoteDisconnected("Remote end closed connection without response")
    return requests.ConnectionError(ProtocolError("Connection aborted.", gone))
