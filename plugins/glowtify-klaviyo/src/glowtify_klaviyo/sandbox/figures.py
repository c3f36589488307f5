"""Plausible numbers of a campaign at an instant: they grow from the sending on and never fall.

Each kind of event approaches its final count at its own speed, slower ones below faster ones, so that at
every instant clicks <= opens <= delivered <= recipients and people <= events.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

from glowtify_klaviyo.sandbox.models import Campaign, Wave

HOUR = 3600.0
SPEEDS = {"delivery": 0.05 * HOUR, "open": 9 * HOUR, "click": 12 * HOUR, "order": 30 * HOUR}


@dataclass(frozen=True, slots=True)
class Rates:
    """What shares of the people do what; drawn once a campaign."""

    bounced: float
    failed: float
    opened: float
    clicked: float
    ordered: float
    unsubscribed: float
    complained: float
    opens_each: float
    clicks_each: float
    orders_each: float
    order_value: float


def rates(seed: int, campaign_id: str) -> Rates:
    """Draw the rates of a campaign: the same seed and id, the same rates."""
    rng = Random(f"figures/{seed}/{campaign_id}")  # noqa: S311 -- sample data, no secret
    return Rates(
        bounced=rng.uniform(0.004, 0.02),
        failed=rng.uniform(0.0, 0.002),
        opened=rng.uniform(0.28, 0.52),
        clicked=rng.uniform(0.05, 0.16),
        ordered=rng.uniform(0.06, 0.2),
        unsubscribed=rng.uniform(0.001, 0.006),
        complained=rng.uniform(0.0, 0.0008),
        opens_each=rng.uniform(1.25, 1.8),
        clicks_each=rng.uniform(1.05, 1.24),
        orders_each=rng.uniform(1.0, 1.12),
        order_value=rng.uniform(38.0, 96.0),
    )


def statistics(campaign: Campaign, seed: int, now: datetime, metric: str) -> dict[str, float]:
    """Return every statistic that a report can ask for.

    ``metric`` is the name of the conversion metric: e-mail metrics count their own events, others orders.
    """
    counts = _counts(campaign, seed, now)
    conversions, people, value = _conversions(counts, metric)
    delivered, sent = counts["delivered"], counts["recipients"]
    return {
        **{name: float(count) for name, count in counts.items() if name not in {"orders", "buyers", "value"}},
        "conversions": float(conversions),
        "conversion_uniques": float(people),
        "conversion_value": value,
        "average_order_value": _share(value, conversions),
        "revenue_per_recipient": _share(value, sent),
        "delivery_rate": _share(delivered, sent),
        "bounce_rate": _share(counts["bounced"], sent),
        "failed_rate": _share(counts["failed"], sent),
        "bounced_or_failed_rate": _share(counts["bounced_or_failed"], sent),
        "open_rate": _share(counts["opens_unique"], delivered),
        "click_rate": _share(counts["clicks_unique"], delivered),
        "click_to_open_rate": _share(counts["clicks_unique"], counts["opens_unique"]),
        "unsubscribe_rate": _share(counts["unsubscribe_uniques"], delivered),
        "spam_complaint_rate": _share(counts["spam_complaints"], delivered),
        "conversion_rate": _share(people, delivered),
        "message_segment_count_sum": 0.0,
        "text_message_credit_usage_amount": 0.0,
        "text_message_roi": 0.0,
        "text_message_spend": 0.0,
    }


def _counts(campaign: Campaign, seed: int, now: datetime) -> dict[str, float]:
    drawn, waves = rates(seed, campaign.id), campaign.gone_out(now)
    sent = sum(len(wave.people) for wave in waves)
    grown = {kind: _grown(waves, now, speed) for kind, speed in SPEEDS.items()}
    arrives = 1 - drawn.bounced - drawn.failed
    bounced, failed = int(grown["delivery"] * drawn.bounced), int(grown["delivery"] * drawn.failed)
    opens_unique = int(grown["open"] * arrives * drawn.opened)
    clicks_unique = int(grown["click"] * arrives * drawn.opened * drawn.clicked)
    buyers = int(grown["order"] * arrives * drawn.opened * drawn.clicked * drawn.ordered)
    orders = int(buyers * drawn.orders_each)
    unsubscribed = int(grown["click"] * arrives * drawn.unsubscribed)
    return {
        "recipients": sent,
        "delivered": int(grown["delivery"] * arrives),
        "bounced": bounced,
        "failed": failed,
        "bounced_or_failed": bounced + failed,
        "opens": int(opens_unique * drawn.opens_each),
        "opens_unique": opens_unique,
        "clicks": int(clicks_unique * drawn.clicks_each),
        "clicks_unique": clicks_unique,
        "unsubscribes": unsubscribed,
        "unsubscribe_uniques": unsubscribed,
        "spam_complaints": int(grown["click"] * arrives * drawn.complained),
        "orders": orders,
        "buyers": buyers,
        "value": orders * drawn.order_value,
    }


def _conversions(counts: dict[str, float], metric: str) -> tuple[float, float, float]:
    """Events, people and value of the conversion metric."""
    match metric:
        case "Opened Email":
            return counts["opens"], counts["opens_unique"], 0.0
        case "Clicked Email":
            return counts["clicks"], counts["clicks_unique"], 0.0
        case "Received Email":
            return counts["delivered"], counts["delivered"], 0.0
        case _:
            return counts["orders"], counts["buyers"], counts["value"]


def _grown(waves: list[Wave], now: datetime, speed: float) -> float:
    """How many people's worth of an event there is by ``now``."""
    return sum(len(wave.people) * -math.expm1(-(now - wave.at).total_seconds() / speed) for wave in waves)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
