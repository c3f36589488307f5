"""What each kind of operation does, and where it leaves the publication when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from glowtify_core.application.work import Outcome, Refusal, Work
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    Effect,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.publication import CancelledBy, OperationKind, Problem, Publication
from glowtify_core.domain.remote import Drift, RemoteCampaign, find_drift
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Step, StepKind
from glowtify_core.ports.platform import (
    CancelMode,
    EmailPlatform,
    SupportsReconcile,
    SupportsReschedule,
)

_FOR_GOOD = (
    AuthenticationFailed,
    CampaignRejected,
    PermissionDenied,
    RequestRejected,
    RemoteNotFound,
    StateConflict,
)
_DISCARD = "discard"
_PASSING = (RateLimited, PlatformUnavailable)
_GONE = frozenset({PublicationState.CANCELLED, PublicationState.MISSING})


def publish(work: Work) -> Outcome:
    """Hand the campaign over."""
    remote = work.platform.publish(work.campaign, journal=work.journal)
    publication = _seen(work, remote)
    if publication.state is PublicationState.STAGED:  # committed, and still a draft: who knows what follows
        return Outcome(publication.moved_to(PublicationState.UNKNOWN))
    publication = replace(publication, drift=_drift(publication, work.campaign, remote))
    return Outcome(_finish_unless_unsettled(work, publication, remote))


def publish_failed(work: Work, problem: Refusal) -> Publication:
    """After an error: failed for good only while nothing that could send was begun."""
    publication = _with(work.publication, problem)
    now = work.clock.now()
    if publication.state.final:  # only its clearing up is left, which changes no result
        return publication.finish(now) if _final(problem) else publication
    if work.commits:
        seen = _look(work, publication) if _final(problem) else None
        if seen and seen.state.final:
            return seen.finish(now)
        if publication.state in {PublicationState.OPENED, PublicationState.STAGED}:
            publication = publication.moved_to(
                PublicationState.UNKNOWN if work.commit_open else PublicationState.SUBMITTING
            )
        return _counted(_located(work, publication), problem)
    if publication.state is PublicationState.OPENED and work.ref:
        publication = publication.moved_to(PublicationState.STAGED)
    if not _final(problem):
        return _counted(publication, problem)
    publication = publication.moved_to(PublicationState.FAILED)
    return publication.begin(OperationKind.CLEANUP, now) if work.journal.steps() else publication.finish(now)


def reschedule(work: Work) -> Outcome:
    """Move the campaign to the operation's time."""
    if (
        not isinstance(work.platform, SupportsReschedule)
        or work.ref is None
        or work.operation.schedule is None
    ):
        raise TypeError("a reschedule needs a platform that supports it, a campaign on it and a time")
    wanted = work.campaign.moved_to(work.operation.schedule)
    remote = work.platform.reschedule(work.ref, wanted, journal=work.journal)
    publication = _seen(work, remote)
    if Drift.TIME in find_drift(wanted, remote) or publication.state is PublicationState.STAGED:
        refused = Problem(
            "The platform did not take the new time",
            "reschedule_refused",
            "Choose another time; the state says whether the old time still stands.",
            effect=Effect.PARTIAL,
        )
        return Outcome(_finish_unless_unsettled(work, replace(publication, problem=refused), remote))
    publication = replace(
        publication,
        schedule=wanted.schedule,
        fingerprint=wanted.fingerprint,
        drift=_drift(publication, wanted, remote),
    )
    return Outcome(_finish_unless_unsettled(work, publication, remote), wanted)


def reschedule_failed(work: Work, problem: Refusal) -> Publication:
    """After an error: what was refused for good is closed once a read shows how the campaign stands.

    Not so when the new send job was begun: then the operation stays open until its outcome is known.
    """
    publication = _with(work.publication, problem)
    seen = _look(work, publication) if _final(problem) else None
    if seen and (seen.state.final or not work.commits):
        return seen.finish(work.clock.now())
    if _undecided(problem) or work.commit_open:
        publication = _towards(publication, PublicationState.UNKNOWN)
    return _counted(publication, problem)


def cancel(work: Work) -> Outcome:
    """Cancel for good."""
    mode = CancelMode.STOP_SENDING if work.operation.stop_sending else CancelMode.FINAL
    return _taken_back(work, work.platform.cancel(work.ref, mode=mode, journal=work.journal))


def edit(work: Work) -> Outcome:
    """Take the campaign back: to a draft, then away. What somebody else has ended is not taken back by us."""
    remote = work.platform.cancel(work.ref, mode=CancelMode.KEEP_DRAFT, journal=work.journal)
    if remote.state is PublicationState.STAGED:
        work.journal.run(Step(_DISCARD, StepKind.REPEATABLE, lambda: _discard(work.platform, remote)))
        remote = replace(remote, state=PublicationState.CANCELLED, raw_state="Deleted", url="")
    outcome = _taken_back(work, remote)
    if not _ended_by_us(work, remote):
        return outcome
    return Outcome(replace(outcome.publication, cancelled_by=CancelledBy.US))


def _discard(platform: EmailPlatform, remote: RemoteCampaign) -> str:
    if not isinstance(platform, SupportsReconcile):
        raise TypeError("taking a draft away needs a platform that supports it")
    platform.discard(remote.ref)
    return remote.ref.id(remote.ref.kind) or ""


def _ended_by_us(work: Work, remote: RemoteCampaign) -> bool:
    """Whether this edit took the draft away, or nothing was ever committed, and nobody has received it."""
    steps = work.journal.steps()
    discarded = any((step.operation, step.name) == (work.operation.name, _DISCARD) for step in steps)
    committed = any(step.kind.commits for step in steps)
    ended = remote.state is PublicationState.CANCELLED and not work.publication.state.final
    return ended and not remote.partly_sent and (discarded or not committed)


def taking_back_failed(work: Work, problem: Refusal) -> Publication:
    """After a failed cancel or edit: a refusal ends it only where the campaign has ended or goes on anyway.

    While nothing was committed the operation stays open, so that nobody takes the publication for a live one.
    """
    publication = _with(work.publication, problem)
    if _undecided(problem):
        return _towards(publication, PublicationState.UNKNOWN)
    if not _final(problem):
        return publication
    seen = publication if isinstance(problem, AuthenticationFailed) else _look(work, publication)
    going_on = {PublicationState.SCHEDULED, PublicationState.SENDING}
    if seen and (seen.state.final or seen.state in going_on):
        return seen.finish(work.clock.now())
    return seen or publication


def clean_up(work: Work) -> Outcome:
    """Remove what a failed publish left; what failed stays failed."""
    remote = work.platform.cancel(work.ref, mode=CancelMode.FINAL, journal=work.journal)
    done = remote.state in _GONE and not remote.unfinished
    return Outcome(work.publication.finish(work.clock.now()) if done else work.publication)


def clean_up_failed(work: Work, problem: Refusal) -> Publication:
    """After an error: still to be done; the problem shown stays the one that made the publish fail."""
    del problem
    return work.publication


PERFORM: Mapping[OperationKind, Callable[[Work], Outcome]] = MappingProxyType(
    {
        OperationKind.PUBLISH: publish,
        OperationKind.RESCHEDULE: reschedule,
        OperationKind.CANCEL: cancel,
        OperationKind.EDIT: edit,
        OperationKind.CLEANUP: clean_up,
    }
)
SETTLE: Mapping[OperationKind, Callable[[Work, Refusal], Publication]] = MappingProxyType(
    {
        OperationKind.PUBLISH: publish_failed,
        OperationKind.RESCHEDULE: reschedule_failed,
        OperationKind.CANCEL: taking_back_failed,
        OperationKind.EDIT: taking_back_failed,
        OperationKind.CLEANUP: clean_up_failed,
    }
)


def _undecided(problem: Refusal) -> bool:
    return isinstance(problem, PlatformError) and problem.effect is Effect.UNKNOWN


def _final(problem: Refusal) -> bool:
    """Whether trying the same again cannot help."""
    return isinstance(problem, _FOR_GOOD) and not _undecided(problem)


def _with(publication: Publication, problem: Refusal) -> Publication:
    return replace(publication, problem=Problem.of(problem))


def _seen(work: Work, remote: RemoteCampaign) -> Publication:
    return replace(work.publication, problem=None).seen(remote, work.clock.now())


def _counted(publication: Publication, problem: Refusal) -> Publication:
    """One more try, unless waiting is all that it takes."""
    if isinstance(problem, _PASSING) or _undecided(problem):
        return publication
    return replace(publication, attempts=publication.attempts + 1)


def _towards(publication: Publication, state: PublicationState) -> Publication:
    """In that state where the table allows it, else as it is: what we know already is worth more."""
    try:
        return publication.moved_to(state)
    except ValueError:
        return publication


def _taken_back(work: Work, remote: RemoteCampaign) -> Outcome:
    """Only an end ends a cancel or an edit; anything else is asked again."""
    publication = _seen(work, remote)
    ended = publication.state.final and not remote.unfinished
    return Outcome(publication.finish(work.clock.now()) if ended else publication)


def _finish_unless_unsettled(work: Work, publication: Publication, remote: RemoteCampaign) -> Publication:
    unsettled = publication.state is PublicationState.UNKNOWN or remote.unfinished
    return publication if unsettled else publication.finish(work.clock.now())


def _drift(publication: Publication, wanted: Campaign, remote: RemoteCampaign) -> frozenset[Drift]:
    """What differs now; what this answer does not tell stands as it was noticed before."""
    untold = {
        Drift.AUDIENCE: remote.included is None,
        Drift.SUBJECT: remote.subject is None,
        Drift.SENDER: remote.sender_email is None,
        Drift.CONTENT: True,
    }
    return find_drift(wanted, remote) | {drift for drift in publication.drift if untold.get(drift)}


def _located(work: Work, publication: Publication) -> Publication:
    """An unknown one with what the platform shows of it, for the link that a person follows."""
    if publication.state is not PublicationState.UNKNOWN or publication.remote or work.ref is None:
        return publication
    try:
        return replace(publication, remote=work.platform.status([work.ref]).get(work.ref))
    except PlatformError:
        return publication


def _look(work: Work, publication: Publication) -> Publication | None:
    """The publication as the platform sees it now; None when it cannot be asked."""
    if work.ref is None:
        return None
    try:
        remote = work.platform.status([work.ref]).get(work.ref)
    except PlatformError:
        return None
    return publication.seen(remote, work.clock.now()) if remote else None
