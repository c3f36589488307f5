"""What each kind of operation does, and where it leaves the publication when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from glowtify_core.application.settling import (
    Refusal,
    counted,
    done_before,
    final,
    undecided,
    unknown,
    with_problem,
)
from glowtify_core.application.taking_back import cancel, edit, refuse_unaccounted, taking_back_failed
from glowtify_core.application.work import GONE, Outcome, Work
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import Effect
from glowtify_core.domain.publication import OperationKind, Problem, Publication
from glowtify_core.domain.remote import Drift, RemoteCampaign, find_drift
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.platform import CancelMode, SupportsReschedule


def publish(work: Work) -> Outcome:
    """Hand the campaign over."""
    remote = work.platform.publish(work.campaign, journal=work.journal)
    publication = work.seen(remote)
    if publication.state is PublicationState.STAGED:  # committed, and still a draft: who knows what follows
        return Outcome(publication.moved_to(PublicationState.UNKNOWN))
    publication = replace(publication, drift=_drift(publication, work.campaign, remote))
    return Outcome(_finish_unless_unsettled(work, publication, remote))


def publish_failed(work: Work, problem: Refusal) -> Publication:
    """After an error: failed for good only while nothing that could send was begun."""
    publication = with_problem(work.publication, problem)
    now = work.clock.now()
    if publication.state.final:  # only its clearing up is left, which changes no result
        return publication.finish(now) if final(problem) else publication
    if work.commits:
        seen = work.look(publication) if final(problem) else None
        if seen and seen.state.final:
            return seen.finish(now)
        if publication.state in {PublicationState.OPENED, PublicationState.STAGED}:
            publication = publication.moved_to(
                PublicationState.UNKNOWN if work.commit_open else PublicationState.SUBMITTING
            )
        return counted(_located(work, publication), problem)
    if publication.state is PublicationState.OPENED and work.ref:
        publication = publication.moved_to(PublicationState.STAGED)
    if not final(problem):
        return counted(publication, problem)
    publication = publication.moved_to(PublicationState.FAILED)
    return publication.begin(OperationKind.CLEANUP, now) if work.journal.steps() else publication.finish(now)


def reschedule(work: Work) -> Outcome:
    """Move the campaign to the operation's time; what others ended meanwhile keeps the time it had."""
    ref, schedule = work.ref or work.recorded, work.operation.schedule
    if not isinstance(work.platform, SupportsReschedule) or ref is None or schedule is None:
        raise TypeError("a reschedule needs a platform that supports it, a campaign on it and a time")
    wanted = work.campaign.moved_to(schedule)
    remote = work.platform.reschedule(ref, wanted, journal=work.journal)
    refuse_unaccounted(work, remote, late=False)
    publication = work.seen(remote)
    if publication.state in GONE:
        return Outcome(_finish_unless_unsettled(work, publication, remote))
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

    Not so when it may have been committed anew: then the operation stays open until its outcome is known.
    What we took away to make it anew, and could not make again, has failed; nobody else has deleted it.
    """
    publication = with_problem(work.publication, problem)
    seen = work.look(publication) if final(problem) else None
    if seen and seen.state in GONE and work.discarded and not work.lost:
        return publication.moved_to(PublicationState.FAILED).finish(work.clock.now())
    if seen and (seen.state.final or not (work.commits or _may_still_show(seen, problem))):
        return seen.finish(work.clock.now())
    if undecided(problem) or work.commit_open:
        publication = unknown(work, publication)
    return counted(publication, problem)


def clean_up(work: Work) -> Outcome:
    """Remove what a failed publish left; what failed stays failed."""
    remote = work.platform.cancel(work.ref, mode=CancelMode.FINAL, journal=work.journal)
    done = remote.state in GONE and not remote.unfinished
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


def _may_still_show(seen: Publication, problem: Refusal) -> bool:
    """Whether it looks as if it were still to be sent though we have taken it back."""
    return seen.state is not PublicationState.STAGED and done_before(problem)


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
    seen = work.look(publication)
    return replace(publication, remote=seen.remote) if seen else publication
