from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from klaviyo_world import World

from glowtify_core.domain.errors import PlatformUnavailable, RateLimited, RequestRejected
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as S
from glowtify_klaviyo.conversion import ConversionMetric
from glowtify_klaviyo.records import ReportRow
from glowtify_klaviyo.reports import make_groups, read_metrics
from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TORONTO = ZoneInfo("America/Toronto")


def sent(number: int, when: datetime | None) -> RemoteCampaign:
    ref = RemoteRef("klaviyo", (("campaign", f"C{number:04}"),))
    return RemoteCampaign(ref, S.SENT, "Sent", sent_at=when)


def spans(*ages: float) -> list[tuple[int, date, date]]:
    """Size, first and last day of each group for campaigns that were sent so many days ago."""
    campaigns = [sent(number, NOW - timedelta(days=age)) for number, age in enumerate(ages)]
    return [(len(one.refs), one.first, one.last) for one in make_groups(campaigns, zone=TORONTO, now=NOW)]


def test_a_group_reaches_from_a_day_before_to_two_days_after() -> None:
    assert spans(20, 10) == [(2, date(2026, 11, 2), date(2026, 11, 15))]


def test_it_never_reaches_past_today() -> None:
    assert spans(0) == [(1, date(2026, 11, 22), date(2026, 11, 23))]


def test_days_are_those_of_the_accounts_zone() -> None:
    campaign = sent(1, datetime(2026, 11, 10, 3, 0, tzinfo=UTC))  # still the 9th in Toronto
    (group,) = make_groups([campaign], zone=TORONTO, now=NOW)
    assert (group.first, group.last) == (date(2026, 11, 8), date(2026, 11, 11))


def test_a_hundred_campaigns_of_a_year_are_one_report() -> None:
    assert [size for size, *_ in spans(*(age * 3.6 for age in range(1, 101)))] == [100]


def test_a_group_holds_at_most_a_hundred() -> None:
    assert [size for size, *_ in spans(*(age / 10 for age in range(250)))] == [100, 100, 50]


def test_a_report_spans_at_most_a_year() -> None:
    for ages in ((364, 0), (365, 0), (800, 400, 0), tuple(range(0, 1000, 7))):
        for _, first, last in spans(*ages):
            assert last - first <= timedelta(days=364)
    assert [size for size, *_ in spans(364, 0)] == [2]
    assert [size for size, *_ in spans(365, 0)] == [1, 1]


def test_every_send_day_lies_within_its_report() -> None:
    campaigns = [sent(age, NOW - timedelta(days=age)) for age in range(0, 1000, 7)]
    days = {one.ref: one.sent_at.astimezone(TORONTO).date() for one in campaigns if one.sent_at}
    grouped = [
        (days[ref], group)
        for group in make_groups(campaigns, zone=TORONTO, now=NOW)
        for ref in group.refs.values()
    ]
    assert len(grouped) == len(campaigns)
    assert all(group.first <= day <= group.last for day, group in grouped)


def test_what_has_no_time_or_no_id_is_left_out() -> None:
    nameless = RemoteCampaign(RemoteRef("klaviyo", ()), S.SENT, "Sent", sent_at=NOW)
    assert list(make_groups([sent(1, None), nameless], zone=TORONTO, now=NOW)) == []


class OneAnswer:
    """A client whose every report has the same rows."""

    def __init__(self, *rows: ReportRow) -> None:
        self.rows = rows

    def campaign_values(self, attributes: object) -> tuple[ReportRow, ...]:
        return self.rows


def figures(*rows: tuple[str, dict[str, float | None]], currency: str = "USD") -> list[CampaignMetrics]:
    client = OneAnswer(*(ReportRow({"campaign_id": id_}, statistics) for id_, statistics in rows))
    groups = list(make_groups([sent(1, NOW)], zone=TORONTO, now=NOW))
    metric = ConversionMetric("M1", "Placed Order")
    found = read_metrics(client, groups, metric=metric, currency=currency, now=lambda: NOW)  # type: ignore[arg-type]  # only reports are asked for
    return list(found.values())  # type: ignore[arg-type]  # there are no errors


def test_nothing_is_invented_for_what_is_missing() -> None:
    (metrics,) = figures(("C0001", {"recipients": 10.0, "opens": None, "delivered": 0.0}))
    assert (metrics.recipients, metrics.delivered, metrics.opens, metrics.clicks) == (10, 0, None, None)
    assert metrics.revenue is None


def test_rows_of_other_campaigns_are_left_out() -> None:
    assert figures(("C0002", {"recipients": 10.0})) == []


def test_rows_of_one_campaign_are_added_up() -> None:
    (metrics,) = figures(("C0001", {"recipients": 10.0}), ("C0001", {"recipients": 5.0, "clicks": 1.0}))
    assert (metrics.recipients, metrics.clicks) == (15, 1)


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "6407.55"), ("JPY", "6408"), ("KWD", "6407.550"), ("XYZ", "6407.55")]
)
def test_revenue_is_rounded_to_the_currency(currency: str, amount: str) -> None:
    (metrics,) = figures(("C0001", {"conversion_value": 6407.54996}), currency=currency)
    assert metrics.revenue is not None
    assert metrics.revenue.amount == Decimal(amount)
    assert (metrics.revenue.currency, metrics.revenue.metric) == (currency, "Placed Order")
    assert metrics.revenue.attribution == "Klaviyo's account attribution"


# --- against the sandbox ---


def history(world: World) -> list[RemoteCampaign]:
    ids = [id_ for id_, campaign in world.sandbox.state.campaigns.items() if campaign.history]
    refs = [RemoteRef("klaviyo", (("campaign", id_),)) for id_ in ids]
    found = list(world.platform.status(refs).values())
    world.sandbox.clear_requests()
    return found


def metric(world: World, name: str) -> str:
    return next(one["id"] for one in world.sandbox.ready["metrics"] if one["name"] == name)


def unmap(world: World) -> None:
    world.sandbox.configure(mapped_metrics={"revenue": None})


def test_a_hundred_campaigns_cost_one_report() -> None:
    with Sandbox(now=NOW, campaigns=100) as sandbox:
        world = World(sandbox)
        campaigns = history(world)
        found = world.platform.metrics(campaigns, conversion_metric=None)
        world.platform.close()
    assert len(found) == 100
    assert all(
        isinstance(one, CampaignMetrics) and one.revenue and one.as_of == NOW for one in found.values()
    )
    assert world.calls == ["GET mapped-metrics", "POST campaign-values-reports"]


def test_nothing_sent_costs_nothing(world: World) -> None:
    assert world.platform.metrics([], conversion_metric=None) == {}
    assert world.calls == []


def test_a_report_over_several_pages_is_read_whole(world: World) -> None:
    world.sandbox.configure(guesses={"report_page": 5})
    assert len(world.platform.metrics(history(world), conversion_metric=None)) == 12
    assert world.count("POST campaign-values-reports") == 3


def test_the_chosen_metric_is_used_unasked(world: World) -> None:
    chosen = metric(world, "Placed Order")
    found = world.platform.metrics(history(world), conversion_metric=chosen)
    assert world.calls == ["POST campaign-values-reports"]
    assert {
        one.revenue.metric for one in found.values() if isinstance(one, CampaignMetrics) and one.revenue
    } == {chosen}


def test_without_a_mapped_metric_placed_order_counts(world: World) -> None:
    unmap(world)
    found = world.platform.metrics(history(world), conversion_metric=None)
    named = {one.revenue.metric for one in found.values() if isinstance(one, CampaignMetrics) and one.revenue}
    assert named == {"Placed Order"}


@pytest.mark.parametrize("twins", [True, False])
def test_several_or_no_placed_orders_leave_revenue_out(world: World, twins: bool) -> None:
    unmap(world)
    metrics = world.sandbox.state.metrics
    orders = next(one for one in metrics.values() if one.name == "Placed Order")
    if twins:
        next(
            one for one in metrics.values() if one.name not in {"Placed Order", "Opened Email"}
        ).name = orders.name
    else:
        del metrics[orders.id]
    found = world.platform.metrics(history(world), conversion_metric=None)
    assert len(found) == 12
    advised = {one.advice for one in found.values() if isinstance(one, CampaignMetrics)}
    assert all(("--conversion-metric" in advice) is twins for advice in advised)
    for one in found.values():
        assert isinstance(one, CampaignMetrics)
        assert (one.revenue, one.conversions) == (None, None)
        assert one.recipients


def test_a_metric_without_values_is_asked_again_without_money(world: World) -> None:
    found = world.platform.metrics(history(world), conversion_metric=metric(world, "Opened Email"))
    assert world.count("POST campaign-values-reports") == 2
    for one in found.values():
        assert isinstance(one, CampaignMetrics)
        assert one.revenue is None
        assert one.conversions is not None


def test_an_unknown_metric_is_told_at_each_campaign(world: World) -> None:
    found = world.platform.metrics(history(world), conversion_metric="NOPE01")
    assert {type(one) for one in found.values()} == {RequestRejected}
    assert len(found) == 12


def test_an_account_without_metrics_is_told(world: World) -> None:
    unmap(world)
    world.sandbox.state.metrics.clear()
    with pytest.raises(RequestRejected) as refused:
        world.platform.metrics(history(world), conversion_metric=None)
    assert refused.value.code == "no_metric"


def test_a_spent_daily_quota_is_told_at_once_with_its_renewal(world: World) -> None:
    world.sandbox.add_fault("throttle", path="reports", retry_after=73473, count=None)
    older = sent(1, NOW - timedelta(days=800))
    slept = list(world.clock.slept)
    campaigns = [older, *history(world)]
    found = world.platform.metrics(campaigns, conversion_metric=metric(world, "Placed Order"))
    assert len(found) == 13
    assert world.count("POST campaign-values-reports") == 1
    assert world.clock.slept == slept
    for one in found.values():
        assert isinstance(one, RateLimited)
        assert one.renews_at == NOW + timedelta(seconds=73473)


def test_a_group_that_fails_leaves_the_others_their_figures(world: World) -> None:
    older = sent(1, NOW - timedelta(days=800))
    campaigns = [older, *history(world)]
    world.sandbox.add_fault("status", path="reports", status=503, count=4)
    found = world.platform.metrics(campaigns, conversion_metric=metric(world, "Placed Order"))
    assert isinstance(found[older.ref], PlatformUnavailable)
    assert sum(isinstance(one, CampaignMetrics) for one in found.values()) == 12
