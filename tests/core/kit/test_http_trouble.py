"""HttpClient on a wire that fails: a write goes out once, a read again, and nobody is held for ever."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fakes import FakeClock, OpenGate
from rawserver import RESET, Act, Kept, RawServer, Trickle
from rawserver import http as raw
from urllib3 import connection as urllib3_connection

from glowtify_core.domain.errors import (
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RequestRejected,
)
from glowtify_core.kit import deadline, http
from glowtify_core.kit.answers import Answer, Endpoint
from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.credentials import Secret

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)
OK = raw("200 OK", b'{"ok":1}')
KEPT = raw("200 OK", b'{"ok":1}', connection="keep-alive")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Scene:
    """A server of this script, and a client of it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.clock = FakeClock()
        self.server: RawServer

    def serves(self, *acts: Act) -> HttpClient:
        self.server = self._stack.enter_context(RawServer(*acts))
        return self.client(self.server.url)

    def client(self, url: str) -> HttpClient:
        one = HttpClient(
            url,
            auth=HeaderAuth(Secret("a-key")),
            patience=Patience(self.clock, OpenGate()),
            pace_key="account",
            headers={},
        )
        self._stack.callback(one.close)
        return one


@pytest.fixture
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(stack)


def write(one: HttpClient) -> Answer:
    return one.call("POST", "/", endpoint=WRITE, body={"name": "x"})


def read(one: HttpClient) -> Answer:
    return one.call("GET", "/", endpoint=READ)


# --- Answers that never end, or end too early ---

SLOW = {
    "in the headers": Trickle(raw("200 OK", b"{}", "X-Filler: " + "x" * 500), 0.02),
    "in the body": Trickle(OK[:-8] + b" " * 500, 0.02),
    "in chunks": Trickle(CHUNKED + b'8\r\n{"ok":1}\r\n' + b"1\r\n \r\n" * 200 + b"0\r\n\r\n", 0.02),
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_an_answer_that_trickles_is_broken_off(
    scene: Scene, slow: Trickle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LONGEST", 0.2)
    with pytest.raises(OutcomeUnknown) as caught:
        write(scene.serves(slow, OK))
    assert caught.value.effect is Effect.UNKNOWN
    assert len(scene.server.received) == 1


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_a_read_that_trickles_is_asked_again(
    scene: Scene, slow: Trickle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LONGEST", 0.2)
    assert read(scene.serves(slow, OK)).body == {"ok": 1}
    assert len(scene.server.received) == 2


def test_an_answer_that_trickles_but_comes_in_time_is_taken(scene: Scene) -> None:
    assert write(scene.serves(Trickle(OK, 0.001))).body == {"ok": 1}


def test_a_slow_answer_leaves_the_next_its_full_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUTS", (5.0, 7.0))
    monkeypatch.setattr(deadline, "LONGEST", 3.0)
    one = scene.serves(Kept(KEPT))
    timeouts = []
    settle = socket.socket.settimeout
    monkeypatch.setattr(
        socket.socket, "settimeout", lambda self, value: (timeouts.append(value), settle(self, value))[1]
    )
    read(one)
    assert min(timeouts) <= 3.0
    assert timeouts[-1] == 7.0


ENDED_EARLY = {
    "shorter than announced": raw("200 OK", b'{"ok":1}', length=500),
    "chunks without an end": CHUNKED + b"8\r\n" + b'{"ok":1}' + b"\r\n",
    "a chunk cut": CHUNKED + b"ff\r\n" + b'{"ok":1}',
    "nonsense between chunks": CHUNKED + b"zz\r\n",
    "headers without an end": b"HTTP/1.1 200 OK\r\nContent-Length: 2",
    "half a status line": b"HTTP/1.",
    "a reset": RESET,
    "gzip cut": raw("200 OK", gzip.compress(b'{"ok":1}')[:-9], "Content-Encoding: gzip", length=100),
    "no gzip at all": raw("200 OK", b'{"ok":1}', "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("broken", ENDED_EARLY.values(), ids=ENDED_EARLY)
def test_a_write_whose_answer_ends_early_goes_out_once_and_is_unknown(scene: Scene, broken: bytes) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        write(scene.serves(broken, OK))
    assert caught.value.effect is Effect.UNKNOWN
    assert len(scene.server.received) == 1


@pytest.mark.parametrize("broken", ENDED_EARLY.values(), ids=ENDED_EARLY)
def test_a_read_whose_answer_ends_early_is_asked_again(scene: Scene, broken: bytes) -> None:
    assert read(scene.serves(broken, OK)).body == {"ok": 1}
    assert len(scene.server.received) == 2


# --- A refusal stands by its status ---

HURT = {
    "cut": lambda status: raw(status, b'{"err', "Retry-After: 7", length=500),
    "HTML": lambda status: raw(status, b"<html>", "Retry-After: 7"),
    "empty": lambda status: raw(status, b"", "Retry-After: 7"),
    "no gzip": lambda status: raw(status, b"{}", "Retry-After: 7", "Content-Encoding: gzip"),
    "huge": lambda status: raw(status, b" " * 200_000, "Retry-After: 7"),
}


@pytest.mark.parametrize("hurt", HURT.values(), ids=HURT)
@pytest.mark.parametrize("ask", [read, write])
def test_a_pause_is_heeded_whatever_the_body_of_the_429_is(
    scene: Scene, hurt: Callable[[str], bytes], ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 100_000)
    assert ask(scene.serves(hurt("429 Too Many Requests"), OK)).body == {"ok": 1}
    assert 7 <= scene.clock.monotonic() <= 7.5


@pytest.mark.parametrize("hurt", HURT.values(), ids=HURT)
def test_a_refusal_has_no_effect_whatever_its_body_is(
    scene: Scene, hurt: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 100_000)
    with pytest.raises(RequestRejected) as caught:
        write(scene.serves(hurt("400 Bad Request")))
    assert (caught.value.effect, caught.value.code) == (Effect.NONE, "http_400")
    assert len(scene.server.received) == 1


@pytest.mark.parametrize("hurt", HURT.values(), ids=HURT)
def test_a_read_is_asked_again_not_before_the_time_that_a_503_names(
    scene: Scene, hurt: Callable[[str], bytes]
) -> None:
    assert read(scene.serves(hurt("503 Service Unavailable"), OK)).body == {"ok": 1}
    assert 7 <= scene.clock.monotonic() <= 7.5


# --- Bodies that are no answer ---


def bomb(layers: int) -> bytes:
    body = b'"' + b"x" * 20_000_000 + b'"'
    for _ in range(layers):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_broken_off_before_it_unfolds(
    scene: Scene, layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1_000_000)
    encoding = ", ".join(["gzip"] * layers)
    one = scene.serves(raw("200 OK", bomb(layers), f"Content-Encoding: {encoding}"))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedResponse) as caught:
            write(one)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.effect is Effect.UNKNOWN
    assert most < 5_000_000


def test_a_compressed_answer_is_read(scene: Scene) -> None:
    for encoding, body in (("gzip", gzip.compress(b'{"ok":1}')), ("deflate", zlib.compress(b'{"ok":1}'))):
        one = scene.serves(raw("200 OK", body, f"Content-Encoding: {encoding}"))
        assert read(one).body == {"ok": 1}


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
def test_an_interim_answer_is_never_taken_for_the_answer_nor_the_answer_for_the_next(
    scene: Scene, status: str
) -> None:
    interim = f"HTTP/1.1 {status}\r\n\r\n".encode()
    one = scene.serves(Kept(interim + raw("201 Created", b'{"id":"1"}', connection="keep-alive")), OK)
    with pytest.raises(MalformedResponse) as caught:
        write(one)
    assert caught.value.effect is Effect.UNKNOWN
    assert read(one).body == {"ok": 1}
    assert scene.server.connections == 2


# --- Connections ---


@pytest.mark.parametrize("ask", [read, write])
def test_a_connection_closed_between_requests_is_replaced_and_nothing_is_lost(scene: Scene, ask: Any) -> None:
    one = scene.serves(Kept(KEPT, last=True))
    for _ in range(3):
        assert ask(one).body == {"ok": 1}
        assert scene.server.closed.acquire(timeout=10)
    assert len(scene.server.received) == scene.server.connections == 3
    assert scene.clock.slept == []


def test_a_connection_that_breaks_at_its_second_request_leaves_a_write_unknown(scene: Scene) -> None:
    one = scene.serves(Kept(KEPT), RESET, OK)
    write(one)
    with pytest.raises(OutcomeUnknown):
        write(one)
    assert len(scene.server.received) == 2
    assert scene.server.connections == 1


def refuse_first(count: int, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let so many attempts to connect fail; those that came after them."""
    connect, tried = urllib3_connection.connection.create_connection, []

    def create_connection(*args: Any, **options: Any) -> socket.socket:
        tried.append(args)
        if len(tried) <= count:
            raise ConnectionRefusedError
        return connect(*args, **options)

    monkeypatch.setattr(urllib3_connection.connection, "create_connection", create_connection)
    return tried


def test_a_write_that_was_sent_is_unknown_though_connecting_had_failed_before(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene.serves(RESET, OK)
    tried = refuse_first(2, monkeypatch)
    with pytest.raises(OutcomeUnknown):
        write(one)
    assert len(tried) == 3
    assert len(scene.server.received) == 1


def test_connecting_is_tried_again_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    one = scene.serves(OK)
    refuse_first(3, monkeypatch)
    assert write(one).body == {"ok": 1}
    assert len(scene.server.received) == 1


@pytest.mark.parametrize("ask", [read, write])
def test_a_name_that_does_not_resolve_has_no_effect(
    scene: Scene, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(PlatformUnavailable) as caught:
        ask(scene.client("https://nowhere.example.com"))
    assert caught.value.effect is Effect.NONE
    assert len(scene.clock.slept) == 3


@pytest.mark.parametrize("ask", [read, write])
def test_a_port_where_nobody_listens_has_no_effect(scene: Scene, ask: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(PlatformUnavailable) as caught:
        ask(scene.client(f"http://127.0.0.1:{port}"))
    assert caught.value.effect is Effect.NONE


def test_a_failing_platform_is_not_asked_for_longer_than_the_budget(scene: Scene) -> None:
    with pytest.raises(PlatformError):
        read(scene.serves(raw("503 Service Unavailable", b"", "Retry-After: 30")))
    assert scene.clock.monotonic() <= 75
    assert len(scene.server.received) == 3


# --- Through a proxy ---


@pytest.fixture
def proxied(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Callable[..., HttpClient]:
    """A client that reaches its platform through a proxy of this script."""

    def client(*acts: Act) -> HttpClient:
        scene.serves(*acts)
        monkeypatch.setenv("http_proxy", scene.server.url)
        return scene.client("http://api.example.com")

    return client


def test_an_answer_that_trickles_through_a_proxy_is_broken_off_too(
    scene: Scene, proxied: Callable[..., HttpClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LONGEST", 0.2)
    with pytest.raises(OutcomeUnknown):
        write(proxied(SLOW["in the body"], OK))
    assert [sent.split(b"\r\n")[0] for sent in scene.server.received] == [
        b"POST http://api.example.com/ HTTP/1.1"
    ]


def test_a_proxy_that_breaks_off_leaves_a_write_unknown(
    scene: Scene, proxied: Callable[..., HttpClient]
) -> None:
    with pytest.raises(OutcomeUnknown):
        write(proxied(RESET, OK))
    assert len(scene.server.received) == 1


def test_a_proxy_that_is_not_there_has_no_effect(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    with pytest.raises(PlatformUnavailable) as caught:
        write(scene.client("http://api.example.com"))
    assert caught.value.effect is Effect.NONE
