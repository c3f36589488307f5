"""How a campaign stands, in words: its state, its time, and what a person should know and do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from glowtify_adapters.web.languages import Tongue
from glowtify_core.domain.publication import CancelledBy, OperationKind, Problem, Publication
from glowtify_core.domain.remote import Drift, RemoteCampaign
from glowtify_core.domain.schedule import Schedule, SendAt, load_zone
from glowtify_core.domain.state import PublicationState

_S = PublicationState

STYLES = {
    _S.SCHEDULED: "accent",
    _S.SENDING: "accent",
    _S.SENT: "good",
    _S.OPENED: "warn",
    _S.STAGED: "warn",
    _S.SUBMITTING: "warn",
    _S.CANCELLED: "",
    _S.FAILED: "bad",
    _S.MISSING: "bad",
    _S.UNKNOWN: "bad",
}
"""The states' colours; the word is always there too."""

OPERATIONS = {
    OperationKind.PUBLISH: "Publish",
    OperationKind.RESCHEDULE: "Move",
    OperationKind.CANCEL: "Cancel",
    OperationKind.EDIT: "Take back",
    OperationKind.CLEANUP: "Clean up",
}
"""What was done, in the history."""

_COMMAND = re.compile(r"`glowtify ([a-z]+)[^`]*`")
_RUN = re.compile(r"\b[Rr]un (?=`glowtify )")
_HERE = {"repair": "Repair", "status": "Look now", "connect": "Connectors", "edit": "Take it back"}
"""What stands on this page for commands that remedies name."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know: what it is, and what to do about it."""

    style: str
    title: str
    text: str = ""


def here(tongue: Tongue, text: str) -> str:
    """A remedy of the core in the reader's language, with this page's buttons in place of commands."""
    said = _RUN.sub(lambda word: "Use " if word[0] == "Run " else "use ", tongue.say(text))
    return _COMMAND.sub(
        lambda command: tongue.say("“{button}”", button=tongue.say(_HERE.get(command[1], command[1]))), said
    )


def times(tongue: Tongue, schedule: Schedule, account_zone: str) -> Sequence[str]:
    """When it is sent: as the person said it, by the account's clock where that is another, and in UTC."""
    if not isinstance(schedule, SendAt):
        wall = tongue.wall(schedule.wall)
        return [tongue.say("{time}, by each recipient's own clock", time=wall)]
    zones = [zone for zone in dict.fromkeys((schedule.zone, account_zone)) if zone not in {"UTC", ""}]
    return [
        *(moment(tongue, schedule.instant, zone) for zone in zones),
        moment(tongue, schedule.instant, "UTC"),
    ]


def moment(tongue: Tongue, instant: datetime, zone: str) -> str:
    """A day and a time in a zone, with how far it is from UTC then."""
    local = instant.astimezone(load_zone(zone))
    wall = tongue.wall(local.replace(tzinfo=None))
    return f"{wall} UTC" if zone == "UTC" else f"{wall}, {tongue.zone(zone)} ({zone}, {offset(local)})"


def minute(tongue: Tongue, instant: datetime, zone: ZoneInfo) -> str:
    """A day and a time in few words, without seconds."""
    return f"{tongue.date(instant, zone, 'medium')}, {tongue.time(instant, zone)}"


def offset(local: datetime) -> str:
    """How far an aware time is from UTC, such as ``UTC-5`` or ``UTC+5:30``."""
    sign, hours, minutes = f"{local:%z}"[:1], int(f"{local:%z}"[1:3]), f"{local:%z}"[3:5]
    return f"UTC{sign}{hours}" + (f":{minutes}" if minutes != "00" else "")


def remarks(tongue: Tongue, publication: Publication, title: str, zone: ZoneInfo) -> Iterator[Remark]:
    """Everything that a person should know of how a campaign stands.

    Args:
        tongue: the reader's language.
        publication: the campaign's newest.
        title: the platform's name.
        zone: in which times are told.
    """
    if publication.state is _S.UNKNOWN:
        yield _unknown(tongue, publication, title)
    elif publication.open_operation:
        yield _under_way(tongue, publication, title)
    else:
        yield from _at_rest(tongue, publication, title)
        if publication.state not in {_S.CANCELLED, _S.FAILED, _S.MISSING}:
            yield from _changed(tongue, publication, title, zone)
        if "Overdue" in publication.attention:
            yield Remark(
                "bad",
                tongue.say("Overdue"),
                tongue.say(
                    "Its time has passed and {title} does not say that it was sent. Look at it there.",
                    title=title,
                ),
            )
    if publication.problem:
        yield _problem(tongue, publication.problem)


def _problem(tongue: Tongue, problem: Problem) -> Remark:
    remedy = here(tongue, problem.remedy) if problem.remedy else ""
    return Remark(
        "bad", tongue.say(problem.title), " ".join(filter(None, (tongue.say(problem.detail), remedy)))
    )


def _unknown(tongue: Tongue, publication: Publication, title: str) -> Remark:
    text = tongue.say(
        "An answer of {title} was lost. Nothing is sent twice. “Repair” looks again; if that cannot tell,"
        " look for {marker} in {title}.",
        title=title,
        marker=publication.marker,
    )
    if publication.remote is None:
        text = f"{text} {tongue.say('If it is not there, cancel it here and publish it again.')}"
    return Remark("bad", tongue.say("It is not known whether this e-mail is scheduled"), text)


def _under_way(tongue: Tongue, publication: Publication, title: str) -> Remark:
    operation = publication.open_operation
    if publication.waits_for_person:
        said = tongue.say("{count} tries failed", count=tongue.number(publication.attempts))
        return Remark("bad", said, tongue.say("Mend what the problem says, then press “Carry on”."))
    if publication.tidying or (operation and operation.kind is OperationKind.CLEANUP):
        said = tongue.say("Something that is no longer needed is still to be removed in {title}", title=title)
        return Remark("warn", said, tongue.say("It changes nothing about the e-mail, and is done by itself."))
    said, text = _UNFINISHED[operation.kind if operation else OperationKind.PUBLISH]
    return Remark("warn", tongue.say(said), tongue.say(text))


_UNFINISHED = {
    OperationKind.PUBLISH: (
        "Handing it over is not finished",
        "It is carried on by itself; “Carry on” does it at once.",
    ),
    OperationKind.RESCHEDULE: (
        "The move is not finished",
        "Until it is, this e-mail may not be sent. It is carried on by itself; “Carry on” does it at once.",
    ),
    OperationKind.CANCEL: (
        "Cancelling is not finished",
        "Until it is, this e-mail may still be sent. It is carried on by itself; “Carry on” does it at once.",
    ),
    OperationKind.EDIT: (
        "Taking it back is not finished",
        "Until it is, this e-mail may still be sent. It is carried on by itself; “Carry on” does it at once.",
    ),
}


def _at_rest(tongue: Tongue, publication: Publication, title: str) -> Iterator[Remark]:
    state = publication.state
    if state is _S.CANCELLED:
        yield _cancelled(tongue, publication, title)
    elif publication.maybe_sent:
        yield Remark(
            "bad",
            tongue.say("Deleted in {title} when its time had come", title=title),
            tongue.say("Nobody can tell whether it was sent. Ask there before you publish it again."),
        )
    elif state in _STANDS:
        style, said, text = _STANDS[state]
        yield Remark(style, tongue.say(said, title=title), tongue.say(text, title=title))


_STANDS = {
    _S.SUBMITTING: ("warn", "Accepted, not yet confirmed", "“Look now” shows when {title} has confirmed it."),
    _S.STAGED: (
        "bad",
        "Unscheduled: this e-mail will not be sent",
        "It is a draft in {title}. Move it to schedule it again, or take it back to change it.",
    ),
    _S.FAILED: ("bad", "Not scheduled", "Mend what the problem says, and publish it again."),
    _S.MISSING: (
        "bad",
        "Deleted in {title}",
        "This e-mail will not be sent. Publish it again if it should be.",
    ),
}


def _cancelled(tongue: Tongue, publication: Publication, title: str) -> Remark:
    remote = publication.remote
    if publication.taken_back:
        return Remark(
            "warn", tongue.say("Taken back"), tongue.say("It will not be sent until you publish it again.")
        )
    if publication.cancelled_by is CancelledBy.PLATFORM and remote:
        said = tongue.say("{title} cancelled it: {reason}", title=title, reason=tongue.say(remote.reason))
        return Remark("bad", said, tongue.say(remote.advice) if remote.advice else "")
    if remote and remote.partly_sent:
        text = tongue.say("Some have received it; nobody else will.")
        return Remark("warn", tongue.say("Cancelled while it was being sent"), text)
    by_person = publication.cancelled_by is CancelledBy.PERSON
    said = tongue.say("Cancelled in {title}", title=title) if by_person else tongue.say("Cancelled for good")
    return Remark("", said, tongue.say("It will not be sent."))


def _changed(tongue: Tongue, publication: Publication, title: str, zone: ZoneInfo) -> Iterator[Remark]:
    remote, changes = publication.remote, publication.drift - {Drift.UNSCHEDULED}
    if not changes:
        return
    said = [_change(tongue, drift, remote, zone) for drift in sorted(changes)]
    if publication.state is _S.SENT:
        text = tongue.say("It was sent as it was there.")
    else:
        text = tongue.say(
            "It is sent as it is there. To have yours, take it back and publish it again;"
            " moving it sets the time anew."
        )
    yield Remark("warn", tongue.say("Changed in {title}", title=title), " ".join([*said, text]))


def _change(tongue: Tongue, drift: Drift, remote: RemoteCampaign | None, zone: ZoneInfo) -> str:
    if drift is Drift.TIME and remote and remote.scheduled_for:
        return tongue.say("The time: now {time}.", time=moment(tongue, remote.scheduled_for, zone.key))
    if drift is Drift.SUBJECT and remote and remote.subject:
        return tongue.say("The subject: now “{subject}”.", subject=remote.subject)
    if drift is Drift.SENDER and remote and remote.sender_email:
        return tongue.say("The sender: now {sender}.", sender=remote.sender_email)
    return tongue.say(_CHANGES[drift])


_CHANGES = {
    Drift.TIME: "The time.",
    Drift.AUDIENCE: "The audiences.",
    Drift.SUBJECT: "The subject.",
    Drift.SENDER: "The sender.",
    Drift.CONTENT: "The e-mail itself.",
}
