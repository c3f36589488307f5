"""Connectors: what is installed, which accounts are connected, and whether they are well."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.web.desk import by_script, desk_of, go, page, posted, tongue_of
from glowtify_adapters.web.pages import connect
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import ConnectorNotFound, GlowtifyError, ScheduleRejected
from glowtify_core.domain.schedule import load_zone
from glowtify_core.ports.connectors import Installed, LoadFailure

HOME = "/connectors"
TONES = 6
"""How many colours the marks have."""

STYLES = {
    ConnectionState.NOT_CONNECTED: "",
    ConnectionState.CONNECTED: "good",
    ConnectionState.PARTIALLY_CONNECTED: "warn",
    ConnectionState.RECONNECT_REQUIRED: "bad",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One connector as the page shows it.

    Attributes:
        name: the connector's.
        installed: where it can be used.
        failure: why it cannot, where it is installed all the same.
        connection: the store's, if it has one; it may outlive its connector.
    """

    name: str
    installed: Installed | None = None
    failure: LoadFailure | None = None
    connection: Connection | None = None

    @property
    def title(self) -> str:
        """As shown."""
        return self.installed.manifest.title if self.installed else self.name

    @property
    def initials(self) -> str:
        """Stand for a logo."""
        return "".join(word[0] for word in self.title.split()[:2]).upper()

    @property
    def tone(self) -> int:
        """The mark's colour, always the same for a name."""
        return zlib.crc32(self.name.encode()) % TONES

    @property
    def state(self) -> ConnectionState:
        """One of the four labels."""
        return self.connection.state if self.connection else ConnectionState.NOT_CONNECTED

    @property
    def style(self) -> str:
        """The state's colour; none where nothing can be done with it."""
        return STYLES[self.state] if self.installed else ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the card's times are in: the account's, if it has one that exists."""
        try:
            return load_zone(self.connection.account.zone if self.connection else "UTC")
        except ScheduleRejected:
            return load_zone("UTC")


def show(request: Request) -> Response:
    """The cards of one tab; without a connection, of what is available."""
    cards = _cards(request)
    connected = [card for card in cards if card.connection]
    available = [card for card in cards if not card.connection]
    asked = request.query_params.get("tab", "connected" if connected else "available")
    return page(
        request,
        "connectors.html",
        tab="available" if asked == "available" else "connected",
        connected=connected,
        available=available,
        failures=desk_of(request).app.connections.directory.failures,
    )


def check(request: Request, _form: FormData) -> Response:
    """Ask the platform now; the answer is on the card, or at the top of the page where there is no script."""
    desk, name = desk_of(request), request.path_params["name"]
    if desk.app.connections.repo.get(desk.store, name) is None:
        return _not_connected(request, name)
    error = None
    try:
        desk.app.connections.connect.check_now(desk.store, name)
    except GlowtifyError as problem:
        error = problem
    card = _card(request, name)
    if by_script(request):
        return page(request, "parts/connector.html", card=card, checked=True, error=error)
    said, style = _came_of_it(request, card, error)
    return go(request, f"{HOME}?tab=connected", said, style=style)


def ask_disconnect(request: Request) -> Response:
    """What disconnecting means, before it is done."""
    desk, name = desk_of(request), request.path_params["name"]
    if desk.app.connections.repo.get(desk.store, name) is None:
        return _not_connected(request, name)
    return _disconnecting(request, name)


def disconnect(request: Request, _form: FormData) -> Response:
    """Forget the key."""
    desk, tongue, name = desk_of(request), tongue_of(request), request.path_params["name"]
    if desk.app.connections.repo.get(desk.store, name) is None:
        return _not_connected(request, name)
    title = _card(request, name).title
    try:
        sending = desk.app.connections.disconnect(desk.store, name)
    except GlowtifyError as error:
        return _disconnecting(request, name, error)
    said = tongue.say("{title} is disconnected; its key is deleted.", title=title)
    if sending:
        still = tongue.say("Campaigns that still send from there: {count}.", count=len(sending))
        said = f"{said} {still}"
    return go(request, HOME, said)


def _cards(request: Request) -> Sequence[Card]:
    """All of them, by title."""
    desk = desk_of(request)
    connections = {one.connector: one for one in desk.app.connections.repo.all(desk.store)}
    directory = desk.app.connections.directory
    cards = [
        Card(one.manifest.name, installed=one, connection=connections.pop(one.manifest.name, None))
        for one in directory.installed
    ]
    failures = {failure.name: failure for failure in directory.failures}
    left = [Card(name, failure=failures.get(name), connection=one) for name, one in connections.items()]
    return sorted([*cards, *left], key=lambda card: card.title.casefold())


def _card(request: Request, name: str) -> Card:
    """One of them.

    Raises:
        ConnectorNotFound: neither installed nor connected.
    """
    for card in _cards(request):
        if card.name == name:
            return card
    raise ConnectorNotFound(f"There is no connector {name!r}")


def _disconnecting(request: Request, name: str, error: GlowtifyError | None = None) -> Response:
    """The question, with what still sends, soonest first."""
    desk = desk_of(request)
    sending = desk.app.connections.disconnect.still_sends(desk.store, name)
    return page(
        request,
        "disconnect.html",
        status=409 if error else 200,
        card=_card(request, name),
        sending=sorted(sending, key=lambda one: one.schedule.latest_instant("UTC")),
        error=error,
    )


def _came_of_it(request: Request, card: Card, error: GlowtifyError | None) -> tuple[str, str]:
    """What a check has shown, and its style, for the top of the page."""
    tongue = tongue_of(request)
    if error:
        parts = [tongue.say(part) for part in (error.title, error.detail, error.remedy) if part]
        return f"{card.title}: {' · '.join(parts)}", "bad"
    said = tongue.say("{title} was checked: {state}.", title=card.title, state=tongue.say(card.state))
    return said, card.style


def _not_connected(request: Request, name: str) -> Response:
    said = tongue_of(request).say("{title} is not connected.", title=_card(request, name).title)
    return go(request, HOME, said, style="warn")


ROUTES = [
    Route(HOME, show),
    Route(HOME + "/{name}/check", posted(check), methods=["POST"]),
    Route(HOME + "/{name}/disconnect", ask_disconnect, methods=["GET"]),
    Route(HOME + "/{name}/disconnect", posted(disconnect), methods=["POST"]),
    *connect.ROUTES,
]
