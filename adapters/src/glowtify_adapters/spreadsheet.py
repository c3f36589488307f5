"""Figures as rows of a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from glowtify_adapters.plain import plain

if TYPE_CHECKING:
    from glowtify_core.application.collect_performance import Performance
    from glowtify_core.domain.performance import CampaignMetrics
    from glowtify_core.ports.figures import Reading

COUNTS = (
    "recipients",
    "delivered",
    "bounced",
    "opens",
    "opens_unique",
    "clicks",
    "clicks_unique",
    "unsubscribes",
    "spam_complaints",
    "conversions",
)
RATES = ("open_rate", "click_rate", "unsubscribe_rate")
FIGURES = ("as_of", *COUNTS, *RATES)
SOURCE = ("currency", "metric", "attribution")
"""What belongs to an amount of money."""

COLUMNS = ("campaign_id", "store", "name", "state", "since", *FIGURES, "revenue", *SOURCE, "error")
"""Never renamed, and in this order; new ones come last. ``since`` is empty without the history."""

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def spreadsheet(
    collected: Iterable[Performance], history: Mapping[str, Sequence[Reading]]
) -> Iterator[Sequence[object]]:
    """A header, and a row for each campaign, or for each reading of it.

    Args:
        collected: the newest figures of each campaign.
        history: the readings of those whose history is wanted, by the publication's id.
    """
    yield COLUMNS
    for one in collected:
        readings = history.get(one.publication.id)
        if readings is None:
            yield _row(one, None, one.metrics)
        else:
            yield from (_row(one, reading.since, reading.metrics) for reading in readings)


def _row(one: Performance, since: datetime | None, metrics: CampaignMetrics | None) -> Sequence[object]:
    publication = one.publication
    about = (publication.key.campaign_id, publication.key.store, publication.name, publication.state.value)
    revenue = metrics.revenue if metrics else None
    return (
        *map(_text, about),
        _written(since),
        *(_written(getattr(metrics, name, None)) for name in FIGURES),
        revenue.amount if revenue else None,
        *(_text(getattr(revenue, name, None)) for name in SOURCE),
        one.error.code if one.error else None,
    )


def _written(figure: datetime | float | None) -> str | float | None:
    """Instants as ISO 8601 has them, everything else as it is."""
    return figure.isoformat() if isinstance(figure, datetime) else figure


def _text(words: str | None) -> str:
    """Words that no spreadsheet takes for a formula: an apostrophe goes before what looks like one."""
    shown = plain(words or "")
    return f"'{shown}" if shown.lstrip().startswith(_FORMULAS) else shown
