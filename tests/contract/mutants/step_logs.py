"""Campaign stores that are each wrong in one way about the steps of a publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from campaign_stores import Wrong

from glowtify_core.ports.campaigns import StepKind
from glowtify_core.testing.memory import MemoryLog, StepRow


class LosesTheZoneOfSince(Wrong):
    """Tells when a step was begun without a zone."""

    class Log(MemoryLog):
        def steps(self):
            return [replace(step, since=step.since.replace(tzinfo=None)) for step in super().steps()]


class RestartsSince(Wrong):
    """Forgets when a step was first begun."""

    class Log(MemoryLog):
        def begin(self, name, kind):
            super().begin(name, kind)
            row = self.rows[self.operation, name]
            row.since = row.begun


class TheLastIdStands(Wrong):
    """Writes each id over the one before."""

    class Log(MemoryLog):
        def record(self, name, remote_id):
            recorded = super().record(name, remote_id)
            if not recorded.replaced:
                self.rows[self.operation, name].remote_id = remote_id
            return recorded


class FencesEveryRecord(Wrong):
    """Loses what a replaced worker has made."""

    class Log(MemoryLog):
        def record(self, name, remote_id):
            recorded = super().record(name, remote_id)
            if recorded.replaced and recorded.remote_id == remote_id:
                self.rows[self.operation, name].remote_id = None
            return recorded


class ForgetsClearedRows(Wrong):
    """Has no place any more for the id of a step that was cleared."""

    class Log(MemoryLog):
        def clear(self, name):
            super().clear(name)
            self.rows.pop((self.operation, name), None)


class RecordsALateCommit(Wrong):
    """Records a commit for a worker that was replaced."""

    class Log(MemoryLog):
        def record(self, name, remote_id):
            recorded = super().record(name, remote_id)
            self.rows[self.operation, name].remote_id = recorded.remote_id
            return recorded


class InventsSteps(Wrong):
    """Records what was never begun."""

    class Log(MemoryLog):
        def record(self, name, remote_id):
            now = self.claim.repo.clock.now()
            self.rows.setdefault((self.operation, name), StepRow(StepKind.CREATE, since=now, begun=now))
            return super().record(name, remote_id)


class KeepsTheIdOfAClearedStep(Wrong):
    """Takes the begin of a cleared step away, and not its id."""

    class Log(MemoryLog):
        def clear(self, name):
            row = self.rows.get((self.operation, name))
            kept = row and row.remote_id
            super().clear(name)
            if row:
                row.remote_id = kept

        def begin(self, name, kind):
            row = self.rows.get((self.operation, name))
            super().begin(name, kind)
            if row and row.remote_id:
                self.rows[self.operation, name].remote_id = row.remote_id


class MixesOperations(Wrong):
    """Keys steps by their name alone."""

    class Log(MemoryLog):
        def __init__(self, claim, publication_id, operation):
            super().__init__(claim, publication_id, "publish")


class ShowsOldSteps(Wrong):
    """Shows the steps of the campaign's earlier publications too."""

    class Log(MemoryLog):
        def steps(self):
            repo = self.claim.repo
            return [step for one in repo.find() if one.key == self.claim.key for step in repo.steps(one.id)]


class ByTheFirstBeginEver(Wrong):
    """Leaves a step that was cleared and begun anew at its old place."""

    def steps(self, publication_id):
        order = list(self.rows.get(publication_id, {}))
        return sorted(
            super().steps(publication_id), key=lambda step: order.index((step.operation, step.name))
        )


class SaysNothingOfAnEnd(Wrong):
    """Does not tell that the publication was closed."""

    class Log(MemoryLog):
        def record(self, name, remote_id):
            return replace(super().record(name, remote_id), closed=False)


class ForgetsTheDoubtsOfClosedOnes(Wrong):
    """Looks for nothing that a closed publication may have left."""

    def in_doubt(self, **conditions):
        return [one for one in super().in_doubt(**conditions) if not one.closed]


class TrustsTheFirstId(Wrong):
    """Has no doubt about what was begun twice."""

    def in_doubt(self, **conditions):
        found = super().in_doubt(**conditions)
        return [one for one in found if any(step.remote_id is None for step in self.steps(one.id))]


class KnowsNoCommitThatCreates(Wrong):
    """Has no doubt about a step that creates and commits at once."""

    def in_doubt(self, **conditions):
        found = super().in_doubt(**conditions)
        return [one for one in found if any(step.kind is StepKind.CREATE for step in self.steps(one.id))]


class DoubtsEverything(Wrong):
    """Has doubts about every step that is not recorded."""

    def in_doubt(self, *, within, store=None):
        def doubtful(step):
            return step.age < within and (step.remote_id is None or step.in_doubt)

        return [one for one in self.find(store=store) if any(map(doubtful, self.steps(one.id)))]


class DoubtsForever(Wrong):
    """Looks for what was begun long ago."""

    def in_doubt(self, *, within, store=None):
        return super().in_doubt(within=within + timedelta(days=1000), store=store)
