"""Sent campaigns with the figures that are stored of them, and why these are no newer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from glowtify_adapters.web.desk import desk_of, session_of
from glowtify_adapters.web.pages.campaign import zone_of
from glowtify_core.application.collect_performance import Performance
from glowtify_core.application.platforms import abilities
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import ConnectorNotFound, PlatformError
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import Problem, Publication
from glowtify_core.ports.connectors import ConnectorDirectory

REFUSED = "figures-refused"
"""Where a session keeps why campaigns have no newer figures, by the publication's id."""

COUNTS = ("recipients", "delivered")
PARTS = {"open_rate": "opens_unique", "click_rate": "clicks_unique", "unsubscribe_rate": "unsubscribes"}
"""The rates, and which part of what was delivered each is."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why figures are no newer.

    Attributes:
        problem: what is in the way.
        renews_at: when a spent quota comes back.
    """

    problem: Problem
    renews_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A reason, good for as long as the figures are still those of ``as_of``."""

    reason: Reason
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Sent:
    """One campaign that somebody has received.

    Attributes:
        publication: which.
        at: when it was sent.
        metrics: the newest that are stored.
        reason: why they are no newer, where something is in the way.
    """

    publication: Publication
    at: datetime
    metrics: CampaignMetrics | None = None
    reason: Reason | None = None

    def figure(self, name: str) -> float | int | None:
        """One of the figures by name; None where nobody gave it."""
        value: float | int | None = getattr(self.metrics, name, None)
        return value

    @property
    def as_of(self) -> datetime | None:
        """When the figures were read."""
        return self.metrics.as_of if self.metrics else None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was given, together: sums, shares of all that was delivered, and money by currency."""

    counts: Mapping[str, int | None]
    rates: Mapping[str, float | None]
    money: Mapping[str, Decimal]


def sent_campaigns(request: Request, publications: Iterable[Publication]) -> Sequence[Sent]:
    """Those of the publications that somebody has received, newest first; nobody is asked."""
    desk, refused = desk_of(request), session_of(request).kept.get(REFUSED, {})
    connections = desk.app.connections.repo.all(desk.store)
    zone, directory = zone_of(next(iter(connections), None)), desk.app.connections.directory
    sent = [one for one in publications if one.has_figures]
    figures = desk.app.figures.latest([one.id for one in sent])
    found = []
    for one in sent:
        metrics = figures.get(one.id)
        standing = _in_the_way(one, connections, directory)
        found.append(
            Sent(one, _sent_at(one, zone), metrics, standing or _still(refused.get(one.id), metrics))
        )
    return sorted(found, key=lambda one: one.at, reverse=True)


def remember(request: Request, collected: Iterable[Performance]) -> None:
    """Keep in the session why figures are no newer, until they are."""
    kept: dict[str, Refused] = session_of(request).kept.setdefault(REFUSED, {})
    for one in collected:
        kept.pop(one.publication.id, None)
        if one.error:
            renews_at = one.error.renews_at if isinstance(one.error, PlatformError) else None
            reason = Reason(Problem.of(one.error), renews_at)
            kept[one.publication.id] = Refused(reason, one.metrics.as_of if one.metrics else None)


def reasons(sent: Iterable[Sent]) -> Mapping[Reason, int]:
    """Each reason once, with how many campaigns have it."""
    return Counter(one.reason for one in sent if one.reason)


def in_order(sent: Iterable[Sent], name: str, *, descending: bool) -> Sequence[Sent]:
    """By one column; what nobody gave comes last either way."""
    keyed: list[tuple[Any, Sent]] = [
        (_KEYS[name](one) if name in _KEYS else one.figure(name), one) for one in sent
    ]
    given = [pair for pair in keyed if pair[0] is not None]
    given.sort(key=lambda pair: pair[0], reverse=descending)
    return [one for _, one in given] + [one for key, one in keyed if key is None]


def totals(sent: Sequence[Sent]) -> Totals:
    """What they come to together, as far as it was given."""
    money: dict[str, Decimal] = {}
    for one in sent:
        if one.metrics and (revenue := one.metrics.revenue):
            money[revenue.currency] = money.get(revenue.currency, Decimal()) + revenue.amount
    return Totals(
        {name: _sum(one.figure(name) for one in sent) for name in COUNTS},
        {name: _share(sent, part) for name, part in PARTS.items()},
        dict(sorted(money.items())),
    )


def sources(metrics: Iterable[CampaignMetrics | None]) -> Mapping[tuple[str, str], int]:
    """Whose word the money is, metric and attribution, numbered from 1."""
    found = sorted({(one.revenue.metric, one.revenue.attribution) for one in metrics if one and one.revenue})
    return {source: number for number, source in enumerate(found, 1)}


def _sum(values: Iterable[float | None]) -> int | None:
    given = [int(value) for value in values if value is not None]
    return sum(given) if given else None


def _share(sent: Iterable[Sent], part: str) -> float | None:
    """Of those of which both the part and what was delivered are given."""
    both = [one for one in sent if one.figure(part) is not None and one.figure("delivered") is not None]
    delivered = _sum(one.figure("delivered") for one in both)
    return (_sum(one.figure(part) for one in both) or 0) / delivered if delivered else None


def _name(one: Sent) -> str:
    return one.publication.name.casefold()


def _money(one: Sent) -> tuple[str, Decimal] | None:
    revenue = one.metrics.revenue if one.metrics else None
    return (revenue.currency, revenue.amount) if revenue else None


_KEYS: Mapping[str, Callable[[Sent], Any]] = {
    "sent": lambda one: one.at,
    "name": _name,
    "revenue": _money,
    "as_of": lambda one: one.as_of,
}


def _sent_at(publication: Publication, zone: ZoneInfo) -> datetime:
    """When the platform says that sending began; else when it was to begin."""
    remote = publication.remote
    said = (remote.sent_at or remote.scheduled_for) if remote else None
    return said or publication.schedule.latest_instant(zone.key)


def _still(refused: Refused | None, metrics: CampaignMetrics | None) -> Reason | None:
    return refused.reason if refused and refused.as_of == (metrics.as_of if metrics else None) else None


def _in_the_way(
    publication: Publication, connections: Sequence[Connection], directory: ConnectorDirectory
) -> Reason | None:
    """Why its account cannot be asked at all, as far as is known without asking."""
    connection = next((one for one in connections if one.connector == publication.connector), None)
    if connection is None:
        return _NOT_CONNECTED
    if connection.account.id != publication.account_id:
        return _OTHER_ACCOUNT
    if connection.state is ConnectionState.RECONNECT_REQUIRED:
        return Reason(Problem(connection.problem, "reconnect_required", connection.remedy))
    try:
        able = abilities(directory.manifest(connection.connector), connection.account)
    except ConnectorNotFound as missing:
        return Reason(Problem.of(missing))
    if Capability.METRICS not in able and not connection.settings.get("conversion_metric"):
        return Reason(Problem(connection.problem, "partially_connected", connection.remedy))
    return None


_NOT_CONNECTED = Reason(
    Problem("The account is not connected any more", "not_connected", "Connect it again to have new figures.")
)
_OTHER_ACCOUNT = Reason(
    Problem(
        "Another account is connected than the one that sent it",
        "account_changed",
        "Connect that one again to have new figures.",
    )
)
