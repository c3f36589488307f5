"""New e-mail: a form that is looked over while somebody fills it in, and published from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from glowtify_adapters.web.composing import Remark, look_over
from glowtify_adapters.web.desk import by_script, desk_of, go, page, posted, session_of, text_of, tongue_of
from glowtify_adapters.web.drafts import Draft, begun, drafts_of, keep, of_campaign, typed, typed_without_file
from glowtify_adapters.web.guard import PREVIEW_POLICY
from glowtify_adapters.web.pages import email_audiences, publishing
from glowtify_adapters.web.pages.email_audiences import Listing, listing
from glowtify_adapters.web.pages.email_form import Form, shown, zones
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import GlowtifyError, InvalidCampaign

HOME = "/emails/new"
UNPROCESSABLE, CONFLICT = 422, 409

_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)


def show(request: Request) -> Response:
    """The form: of the e-mail that was begun last, of the one that is asked for, or empty."""
    connections = _connections(request)
    if not connections:
        return page(request, "emails.html", form=None)
    draft = _asked_for(request) or _begun(request, connections)
    form = _form(request, draft)
    trouble = _came_back(request, draft)
    if trouble:
        form = replace(form, composed=form.composed.with_remarks([Remark.of(trouble)]))
    return _whole(request, form)


def change(request: Request, form: FormData) -> Response:
    """Take what is typed, and do what was pressed; a script that looks on is answered what to say of it."""
    if not _connections(request):
        return go(request, HOME)
    before = _known(request, text_of(form, "draft"))
    pressed = text_of(form, "do")
    refused: Sequence[Remark] = ()
    try:
        draft = typed(form, before)
    except InvalidCampaign as refusal:
        draft, refused = typed_without_file(form, before), [Remark.of(refusal)]
    moved = text_of(form, "schedule.instead")
    draft = keep(session_of(request), _pressed(request, draft, pressed, moved))
    if pressed == "another":
        return go(request, f"{HOME}?another=1")
    live = pressed not in {"check", "publish"}
    found = _listing(request, form, draft)
    after = _form(request, draft, live=live, refused=refused, audiences=found)
    if by_script(request):
        new_file = draft.file is not before.file or bool(refused)
        more = {"new_file": new_file, "moved": bool(moved)}
        return page(request, "parts/email_said.html", **more, **shown(request, after))
    if pressed == "publish" and after.composed.good:
        return _publish(request, after)
    return _whole(request, after, UNPROCESSABLE if after.errors else 200)


def preview(request: Request) -> Response:
    """The e-mail itself, by day or in the dark: it runs nothing, and reaches nothing of ours."""
    draft = drafts_of(session_of(request)).get(request.path_params["draft"])
    dark = "dark" in request.query_params

    def rule(asked: re.Match[str]) -> str:
        """Always true, or never, whatever the browser's own scheme is."""
        return "(min-width: 0)" if (asked[1].lower() == "dark") is dark else "(max-width: 0)"

    html = _SCHEME.sub(rule, draft.html) if draft else ""
    return HTMLResponse(html, headers={"Content-Security-Policy": PREVIEW_POLICY})


def _publish(request: Request, form: Form) -> Response:
    desk, draft = desk_of(request), form.draft
    try:
        published = desk.app.campaigns.publish(form.composed.campaign, again=bool(draft["again"]), later=True)
    except GlowtifyError as refusal:
        refused = form.composed.with_remarks([Remark.of(refusal)])
        return _whole(request, replace(form, composed=refused), CONFLICT)
    publication = published.publication
    keep(session_of(request), replace(draft, handed=publication.id))
    if publication.open_operation:
        request.app.state.progress.start(publication.id)
    note = "It had been handed over before; nothing was changed." if published.already else ""
    return go(request, publishing.path_of(publication), tongue_of(request).say(note) if note else "")


def _pressed(request: Request, draft: Draft, pressed: str, moved: str) -> Draft:
    """What a button changes in the form."""
    if pressed == "account":
        return draft.for_account(_connection(request, draft))
    if pressed == "no_file":
        return replace(draft, file=None)
    if moved:
        day, _, time = moved.partition("T")
        return draft.having({"schedule.date": day, "schedule.time": time})
    return draft


def _listing(request: Request, form: FormData, draft: Draft) -> Listing | None:
    """Lists and segments, where they are wanted and not only looked on."""
    desk, count = desk_of(request), text_of(form, "count")
    wanted = text_of(form, "lists") or text_of(form, "do") == "lists" or count
    return listing(desk.app, desk.store, draft, count) if wanted and not by_script(request) else None


def _form(
    request: Request,
    draft: Draft,
    *,
    live: bool = True,
    refused: Sequence[Remark] = (),
    audiences: Listing | None = None,
) -> Form:
    desk, connection = desk_of(request), _connection(request, draft)
    if draft["connector"] != connection.connector:
        draft = keep(session_of(request), draft.for_account(connection))
    composed = look_over(desk.app, desk.store, draft, online=not live)
    if refused:
        others = [one for one in composed.remarks if one.field != "html"]
        composed = replace(composed, remarks=(*refused, *others))
    return Form(
        draft,
        composed,
        _connections(request),
        desk.app.connections.directory.manifest(connection.connector),
        connection,
        live,
        audiences,
    )


def _whole(request: Request, form: Form, status: int = 200) -> Response:
    others = [one for one in begun(session_of(request)) if one.id != form.draft.id]
    return page(request, "emails.html", status=status, zones=zones(), others=others, **shown(request, form))


def _connections(request: Request) -> Sequence[Connection]:
    """Accounts whose connector is installed."""
    desk = desk_of(request)
    installed = {one.manifest.name for one in desk.app.connections.directory.installed}
    return [one for one in desk.app.connections.repo.all(desk.store) if one.connector in installed]


def _connection(request: Request, draft: Draft) -> Connection:
    connections = _connections(request)
    return next((one for one in connections if one.connector == draft["connector"]), connections[0])


def _known(request: Request, draft_id: str) -> Draft:
    """The e-mail of this id; where it has been forgotten, the form that still is open begins it anew."""
    known = drafts_of(session_of(request)).get(draft_id)
    return known or (Draft(draft_id) if re.fullmatch(r"[0-9a-f]{16}", draft_id) else Draft())


def _asked_for(request: Request) -> Draft | None:
    """The e-mail that the address names: one of this session, or a campaign's."""
    desk, session, query = desk_of(request), session_of(request), request.query_params
    if known := drafts_of(session).get(query.get("draft", "")):
        return known
    if campaign_id := query.get("from"):
        publication = desk.app.campaigns.latest(desk.store, [campaign_id])[0]
        return keep(session, of_campaign(desk.app.campaigns.repo.content(publication.id)))
    return None


def _begun(request: Request, connections: Sequence[Connection]) -> Draft:
    session = session_of(request)
    drafts = begun(session)
    if drafts and "another" not in request.query_params:
        return drafts[-1]
    return keep(session, Draft().for_account(connections[0]))


def _came_back(request: Request, draft: Draft) -> GlowtifyError | None:
    """Why publishing it failed, for whoever comes back to mend that."""
    watched = request.app.state.progress.of(draft.handed) if draft.handed else None
    return watched.error if watched else None


ROUTES = [
    Route(HOME, show, methods=["GET"]),
    Route(HOME, posted(change), methods=["POST"]),
    Route("/emails/preview/{draft}", preview),
    *email_audiences.ROUTES,
    *publishing.ROUTES,
]
