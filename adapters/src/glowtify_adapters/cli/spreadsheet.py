"""What ``--csv`` prints: the JSON documents of figures as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from glowtify_adapters.cli.documents import COUNTS, RATES, Document
from glowtify_adapters.cli.words import plain

TEXTS = ("campaign_id", "store", "name", "state")
SOURCE = ("amount", "currency", "metric", "attribution")
"""The parts of revenue."""

COLUMNS = (*TEXTS, "since", "as_of", *COUNTS, *RATES, "revenue", *SOURCE[1:], "error")
"""Never renamed, and in this order; new ones come last. ``since`` is empty without the history."""

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def spreadsheet(campaigns: Iterable[Document]) -> Iterator[Sequence[object]]:
    """A header, and a row for each campaign, or for each reading of its history where there is one."""
    yield COLUMNS
    for campaign in campaigns:
        for figures in campaign.get("history", [campaign]):
            yield _row(campaign, figures)


def _row(campaign: Document, figures: Document) -> Sequence[object]:
    revenue = figures["revenue"] or dict.fromkeys(SOURCE)
    return (
        *(_text(campaign[name]) for name in TEXTS),
        figures.get("since"),
        *(figures[name] for name in ("as_of", *COUNTS, *RATES)),
        revenue["amount"],
        *(_text(revenue[name]) for name in SOURCE[1:]),
        campaign["error"]["code"] if campaign["error"] else None,
    )


def _text(words: str | None) -> str | None:
    """Words that no spreadsheet takes for a formula: an apostrophe goes before what looks like one."""
    shown = plain(words or "")
    return f"'{shown}" if shown.lstrip().startswith(_FORMULAS) else shown
