"""The sandbox without sockets: requests are answered in this process, which takes a third of the time.

``in_process(sandbox)`` is a manifest's factory; the sandbox need not be started. Faults keep their meaning,
before and after the effect; ``delay`` alone needs the server, since nobody waits here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http.client import RemoteDisconnected
from io import BytesIO
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from glowtify_core.ports.connectors import ConnectorContext
from glowtify_klaviyo.platform import KlaviyoPlatform
from glowtify_klaviyo.sandbox import Sandbox
from glowtify_klaviyo.sandbox.app import Api

Moment = Literal["before", "after"]
Watch = Callable[[Moment, requests.PreparedRequest], None]
"""Is told of every request, before it leaves and after its effect; what it raises is a crash there."""


def in_process(sandbox: Sandbox, watch: Watch | None = None) -> Callable[[ConnectorContext], KlaviyoPlatform]:
    """A manifest's factory: platforms that ask the sandbox directly."""
    wire = InProcess(sandbox, watch)

    def factory(context: ConnectorContext) -> KlaviyoPlatform:
        platform = KlaviyoPlatform(context)
        platform._client.http.mount(wire)
        return platform

    return factory


class InProcess(BaseAdapter):
    """A transport of requests that calls the sandbox's application. One thread or many."""

    def __init__(self, sandbox: Sandbox, watch: Watch | None = None) -> None:
        super().__init__()
        self._app = Api(sandbox.state, close=lambda scope: None)
        self._watch = watch or (lambda moment, request: None)
        self._shape = HTTPAdapter().build_response

    def send(self, request: requests.PreparedRequest, **wire: Any) -> requests.Response:
        """Answer; a connection that breaks raises what a socket's would."""
        self._watch("before", request)
        exchange = ask(
            self._app, request.method or "", request.url or "", request.headers, _bytes(request.body or b"")
        )
        self._watch("after", request)
        if exchange.start is None:
            gone = RemoteDisconnected("Remote end closed connection without response")
            raise requests.ConnectionError(ProtocolError("Connection aborted.", gone), request=request)
        raw = HTTPResponse(
            BytesIO(exchange.body),
            headers=[(name.decode(), value.decode()) for name, value in exchange.start["headers"]],
            status=exchange.start["status"],
            preload_content=False,
            request_method=request.method,
        )
        return self._shape(request, raw)

    def close(self) -> None:
        """There is no connection."""


def ask(app: Api, method: str, url: str, headers: Mapping[str, Any], body: bytes) -> Exchange:
    """Put one request to an application and return what came of it."""
    exchange = Exchange(method, url, headers, body)
    _finish(app(exchange.scope, exchange.receive, exchange.send))
    return exchange


class Exchange:
    """One request in the words of ASGI, and what came back; a body cut short stays short.

    Attributes:
        start: the message with status and headers; None where no answer came.
        body: of the answer.
    """

    def __init__(self, method: str, url_text: str, headers: Mapping[str, Any], body: bytes) -> None:
        url = urlsplit(url_text)
        path = url.path or "/"
        self.scope: Mapping[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": url.scheme,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": url.query.encode(),
            "headers": [
                (b"host", url.netloc.encode()),
                *((name.lower().encode(), _bytes(value)) for name, value in headers.items()),
            ],
            "client": ("127.0.0.1", 1),
            "server": (url.hostname, url.port),
        }
        self._given = [{"type": "http.request", "body": body}]
        self.start: Mapping[str, Any] | None = None
        self.body = b""

    async def receive(self) -> Mapping[str, Any]:
        return self._given.pop() if self._given else {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


def _bytes(text: Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode()


def _finish(answering: Coroutine[Any, Any, None]) -> None:
    """Run what never waits, without an event loop."""
    try:
        answering.send(None)
    except StopIteration:
        return
    raise RuntimeError("the sandbox waits, which only its server can do")
