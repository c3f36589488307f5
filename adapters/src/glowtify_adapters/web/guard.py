"""Before anything is answered: which host, which site, and what a browser may do with the answer."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and nothing written into a page that runs or styles."""

PREVIEW_POLICY = (
    "sandbox; default-src 'none'; img-src data: https:; style-src 'unsafe-inline'; font-src data: https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""For a person's own HTML: it is looked at, runs nothing and reaches nothing of ours."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""On every answer that does not set them itself, refusals and redirects included."""


class Guard:
    """Refuses other hosts' names and other sites' requests, and puts :data:`HEADERS` on every answer.

    Args:
        app: what answers the others.
        origins: as browsers name us, such as ``http://localhost:8080``; else a name that an attacker controls
            could be made to lead here.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = frozenset(urlsplit(origin).netloc for origin in self._origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Request(scope))
        answer = refusal or self._app
        await answer(scope, receive, with_headers)

    def _refusal(self, request: Request) -> PlainTextResponse | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This server does not go by that name.\n", 400)
        if request.method not in READING and not self._comes_from_us(request):
            return PlainTextResponse("This request comes from another site.\n", 403)
        return None

    def _comes_from_us(self, request: Request) -> bool:
        """By what browsers say of themselves; what says nothing is no browser of today."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        return request.headers.get("origin") in self._origins
