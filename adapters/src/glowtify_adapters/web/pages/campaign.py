"""One campaign in full: how it stands, what it says, whom it is for, and what was done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from glowtify_adapters.web.desk import desk_of, go, page, posted, tongue_of
from glowtify_adapters.web.guard import PREVIEW_POLICY
from glowtify_adapters.web.languages import Tongue
from glowtify_adapters.web.pages.campaign_words import OPERATIONS, STYLES, here, minute, remarks, times
from glowtify_adapters.web.pages.connectors import STYLES as CONNECTION_STYLES
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import AudienceChoice
from glowtify_core.domain.capabilities import Capability, effective
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import ConnectorNotFound, ScheduleRejected
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import load_zone
from glowtify_core.domain.state import PublicationState


def show(request: Request) -> Response:
    """The page."""
    publication = publication_of(request)
    return page(request, "campaign.html", **_shown(request, publication))


def progress(request: Request) -> Response:
    """What is being done just now; once nothing is, the whole page is to be loaded again."""
    publication = publication_of(request)
    watched = request.app.state.progress.of(publication.id)
    if watched is None or watched.done:
        return Response(headers={"HX-Refresh": "true"})
    return page(request, "parts/campaign_progress.html", publication=publication, steps=watched.words)


def email(request: Request) -> Response:
    """The e-mail itself, as it was handed over; it runs nothing and reaches nothing of ours."""
    content = desk_of(request).app.campaigns.repo.content(publication_of(request).id)
    return HTMLResponse(content.html, headers={"Content-Security-Policy": PREVIEW_POLICY})


def look(request: Request, _form: FormData) -> Response:
    """Ask the platform about this one, its e-mail included where it tells that."""
    desk, tongue, before = desk_of(request), tongue_of(request), publication_of(request)
    content = Capability.CONTENT in abilities(request, before, _connection(request, before))
    (after,) = desk.app.campaigns.track([before], content=content)
    if after.problem is not None and after.problem is not before.problem:
        said = f"{tongue.say(after.problem.title)}. {here(tongue, after.problem.remedy)}"
        return go(request, path_of(after), said, style="bad")
    return go(request, path_of(after), tongue.say("Asked just now."))


def carry_on(request: Request, _form: FormData) -> Response:
    """Go on at once with what is not finished."""
    publication = publication_of(request)
    if publication.open_operation:
        request.app.state.progress.start(publication.id)
    return go(request, path_of(publication))


def publication_of(request: Request) -> Publication:
    """The newest publication of the campaign that the path names.

    Raises:
        CampaignNotFound: there is none.
    """
    desk = desk_of(request)
    return desk.app.campaigns.latest(desk.store, [request.path_params["campaign_id"]])[0]


def path_of(publication: Publication) -> str:
    """A campaign's page."""
    return f"/campaigns/{publication.key.campaign_id}"


def title_of(request: Request, connector: str) -> str:
    """A platform's name, also where its connector is gone."""
    try:
        return desk_of(request).app.connections.directory.manifest(connector).title
    except ConnectorNotFound:
        return connector


def zone_of(connection: Connection | None) -> ZoneInfo:
    """The zone of an account; UTC where there is none that exists."""
    try:
        return load_zone(connection.account.zone if connection else "UTC")
    except ScheduleRejected:
        return load_zone("UTC")


def abilities(
    request: Request, publication: Publication, connection: Connection | None
) -> frozenset[Capability]:
    """What can be done with a campaign's platform: nothing without its account."""
    if connection is None or connection.account.id != publication.account_id:
        return frozenset()
    try:
        manifest = desk_of(request).app.connections.directory.manifest(publication.connector)
    except ConnectorNotFound:
        return frozenset()
    return effective(manifest.capabilities, connection.account.missing)


def possible(publication: Publication, able: frozenset[Capability]) -> Mapping[str, bool]:
    """What may be done with a campaign as it stands: ``move``, ``edit``, ``cancel``, ``stop``, ``again``."""
    state, at_work = publication.state, publication.open_operation is not None
    over = state.final and not at_work
    sending = state is PublicationState.SENDING
    return {
        "move": publication.movable and Capability.RESCHEDULE in able,
        "edit": not over and not sending and Capability.EDIT in able,
        "cancel": (not over or publication.taken_back) and not sending and Capability.CANCEL in able,
        "stop": sending and {Capability.CANCEL, Capability.STOP_SENDING} <= able,
        "again": over and state is not PublicationState.SENT,
    }


def basics(request: Request, publication: Publication) -> dict[str, Any]:
    """What every page about one campaign shows."""
    connection = _connection(request, publication)
    able = abilities(request, publication, connection)
    return {
        "publication": publication,
        "title": title_of(request, publication.connector),
        "connection": connection,
        "same_account": connection is not None and connection.account.id == publication.account_id,
        "zone": zone_of(connection),
        "able": able,
        "possible": possible(publication, able),
        "style": STYLES[publication.state],
        "times": times(
            tongue_of(request), publication.schedule, connection.account.zone if connection else ""
        ),
    }


def _shown(request: Request, publication: Publication) -> dict[str, Any]:
    tongue, shown = tongue_of(request), basics(request, publication)
    watched = request.app.state.progress.of(publication.id)
    earlier = _earlier(request, publication)
    return {
        **shown,
        "content": desk_of(request).app.campaigns.repo.content(publication.id),
        "audience_names": lambda choices: ", ".join(_audience(tongue, one) for one in choices),
        "remarks": list(remarks(tongue, publication, shown["title"], shown["zone"])),
        "steps": watched.words if watched and not watched.done else None,
        "minute": lambda instant: minute(tongue, instant, shown["zone"]),
        "connection_style": CONNECTION_STYLES[shown["connection"].state] if shown["connection"] else "",
        "error": watched.error if watched and watched.done and publication.open_operation else None,
        "here": lambda text: here(tongue, text),
        "history": [publication, *earlier],
        "operations": OPERATIONS,
        "styles": STYLES,
        "times_of": lambda schedule: times(tongue, schedule, shown["zone"].key),
    }


def _earlier(request: Request, publication: Publication) -> Sequence[Publication]:
    """Earlier publications of the campaign, newest first."""
    key = publication.key
    found = desk_of(request).app.campaigns.repo.find(store=key.store, campaign_ids=[key.campaign_id])
    return [one for one in reversed(found) if one.id != publication.id]


def _audience(tongue: Tongue, choice: AudienceChoice) -> str:
    name = choice.name_seen or choice.id if isinstance(choice, AudienceRef) else choice.name
    return f"{name} ({tongue.say(choice.kind.value)})" if choice.kind else name


def _connection(request: Request, publication: Publication) -> Connection | None:
    return desk_of(request).app.connections.repo.get(publication.key.store, publication.connector)


ROUTES = [
    Route("/campaigns/{campaign_id}", show, methods=["GET"]),
    Route("/campaigns/{campaign_id}/progress", progress, methods=["GET"]),
    Route("/campaigns/{campaign_id}/email", email, methods=["GET"]),
    Route("/campaigns/{campaign_id}/look", posted(look), methods=["POST"]),
    Route("/campaigns/{campaign_id}/carry-on", posted(carry_on), methods=["POST"]),
]
