"""A platform script on a loopback address, where recorded tests can ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit

from glowtify_core.testing.stage.script import Answer, PlatformScript, Request


@contextmanager
def on_loopback(script: PlatformScript) -> Iterator[str]:
    """Serve a script on this machine, one request at a time; gives its base URL, scheme and host and port."""
    server = HTTPServer(("127.0.0.1", 0), _handler(script.answer))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="script", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answer: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Speaks HTTP/1.0: a connection a request, so that none is left open."""

        def answer(self) -> None:
            answered = answer(self._read())
            self.send_response(answered.status)
            headers = {"Content-Type": "application/json", **answered.headers}
            for name, value in {**headers, "Content-Length": str(len(answered.content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answered.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - named by http.server

        def _read(self) -> Request:
            url = urlsplit(self.path)
            return Request(
                self.command,
                unquote(url.path),
                dict(parse_qsl(url.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
            """Say nothing."""

    return Handler
