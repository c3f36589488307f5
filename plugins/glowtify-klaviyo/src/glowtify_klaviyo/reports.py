"""Performance: many campaigns in few values reports, since one account has 225 of them a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from glowtify_core.domain.errors import PlatformError, RateLimited, RequestRejected
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.conversion import ConversionMetric
from glowtify_klaviyo.errors import METRIC_WITHOUT_VALUES
from glowtify_klaviyo.filters import contains_any
from glowtify_klaviyo.records import ReportRow

MOST_CAMPAIGNS = 100
"""Values that one filter may list (OpenAPI document of 2026-07-15)."""

LONGEST = timedelta(days=364)
"""From the first to the last day of a report, both of which count; a year is Klaviyo's limit."""

ATTRIBUTION = "Klaviyo's account attribution"

COUNTS: Mapping[str, str] = {
    "recipients": "recipients",
    "delivered": "delivered",
    "bounced": "bounced",
    "opens": "opens",
    "opens_unique": "opens_unique",
    "clicks": "clicks",
    "clicks_unique": "clicks_unique",
    "unsubscribes": "unsubscribe_uniques",
    "spam_complaints": "spam_complaints",
}
"""Our word for each count to Klaviyo's statistic."""

CONVERSIONS = "conversions"
VALUE = "conversion_value"

_WHOLE_UNITS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


@dataclass(frozen=True, slots=True)
class Group:
    """Campaigns that one report covers: their refs by Klaviyo's id, and the days of the report."""

    refs: Mapping[str, RemoteRef]
    first: date
    last: date


def make_groups(sent: Sequence[RemoteCampaign], *, zone: ZoneInfo, now: datetime) -> Iterator[Group]:
    """Cut campaigns, sorted by send time, into as few reports as Klaviyo's limits allow.

    A report reaches from the day before the first send to two days after the last one, but not past today,
    as far as that fits. Klaviyo chooses campaigns by their send date in the account's zone and ignores
    offsets (a public connector's source, unverified). Campaigns without id or time are left out.
    """
    days = sorted(
        (
            (when.astimezone(zone).date(), id_, campaign.ref)
            for campaign in sent
            if (id_ := campaign.ref.id("campaign")) and (when := _sent(campaign))
        ),
        key=lambda one: one[:2],
    )
    start = 0
    for end in range(1, len(days) + 1):
        full = end - start == MOST_CAMPAIGNS
        if end == len(days) or full or days[end][0] - days[start][0] > LONGEST:
            yield _group(days[start:end], today=now.astimezone(zone).date())
            start = end


def read_metrics(
    client: KlaviyoClient,
    groups: Sequence[Group],
    *,
    metric: ConversionMetric,
    currency: str,
    now: Callable[[], datetime],
) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
    """The figures of every group; a group whose report fails has its error at each of its campaigns.

    When Klaviyo asks for a longer pause than we are ready for, the groups that follow are not asked.
    """
    found: dict[RemoteRef, CampaignMetrics | PlatformError] = {}
    refused: RateLimited | None = None
    for group in groups:
        try:
            if refused:
                raise refused
            metric, rows = _report(client, group, metric)
        except PlatformError as problem:
            refused = problem if isinstance(problem, RateLimited) else None
            found |= dict.fromkeys(group.refs.values(), problem)
            continue
        for campaign_id, figures in _by_campaign(rows).items():
            if ref := group.refs.get(campaign_id):
                found[ref] = _metrics(figures, metric, currency, now())
    return found


def _report(
    client: KlaviyoClient, group: Group, metric: ConversionMetric
) -> tuple[ConversionMetric, list[ReportRow]]:
    """A report's rows; asked again without money when the metric turns out to have no values.

    Klaviyo refuses money of a metric without values with a 400 (four public connectors). Any 400 is tried
    again, since the wording is not part of the contract.
    """
    try:
        return metric, _rows(client, group, metric)
    except RequestRejected as refused:
        if not metric.values or refused.code not in {"invalid", METRIC_WITHOUT_VALUES}:
            raise
        worthless = metric.without_values()
        return worthless, _rows(client, group, worthless)


def _rows(client: KlaviyoClient, group: Group, metric: ConversionMetric) -> list[ReportRow]:
    statistics = [*COUNTS.values()]
    statistics += [CONVERSIONS] if metric.conversions else []
    statistics += [VALUE] if metric.values else []
    attributes = {
        "statistics": statistics,
        "timeframe": {
            "start": datetime.combine(group.first, time()).isoformat(),
            "end": datetime.combine(group.last, time(23, 59, 59)).isoformat(),
        },
        "conversion_metric_id": metric.id,
        "filter": contains_any("campaign_id", list(group.refs)),
    }
    return list(client.campaign_values(attributes))


def _by_campaign(rows: Sequence[ReportRow]) -> Mapping[str, Mapping[str, Decimal]]:
    """Figures summed over a campaign's messages and variations; a figure that no row has is absent."""
    totals: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        total = totals[row.groupings.get("campaign_id") or ""]
        for name, value in row.statistics.items():
            if value is not None:
                total[name] = total.get(name, Decimal()) + Decimal(str(value))
    return totals


def _metrics(
    figures: Mapping[str, Decimal], metric: ConversionMetric, currency: str, now: datetime
) -> CampaignMetrics:
    value = figures.get(VALUE) if metric.values else None
    revenue = (
        Revenue(_to_currency(value, currency), currency, metric.name, ATTRIBUTION)
        if value is not None
        else None
    )
    return CampaignMetrics(
        as_of=now,
        conversions=_count(figures.get(CONVERSIONS)) if metric.conversions else None,
        revenue=revenue,
        advice=metric.advice,
        **{ours: _count(figures.get(theirs)) for ours, theirs in COUNTS.items()},
    )


def _group(days: Sequence[tuple[date, str, RemoteRef]], *, today: date) -> Group:
    day = timedelta(days=1)
    earliest, latest = days[0][0], days[-1][0]
    first = earliest - min(day, LONGEST - (latest - earliest))
    last = max(latest, min(latest + 2 * day, first + LONGEST, today))
    return Group({id_: ref for _, id_, ref in days}, first, last)


def _sent(campaign: RemoteCampaign) -> datetime | None:
    """When a campaign went out; a recipient-local one, on its wall day, which is within a day everywhere."""
    wall = campaign.recipient_wall
    return campaign.sent_at or campaign.scheduled_for or (wall.replace(tzinfo=UTC) if wall else None)


def _count(value: Decimal | None) -> int | None:
    return None if value is None else int(value.to_integral_value())


def _to_currency(amount: Decimal, currency: str) -> Decimal:
    """Rounded to the currency's smallest unit: Klaviyo's floats carry noise (Klaviyo's recorded answers)."""
    places = 0 if currency in _WHOLE_UNITS else 3 if currency in _THOUSANDTHS else 2
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
