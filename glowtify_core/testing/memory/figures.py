"""Figures in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import RLock

from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.ports.figures import Reading


class MemoryFigures:
    """A :class:`~glowtify_core.ports.figures.FiguresRepo` that forgets at the end. Threads may share it."""

    def __init__(self) -> None:
        self._readings: dict[str, list[Reading]] = {}
        self._lock = RLock()

    def record(self, figures: Mapping[str, CampaignMetrics]) -> None:
        """Keep figures that were just read; where they are as before, only the time moves on."""
        with self._lock:
            for publication_id, metrics in figures.items():
                self._add(self._readings.setdefault(publication_id, []), metrics)

    def latest(self, publication_ids: Collection[str]) -> Mapping[str, CampaignMetrics]:
        """The newest figures of each; those without any are left out."""
        return {one: self._readings[one][-1].metrics for one in publication_ids if one in self._readings}

    def history(self, publication_id: str) -> Sequence[Reading]:
        """Everything that was read, oldest first."""
        return list(self._readings.get(publication_id, ()))

    def _add(self, readings: list[Reading], metrics: CampaignMetrics) -> None:
        newest = readings[-1] if readings else None
        if newest is None:
            readings.append(Reading(metrics.as_of, metrics))
        elif metrics.as_of < newest.metrics.as_of:
            return
        elif replace(newest.metrics, as_of=metrics.as_of) == metrics:
            readings[-1] = replace(newest, metrics=metrics)
        else:
            readings.append(Reading(metrics.as_of, metrics))
