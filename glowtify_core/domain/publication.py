"""A publication: one attempt at a campaign's life on a platform, and what the platform says about it."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import Effect, GlowtifyError, PlatformError
from glowtify_core.domain.schedule import Schedule, SendAt

NAME_LIMIT = 100
"""Characters of the human part of a remote name; the marker is never cut."""

_MARKER = re.compile(r" gl[a-z0-9]{8}$")


class PublicationState(StrEnum):
    """Where a publication stands. People see the capitalised word, JSON has the value."""

    OPENED = "opened"
    STAGED = "staged"
    SUBMITTING = "submitting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"
    MISSING = "missing"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return not TRANSITIONS[self]


_S = PublicationState
_ON_PLATFORM = frozenset({_S.STAGED, _S.SUBMITTING, _S.SCHEDULED, _S.SENDING, _S.SENT})
_ENDINGS = frozenset({_S.CANCELLED, _S.FAILED, _S.MISSING, _S.UNKNOWN})

TRANSITIONS: Mapping[PublicationState, frozenset[PublicationState]] = MappingProxyType(
    {
        _S.OPENED: _ON_PLATFORM | _ENDINGS,
        _S.STAGED: (_ON_PLATFORM | _ENDINGS) - {_S.STAGED},
        _S.SUBMITTING: (_ON_PLATFORM | _ENDINGS) - {_S.SUBMITTING},
        _S.SCHEDULED: (_ON_PLATFORM | _ENDINGS) - {_S.SCHEDULED},
        _S.SENDING: frozenset({_S.SENT, _S.CANCELLED, _S.MISSING, _S.UNKNOWN}),
        _S.UNKNOWN: (_ON_PLATFORM | _ENDINGS) - {_S.UNKNOWN},
        _S.SENT: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.FAILED: frozenset(),
        _S.MISSING: frozenset(),
    }
)
"""The legal transitions. A final state has none."""


class CancelledBy(StrEnum):
    """Who ended a campaign before it was sent."""

    US = "us"
    PERSON = "person"
    PLATFORM = "platform"


class Drift(StrEnum):
    """What was changed on the platform behind our back."""

    TIME = "time"
    AUDIENCE = "audience"
    SUBJECT = "subject"
    SENDER = "sender"
    UNSCHEDULED = "unscheduled"


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """Where a campaign is on its platform: the ids of its parts.

    Attributes:
        platform: the connector's name.
        ids: pairs of kind and id, the campaign itself first, such as ``(("campaign", "01K..."),)``.
    """

    platform: str
    ids: tuple[tuple[str, str], ...]

    def id(self, kind: str) -> str | None:
        """The id of one part, or None."""
        return dict(self.ids).get(kind)

    def same_campaign(self, other: RemoteRef | None) -> bool:
        """Whether both name the same campaign, whatever parts they know of it."""
        return other is not None and (self.platform, self.ids[:1]) == (other.platform, other.ids[:1])


@dataclass(frozen=True, slots=True)
class RemoteCampaign:
    """What the platform says about a campaign, in our words.

    Attributes:
        ref: where it is.
        state: its state; STAGED is a draft that will not be sent.
        raw_state: the platform's own word.
        name: the remote name, marker included.
        created_at: when the platform made it, aware; None where the answer did not tell.
        scheduled_for: the instant it will be sent, aware; None for a draft without one or recipient-local.
        recipient_wall: the wall time of a recipient-local schedule, naive; None otherwise.
        sent_at: when sending began, aware, once it has.
        reason: why the platform ended it ("No Recipients"); empty otherwise.
        partly_sent: whether a cancelled one had gone out to some.
        included, excluded: ids of audiences; None where the answer did not tell.
        subject, sender_email: as on the platform; None where the answer did not tell.
        url: a page where a person can look at it.
        unfinished: whether something that changes no result (removing a throw-away template) is still to be
            done; the operation then stays open, and calling again does it.
    """

    ref: RemoteRef
    state: PublicationState
    raw_state: str
    name: str = ""
    created_at: datetime | None = None
    scheduled_for: datetime | None = None
    recipient_wall: datetime | None = None
    sent_at: datetime | None = None
    reason: str = ""
    partly_sent: bool = False
    included: frozenset[str] | None = None
    excluded: frozenset[str] | None = None
    subject: str | None = None
    sender_email: str | None = None
    url: str = ""
    unfinished: bool = False


class OperationKind(StrEnum):
    """What an operation does."""

    PUBLISH = "publish"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    EDIT = "edit"
    CLEANUP = "cleanup"


_TAKING_BACK = frozenset({OperationKind.CANCEL, OperationKind.EDIT})


@dataclass(frozen=True, slots=True)
class Operation:
    """One piece of work on a publication, opened durably before its first request.

    Attributes:
        name: ``publish``, ``reschedule-1``, ...; unique in the publication; steps are journalled under it.
        kind: what it does.
        opened_at: aware.
        schedule: the new time of a reschedule.
        stop_sending: whether a cancel may also stop what is being sent.
        closed_at: aware, None while it is open.
    """

    name: str
    kind: OperationKind
    opened_at: datetime
    schedule: Schedule | None = None
    stop_sending: bool = False
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is kept with a publication and shown to people."""

    title: str
    code: str
    remedy: str = ""
    detail: str = ""
    effect: Effect = Effect.NONE

    @classmethod
    def of(cls, error: GlowtifyError) -> Problem:
        """The lasting part of an error."""
        effect = error.effect if isinstance(error, PlatformError) else Effect.NONE
        return cls(error.title, error.code, error.remedy, error.detail, effect)


@dataclass(frozen=True, slots=True)
class Publication:
    """One attempt at a campaign's life on the platform: what we say about it.

    Attributes:
        id: random, ours.
        key: the campaign.
        connector, account_id: where it is published; another account never touches it.
        marker: stands at the end of the remote name.
        name: the campaign's human name.
        fingerprint: of the campaign as the person wrote it.
        schedule: the time that is wanted now.
        state: see :class:`PublicationState`.
        opened_at: aware.
        operations: everything that was begun on it, oldest first; at most the last one is open.
        remote: what the platform last said, None before it said anything.
        cancelled_by: who ended it, when it is CANCELLED.
        drift: what was changed on the platform behind our back.
        attention: a sentence for the person when something is theirs to do; empty otherwise.
        problem: the last error, None when there is none.
        attempts: tries of the last operation that count against the limit.
        checked_at: when the platform was last asked, aware.
    """

    id: str
    key: CampaignKey
    connector: str
    account_id: str
    marker: str
    name: str
    fingerprint: str
    schedule: Schedule
    state: PublicationState
    opened_at: datetime
    operations: tuple[Operation, ...] = ()
    remote: RemoteCampaign | None = None
    cancelled_by: CancelledBy | None = None
    drift: frozenset[Drift] = frozenset()
    attention: str = ""
    problem: Problem | None = None
    attempts: int = 0
    checked_at: datetime | None = None

    @property
    def ref(self) -> RemoteRef | None:
        """Where it is on the platform, once known."""
        return self.remote.ref if self.remote else None

    @property
    def open_operation(self) -> Operation | None:
        """The operation that is under way, or None."""
        last = self.operations[-1] if self.operations else None
        return last if last and last.closed_at is None else None

    @property
    def tidying(self) -> bool:
        """Whether the open operation has come to its result, and only has to clear up after itself."""
        return self.open_operation is not None and self.remote is not None and self.remote.unfinished

    @property
    def taken_back(self) -> bool:
        """Whether it was taken back for editing, so that the next publish opens a new one unasked."""
        last = self.operations[-1] if self.operations else None
        return (
            self.state is PublicationState.CANCELLED and last is not None and last.kind is OperationKind.EDIT
        )

    @property
    def closed(self) -> bool:
        """Whether nothing more can come of it and another publication of its campaign may be opened."""
        return self.state.final and self.open_operation is None

    def begin(
        self,
        kind: OperationKind,
        now: datetime,
        *,
        schedule: Schedule | None = None,
        stop_sending: bool = False,
    ) -> Publication:
        """Open an operation; one that is open already is closed in favour of it."""
        earlier = sum(operation.kind is kind for operation in self.operations)
        name = str(kind) if kind is OperationKind.PUBLISH and not earlier else f"{kind}-{earlier + 1}"
        operation = Operation(name, kind, now, schedule, stop_sending)
        return replace(self, operations=(*self.operations_closed(now), operation), attempts=0)

    def finish(self, now: datetime) -> Publication:
        """Close the open operation, if there is one."""
        return replace(self, operations=self.operations_closed(now))

    def operations_closed(self, now: datetime) -> tuple[Operation, ...]:
        """The operations with the open one closed."""
        return tuple(
            operation if operation.closed_at else replace(operation, closed_at=now)
            for operation in self.operations
        )

    def moved_to(self, state: PublicationState) -> Publication:
        """The same publication in another state.

        Raises:
            ValueError: the transition is not in :data:`TRANSITIONS`.
        """
        if state is self.state:
            return self
        if state not in TRANSITIONS[self.state]:
            raise ValueError(f"a publication cannot go from {self.state} to {state}")
        return replace(self, state=state)

    def seen(self, remote: RemoteCampaign, now: datetime) -> Publication:
        """Take over what the platform says; what cannot follow from where we stand ends in UNKNOWN."""
        if self.state.final:
            return replace(self, checked_at=now)
        possible = remote.state is self.state or remote.state in TRANSITIONS[self.state]
        state = remote.state if possible else PublicationState.UNKNOWN
        by = self._canceller(remote) if state is PublicationState.CANCELLED else None
        return replace(self, remote=remote, cancelled_by=by, checked_at=now).moved_to(state)

    def _canceller(self, remote: RemoteCampaign) -> CancelledBy:
        if remote.reason:
            return CancelledBy.PLATFORM
        ours = self.open_operation is not None and self.open_operation.kind in _TAKING_BACK
        return CancelledBy.US if ours else CancelledBy.PERSON


def open_publication(
    campaign: Campaign, *, account_id: str, now: datetime, identity: tuple[str, str] | None = None
) -> Publication:
    """A new publication of a campaign with its ``publish`` operation open.

    ``identity`` fixes id and marker, for recordings; otherwise both are random.
    """
    publication_id, marker = identity or (secrets.token_hex(16), new_marker())
    opened = Publication(
        id=publication_id,
        key=campaign.key,
        connector=campaign.connector,
        account_id=account_id,
        marker=marker,
        name=campaign.name,
        fingerprint=campaign.fingerprint,
        schedule=campaign.schedule,
        state=PublicationState.OPENED,
        opened_at=now,
    )
    return opened.begin(OperationKind.PUBLISH, now)


def new_marker() -> str:
    """``gl`` and eight random characters of [a-z0-9]."""
    return "gl" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))


def remote_name(name: str, marker: str) -> str:
    """The name that a campaign gets on the platform: the human part, cut, and the marker."""
    return f"{name[:NAME_LIMIT].rstrip()} {marker}"


def clean_name(name: str) -> str:
    """A remote name without its marker, as people should see it."""
    return _MARKER.sub("", name)


def find_drift(campaign: Campaign, remote: RemoteCampaign) -> frozenset[Drift]:
    """What on the platform is not as the campaign says; what an answer did not tell is no drift."""
    found: set[Drift] = set()
    if isinstance(campaign.schedule, SendAt):
        moved = remote.scheduled_for is not None and not same_second(
            remote.scheduled_for, campaign.schedule.instant
        )
        moved = moved or remote.recipient_wall is not None
    else:
        moved = remote.scheduled_for is not None and remote.recipient_wall is None
        moved = moved or (remote.recipient_wall not in (None, campaign.schedule.wall))
    if moved:
        found.add(Drift.TIME)
    for seen, wanted in ((remote.included, campaign.included), (remote.excluded, campaign.excluded)):
        if seen is not None and seen != {ref.id for ref in wanted}:
            found.add(Drift.AUDIENCE)
    if remote.subject is not None and remote.subject != campaign.subject:
        found.add(Drift.SUBJECT)
    if remote.sender_email is not None and remote.sender_email != campaign.sender.email:
        found.add(Drift.SENDER)
    return frozenset(found)


def same_second(one: datetime, other: datetime) -> bool:
    """Whether two instants agree to the second: platforms round."""
    return abs((one - other).total_seconds()) < 1
