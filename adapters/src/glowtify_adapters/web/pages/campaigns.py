"""Campaigns: the calendar, the list, and what needs a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, get_day_names
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.web.calendar import WEEK, Entry, entry_of, month_named, month_of
from glowtify_adapters.web.desk import desk_of, go, page, posted, session_of, text_of, tongue_of
from glowtify_adapters.web.languages import Tongue
from glowtify_adapters.web.pages import campaign, campaign_changes
from glowtify_adapters.web.pages.campaign import title_of, zone_of
from glowtify_adapters.web.pages.campaign_words import STYLES, here, minute, remarks
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import clean_name

HOME = "/campaigns"

VIEWS = ("month", "list", "attention")

NEWEST = 500
"""Publications that are looked at: their times are kept where no database can search them."""

AT_ONCE = 3
"""Campaigns of one day that a month shows without being asked."""

REPAIRED = "repaired"
"""Where a session keeps what the last repair came to."""


def show(request: Request) -> Response:
    """One view; without a word a month where there is room, and a list where there is not."""
    desk, tongue = desk_of(request), tongue_of(request)
    publications, more = _publications(request)
    connections = desk.app.connections.repo.all(desk.store)
    zone = _zone(connections)
    entries = [entry_of(publication, zone) for publication in publications]
    today, begins = _today(zone), tongue.locale.first_week_day
    month = month_of(entries, _chosen(request, today), today=today, begins=begins)
    view = request.query_params.get("view", "")
    names = get_day_names("abbreviated", locale=tongue.locale)
    return page(
        request,
        "campaigns.html",
        view=view if view in VIEWS else "",
        month=month,
        attention=sorted((e for e in entries if e.needs_person), key=lambda e: e.wall, reverse=True),
        repaired=session_of(request).kept.pop(REPAIRED, None) if view == "attention" else None,
        anything=bool(entries),
        more=NEWEST if more else 0,
        zone=zone,
        connections=connections,
        titles=_titles(request, publications),
        asked_at=_asked_at(month.entries),
        weekdays=[names[(begins + number) % WEEK] for number in range(WEEK)],
        month_name=lambda first: month_name(tongue, first),
        day_name=lambda day, form: format_date(day, form, locale=tongue.locale),
        clock=tongue.clock,
        minute=lambda instant: minute(tongue, instant, zone),
        here=lambda text: here(tongue, text),
        remarks_of=lambda one: list(remarks(tongue, one, title_of(request, one.connector), zone)),
        clean_name=clean_name,
        styles=STYLES,
        at_once=AT_ONCE,
    )


def look(request: Request, form: FormData) -> Response:
    """Ask the platforms about a month's campaigns that are not over."""
    desk, tongue = desk_of(request), tongue_of(request)
    publications, _ = _publications(request)
    zone = _zone(desk.app.connections.repo.all(desk.store))
    entries = [entry_of(publication, zone) for publication in publications]
    today = _today(zone)
    month = month_of(entries, month_named(text_of(form, "month"), today), today=today, begins=0)
    live = [entry.publication for entry in month.entries if not entry.publication.state.final]
    tracked = desk.app.campaigns.track(live)
    back = f"{HOME}?month={month.first:%Y-%m}"
    if text_of(form, "view") in VIEWS:
        back += f"&view={text_of(form, 'view')}"
    for said in _not_asked(request, live, tracked):
        session_of(request).notes.append(("bad", said))
    if not live:
        return go(request, back, tongue.say("All campaigns of this month are over: there is nothing to ask."))
    asked = sum(
        one.problem is before.problem or not one.problem for before, one in zip(live, tracked, strict=True)
    )
    return go(request, back, tongue.say("Asked about {count}.", count=tongue.number(asked)) if asked else "")


def repair(request: Request, _form: FormData) -> Response:
    """Finish what was interrupted, find out what is unknown, and remove what lost answers left."""
    desk = desk_of(request)
    session_of(request).kept[REPAIRED] = list(desk.app.campaigns.repair(desk.store))
    return go(request, f"{HOME}?view=attention")


def month_name(tongue: Tongue, first: date) -> str:
    """Such as "January 2027"."""
    return format_skeleton("yMMMM", first, locale=tongue.locale)


def _publications(request: Request) -> tuple[Collection[Publication], bool]:
    """The newest publication of each campaign, and whether there are more than are looked at."""
    desk = desk_of(request)
    found = desk.app.campaigns.repo.find(store=desk.store, newest=NEWEST)
    return {publication.key: publication for publication in found}.values(), len(found) == NEWEST


def _zone(connections: Sequence[Connection]) -> ZoneInfo:
    """The calendar's zone: of the first account; of each there may be another, which a day cannot have."""
    return zone_of(connections[0] if connections else None)


def _today(zone: ZoneInfo) -> date:
    return datetime.now(zone).date()


def _chosen(request: Request, today: date) -> date:
    return month_named(request.query_params.get("month", ""), today)


def _titles(request: Request, publications: Collection[Publication]) -> Mapping[str, str]:
    """The platforms' names, where there are several."""
    names = {publication.connector for publication in publications}
    return {name: title_of(request, name) for name in names} if len(names) > 1 else {}


def _asked_at(entries: Sequence[Entry]) -> datetime | None:
    """When the platforms were last asked about all that is not over."""
    live = [entry.publication for entry in entries if not entry.publication.state.final]
    return min((one.checked_at for one in live if one.checked_at), default=None)


def _not_asked(
    request: Request, live: Sequence[Publication], tracked: Sequence[Publication]
) -> Sequence[str]:
    """Why platforms could not be asked, each reason once: tracking leaves a new problem then."""
    tongue = tongue_of(request)
    return list(
        dict.fromkeys(
            tongue.say(
                "{title} could not be asked: {problem}. {remedy}",
                title=title_of(request, after.connector),
                problem=tongue.say(after.problem.title),
                remedy=here(tongue, after.problem.remedy),
            )
            for before, after in zip(live, tracked, strict=True)
            if after.problem is not None and after.problem is not before.problem
        )
    )


ROUTES = [
    Route(HOME, show, methods=["GET"]),
    Route(HOME, posted(look), methods=["POST"]),
    Route("/repair", posted(repair), methods=["POST"]),
    *campaign.ROUTES,
    *campaign_changes.ROUTES,
]
