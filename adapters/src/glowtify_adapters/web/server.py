"""The server: everything between a browser and the pages."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from glowtify_adapters.app import App
from glowtify_adapters.web import login
from glowtify_adapters.web.desk import Desk, page
from glowtify_adapters.web.guard import Guard
from glowtify_adapters.web.login import Door, Members
from glowtify_adapters.web.pages import campaigns, connectors, emails, performance
from glowtify_adapters.web.progress import Progress
from glowtify_adapters.web.sessions import Sessions
from glowtify_core.domain.errors import ConfigurationError, GlowtifyError
from glowtify_core.ports.credentials import Secret

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
        if is_loopback(self.host) or (self.secure and self.password):
            return
        raise ConfigurationError(
            f"Glowtify does not serve {self.host} like that",
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
        return self.origin or f"http://{self.host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in the Host header."""
        if self.origin:
            return frozenset({urlsplit(self.origin).netloc})
        return frozenset({f"{self.host}:{self.port}", f"localhost:{self.port}", f"127.0.0.1:{self.port}"})


def create(app: App, place: Place, *, store: str, announce: Callable[[str], None]) -> Starlette:
    """The web application.

    Args:
        app: all that it knows of the inside.
        place: how browsers reach it.
        store: the store that the pages show.
        announce: prints a link that lets one in.
    """
    sessions = Sessions(secure=place.secure)
    web = Starlette(
        routes=[
            Route("/", _home),
            Mount("/static", StaticFiles(directory=str(files("glowtify_adapters.web") / "static"))),
            *login.ROUTES,
            *connectors.ROUTES,
            *emails.ROUTES,
            *campaigns.ROUTES,
            *performance.ROUTES,
        ],
        middleware=[Middleware(Guard, hosts=place.hosts), Middleware(Members, sessions=sessions)],
        exception_handlers={GlowtifyError: _refused, HTTPException: _not_found, Exception: _broken},
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
        return socket.create_server((place.host, place.port))
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
            web, log_config=None, access_log=False, server_header=False, proxy_headers=False, lifespan="off"
        )
    )


def _home(_request: Request) -> Response:
    return RedirectResponse("/connectors", 303)


def _refused(request: Request, error: Exception) -> Response:
    """Something that no page has taken care of was refused; said in its words."""
    return page(request, "error.html", status=409, error=error)


def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers: Mapping[str, str] = (error.headers or {}) if isinstance(error, HTTPException) else {}
    if not hasattr(request.state, "tongue"):
        return PlainTextResponse("Not found.\n", status, headers=dict(headers))
    return page(request, "error.html", status=status, error=None)


def _broken(request: Request, error: Exception) -> Response:
    _log.error("%s: %s", request.url.path, type(error).__name__)
    return PlainTextResponse("Something went wrong here. Nothing that was scheduled is touched.\n", 500)
