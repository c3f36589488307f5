"""Carrying an open operation on to its end: what workers, retries and repair call, any number of times."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from glowtify_core.application.attention import noticed
from glowtify_core.application.claims import WAIT, Report, holding, silent
from glowtify_core.application.operations import PERFORM, SETTLE
from glowtify_core.application.platforms import Connected, Platforms
from glowtify_core.application.steps import StepRunner
from glowtify_core.application.work import Outcome, Work
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import (
    CampaignRejected,
    ClaimLost,
    Effect,
    GlowtifyError,
    OutcomeUnknown,
    PlatformError,
)
from glowtify_core.domain.publication import Operation, OperationKind, Problem, Publication
from glowtify_core.domain.rhythm import next_try
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.observing import SILENT, Observer

_TAKES_BACK = frozenset({OperationKind.RESCHEDULE, OperationKind.EDIT})
_LIVE = frozenset({PublicationState.SUBMITTING, PublicationState.SCHEDULED})
_LOOKS = (0.0, 2.0, 3.0, 5.0, 10.0)
"""Pauses in seconds between looks at what a late request may still bring about."""


class AdvancePublication:
    """Resumes the open operation of a publication; does nothing on one that has none."""

    def __init__(
        self,
        *,
        repo: CampaignRepo,
        platforms: Platforms,
        clock: Clock,
        settle: timedelta,
        observer: Observer = SILENT,
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._clock = clock
        self._settle = settle
        self._observer = observer

    def __call__(
        self, publication_id: str, *, insist: bool = False, wait: float = WAIT, report: Report = silent
    ) -> Publication:
        """Carry on; the publication as it stands afterwards.

        Args:
            publication_id: which.
            insist: a person asks for it, so tries that failed before no longer count.
            wait: seconds to wait for another worker to let go.
            report: is told what is being done.

        Raises:
            CampaignRejected: another account is connected now.
            PublicationBusy: another worker is at it.
            PlatformError: the platform refused, failed, or left the outcome unknown; the state is kept.
        """
        key = self._repo.get(publication_id).key
        with holding(self._repo, key, self._clock, report=report, wait=wait) as claim:
            publication = self._repo.get(publication_id)
            if insist and publication.attempts:
                publication = replace(publication, attempts=0)
            if publication.waits_for_person:
                return publication
            return self.carry_on(claim, publication, report=report)

    def carry_on(self, claim: Claim, publication: Publication, *, report: Report = silent) -> Publication:
        """The same under a claim that is held already; what is not finished then is due after a pause."""
        operation = publication.open_operation
        if operation is None:
            return publication
        try:
            with self._platforms.connected(publication.key.store, publication.connector) as connected:
                refuse_other_account(publication, connected.connection)
                carried = self._perform(claim, connected, publication, operation, report)
        except Exception as problem:
            with suppress(GlowtifyError):
                self._pause(self._repo.get(publication.id), getattr(problem, "retry_after", None))
            raise
        self._pause(carried)
        return carried

    def _pause(self, publication: Publication, wait: timedelta | None = None) -> None:
        if publication.open_operation and not publication.waits_for_person:
            self._repo.plan({publication.id: next_try(publication, self._clock.now(), wait)})

    def _perform(
        self,
        claim: Claim,
        connected: Connected,
        publication: Publication,
        operation: Operation,
        report: Report,
    ) -> Publication:
        with self._observer.span(
            "publication",
            store=publication.key.store,
            campaign=publication.key.campaign_id,
            publication=publication.id,
            connector=publication.connector,
            account=publication.account_id,
            operation=operation.name,
        ) as note:
            done = self._work(claim, connected, publication, operation, report)
            note(state=done.state.value)
            return done

    def _work(
        self,
        claim: Claim,
        connected: Connected,
        publication: Publication,
        operation: Operation,
        report: Report,
    ) -> Publication:
        journal = self._journal(claim, publication, operation, report)
        campaign = self._repo.content(publication.id)
        work = Work(publication, operation, campaign, connected.platform, journal, self._clock)
        try:
            outcome = PERFORM[operation.kind](work)
            return self._save(claim, outcome)
        except (PlatformError, CampaignRejected) as problem:
            settled = self._save(claim, Outcome(SETTLE[operation.kind](work, problem)))
            if operation.kind is OperationKind.PUBLISH:
                self._clean_up(claim, connected, settled, report)
            raise
        except ClaimLost:
            if journal.unsettled and operation.kind in _TAKES_BACK:
                with suppress(GlowtifyError):  # what then still is wrong, `status` shows
                    self._make_good(connected, publication, report)
            raise
        except GlowtifyError as ours:
            if journal.committing:
                raise _after_commit(ours) from ours
            raise
        except Exception as mistake:
            failure = Problem(
                "The connector failed", "connector_failed", "Report it to its author.", type(mistake).__name__
            )
            attempts = publication.attempts + 1
            self._save(claim, Outcome(replace(publication, problem=failure, attempts=attempts)))
            if journal.committing:
                raise _after_commit(mistake) from mistake
            raise

    def _journal(
        self, claim: Claim, publication: Publication, operation: Operation, report: Report
    ) -> StepRunner:
        return StepRunner(
            claim.log(publication.id, operation.name),
            operation=operation.name,
            clock=self._clock,
            settle=self._settle,
            marker=publication.marker,
            report=report,
            observer=self._observer,
        )

    def _save(self, claim: Claim, outcome: Outcome) -> Publication:
        publication = noticed(outcome.publication, self._clock.now())
        claim.save(publication, outcome.campaign)
        return publication

    def _make_good(self, connected: Connected, publication: Publication, report: Report) -> None:
        """Schedule again what a request of ours took back after another worker had finished with it.

        No platform knows of fences: a worker that was stopped between its begin and its request, and wakes
        after its successor has moved the campaign, undoes that. Seen here, since it alone knows what it did;
        what a look at the platform has shown to a person since is left alone.
        """
        with holding(self._repo, publication.key, self._clock, report=report) as claim:
            publication = self._repo.get(publication.id)
            if publication.ref is None or publication.open_operation or publication.state not in _LIVE:
                return
            for pause in _LOOKS:
                self._clock.sleep(pause)
                remote = connected.platform.status([publication.ref]).get(publication.ref)
                if remote and remote.state is PublicationState.STAGED:
                    now, wanted = self._clock.now(), publication.schedule
                    publication = publication.begin(OperationKind.RESCHEDULE, now, schedule=wanted)
                    claim.save(publication)
                    self.carry_on(claim, publication, report=report)
                    return

    def _clean_up(self, claim: Claim, connected: Connected, publication: Publication, report: Report) -> None:
        """Remove at once what a failed publish left; if that fails too, it stays open for the next call."""
        operation = publication.open_operation
        if operation and operation.kind is OperationKind.CLEANUP:
            with suppress(GlowtifyError):
                self._perform(claim, connected, publication, operation, report)


def _after_commit(cause: Exception) -> OutcomeUnknown:
    """What our own trouble means once the platform may send: nobody may take it for "nothing was done"."""
    return OutcomeUnknown(
        "The outcome is not known",
        effect=Effect.UNKNOWN,
        detail=f"The platform was told, and then this failed here: {_words(cause)}.",
        remedy="Nothing is sent twice. Run `glowtify repair` when that is mended; it looks again.",
    )


def _words(cause: Exception) -> str:
    return cause.title if isinstance(cause, GlowtifyError) else type(cause).__name__


def refuse_other_account(publication: Publication, connection: Connection) -> None:
    """Never touch a publication through another account than the one it was opened for.

    Raises:
        CampaignRejected: another account is connected now.
    """
    if connection.account.id != publication.account_id:
        raise CampaignRejected(
            "Another account is connected",
            code="another_account",
            detail=f"{publication.key} was published through account {publication.account_id};"
            f" {connection.account.id} is connected now.",
            remedy="Connect the earlier account again to go on with it.",
        )
