"""Cancelling and taking back for editing, and when a campaign that does not show is believed to be gone."""

from __future__ import annotations

from dataclasses import replace

from glowtify_core.application.settling import Refusal, done_before, final, undecided, unknown, with_problem
from glowtify_core.application.steps import LONGEST
from glowtify_core.application.work import GONE, Outcome, Work
from glowtify_core.domain.errors import AuthenticationFailed, Effect, OutcomeUnknown, PlatformError
from glowtify_core.domain.publication import CancelledBy, Publication
from glowtify_core.domain.remote import RemoteCampaign
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import DISCARD, Step, StepKind
from glowtify_core.ports.platform import CancelMode, EmailPlatform, SupportsReconcile


def cancel(work: Work) -> Outcome:
    """Cancel for good."""
    mode = CancelMode.STOP_SENDING if work.operation.stop_sending else CancelMode.FINAL
    return _taken_back(work, work.platform.cancel(work.ref, mode=mode, journal=work.journal))


def edit(work: Work) -> Outcome:
    """Take the campaign back: to a draft, where there are drafts, then away.

    What somebody else has ended is not taken back by us.
    """
    remote = work.platform.cancel(work.ref, mode=CancelMode.KEEP_DRAFT, journal=work.journal)
    if remote.state is PublicationState.STAGED:
        _take_away(work, remote)
        remote = replace(remote, state=PublicationState.CANCELLED, raw_state="Deleted", url="")
    outcome = _taken_back(work, remote)
    if not _ended_by_us(work, remote):
        return outcome
    return Outcome(replace(outcome.publication, cancelled_by=CancelledBy.US))


def taking_back_failed(work: Work, problem: Refusal) -> Publication:
    """After a failed cancel or edit: a refusal ends it only where the campaign has ended or goes on anyway.

    While nothing was committed the operation stays open, so that nobody takes the publication for a live one.
    """
    publication = with_problem(work.publication, problem)
    if undecided(problem):
        return unknown(work, publication)
    if not final(problem):
        return publication
    seen = publication if isinstance(problem, AuthenticationFailed) else work.look(publication)
    going_on = {PublicationState.SCHEDULED, PublicationState.SENDING}
    if seen and (seen.state.final or (seen.state in going_on and not done_before(problem))):
        return seen.finish(work.clock.now())
    return seen or publication


def refuse_unaccounted(work: Work, remote: RemoteCampaign, *, late: bool = True) -> None:
    """Take no campaign for gone while one that a lost answer has made may still show up.

    A person who has looked for it in vain can end it: by cancelling, once no request can arrive any more.

    Args:
        remote: what the connector says; a campaign that the journal does not know is the one in question.
        late: whether time is an answer, too.

    Raises:
        OutcomeUnknown: it may still be made.
    """
    lost = work.lost
    if lost is None or remote.state not in GONE or work.new(remote.ref) or (late and lost.age >= LONGEST):
        return
    raise OutcomeUnknown(
        "The outcome is not known",
        effect=Effect.UNKNOWN,
        detail="The answer to its creation was lost. The platform does not show it, and may still do.",
        remedy="Run `glowtify repair` in five minutes; it looks again.",
    )


def _taken_back(work: Work, remote: RemoteCampaign) -> Outcome:
    """Only an end ends a cancel or an edit; anything else is asked again."""
    refuse_unaccounted(work, remote)
    publication = work.seen(remote)
    ended = publication.state.final and not remote.unfinished
    return Outcome(publication.finish(work.clock.now()) if ended else publication)


def _take_away(work: Work, draft: RemoteCampaign) -> None:
    """Remove the draft; when that fails, the campaign all the same is scheduled no more."""
    try:
        work.journal.run(Step(DISCARD, StepKind.REPEATABLE, lambda: _discard(work.platform, draft)))
    except PlatformError as problem:
        if problem.effect is Effect.NONE:
            problem.having(effect=Effect.PARTIAL)
        raise


def _discard(platform: EmailPlatform, remote: RemoteCampaign) -> str:
    if not isinstance(platform, SupportsReconcile):
        raise TypeError("taking a draft away needs a platform that supports it")
    platform.discard(remote.ref)
    return remote.ref.id(remote.ref.kind) or ""


def _ended_by_us(work: Work, remote: RemoteCampaign) -> bool:
    """Whether we took it away, or nothing was ever committed, and nobody has received it."""
    ended = remote.state is PublicationState.CANCELLED and not work.publication.state.final
    return ended and not remote.partly_sent and (_discarded(work, remote) or not _committed(work, remote))


def _discarded(work: Work, remote: RemoteCampaign) -> bool:
    """Whether it was we; what an earlier operation took away is not the one that was found only now."""
    if work.new(remote.ref):
        return any(step.operation == work.operation.name for step in work.journal.steps(DISCARD))
    return work.discarded


def _committed(work: Work, remote: RemoteCampaign) -> bool:
    """Whether it may have been sent; a creation of which nothing was ever found has committed nothing."""
    found = bool(remote.ref.ids)
    return any(
        step.kind.commits and (found or not step.kind.creates or step.remote_id is not None)
        for step in work.journal.steps()
    )
