"""Doing each step on a platform once, whatever crashes, races or gets lost in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from glowtify_core.application.claims import Report, silent
from glowtify_core.domain.errors import (
    CampaignRejected,
    ClaimLost,
    Effect,
    OutcomeUnknown,
    PlatformError,
    RemoteNotFound,
)
from glowtify_core.ports.campaigns import Step, StepKind, StepLog, StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.observing import SILENT, Observer

MAX_TRIES = 3
"""How often one call of :meth:`StepRunner.run` does a step whose answers get lost."""

LONGEST = timedelta(minutes=5)
"""How long after its begin a request may still make something: it waits for its turn, and on its way."""

LOOK_EVERY = 2.0
"""Seconds between two looks at a commit whose outcome is not known yet."""


class StepRunner:
    """The journal that a connector writes through: a :class:`~glowtify_core.ports.campaigns.Journal`.

    A step that is recorded is skipped. A step that was never begun is begun (durably, under the fence), done
    and recorded. Of a step that was begun and not recorded nobody knows whether it happened; its kind decides
    how to find out. A step that was refused without effect is forgotten, so that it costs no settle time.

    Args:
        log: the durable record.
        clock: to wait by.
        settle: how long a platform may take to show what was made.
        marker: the publication's.
        report: is told the name of each step that is done.
        observer: watches each step that is not recorded yet.
    """

    def __init__(
        self,
        log: StepLog,
        *,
        operation: str,
        clock: Clock,
        settle: timedelta,
        marker: str,
        report: Report = silent,
        observer: Observer = SILENT,
    ) -> None:
        self._log = log
        self._operation = operation
        self._clock = clock
        self._settle = settle
        self._report = report
        self._observer = observer
        self.marker = marker
        self.committing = False
        """Whether a commit was begun in this run, so that mail may go out whatever fails from now on."""
        self.unsettled = False
        """Whether the last thing done may have taken effect after another worker had taken over."""

    def run(self, step: Step) -> str:
        """Do a step once; see :meth:`glowtify_core.ports.campaigns.Journal.run`."""
        if step.kind is not StepKind.REPEATABLE:
            _needed(step)  # too late to miss it once an answer is lost
        record = self._record(step.name)
        if record and record.remote_id is not None:
            return record.remote_id
        with self._observer.span("step", step=step.name, kind=step.kind.value):
            return self._bring_about(step, begun=record is not None)

    def check(self) -> None:
        """Make sure that nobody has taken over; see :meth:`glowtify_core.ports.campaigns.Journal.check`."""
        self._log.check()

    def steps(self, name: str | None = None) -> Sequence[StepRecord]:
        """The publication's steps of this name, or all."""
        return [record for record in self._log.steps() if name in (None, record.name)]

    def forget(self, name: str) -> None:
        """Drop this operation's record of a step whose object is gone.

        Raises:
            ValueError: it commits by creating, and nobody knows whether it has.
        """
        record = self._record(name)
        if record and record.kind is StepKind.CREATE_AND_COMMIT and record.remote_id is None:
            raise ValueError(f"what the step {name!r} made may be sent: it cannot be forgotten")
        self._log.clear(name)

    def _bring_about(self, step: Step, *, begun: bool) -> str:
        lost = None
        if not begun:
            outcome = self._attempt(step, first=True)
            if isinstance(outcome, str):
                return outcome
            lost = outcome
        return self._resolve(step, lost)

    def _resolve(self, step: Step, lost: PlatformError | None) -> str:
        """Bring a step of which only the begin is known to its end; ``lost`` says why, where known."""
        for _ in range(MAX_TRIES):
            if step.kind is not StepKind.REPEATABLE:
                found = self._look(step, just_lost=lost is not None)
                if found is not None:
                    return self._keep(step, found, ours=False)
                if not _may_follow_a_look(step):
                    break
            elif lost:
                self._clock.sleep(LOOK_EVERY)
            outcome = self._attempt(step, first=False)
            if isinstance(outcome, str):
                return outcome
            lost = outcome
        raise _unknown(step, lost) from lost

    def _attempt(self, step: Step, *, first: bool) -> str | PlatformError:
        """Begin, do and record; the error when it happened, or may have, and the id did not reach us.

        A refusal without effect clears the begin only when no earlier attempt may have had one.
        """
        self._report(step.name)
        self._log.begin(step.name, step.kind)
        self.committing |= step.kind.commits
        self.unsettled = True
        try:
            remote_id = step.do()
        except PlatformError as problem:
            if problem.effect in {Effect.UNKNOWN, Effect.DONE}:
                return problem
            self.unsettled = problem.effect is not Effect.NONE
            if first and problem.effect is Effect.NONE:
                self._log.clear(step.name)
            raise
        except ClaimLost:  # said by the look right before the request
            self.unsettled = False
            raise
        except CampaignRejected:  # the connector's own word, before any request
            self.unsettled = False
            if first:
                self._log.clear(step.name)
            raise
        return self._keep(step, remote_id, ours=True)

    def _look(self, step: Step, *, just_lost: bool) -> str | None:
        """Look for what a lost attempt made; None only when the platform has had time to show it.

        That counts from the moment an answer of ours was lost, since its request may have waited long for its
        turn; after a crash from the begin: a dead worker's claim has run out since.
        """
        find = self._find(step)
        record = self._record(step.name)
        if record is None:  # cleared by a worker that proved it had no effect
            return None
        left = (self._settle - (timedelta() if just_lost else record.age)).total_seconds()
        try:
            if step.kind is StepKind.CREATE:
                self._clock.sleep(left)
                return find(record.since)
            while (found := find(record.since)) is None and left > 0:
                self._clock.sleep(min(LOOK_EVERY, left))
                left -= LOOK_EVERY
        except RemoteNotFound:  # an answer: what would be committed is gone
            raise
        except PlatformError as problem:
            raise _unknown(step, problem) from problem
        return found

    def _find(self, step: Step) -> Callable[[datetime], str | None]:
        """How to look: what another operation has made is not it, though the platform may still list it."""
        find = _needed(step)
        others = {
            record.remote_id
            for record in self.steps(step.name)
            if step.kind.creates and record.operation != self._operation
        }

        def look(since: datetime) -> str | None:
            found = find(since)
            return None if found in others else found

        return look

    def _keep(self, step: Step, remote_id: str, *, ours: bool) -> str:
        """Record an id; what we alone made is removed when another id stands or the publication is closed."""
        recorded = self._log.record(step.name, remote_id)
        if ours and step.undo and (recorded.remote_id != remote_id or recorded.closed):
            step.undo(remote_id)
        if recorded.closed:
            raise ClaimLost("The publication was closed meanwhile", remedy="Nothing needs to be done.")
        if recorded.replaced:
            raise ClaimLost(
                "Another worker has taken over", remedy="It carries on with the work; look at the status."
            )
        self.unsettled = False
        return recorded.remote_id

    def _record(self, name: str) -> StepRecord | None:
        for record in self._log.steps():
            if (record.operation, record.name) == (self._operation, name):
                return record
        return None


def _may_follow_a_look(step: Step) -> bool:
    """Whether a step may be done again once a look has shown nothing of it."""
    return step.kind is StepKind.CREATE or (step.kind is StepKind.COMMIT and step.keyed)


def _needed(step: Step) -> Callable[[datetime], str | None]:
    if step.find is None:
        raise TypeError(f"the step {step.name!r} is a {step.kind} and needs find()")
    return step.find


def _unknown(step: Step, cause: PlatformError | None) -> OutcomeUnknown:
    why = f" {str(cause).rstrip('.')}." if cause else ""
    return OutcomeUnknown(
        "The outcome is not known",
        effect=Effect.UNKNOWN,
        detail=f"The step {step.name!r} may or may not have happened.{why}",
        remedy="Nothing is sent twice. Run `glowtify repair` in a minute; it looks again.",
    )
