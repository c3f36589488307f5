"""What a person has to know about a publication, in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from glowtify_core.domain.publication import CancelledBy, Operation, OperationKind, Publication
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

OVERDUE = timedelta(hours=2)
"""How long after its time a campaign that has not been sent needs attention."""

LAST_ZONE = timedelta(hours=36)
"""After its wall time in UTC a recipient-local campaign has been due everywhere, with a day's grace for those
whose hour had passed."""

_WILL_NOT_BE_SENT = {
    PublicationState.STAGED: "Unscheduled: this e-mail will not be sent."
    " Reschedule it, or take it back with edit.",
    PublicationState.FAILED: "Not scheduled: look at the problem, mend it, and publish again.",
    PublicationState.MISSING: "Deleted on the platform: this e-mail will not be sent.",
}


def noticed(publication: Publication, now: datetime) -> Publication:
    """The publication with the sentence that fits how it stands now."""
    return replace(publication, attention=_sentence(publication, now))


def _sentence(publication: Publication, now: datetime) -> str:
    if publication.state is PublicationState.UNKNOWN:
        return _unknown(publication)
    operation = publication.open_operation
    return _at_work(publication, operation) if operation else _at_rest(publication, now)


def _at_work(publication: Publication, operation: Operation) -> str:
    if operation.kind is OperationKind.CLEANUP:
        return "What the failed attempt left behind is still being removed: run `glowtify repair`."
    if publication.waits_for_person:
        return f"{publication.attempts} tries failed: look at the problem, then run `glowtify repair`."
    if publication.tidying:
        return "Something that is no longer needed is still to be removed there: run `glowtify repair`."
    if operation.kind is OperationKind.RESCHEDULE:
        return "The move is not finished, and until it is this e-mail may not be sent: run `glowtify repair`."
    return f"The {operation.kind} is not finished: a worker carries it on, or `glowtify repair`."


def _at_rest(publication: Publication, now: datetime) -> str:
    if publication.state is PublicationState.CANCELLED:
        return _cancelled(publication)
    if publication.maybe_sent:
        return "Deleted on the platform when its time had come: nobody can tell whether it was sent."
    unsent = _WILL_NOT_BE_SENT.get(publication.state, "")
    return " ".join(filter(None, (unsent, _changed(publication), _overdue(publication, now))))


def _changed(publication: Publication) -> str:
    """What others changed of an e-mail that may still be sent, or was; "unscheduled" has its own sentence."""
    changed = [_named(drift, publication) for drift in sorted(publication.drift - {Drift.UNSCHEDULED})]
    gone = publication.state in {PublicationState.FAILED, PublicationState.MISSING}
    return f"Changed on the platform: {', '.join(changed)}." if changed and not gone else ""


def _named(drift: Drift, publication: Publication) -> str:
    now = publication.remote.scheduled_for if publication.remote else None
    return f"time (now {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC)" if drift is Drift.TIME and now else drift


def _overdue(publication: Publication, now: datetime) -> str:
    """Whether its time has passed; a draft will not be sent, and one that was moved has another time."""
    ended = publication.state.final or publication.state is PublicationState.STAGED
    if ended or Drift.TIME in publication.drift or _due(publication) + OVERDUE >= now:
        return ""
    return "Overdue: look at it on the platform."


def _cancelled(publication: Publication) -> str:
    remote = publication.remote
    if publication.taken_back:
        return "Taken back: change it, then publish it again."
    if publication.cancelled_by is CancelledBy.PLATFORM and remote:
        return f"Cancelled by the platform: {remote.reason}. {remote.advice}".rstrip()
    if remote and remote.partly_sent:
        return "Cancelled while it was being sent: some have received it."
    return "Cancelled on the platform." if publication.cancelled_by is CancelledBy.PERSON else ""


def _unknown(publication: Publication) -> str:
    remote = publication.remote
    link = f" at {remote.url}" if remote and remote.url else ""
    unseen = "" if remote else " If it is not there, cancel it, and publish it with --again."
    return (
        f"It is not known whether this e-mail is scheduled. Run `glowtify repair`; if that cannot tell, look"
        f" for {publication.name!r} ({publication.marker}) on the platform{link}.{unseen}"
    )


def _due(publication: Publication) -> datetime:
    schedule = publication.schedule
    if isinstance(schedule, SendAtRecipientTime):
        return schedule.latest_instant("UTC") + LAST_ZONE
    return schedule.instant
