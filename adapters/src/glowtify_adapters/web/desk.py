"""What every page works with: the application, the session, the language, and the templates."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from glowtify_adapters.app import App
from glowtify_adapters.web.languages import LANGUAGES, NOTHING, Tongue
from glowtify_adapters.web.sessions import Session, Sessions
from glowtify_adapters.web.static_files import static

LARGEST_PART = 15 * 1024 * 1024
"""Bytes of one field of a form: the longest HTML that we take, as browsers may write it."""

Posted = Callable[[Request, FormData], Response]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("glowtify_adapters.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["NOTHING"] = NOTHING
    environment.globals["static"] = static
    return environment


@dataclass(frozen=True, slots=True)
class Desk:
    """One for the whole server.

    Attributes:
        app: all that the pages know of the inside.
        store: the Glowtify store that they show.
        sessions: who is logged in.
    """

    app: App
    store: str
    sessions: Sessions
    templates: Environment = field(default_factory=_environment, repr=False)


def desk_of(request: Request) -> Desk:
    """The server's desk."""
    desk: Desk = request.app.state.desk
    return desk


def session_of(request: Request) -> Session:
    """Whose request it is."""
    session: Session = request.state.session
    return session


def tongue_of(request: Request) -> Tongue:
    """The language of the answer."""
    tongue: Tongue = request.state.tongue
    return tongue


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or the part of one that its template is.

    Templates have ``_`` for words, ``tongue`` for dates and numbers, ``session``, and what is given.
    """
    session, tongue = session_of(request), tongue_of(request)
    whole = not template.startswith("parts/")
    notes, session.notes = (session.notes, []) if whole else ([], session.notes)
    text = (
        desk_of(request)
        .templates.get_template(template)
        .render(
            _=tongue.say,
            tongue=tongue,
            languages=LANGUAGES,
            path=request.url.path,
            query=request.url.query,
            session=session,
            store=desk_of(request).store,
            notes=notes,
            **context,
        )
    )
    return HTMLResponse(text, status)


def problem(
    request: Request, status: int, title: str, *, detail: str = "", remedy: str = "", code: str = ""
) -> Response:
    """A page that says what is wrong, or the part of one that a script has asked for.

    Args:
        request: which.
        status: of HTTP.
        title, remedy: in English; shown in the reader's language where that is known.
        detail: shown as it is.
        code: the error's, for those who look it up.
    """
    template = "parts/error.html" if by_script(request) else "error.html"
    return page(request, template, status=status, title=title, detail=detail, remedy=remedy, code=code)


def go(request: Request, path: str, note: str = "", *, style: str = "good") -> Response:
    """Send the browser to a page of ours, which says the note; what was posted is not posted again there."""
    if note:
        session_of(request).notes.append((style, note))
    return sent_to(request, path)


def sent_to(request: Request, path: str) -> Response:
    """The browser is sent to a page of ours; where a script has asked, the whole browser all the same."""
    if by_script(request):
        return Response(headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def by_script(request: Request) -> bool:
    """Whether a script asks for a part of a page; browsers without one get whole pages."""
    return request.headers.get("hx-request") == "true"


def posted(handler: Posted) -> Callable[[Request], Any]:
    """An endpoint for a form: it has to bring the session's token, and is handled in a thread."""

    async def endpoint(request: Request) -> Response:
        async with request.form(max_part_size=LARGEST_PART) as form:
            token = form.get("csrf") or request.headers.get("x-csrf") or ""
            if not (isinstance(token, str) and _same(token, session_of(request).csrf)):
                return problem(
                    request,
                    403,
                    "This form is too old",
                    remedy="Go back, load the page again, and send it once more.",
                )
            return await run_in_threadpool(handler, request, form)

    return endpoint


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def text_of(form: FormData, name: str) -> str:
    """A field as text, trimmed; empty where it is missing or a file."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
