"""The campaign values report: which campaigns count, how rows are grouped, what a row holds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from glowtify_klaviyo.sandbox import bodies, figures, filters, ids
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import invalid
from glowtify_klaviyo.sandbox.filters import Rule
from glowtify_klaviyo.sandbox.jsonapi import sparse
from glowtify_klaviyo.sandbox.limits import REPORTS
from glowtify_klaviyo.sandbox.models import Campaign, Metric
from glowtify_klaviyo.sandbox.query import self_link
from glowtify_klaviyo.sandbox.state import State
from glowtify_klaviyo.sandbox.vocabulary import DEFAULT_GROUPS, MONEY_STATISTICS

POINTER = "/data/attributes"
NO_VALUES = "Passed in conversion metric does not support querying for values data"
CHANNELS = {"email": "email", "sms": "sms", "mobile_push": "push-notification"}
MOST_ITEMS = 100
SCALAR, LISTED = ("equals", "contains-any"), ("contains-any", "contains-all")

Row = dict[str, Any]


def _group(name: str) -> filters.Read:
    return lambda row, _now: row[name]


def _tags(row: Row, name: str) -> list[Any]:
    return [tag[name] for tag in row["tags"]]


RULES = {
    "send_channel": Rule(
        SCALAR, _group("send_channel"), choices=("email", "sms", "push-notification", "whatsapp")
    ),
    **{
        name: Rule(SCALAR, _group(name))
        for name in (
            "campaign_id",
            "campaign_message_id",
            "campaign_message_name",
            "variation",
            "variation_name",
            "text_message_format",
        )
    },
    "tag_id": Rule(LISTED, lambda row, _now: _tags(row, "tag_id")),
    "tag_name": Rule(LISTED, lambda row, _now: _tags(row, "tag_name")),
}


def query_campaign_values(call: Call) -> Answer:
    """Answer with one row per group for the campaigns sent within the timeframe."""
    state, wanted = call.state, call.attributes
    metric = _metric(state, wanted)
    groups = _groups(wanted.get("group_by"))
    start, end = _timeframe(state, wanted["timeframe"])
    conditions = _conditions(wanted.get("filter"))
    now = state.clock.now()
    rows = [
        {
            "groupings": {name: row[name] for name in groups},
            "statistics": {name: numbers[name] for name in wanted["statistics"]},
        }
        for campaign in state.campaigns.values()
        if start <= _sent(campaign, now) < end
        for row in _rows(state, campaign, groups)
        if filters.matches(conditions, RULES, row, now)
        for numbers in [figures.statistics(campaign, state.settings.seed, now, metric.name)]
    ]
    return _paged(call, rows)


def _metric(state: State, wanted: dict[str, Any]) -> Metric:
    pointer = f"{POINTER}/conversion_metric_id"
    metric = state.metrics.get(wanted["conversion_metric_id"])
    if metric is None:
        raise invalid(f"Metric with id {wanted['conversion_metric_id']} does not exist.", pointer=pointer)
    if not metric.valued and set(MONEY_STATISTICS) & set(wanted["statistics"]):
        raise invalid(NO_VALUES, pointer=pointer)
    return metric


def _groups(asked: list[str] | None) -> list[str]:
    groups = list(DEFAULT_GROUPS) if asked is None else list(dict.fromkeys(asked))
    for needed in ("campaign_id", "campaign_message_id"):
        if needed not in groups:
            raise invalid(f"'{needed}' is required in group_by.", pointer=f"{POINTER}/group_by")
    return groups


def _conditions(text: str | None) -> list[filters.Condition]:
    conditions = filters.parse(text) if text else []
    filters.check(conditions, RULES, MOST_ITEMS)
    names = [condition.attribute for condition in conditions]
    if len(names) != len(set(names)):
        raise filters.refuse("Only one filter can be used per attribute.")
    return conditions


def _sent(campaign: Campaign, now: datetime) -> datetime:
    """When the first mail went out; the end of time if none has."""
    return min((wave.at for wave in campaign.gone_out(now)), default=datetime.max.replace(tzinfo=UTC))


def _rows(state: State, campaign: Campaign, groups: list[str]) -> Iterator[Row]:
    message = state.messages[campaign.message_id]
    tags = [{"tag_id": tag, "tag_name": state.tags[tag].name} for tag in campaign.tags]
    audiences = [
        {"group": audience, "group_name": state.audiences[audience].name}
        for audience in campaign.audiences["included"]
        if audience in state.audiences
    ]
    row: Row = {
        "campaign_id": campaign.id,
        "campaign_message_id": message.id,
        "campaign_message_name": message.label,
        "send_channel": CHANNELS[campaign.channel],
        "text_message_format": None,
        "variation": None,
        "variation_name": None,
        "tags": tags,
    }
    by_tag = tags if {"tag_id", "tag_name"} & set(groups) else [{}]
    by_group = audiences[:1] if {"group", "group_name"} & set(groups) else [{}]
    for tag, group in product(by_tag, by_group):
        yield {**row, **tag, **group}


def _timeframe(state: State, wanted: dict[str, str]) -> tuple[datetime, datetime]:
    """Return the first instant that counts and the first that no longer does."""
    zone = ZoneInfo(state.account.timezone)
    if set(wanted) == {"key"}:
        today = state.clock.now().astimezone(zone).date()
        first, last = _days(wanted["key"], today)
        return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    if set(wanted) != {"start", "end"}:
        raise invalid("A timeframe has a key, or start and end.", pointer=f"{POINTER}/timeframe")
    start, end = (datetime.fromisoformat(wanted[name]).replace(tzinfo=None) for name in ("start", "end"))
    if end < start:
        raise invalid("The end lies before the start.", pointer=f"{POINTER}/timeframe")
    if end > _year_after(start):
        raise invalid("The timeframe is longer than 1 year.", pointer=f"{POINTER}/timeframe")
    if state.guesses.report_rounding == "hour":
        hour = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return start.replace(tzinfo=zone), hour.replace(tzinfo=zone)
    return _midnight(start.date(), zone), _midnight(end.date() + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _year_after(moment: datetime) -> datetime:
    """The same wall time a year later; 29 February becomes 1 March."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, month=3, day=1)


def _days(key: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a named timeframe. Weeks begin on Monday."""
    one = timedelta(days=1)
    monday, first, new_year = (
        today - today.weekday() * one,
        today.replace(day=1),
        today.replace(month=1, day=1),
    )
    whole = {
        "today": (today, today),
        "yesterday": (today - one, today - one),
        "this_week": (monday, today),
        "last_week": (monday - 7 * one, monday - one),
        "this_month": (first, today),
        "last_month": (_months_before(first, 1), first - one),
        "last_3_months": (_months_before(today, 3), today),
        "last_12_months": (_months_before(today, 12), today),
        "this_year": (new_year, today),
        "last_year": (_months_before(new_year, 12), new_year - one),
    }
    if key in whole:
        return whole[key]
    return today - (int(key.split("_")[1]) - 1) * one, today


def _months_before(today: date, count: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
    return date(year, month + 1, 1) + timedelta(days=min(today.day, 28) - 1)


def _paged(call: Call, rows: list[Row]) -> Answer:
    """Cut the rows into pages; the cursor is the parameter ``page_cursor``, not ``page[cursor]``."""
    size, start = call.state.guesses.report_page, _start(dict(call.query.pairs).get("page_cursor"))
    data = {
        "type": "campaign-values-report",
        "id": ids.uuid(call.state.rng),
        "attributes": sparse(
            {"results": rows[start : start + size]}, call.query.fields.get("campaign-values-report")
        ),
    }
    links = {
        "self": self_link(call.origin, call.path, call.query.pairs),
        "next": _link(call, start + size) if start + size < len(rows) else None,
        "prev": _link(call, max(0, start - size)) if start else None,
    }
    return Answer(200, {"data": data, "links": links})


def _link(call: Call, start: int) -> str:
    cursor = base64.urlsafe_b64encode(f"rows:{start}".encode()).decode().rstrip("=")
    others = [pair for pair in call.query.pairs if pair[0] != "page_cursor"]
    return self_link(call.origin, call.path, [*others, ("page_cursor", cursor)])


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(text.removeprefix("rows:"))
    except (ValueError, binascii.Error):
        raise invalid("Invalid cursor.", parameter="page_cursor") from None


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/campaign-values-reports",
        handle=query_campaign_values,
        scopes=("campaigns:read",),
        limit=REPORTS,
        types=("campaign-values-report",),
        body=bodies.REPORT,
    ),
)
