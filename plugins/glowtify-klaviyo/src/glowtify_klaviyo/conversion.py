"""Which metric tells what a campaign brought in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glowtify_core.domain.errors import Effect, RequestRejected
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.records import MetricRecord

PLACED_ORDER = "Placed Order"
ENGAGEMENT = ("Opened Email", "Received Email", "Clicked Email")
"""Metrics that every account has, for reports without conversions (operator's report, unverified)."""


@dataclass(frozen=True, slots=True)
class ConversionMetric:
    """The metric that a report names, which Klaviyo requires of every report.

    Attributes:
        id: Klaviyo's.
        name: as people know it.
        conversions: whether its events are what a campaign is for, so that they are counted.
        values: whether its events carry money, as far as we know.
        advice: what a person should do to get revenue too; empty when nothing.
    """

    id: str
    name: str
    conversions: bool = True
    values: bool = True
    advice: str = ""

    def without_values(self) -> ConversionMetric:
        """The same metric, its events counted and their money left alone."""
        return replace(self, values=False)


def choose_metric(client: KlaviyoClient, wanted: str | None) -> ConversionMetric:
    """The metric to report by.

    That is the one asked for; else the one that the account has mapped to revenue; else its only metric named
    "Placed Order". Where there is none, or several and nobody has chosen, figures come without revenue.

    Raises:
        RequestRejected: the account has no metric at all.
    """
    if wanted:
        return ConversionMetric(wanted, wanted)
    mapped = client.mapped_metric("revenue")
    metric_id = mapped.metric_id or mapped.custom_metric_id
    if metric_id:
        return ConversionMetric(metric_id, mapped.metric_name or "the account's revenue metric")
    return _from_list(list(client.metrics()))


def _from_list(metrics: Sequence[MetricRecord]) -> ConversionMetric:
    orders = [metric for metric in metrics if metric.name == PLACED_ORDER]
    if len(orders) == 1:
        return ConversionMetric(orders[0].id, PLACED_ORDER)
    for name in ENGAGEMENT:
        for metric in metrics:
            if metric.name == name:
                return ConversionMetric(
                    metric.id, name, conversions=False, values=False, advice=_advice(orders)
                )
    raise RequestRejected(
        "Klaviyo has no metric to report by",
        code="no_metric",
        effect=Effect.NONE,
        remedy="Set a conversion metric in the connection's settings.",
    )


def _advice(orders: Sequence[MetricRecord]) -> str:
    """Ask which metric is revenue where several could be."""
    if not orders:
        return ""
    candidates = ", ".join(
        f"{metric.id} ({metric.integration_name or 'no integration'})" for metric in orders
    )
    return (
        f"Several metrics are named {PLACED_ORDER}, so revenue is left out: {candidates}. Choose one with"
        " `glowtify connect klaviyo --conversion-metric ID`."
    )
