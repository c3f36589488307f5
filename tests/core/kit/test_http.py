"""HttpClient: what becomes of an answer, a lost answer, and the key."""

from __future__ import annotations

import io
import logging
import pickle
import socket
import ssl
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from fakes import FakeClock, OpenGate
from rawserver import RESET, RawServer
from rawserver import http as raw
from urllib3.exceptions import NewConnectionError, ProxyError
from wire import Reply, Wire

from glowtify_core.domain.errors import (
    ConfigurationError,
    CredentialsMissing,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RequestRejected,
    Retry,
)
from glowtify_core.kit import http
from glowtify_core.kit.answers import Answer, Endpoint, by_status
from glowtify_core.kit.http import HeaderAuth, HttpClient, check_base_url
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.credentials import Secret

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)
CANARY = "pk" + "_canary9f8e7d6c5b4a"
BASE = "https://api.example.com"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def client(base_url: str, clock: FakeClock, *, gate: Any = None) -> HttpClient:
    return HttpClient(
        base_url,
        auth=HeaderAuth(Secret(CANARY), prefix="Key "),
        patience=Patience(clock, gate or OpenGate()),
        pace_key="account",
        refusal=lambda answer, endpoint: by_status(answer, endpoint, detail=str(answer.body)),
        headers={"Content-Type": "application/json", "User-Agent": "test/1"},
    )


@pytest.fixture
def wired(clock: FakeClock) -> Iterator[tuple[HttpClient, Wire]]:
    wire = Wire(Reply(200, {"ok": True}))
    one = client(BASE, clock)
    one.mount(wire)
    yield one, wire
    one.close()


# --- Requests ---


def test_a_request_carries_the_key_the_headers_and_compact_json(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    answer = one.call("POST", "/api/x", endpoint=WRITE, params={"filter": 'a("b c")'}, body={"é": [1, None]})
    sent = wire.requests[0]
    assert answer.body == {"ok": True}
    assert sent.url == f"{BASE}/api/x?filter=a%28%22b+c%22%29"
    assert sent.body == '{"é":[1,null]}'.encode()
    assert sent.headers["Authorization"] == f"Key {CANARY}"
    assert sent.headers["User-Agent"] == "test/1"
    assert sent.headers["Connection"] == "keep-alive"


def test_the_environment_is_read_when_the_client_is_made_and_never_later(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example.com")
    seen: list[Any] = []
    one, inside, local = (
        client(url, clock) for url in (BASE, "https://internal.example.com", "http://127.0.0.1:9")
    )
    for made in (one, inside, local):
        wire = Wire(Reply(200))
        wire_send = wire.send
        wire.send = lambda request, wire_send=wire_send, **options: (  # type: ignore[method-assign]  # a spy
            seen.append((options["proxies"].get("https"), request.headers["Authorization"])),
            wire_send(request),
        )[1]
        made.mount(wire)
    monkeypatch.setenv("HTTPS_PROXY", "http://later.example.com:1")
    for made in (one, inside, local):
        made.call("GET", "/", endpoint=READ)
        made.close()
    assert seen == [
        ("http://proxy.example.com:3128", f"Key {CANARY}"),
        (None, f"Key {CANARY}"),
        (None, f"Key {CANARY}"),
    ]


def test_one_connection_serves_many_requests(clock: FakeClock) -> None:
    peers: set[Any] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            peers.add(self.client_address)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        one = client(f"http://127.0.0.1:{server.server_port}", clock)
        for _ in range(3):
            one.call("GET", "/", endpoint=READ)
        one.close()
        server.shutdown()
        thread.join()
    assert len(peers) == 1


def test_cookies_are_not_kept(clock: FakeClock) -> None:
    with RawServer(raw("200 OK", b"{}", "Set-Cookie: __edge=1; Path=/")) as server:
        one = client(server.url, clock)
        one.call("GET", "/", endpoint=READ)
        one.call("GET", "/", endpoint=READ)
        one.close()
    assert b"cookie" not in server.received[1].lower()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.com/api?page=2",
        "http://api.example.com/api",
        "https://api.example.com:8443/api",
        "https://api.example.com@evil.example.com/",
        "@evil.example.com/api",
        "https://evil.example.com\\@api.example.com/api",
        "api/lists",
        "https://[::1",
        "https://api.example.com.evil.example.com/",
    ],
)
def test_another_host_never_gets_a_request(wired: tuple[HttpClient, Wire], target: str) -> None:
    one, wire = wired
    with pytest.raises(MalformedResponse):
        one.call("GET", target, endpoint=READ)
    assert wire.requests == []


def test_a_path_stays_on_the_host_whatever_it_looks_like(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    one.call("GET", "//evil.example.com/api", endpoint=READ)
    assert wire.requests[0].url == f"{BASE}//evil.example.com/api"


def test_an_absolute_link_on_the_same_host_is_followed(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    one.call("GET", f"{BASE}:443/api/lists?page%5Bcursor%5D=abc", endpoint=READ)
    assert wire.sent == ["GET /api/lists?page%5Bcursor%5D=abc"]


def test_each_endpoint_has_a_pace_of_its_own(clock: FakeClock) -> None:
    keys: list[str] = []

    class Gate(OpenGate):
        def acquire(self, key: str, limits: object, *, budget: object) -> None:
            keys.append(key)

    one = client(BASE, clock, gate=Gate())
    one.mount(Wire(Reply(204)))
    one.call("GET", "/", endpoint=READ)
    one.call("POST", "/", endpoint=WRITE)
    one.close()
    assert keys == ["account:read", "account:write"]


def test_what_says_that_it_is_not_ready_keeps_a_request_from_leaving(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    wire.script[:] = [Reply(429, None, {"Retry-After": "3"}), Reply(204)]
    asked = iter([None, LookupError("no longer")])

    def ready() -> None:
        if problem := next(asked):
            raise problem

    with pytest.raises(LookupError, match="no longer"):
        one.call("POST", "/", endpoint=WRITE, ready=ready)
    assert len(wire.requests) == 1


# --- Answers ---


def test_the_platforms_time_of_day_is_kept(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    assert one.last_date is None
    wire.script = [Reply(200, {}, {"date": "Mon, 23 Nov 2026 10:00:00 GMT"})]
    one.call("GET", "/", endpoint=READ)
    assert one.last_date == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_success_with_or_without_a_body(wired: tuple[HttpClient, Wire], status: int) -> None:
    one, wire = wired
    wire.script = [Reply(status)]
    assert one.call("DELETE", "/", endpoint=WRITE).body is None


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
        Reply(201, b'{"data": {"id"'),
        Reply(200, b"[" * 100_000),
        Reply(302, None, {"Location": "https://evil.example.com/"}),
        Reply(307, None, {"Location": "/elsewhere"}),
    ],
)
@pytest.mark.parametrize(
    ("endpoint", "effect", "retry"),
    [(READ, Effect.NONE, Retry.NEVER), (WRITE, Effect.UNKNOWN, Retry.RECONCILE_FIRST)],
)
def test_a_success_that_cannot_be_read_leaves_a_write_unknown(
    wired: tuple[HttpClient, Wire], reply: Reply, endpoint: Endpoint, effect: Effect, retry: Retry
) -> None:
    one, wire = wired
    wire.script = [reply]
    with pytest.raises(MalformedResponse) as caught:
        one.call("POST", "/", endpoint=endpoint)
    assert (caught.value.effect, caught.value.retry) == (effect, retry)
    assert len(wire.requests) == 1


def test_an_endless_answer_is_cut_off(
    wired: tuple[HttpClient, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, wire = wired
    monkeypatch.setattr(http, "LARGEST_ANSWER", 100_000)
    wire.script = [Reply(200, b'"' + b"x" * 200_000 + b'"')]
    with pytest.raises(MalformedResponse):
        one.call("GET", "/", endpoint=READ)


def test_a_refusal_goes_through_the_connectors_table(wired: tuple[HttpClient, Wire]) -> None:
    one, wire = wired
    wire.script = [Reply(400, {"why": "because"})]
    with pytest.raises(RequestRejected, match="because"):
        one.call("POST", "/", endpoint=WRITE)


def test_a_refusal_is_waited_out_and_sent_again_even_of_a_write(
    wired: tuple[HttpClient, Wire], clock: FakeClock
) -> None:
    one, wire = wired
    wire.script = [Reply(429, None, {"Retry-After": "3"}), Reply(201, {"id": "1"})]
    assert one.call("POST", "/", endpoint=WRITE).body == {"id": "1"}
    assert len(wire.requests) == 2
    assert 3 <= clock.monotonic() <= 3.5


# --- Trouble on the way ---

READABLE = raw("200 OK", b'{"ok":1}')
BROKEN = {
    "reset": RESET,
    "cut body": raw("200 OK", b'{"ok":', length=100),
    "no answer": b"",
    "nonsense": b"SMTP ready\r\n",
    "bad gateway": raw("502 Bad Gateway", b"<html>"),
    "unavailable": raw("503 Service Unavailable", b"{}"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_write_whose_answer_is_lost_is_sent_once_and_unknown(clock: FakeClock, broken: bytes) -> None:
    with RawServer(broken, READABLE) as server:
        one = client(server.url, clock)
        with pytest.raises(OutcomeUnknown) as caught:
            one.call("POST", "/", endpoint=WRITE, body={})
        one.close()
    assert caught.value.effect is Effect.UNKNOWN
    assert len(server.received) == 1


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_read_whose_answer_is_lost_is_sent_again_after_a_pause(clock: FakeClock, broken: bytes) -> None:
    with RawServer(broken, broken, READABLE) as server:
        one = client(server.url, clock)
        assert one.call("GET", "/", endpoint=READ).body == {"ok": 1}
        one.close()
    assert len(server.received) == 3
    assert len(clock.slept) == 2


def test_a_read_gives_up_in_the_end(clock: FakeClock) -> None:
    with RawServer(RESET) as server:
        one = client(server.url, clock)
        with pytest.raises(PlatformUnavailable) as caught:
            one.call("GET", "/", endpoint=READ)
        one.close()
    assert caught.value.effect is Effect.NONE
    assert len(server.received) == 4


def test_a_stalled_answer_times_out(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUTS", (1.0, 0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = client(f"http://127.0.0.1:{silent.getsockname()[1]}", clock)
        with pytest.raises(OutcomeUnknown):
            one.call("POST", "/", endpoint=WRITE, body={})
        one.close()


def test_a_write_that_never_left_is_tried_again_and_has_no_effect(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    one = client(f"http://127.0.0.1:{port}", clock)
    with pytest.raises(PlatformUnavailable) as caught:
        one.call("POST", "/", endpoint=WRITE, body={})
    one.close()
    assert caught.value.effect is Effect.NONE
    assert len(clock.slept) == 3


@pytest.mark.parametrize(
    "problem",
    [
        requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")),
        requests.exceptions.ConnectTimeout(http.ConnectTimeoutError("slow")),
        requests.exceptions.ProxyError(
            ProxyError("no", OSError("Tunnel connection failed: 407 Who are you"))
        ),
        requests.exceptions.ProxyError(ProxyError("no", NewConnectionError(None, "refused"))),
    ],
)
def test_trouble_before_the_request_has_no_effect(wired: tuple[HttpClient, Wire], problem: Exception) -> None:
    one, wire = wired
    wire.script = [problem]
    with pytest.raises(PlatformUnavailable) as caught:
        one.call("POST", "/", endpoint=WRITE)
    assert caught.value.effect is Effect.NONE


@pytest.mark.parametrize(
    "problem",
    [
        requests.exceptions.SSLError(ssl.SSLError("bad record")),
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ProxyError(ProxyError("broken", RemoteDisconnected("closed"))),
        requests.exceptions.ChunkedEncodingError("cut"),
        OSError("odd"),
    ],
)
def test_trouble_after_it_leaves_a_write_unknown(wired: tuple[HttpClient, Wire], problem: Exception) -> None:
    one, wire = wired
    wire.script = [problem]
    with pytest.raises(OutcomeUnknown):
        one.call("POST", "/", endpoint=WRITE)
    assert len(wire.requests) == 1


# --- The key ---


def everything(error: BaseException) -> str:
    """Every text that could be shown of an error: its causes, the locals of our frames, and pickled."""
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next  # the test's own frame holds the key
    seen: list[str] = [repr(error), str(error), repr(vars(error)), repr(pickle.dumps(error))]
    report = traceback.TracebackException.from_exception(error, capture_locals=True, compact=False)
    return "\n".join([*seen, *report.format()])


@pytest.mark.parametrize(
    "act",
    [
        Reply(400, {"errors": [{"detail": f"bad key {CANARY}"}]}),
        Reply(401, CANARY.encode()),
        Reply(500, f"<html>{CANARY}".encode()),
        Reply(200, b"<html>"),
        Reply(429, None, {"Retry-After": "9999"}),
        requests.exceptions.ConnectionError("broken"),
        requests.exceptions.ReadTimeout("slow"),
    ],
)
@pytest.mark.parametrize("endpoint", [READ, WRITE])
def test_no_error_shows_the_key(wired: tuple[HttpClient, Wire], act: Any, endpoint: Endpoint) -> None:
    one, wire = wired
    if isinstance(act, requests.RequestException):
        act.request = requests.Request("GET", BASE, headers={"Authorization": CANARY}).prepare()
    wire.script = [act]
    with pytest.raises(PlatformError) as caught:
        one.call("POST", "/api", endpoint=endpoint, body={"a": 1})
    assert CANARY not in everything(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_logging_at_debug_does_not_show_the_key(clock: FakeClock) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with RawServer(raw("200 OK", b"{}")) as server:
            one = client(server.url, clock)
            one.call("POST", "/api/x", endpoint=WRITE, body={})
            one.close()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "/api/x" in stream.getvalue()
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "tab\t", "é", "zero\u200bwidth", "nul\x00"])
def test_a_key_that_could_not_stand_in_a_header_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        HeaderAuth(Secret(value))
    assert value not in f"{caught.value}{caught.value.remedy}"


def test_an_answer_holds_nothing_of_the_request() -> None:
    assert set(Answer.__slots__) == {"status", "headers", "body", "readable"}


# --- The address ---


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://api.example.com", BASE),
        ("https://api.example.com/", BASE),
        ("https://api.example.com:443", f"{BASE}:443"),
        ("http://127.0.0.1:8123/", "http://127.0.0.1:8123"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("http://[::1]:8123", "http://[::1]:8123"),
    ],
)
def test_the_official_host_and_loopback_are_allowed(url: str, checked: str) -> None:
    assert check_base_url(url, official=("api.example.com",)) == checked


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "https://api.example.com:8443",
        "https://api.example.com/v2",
        "https://api.example.com?x=1",
        "https://user:secret@api.example.com",
        "https://evil.example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example.com",
        "http://0x7f000001",
        "ftp://localhost",
        "api.example.com",
        "",
        "https://[::1",
        "http://localhost:99999",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(url, official=("api.example.com",))
    assert "secret" not in str(caught.value)


def test_another_https_host_needs_a_setting() -> None:
    url = "https://gateway.example.com"
    allowed = ("gateway.example.com", "other.example.com:8443")
    assert check_base_url(url, official=("api.example.com",), allowed=allowed) == url
    assert check_base_url("https://other.example.com:8443", official=(), allowed=allowed)
    for refused in ("http://gateway.example.com", "https://gateway.example.com:8443"):
        with pytest.raises(ConfigurationError):
            check_base_url(refused, official=("api.example.com",), allowed=allowed)
