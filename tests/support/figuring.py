"""Sent campaigns with figures, and what the page of Performance shows of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from placing import at, hand_over, place, utc

from glowtify_adapters.app import App
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_klaviyo.sandbox import Sandbox

READ = utc("2031-01-20T08:00")
"""When figures were read."""

ORDERS = Revenue(Decimal("1234.50"), "EUR", "Placed Order", "Klaviyo's account attribution")


def sent(
    app: App,
    campaign_id: str = "winter-sale",
    day: str = "2031-01-15",
    figures: Iterable[CampaignMetrics] = (),
    *,
    state: PublicationState = PublicationState.SENT,
    **changes: Any,
) -> Publication:
    """A campaign that was sent at nine, with the readings that are stored of it."""
    publication = place(app, campaign_id, at(f"{day}T09:00"), state, **changes)
    for one in figures:
        app.figures.record({publication.id: one})
    return publication


def really_sent(app: App, sandbox: Sandbox) -> None:
    """The campaign ``winter-sale``, sent by the sandbox two days ago."""
    moment = sandbox.state.clock.now() + timedelta(days=1)
    hand_over(app, at(f"{moment:%Y-%m-%dT%H:%M}", "UTC"))
    sandbox.advance(timedelta(days=3))


def full(as_of: datetime = READ, **figures: Any) -> CampaignMetrics:
    """A reading with everything that the page shows, some of it as given."""
    counts = {"recipients": 1200, "delivered": 1000, "opens_unique": 500, "clicks_unique": 50}
    return CampaignMetrics(as_of, **{**counts, "unsubscribes": 2, "revenue": ORDERS, **figures})


def cells(text: str) -> Sequence[Sequence[str]]:
    """The rows of the table, each as what stands in its cells."""
    table = text.split('class="table figures"')[1].split("</table>", maxsplit=1)[0]
    return [
        [_words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def names(text: str) -> Sequence[str]:
    """The first column, without the head and the sums."""
    return [row[0] for row in cells(text)[1:] if not row[0].startswith("All ")]


def _words(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())
