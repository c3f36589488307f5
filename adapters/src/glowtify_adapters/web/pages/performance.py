"""Performance: the stored figures of what was sent; platforms are asked only when somebody says so."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.spreadsheet import spreadsheet
from glowtify_adapters.web.desk import desk_of, go, page, posted, text_of, tongue_of
from glowtify_adapters.web.languages import NOTHING, Tongue
from glowtify_adapters.web.pages.campaign import zone_of
from glowtify_adapters.web.pages.sent import (
    Sent,
    in_order,
    reasons,
    remember,
    sent_campaigns,
    sources,
    totals,
)
from glowtify_adapters.web.pages.sent_charts import over_time, overview
from glowtify_core.application.collect_performance import Performance
from glowtify_core.domain.errors import CampaignNotFound
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.figures import Reading

if TYPE_CHECKING:
    from glowtify_adapters.persistence.pacing import Quota

HOME = "/performance"

COLUMNS = {
    "name": "Campaign",
    "sent": "Sent",
    "recipients": "Recipients",
    "delivered": "Delivered",
    "open_rate": "Open rate",
    "click_rate": "Click rate",
    "unsubscribe_rate": "Unsubscribe rate",
    "revenue": "Revenue",
    "as_of": "As of",
}
"""What a table can be sorted by, and what each column is called."""

NEWEST_FIRST = "-sent"

AT_ONCE = 50
"""Campaigns of one page, and of the chart."""

_NUMBER = re.compile("[1-9][0-9]{0,3}")

RANGES = (2, 7, 30)
"""Days since sending that the history can be narrowed to."""


def show(request: Request) -> Response:
    """Every sent campaign."""
    desk = desk_of(request)
    sent = sent_campaigns(request, desk.app.campaigns.latest(desk.store))
    by = _sorted_by(request)
    pages = max(1, math.ceil(len(sent) / AT_ONCE))
    number = min(_number(request, "page") or 1, pages)
    about = _about(request, sent, [one.metrics for one in sent])
    ordered = in_order(sent, by.removeprefix("-"), descending=by.startswith("-"))
    return page(
        request,
        "performance.html",
        sent=ordered[(number - 1) * AT_ONCE : number * AT_ONCE],
        count=len(sent),
        number=number,
        pages=pages,
        by=by,
        columns=COLUMNS,
        totals=totals(sent),
        chart=overview(tongue_of(request), sent[:AT_ONCE], about["zone"]),
        charted=sent[:AT_ONCE],
        **about,
    )


def show_one(request: Request) -> Response:
    """One campaign, and how its figures came about."""
    desk = desk_of(request)
    publication = _publication(request)
    sent = sent_campaigns(request, [publication])
    history = desk.app.figures.history(publication.id)
    shown = [sent[0].metrics, *(reading.metrics for reading in history)] if sent else []
    days = _number(request, "days")
    return page(
        request,
        "performance_of.html",
        publication=publication,
        one=sent[0] if sent else None,
        history=history,
        days=days,
        ranges=_ranges(sent[0], history) if sent else [],
        chart=over_time(tongue_of(request), sent[0], history, days) if sent and history else None,
        **_about(request, sent, shown),
    )


def ask(request: Request, form: FormData) -> Response:
    """Ask the platforms for what is due of all campaigns."""
    desk = desk_of(request)
    return _ask(request, form, desk.app.campaigns.latest(desk.store), HOME)


def ask_one(request: Request, form: FormData) -> Response:
    """Ask for one campaign's."""
    return _ask(request, form, [_publication(request)], f"{HOME}/{quote(_id(request), safe='')}")


def download(request: Request) -> Response:
    """Every sent campaign as a spreadsheet."""
    desk = desk_of(request)
    sent = sent_campaigns(request, desk.app.campaigns.latest(desk.store))
    return _csv(sent, {}, "performance")


def download_one(request: Request) -> Response:
    """The history of one campaign as a spreadsheet."""
    publication = _publication(request)
    history = {publication.id: desk_of(request).app.figures.history(publication.id)}
    return _csv(sent_campaigns(request, [publication]), history, publication.key.campaign_id)


def _ask(request: Request, form: FormData, publications: Sequence[Publication], path: str) -> Response:
    app = desk_of(request).app
    stored = app.figures.latest([one.id for one in publications])
    collected = app.performance(app.campaigns.track(publications), anew=bool(text_of(form, "anew")))
    remember(request, collected)
    said, style = _came_of_it(tongue_of(request), collected, stored)
    return go(request, path, said, style=style)


def _came_of_it(
    tongue: Tongue, collected: Sequence[Performance], stored: Mapping[str, CampaignMetrics]
) -> tuple[str, str]:
    """What asking has brought, and its style."""
    if not collected:
        return tongue.say("Nothing has been sent yet, so there was nothing to ask for."), ""
    newer = sum(
        one.metrics is not None and one.metrics != stored.get(one.publication.id) for one in collected
    )
    failed = sum(one.error is not None for one in collected)
    none = sum(one.metrics is None and one.error is None for one in collected)
    counted = (
        (newer, "Campaigns with new figures: {count}."),
        (failed, "Campaigns without newer figures: {count}; the reason stands below."),
        (none, "Campaigns of which the platform has no figures yet: {count}."),
    )
    said = [tongue.say(text, count=tongue.number(count)) for count, text in counted if count]
    fresh = tongue.say("All figures are still fresh; nothing was asked for.")
    return " ".join(said) or fresh, "warn" if failed else "good"


def _about(request: Request, sent: Sequence[Sent], shown: Sequence[CampaignMetrics | None]) -> dict[str, Any]:
    """What both pages say around the figures."""
    desk, tongue = desk_of(request), tongue_of(request)
    connections = desk.app.connections.repo.all(desk.store)
    zone, quotas = zone_of(next(iter(connections), None)), desk.app.quotas()
    return {
        "zone": zone,
        "when": lambda at: tongue.instant(at, zone, "short") if at else NOTHING,
        "money": lambda revenue: tongue.money(revenue.amount, revenue.currency) if revenue else NOTHING,
        "reasons": reasons(sent),
        "sources": sources(shown),
        "advice": sorted({metrics.advice for metrics in shown if metrics and metrics.advice}),
        "quotas": [
            (one.account.name or one.account.id, _quota(tongue, quota, zone))
            for one in connections
            for quota in quotas
            if quota.is_of(one.account.id)
        ],
    }


def _quota(tongue: Tongue, quota: Quota, zone: ZoneInfo) -> str:
    days = round(quota.period / timedelta(days=1))
    said = tongue.say(
        "{left} of our {of} requests a day left"
        if days == 1
        else "{left} of our {of} requests in {days} days left",
        left=tongue.number(quota.left),
        of=tongue.number(quota.of),
        days=days,
    )
    if quota.left:
        return said
    return f"{said}; {tongue.say('renews from {time} on', time=tongue.instant(quota.next_at, zone, 'short'))}"


def _ranges(one: Sent, history: Sequence[Reading]) -> Sequence[int]:
    """Those that leave something out."""
    age = history[-1].metrics.as_of - one.at if history else timedelta()
    return [days for days in RANGES if timedelta(days=days) < age]


def _csv(sent: Sequence[Sent], history: Mapping[str, Sequence[Reading]], name: str) -> Response:
    """As RFC 4180 writes it; with a byte order mark, without which Excel spoils accents."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        spreadsheet([Performance(one.publication, one.metrics) for one in sent], history)
    )
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}.csv"
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _publication(request: Request) -> Publication:
    """The one that the address names.

    Raises:
        HTTPException: there is none.
    """
    desk = desk_of(request)
    try:
        return desk.app.campaigns.latest(desk.store, [_id(request)])[0]
    except CampaignNotFound:
        raise HTTPException(404) from None


def _id(request: Request) -> str:
    return str(request.path_params["campaign_id"])


def _sorted_by(request: Request) -> str:
    asked = request.query_params.get("sort", "")
    return asked if asked.removeprefix("-") in COLUMNS else NEWEST_FIRST


def _number(request: Request, name: str) -> int | None:
    """A number of the address from 1 to 9999, if it is one."""
    text = request.query_params.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else None


ROUTES = [
    Route(HOME, show, methods=["GET"]),
    Route(HOME, posted(ask), methods=["POST"]),
    Route(HOME + ".csv", download, methods=["GET"]),
    Route(HOME + "/{campaign_id}.csv", download_one, methods=["GET"]),
    Route(HOME + "/{campaign_id}", show_one, methods=["GET"]),
    Route(HOME + "/{campaign_id}", posted(ask_one), methods=["POST"]),
]
