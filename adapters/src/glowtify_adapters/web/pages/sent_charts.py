"""The charts of what sent campaigns brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from glowtify_adapters.web import charts
from glowtify_adapters.web.charts import Chart, Period, Series
from glowtify_adapters.web.languages import Tongue
from glowtify_adapters.web.pages.sent import Sent
from glowtify_core.ports.figures import Reading

RATES = {"open_rate": "Open rate", "click_rate": "Click rate"}
COUNTS = {"delivered": "Delivered", "opens_unique": "Opened", "clicks_unique": "Clicked"}
"""What is drawn, and what it is called."""

LEAST_ROOM, ROOM = timedelta(hours=12), 0.03
"""Beside the first and the last campaign, at least and as a share of the time between them."""


def overview(tongue: Tongue, sent: Sequence[Sent], zone: ZoneInfo) -> Chart | None:
    """The rates of campaigns over the time at which they were sent; None where no rate is known.

    Args:
        tongue: the reader's language.
        sent: newest first.
        zone: whose days the axis shows.
    """
    rated = [one for one in reversed(sent) if any(one.figure(name) is not None for name in RATES)]
    if not rated:
        return None
    room = max((rated[-1].at - rated[0].at) * ROOM, LEAST_ROOM)
    first, last = (tongue.date(one.at, zone, "long") for one in (rated[0], rated[-1]))
    return charts.draw(
        tongue.say("Open and click rate by campaign"),
        tongue.say(
            "Campaigns: {count}, sent from {first} to {last}; the table below has the same figures.",
            count=tongue.number(len(rated)),
            first=first,
            last=last,
        ),
        [
            Series(tongue.say(word), [(one.at, one.figure(name)) for one in rated])
            for name, word in RATES.items()
        ],
        Period(rated[0].at - room, rated[-1].at + room),
        across=charts.calendar(tongue, zone),
        label=lambda rate: tongue.percent(rate, "#"),
        finest=0.001,
    )


def over_time(tongue: Tongue, one: Sent, history: Sequence[Reading], days: int | None) -> Chart:
    """Delivered, opened and clicked since sending; a level line for as long as they stayed the same.

    Args:
        tongue: the reader's language.
        one: the campaign.
        history: its readings, at least one.
        days: how long after sending the chart ends; None: with the last reading.
    """
    last = history[-1].metrics
    start = min(one.at, history[0].since)
    end = max(last.as_of, start + timedelta(hours=1))
    return charts.draw(
        tongue.say("Delivered, opened and clicked since sending"),
        tongue.say(
            "Last read: {delivered} delivered, {opened} opened, {clicked} clicked;"
            " the table below has every reading.",
            delivered=tongue.number(last.delivered),
            opened=tongue.number(last.opens_unique),
            clicked=tongue.number(last.clicks_unique),
        ),
        [Series(tongue.say(word), list(_levels(history, name))) for name, word in COUNTS.items()],
        Period(start, min(end, start + timedelta(days=days)) if days else end),
        across=charts.elapsed(tongue, tongue.say("Sent")),
        label=tongue.number,
        finest=1,
    )


def _levels(history: Sequence[Reading], name: str) -> Iterator[tuple[datetime, float | None]]:
    """Each reading where it began and where it was last seen."""
    for reading in history:
        for at in dict.fromkeys((reading.since, reading.metrics.as_of)):
            yield at, getattr(reading.metrics, name)
