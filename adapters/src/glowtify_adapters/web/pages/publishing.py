"""Publishing, watched: its steps as they happen, and what has come of it."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.web.desk import by_script, desk_of, go, page, posted, session_of
from glowtify_adapters.web.drafts import drafts_of
from glowtify_adapters.web.pages.campaign_words import here, times
from glowtify_adapters.web.progress import Watched
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import GlowtifyError, PlatformError, PublicationBusy, Retry
from glowtify_core.domain.publication import Problem, Publication


def show(request: Request) -> Response:
    """How far it is; a script asks for that part alone."""
    publication = _publication(request)
    template = "parts/publishing.html" if by_script(request) else "publishing.html"
    return page(request, template, **_shown(request, publication))


def try_again(request: Request, _form: FormData) -> Response:
    """Go on with what was not finished."""
    publication = _publication(request)
    if publication.open_operation:
        request.app.state.progress.start(publication.id)
    return go(request, path_of(publication))


def path_of(publication: Publication) -> str:
    """Where it is watched."""
    return f"/emails/{publication.key.campaign_id}/publishing"


def _publication(request: Request) -> Publication:
    """The newest of the campaign that the path names.

    Raises:
        CampaignNotFound: there is none.
    """
    desk = desk_of(request)
    return desk.app.campaigns.latest(desk.store, [request.path_params["campaign_id"]])[0]


def _shown(request: Request, publication: Publication) -> dict[str, Any]:
    watched = request.app.state.progress.of(publication.id)
    busy = _busy(publication, watched)
    manifest_of = desk_of(request).app.connections.directory.manifest
    draft = next(
        (one.id for one in drafts_of(session_of(request)).values() if one.handed == publication.id), None
    )
    return {
        "publication": publication,
        "title": manifest_of(publication.connector).title,
        "steps": watched.words if watched else (),
        "busy": busy,
        "unfinished": publication.open_operation is not None and not publication.tidying,
        "problem": None if busy else _problem(publication, watched),
        "here": here,
        "times": times,
        "account_zone": _zone(request, publication.key, publication.connector),
        "back": f"/emails/new?draft={draft}" if draft else f"/emails/new?from={publication.key.campaign_id}",
    }


def _busy(publication: Publication, watched: Watched | None) -> bool:
    """Whether more is to come by itself, soon."""
    if publication.open_operation is None or publication.tidying or publication.waits_for_person:
        return False
    return watched is None or not watched.done or _by_itself(watched.error)


def _by_itself(error: GlowtifyError | None) -> bool:
    auto = isinstance(error, PlatformError) and error.retry is Retry.AUTO
    return auto or isinstance(error, PublicationBusy)


def _problem(publication: Publication, watched: Watched | None) -> Problem | None:
    if publication.problem:
        return publication.problem
    error = watched.error if watched else None
    return Problem.of(error) if error and publication.open_operation else None


def _zone(request: Request, key: CampaignKey, connector: str) -> str:
    connection = desk_of(request).app.connections.repo.get(key.store, connector)
    return connection.account.zone if connection else "UTC"


ROUTES = [
    Route("/emails/{campaign_id}/publishing", show, methods=["GET"]),
    Route("/emails/{campaign_id}/publishing", posted(try_again), methods=["POST"]),
]
