"""Getting in: by the link that the server prints, which works once, or by the password."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from glowtify_adapters.web.desk import desk_of, go, page, posted, sent_to, session_of, text_of
from glowtify_adapters.web.languages import LANGUAGES, choose
from glowtify_adapters.web.sessions import Sessions
from glowtify_core.ports.credentials import Secret

OPEN = re.compile(r"/login|/language|/static/.*")
"""What is shown to those who are not logged in."""

OURS = re.compile(r"/([\w.-][\w./-]*)?(\?[\w.=&%+-]*)?", re.ASCII)
"""Where on our pages somebody may be sent back to; nothing that a browser could take for another site."""

SLOW = 0.5
"""Seconds that a wrong password costs."""


@dataclass(slots=True)
class Door:
    """Lets people in.

    Attributes:
        announce: prints a new link whenever the last one has been used.
        password: what also opens; None: only links do.
    """

    announce: Callable[[str], None]
    password: Secret | None = None
    _token: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open_for_one(self) -> None:
        """Print a link that works once."""
        with self._lock:
            self._token = secrets.token_urlsafe(32)
            self.announce(self._token)

    def admits(self, token: str) -> bool:
        """Whether this is the link's token; if so another link is printed."""
        with self._lock:
            good = bool(self._token) and secrets.compare_digest(token.encode(), self._token.encode())
        if good:
            self.open_for_one()
        return good

    def knows(self, password: str) -> bool:
        """Whether this is the password; a wrong one takes its time."""
        if self.password is None:
            return False
        good = secrets.compare_digest(password.encode(), self.password.reveal().encode())
        if not good:
            time.sleep(SLOW)
        return good


class Members:
    """Finds the session and the language of a request; who is not logged in is sent to the login page."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request.state.session = session = self._sessions.of(request)
        request.state.tongue = choose(request.headers.get("accept-language", ""), session.language)
        if session.logged_in or OPEN.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
        else:
            await sent_to(request, "/login")(scope, receive, send)


def show(request: Request) -> Response:
    """The login page; with the link's token it lets in."""
    door: Door = request.app.state.door
    token = request.query_params.get("token")
    if token is not None and request.method == "GET" and door.admits(token):
        return _enter(request)
    return _keep(
        request, page(request, "login.html", password=door.password is not None, wrong=token is not None)
    )


def log_in(request: Request, form: FormData) -> Response:
    """Let in by password."""
    door: Door = request.app.state.door
    if door.knows(text_of(form, "password")):
        return _enter(request)
    return page(request, "login.html", status=403, password=door.password is not None, wrong=True)


def log_out(request: Request, _form: FormData) -> Response:
    """End the session."""
    response = RedirectResponse("/login", 303)
    desk_of(request).sessions.end(session_of(request), response)
    return response


def change_language(request: Request, form: FormData) -> Response:
    """Speak the chosen language from now on; back to the page that it was chosen on."""
    chosen, back = text_of(form, "language"), text_of(form, "back")
    session_of(request).language = chosen if chosen in LANGUAGES else ""
    return go(request, back if OURS.fullmatch(back) else "/")


def _enter(request: Request) -> Response:
    session = session_of(request)
    session.logged_in = True
    desk_of(request).sessions.rotate(session)
    return _keep(request, RedirectResponse("/", 303))


def _keep(request: Request, response: Response) -> Response:
    desk_of(request).sessions.set_cookie(response, session_of(request))
    return response


ROUTES = [
    Route("/login", show, methods=["GET"]),
    Route("/login", posted(log_in), methods=["POST"]),
    Route("/logout", posted(log_out), methods=["POST"]),
    Route("/language", posted(change_language), methods=["POST"]),
]
