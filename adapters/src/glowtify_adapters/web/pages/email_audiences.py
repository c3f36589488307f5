"""The lists and segments that an e-mail can go to: read when they are looked at, counted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.app import App
from glowtify_adapters.web.desk import desk_of, page, session_of
from glowtify_adapters.web.drafts import Draft, drafts_of, parse_token, token
from glowtify_adapters.web.pages.campaign_words import here
from glowtify_core.application.platforms import abilities
from glowtify_core.domain.audience import Audience, AudienceRef
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import GlowtifyError


@dataclass(frozen=True, slots=True)
class Row:
    """One list or segment.

    Attributes:
        audience: as the platform says it; of one that is gone, as it was chosen.
        token: how the form names it.
        size: how many people are in it, where that is known.
        included, excluded: whether it is chosen.
        found: whether its name holds what is searched for.
        gone: whether it was chosen and is no longer there.
    """

    audience: Audience
    token: str
    size: int | None
    included: bool
    excluded: bool
    found: bool = True
    gone: bool = False

    @property
    def shown(self) -> bool:
        """Whether it stands in the list; what is chosen always does."""
        return self.found or self.included or self.excluded


@dataclass(frozen=True, slots=True)
class Listing:
    """All of them, or why they could not be read."""

    rows: Sequence[Row] = ()
    error: GlowtifyError | None = None


def show(request: Request) -> Response:
    """The lists and segments of an e-mail's account."""
    desk = desk_of(request)
    known = drafts_of(session_of(request)).get(request.path_params["draft"])
    draft = known or Draft().having({"connector": request.query_params.get("connector", "")})
    found = listing(desk.app, desk.store, draft)
    return page(
        request,
        "parts/email_audiences.html",
        draft=draft,
        audiences=found,
        exclude=can_exclude(desk.app, desk.store, draft["connector"]),
        here=here,
    )


def size(request: Request) -> Response:
    """How many people are in one of them."""
    desk = desk_of(request)
    connector, ref = parse_token(request.query_params.get("count", ""))
    people, error = None, None
    try:
        people = desk.app.audiences.size(desk.store, connector, ref) if ref else None
    except GlowtifyError as trouble:
        error = trouble
    return page(request, "parts/email_size.html", people=people, error=error)


def can_exclude(app: App, store: str, connector: str) -> bool:
    """Whether some can be left out there."""
    connection = app.connections.repo.get(store, connector)
    if connection is None:
        return False
    return Capability.EXCLUDE in abilities(app.connections.directory.manifest(connector), connection.account)


def listing(app: App, store: str, draft: Draft, count: str = "") -> Listing:
    """Lists and segments, those that are chosen among them.

    Args:
        count: the token of one to be counted.
    """
    chosen = {side: set(map(_same, draft.chosen(side))) for side in ("include", "exclude")}
    search, connector = draft["audience.search"].strip().casefold(), draft["connector"]
    rows = []
    try:
        for counted in app.audiences(store, connector):
            audience = counted.audience
            key, mark = _same(audience.ref), token(connector, audience.ref, audience.name)
            people = app.audiences.size(store, connector, audience.ref) if mark == count else counted.size
            included, excluded = (key in chosen[side] for side in ("include", "exclude"))
            found = search in audience.name.casefold()
            rows.append(Row(audience, mark, people, included, excluded, found))
    except GlowtifyError as trouble:
        return Listing(error=trouble)
    rows.sort(key=lambda row: (not (row.included or row.excluded), row.audience.name.casefold()))
    return Listing([*_gone(draft, rows), *rows])


def _gone(draft: Draft, rows: Sequence[Row]) -> Sequence[Row]:
    """What was chosen and is no longer there; it stays until it is unticked."""
    there = {_same(row.audience.ref) for row in rows}
    sides = {side: draft.chosen(side) for side in ("include", "exclude")}
    gone = dict.fromkeys(ref for refs in sides.values() for ref in refs if _same(ref) not in there)
    return [
        Row(
            Audience(ref, ref.name_seen or ref.id),
            token(draft["connector"], ref, ref.name_seen or ref.id),
            None,
            ref in sides["include"],
            ref in sides["exclude"],
            gone=True,
        )
        for ref in gone
    ]


def _same(ref: AudienceRef) -> tuple[object, ...]:
    return ref.id, ref.kind, ref.parent


ROUTES = [
    Route("/emails/audiences/{draft}", show),
    Route("/emails/size", size),
]
