"""Bringing back what sent campaigns did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from glowtify_core.application.advance_publication import refuse_other_account
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.track_campaigns import about
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import GlowtifyError, PlatformError, RepositoryError
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.rhythm import FIGURES, Ages, next_figures, next_try, stale
from glowtify_core.ports.campaigns import CampaignRepo
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.figures import FiguresRepo
from glowtify_core.ports.observing import SILENT, Observer

UNDER_WAY = timedelta(minutes=15)
"""For how long nobody else is sent to read what is being read: many reports wait for their turn."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One campaign's newest figures.

    Attributes:
        publication: which.
        metrics: they, kept or just read, as their ``as_of`` tells; None when the platform has none yet.
        error: why they are no newer; None when they are as new as they should be.
    """

    publication: Publication
    metrics: CampaignMetrics | None = None
    error: GlowtifyError | None = None


class CollectPerformance:
    """Asks each account once for many campaigns, and only when it is time: report limits are the tightest.

    Args:
        platforms: where figures are read.
        figures: where they are kept.
        repo: is told when the next reading is due.
        clock: tells how old figures and campaigns are.
        ages: how often figures are read, by the age of a campaign.
        observer: is told of each account that is asked.
    """

    def __init__(
        self,
        *,
        platforms: Platforms,
        figures: FiguresRepo,
        repo: CampaignRepo,
        clock: Clock,
        ages: Ages = FIGURES,
        observer: Observer = SILENT,
    ) -> None:
        self._platforms = platforms
        self._figures = figures
        self._repo = repo
        self._clock = clock
        self._ages = ages
        self._observer = observer

    def __call__(self, publications: Iterable[Publication], *, anew: bool = False) -> Sequence[Performance]:
        """Figures of those that were sent, wholly or in part, oldest first; the others are left out.

        What is kept and still fresh costs no request, and needs neither platform nor credential. An account
        that cannot be asked has the figures that are kept, with the error beside them.

        Args:
            publications: any.
            anew: ask for fresh ones too.

        Raises:
            RepositoryError: figures could not be kept, or looked up.
        """
        sent = sorted((one for one in publications if one.has_figures), key=_account)
        kept = self._figures.latest([one.id for one in sent])
        now = self._clock.now()
        collected = {one.id: Performance(one, kept.get(one.id)) for one in sent}
        due = [one for one in sent if anew or self._is_due(one, kept.get(one.id), now)]
        for _, group in groupby(due, key=_account):
            read = self._read(list(group), kept)
            collected |= {performance.publication.id: performance for performance in read}
        self._plan((one.publication, self._next(one)) for one in collected.values())
        return sorted(collected.values(), key=lambda performance: performance.publication.opened_at)

    def _is_due(self, publication: Publication, kept: CampaignMetrics | None, now: datetime) -> bool:
        return kept is None or stale(publication, kept.as_of, now, self._ages)

    def _read(
        self, group: Sequence[Publication], kept: Mapping[str, CampaignMetrics]
    ) -> Sequence[Performance]:
        """Ask an account, and keep what it says."""
        later = self._clock.now() + UNDER_WAY
        self._plan((one, later) for one in group)
        answers = self._ask(group)
        self._figures.record(
            {one: answer for one, answer in answers.items() if isinstance(answer, CampaignMetrics)}
        )
        read = []
        for one in group:
            answer = answers.get(one.id)
            if isinstance(answer, CampaignMetrics):
                read.append(Performance(one, answer))
            else:
                read.append(Performance(one, kept.get(one.id), answer))
        return read

    def _ask(self, group: Sequence[Publication]) -> Mapping[str, CampaignMetrics | GlowtifyError]:
        store, connector, _ = _account(group[0])
        try:
            with (
                self._observer.span("figures", **about(group)),
                self._platforms.connected(store, connector) as connected,
            ):
                refuse_other_account(group[0], connected.connection)
                metric = connected.connection.settings.get("conversion_metric")
                if metric is None or Capability.METRICS not in connected.manifest.capabilities:
                    # choosing a metric needs a scope that reading figures by a known one does not
                    connected.require(Capability.METRICS)
                remotes = [one.remote for one in group if one.remote]
                figures = connected.platform.metrics(remotes, conversion_metric=metric)
        except GlowtifyError as error:
            return dict.fromkeys((one.id for one in group), error)
        return {one.id: figures[one.ref] for one in group if one.ref and one.ref in figures}

    def _next(self, performance: Performance) -> datetime | None:
        """When the figures are due again: sooner after a failure that may heal by itself."""
        publication, error, now = performance.publication, performance.error, self._clock.now()
        again = next_figures(publication, now, self._ages)
        if again is None or not isinstance(error, PlatformError):
            return again
        return next_try(publication, now, error.retry_after)

    def _plan(self, dues: Iterable[tuple[Publication, datetime | None]]) -> None:
        """Set when figures are due; what may still change, or has work open, is due by that."""
        with suppress(RepositoryError):  # it is advice
            self._repo.plan({publication.id: due for publication, due in dues if publication.closed})


def _account(publication: Publication) -> tuple[str, str, str]:
    return publication.key.store, publication.connector, publication.account_id
