"""Stores of figures that are each wrong in one way, made of the sound one."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.ports.figures import Reading
from glowtify_core.testing import MemoryFigures
from glowtify_core.testing.stores.samples import OPENED


class TakesZeroForNothing(MemoryFigures):
    """Takes 0 for "no figure"."""

    def record(self, figures):
        super().record({one: replace(each, opens=each.opens or None) for one, each in figures.items()})


class RoundsMoney(MemoryFigures):
    """Keeps amounts as a float."""

    def record(self, figures):
        super().record({one: self._rounded(each) for one, each in figures.items()})

    def _rounded(self, metrics):
        revenue = metrics.revenue
        amount = revenue and Decimal(float(revenue.amount))
        return replace(metrics, revenue=revenue and replace(revenue, amount=amount))


class InventsFigures(MemoryFigures):
    """Has empty figures of what was never read."""

    def latest(self, publication_ids):
        return {one: CampaignMetrics(OPENED) for one in publication_ids if one == "nothing"} | super().latest(
            publication_ids
        )


class TellsOfAll(MemoryFigures):
    """Tells of those too that were not asked for."""

    def latest(self, publication_ids):
        return super().latest([*publication_ids, *self._readings])


class KeepsEveryReading(MemoryFigures):
    """Keeps a reading each time, whatever it shows."""

    def _add(self, readings, metrics):
        if not readings or metrics.as_of >= readings[-1].metrics.as_of:
            readings.append(Reading(metrics.as_of, metrics))


class MovesTheBegin(MemoryFigures):
    """Takes figures that are as before for new ones."""

    def _add(self, readings, metrics):
        super()._add(readings, metrics)
        if readings[-1].metrics is metrics:
            readings[-1] = Reading(metrics.as_of, metrics)


class KnowsThemAlready(MemoryFigures):
    """Takes figures that were so at any time before for the newest ones."""

    def _add(self, readings, metrics):
        if all(replace(one.metrics, as_of=metrics.as_of) != metrics for one in readings[:-1]):
            super()._add(readings, metrics)


class ShowsNewestFirst(MemoryFigures):
    """Gives the history the other way round."""

    def history(self, publication_id):
        return super().history(publication_id)[::-1]


class TakesOlderForNewer(MemoryFigures):
    """Takes whatever differs for newer."""

    def _add(self, readings, metrics):
        if readings and metrics.delivered != readings[-1].metrics.delivered:
            readings.append(Reading(metrics.as_of, metrics))
        else:
            super()._add(readings, metrics)


class LooksThenRecords(MemoryFigures):
    """Looks at what is there, and writes a moment later."""

    def record(self, figures):
        for publication_id, metrics in figures.items():
            seen = self.history(publication_id)[-1:]
            time.sleep(0.003)
            changed = list(seen)
            self._add(changed, metrics)
            readings = self._readings.setdefault(publication_id, [])
            readings[len(readings) - len(seen) :] = changed
