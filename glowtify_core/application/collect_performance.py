"""Bringing back what sent campaigns did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from glowtify_core.application.advance_publication import refuse_other_account
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.track_campaigns import about
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.observing import SILENT, Observer


@dataclass(frozen=True, slots=True)
class Performance:
    """One campaign's figures; both are None when the platform has none yet."""

    publication: Publication
    metrics: CampaignMetrics | None = None
    error: GlowtifyError | None = None


class CollectPerformance:
    """Asks each account once for many campaigns: report limits are the tightest of all."""

    def __init__(self, *, platforms: Platforms, observer: Observer = SILENT) -> None:
        self._platforms = platforms
        self._observer = observer

    def __call__(self, publications: Iterable[Publication]) -> Sequence[Performance]:
        """Figures of those that were sent, wholly or in part; the others are left out."""
        sent = sorted((p for p in publications if has_figures(p)), key=_account)
        collected: list[Performance] = []
        for (store, connector, _), group in groupby(sent, key=_account):
            collected += self._collect(store, connector, list(group))
        return sorted(collected, key=lambda performance: performance.publication.opened_at)

    def _collect(
        self, store: str, connector: str, publications: Sequence[Publication]
    ) -> Sequence[Performance]:
        try:
            with (
                self._observer.span("figures", **about(publications)),
                self._platforms.connected(store, connector) as connected,
            ):
                refuse_other_account(publications[0], connected.connection)
                metric = connected.connection.settings.get("conversion_metric")
                if metric is None or Capability.METRICS not in connected.manifest.capabilities:
                    # choosing a metric needs a scope that reading figures by a known one does not
                    connected.require(Capability.METRICS)
                remotes = [p.remote for p in publications if p.remote]
                figures = connected.platform.metrics(remotes, conversion_metric=metric)
        except GlowtifyError as error:
            return [Performance(publication, error=error) for publication in publications]
        collected = []
        for publication in publications:
            found = figures.get(publication.ref) if publication.ref else None
            if isinstance(found, GlowtifyError):
                collected.append(Performance(publication, error=found))
            else:
                collected.append(Performance(publication, found))
        return collected


def has_figures(publication: Publication) -> bool:
    """Whether anybody has received it."""
    remote = publication.remote
    partly = publication.state is PublicationState.CANCELLED and remote is not None and remote.partly_sent
    return publication.state in {PublicationState.SENDING, PublicationState.SENT} or partly


def _account(publication: Publication) -> tuple[str, str, str]:
    return publication.key.store, publication.connector, publication.account_id
