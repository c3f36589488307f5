"""The server: everything between a browser and the pages."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from glowtify_adapters.app import App
from glowtify_adapters.web import login
from glowtify_adapters.web.desk import Desk, problem
from glowtify_adapters.web.guard import Guard
from glowtify_adapters.web.login import Door, Members
from glowtify_adapters.web.pages import campaigns, connectors, emails, performance
from glowtify_adapters.web.progress import Progress
from glowtify_adapters.web.sessions import Sessions
from glowtify_adapters.web.static_files import Files
from glowtify_core.domain.errors import CampaignNotFound, ConfigurationError, GlowtifyError
from glowtify_core.ports.credentials import Secret

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of a request: a form with the longest HTML that we take."""

HTTP = 80

PATIENCE = 10
"""Seconds in which answers that are under way may end when the server stops."""

_log = logging.getLogger("glowtify.web")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens, and how browsers reach it.

    Attributes:
        host, port: the interface.
        origin: as browsers name it, such as ``https://mail.example.com``; None: by host and port.
        password: opens the login page; None: only links do.
    """

    host: str
    port: int
    origin: str | None = None
    password: Secret | None = None

    def check(self) -> None:
        """Refuse to serve the network in the clear, or without a password.

        Raises:
            ConfigurationError: saying what to set.
        """
        here = is_loopback(self.host) and (self.origin is None or is_loopback(self._netloc.hostname or ""))
        if here or (self.secure and self.password):
            return
        raise ConfigurationError(
            f"Glowtify does not serve {self.origin or self.host} like that",
            code="web_exposed",
            field="host",
            detail="Everybody who reaches it could read along, or log in.",
            remedy="Put something that speaks TLS in front, name its address in GLOWTIFY_WEB_ORIGIN"
            " (https://...), and set GLOWTIFY_WEB_PASSWORD; or leave --host out.",
        )

    @property
    def secure(self) -> bool:
        """Whether browsers use https."""
        return (self.origin or "").startswith("https://")

    @property
    def address(self) -> str:
        """What people type."""
        return self.origin or _origin(self.host, self.port)

    @property
    def origins(self) -> frozenset[str]:
        """By what browsers may call it."""
        if self.origin:
            return frozenset({self.origin})
        return frozenset(_origin(host, self.port) for host in (self.host, "localhost", "127.0.0.1"))

    @property
    def _netloc(self) -> SplitResult:
        return urlsplit(self.address)


def _origin(host: str, port: int) -> str:
    """As a browser writes it: the usual port is left out."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port == HTTP else f"http://{name}:{port}"


def create(app: App, place: Place, *, store: str, announce: Callable[[str], None]) -> Starlette:
    """The web application.

    Args:
        app: all that it knows of the inside.
        place: how browsers reach it.
        store: the store that the pages show.
        announce: prints a link that lets one in.
    """
    sessions = Sessions(secure=place.secure, port=place.port)
    web = Starlette(
        routes=[
            Route("/", _home),
            Mount("/static", Files()),
            *login.ROUTES,
            *connectors.ROUTES,
            *emails.ROUTES,
            *campaigns.ROUTES,
            *performance.ROUTES,
        ],
        middleware=[
            Middleware(Guard, origins=place.origins),
            Middleware(Members, sessions=sessions),
            Middleware(ServerErrorMiddleware, handler=_broken),  # in here, so that its answer is guarded too
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
        ],
        exception_handlers={GlowtifyError: _refused, HTTPException: _not_found},
    )
    web.state.desk = Desk(app, store, sessions)
    web.state.door = Door(lambda token: announce(f"{place.address}/login?token={token}"), place.password)
    web.state.progress = Progress(app)
    return web


def serve(
    app: App, place: Place, *, store: str, announce: Callable[[str], None], ready: Callable[[], None]
) -> None:
    """Serve until Ctrl+C or SIGTERM; what is due is done meanwhile.

    Raises:
        ConfigurationError: it must not, or cannot, listen there.
    """
    place.check()
    with listening(place) as listener:
        place = Place(place.host, listener.getsockname()[1], place.origin, place.password)
        web = create(app, place, store=store, announce=announce)
        web.state.door.open_for_one()
        ready()
        with web.state.progress.working():
            uvicorn_of(web).run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(place: Place) -> socket.socket:
    """A socket there.

    Raises:
        ConfigurationError: somebody else has the port, or the interface is not ours.
    """
    try:
        family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        return socket.create_server((place.host, place.port), family=family)
    except OSError as problem:
        raise ConfigurationError(
            f"The page cannot be served on {place.host}:{place.port}",
            code="web_start",
            detail=problem.strerror or "",
            remedy="Choose another --port; 0 takes a free one.",
        ) from problem


def uvicorn_of(web: Starlette) -> uvicorn.Server:
    """What speaks HTTP for it: says nothing of itself, and believes no header of a proxy."""
    return uvicorn.Server(
        uvicorn.Config(
            web,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE,
        )
    )


def _home(_request: Request) -> Response:
    return RedirectResponse("/connectors", 303)


def _refused(request: Request, error: Exception) -> Response:
    """Something that no page has taken care of was refused; said in its words."""
    if not isinstance(error, GlowtifyError):
        raise error
    status = 404 if isinstance(error, CampaignNotFound) else 409
    return problem(request, status, error.title, detail=error.detail, remedy=error.remedy, code=error.code)


def _not_found(request: Request, error: Exception) -> Response:
    """What HTTP itself has to refuse."""
    if not isinstance(error, HTTPException):
        raise error
    title, remedy = _REFUSALS.get(error.status_code, _REFUSALS[400])
    response = problem(request, error.status_code, title, remedy=remedy)
    response.headers.update(error.headers or {})
    return response


_REFUSALS = {
    400: ("Not possible", "What the browser sent could not be read. Go back, and try it once more."),
    404: ("Not found", "There is no such page."),
    405: ("Not possible", "This address is where a form is sent to; there is nothing to see."),
}


def _broken(request: Request, error: Exception) -> Response:
    """Our own mistake; its words stay out, since they may quote anything."""
    _log.error("%s: %s", request.url.path, type(error).__name__, exc_info=error)
    return problem(
        request,
        500,
        "Something went wrong inside Glowtify",
        detail=type(error).__name__,
        remedy="What was scheduled stays so. Run `glowtify serve --debug`, and the terminal shows where.",
    )
