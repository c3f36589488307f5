"""A publication: one attempt at a campaign's life on a platform."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import Effect, GlowtifyError, PlatformError
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef, new_marker
from glowtify_core.domain.schedule import Schedule
from glowtify_core.domain.state import TRANSITIONS, PublicationState


class CancelledBy(StrEnum):
    """Who ended a campaign before it was sent."""

    US = "us"
    PERSON = "person"
    PLATFORM = "platform"


class OperationKind(StrEnum):
    """What an operation does."""

    PUBLISH = "publish"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    EDIT = "edit"
    CLEANUP = "cleanup"


_MOVABLE = frozenset({PublicationState.SUBMITTING, PublicationState.SCHEDULED, PublicationState.STAGED})

_FIRST_ZONE = "Pacific/Kiritimati"
"""Where any wall time comes first."""

MAX_ATTEMPTS = 5
"""Tries of one operation before it waits for a person."""


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
    def movable(self) -> bool:
        """Whether it can be given another time: it is on the platform, not on its way, and at rest."""
        operation = self.open_operation
        free = operation is None or operation.kind is OperationKind.RESCHEDULE or self.tidying
        return free and self.state in _MOVABLE

    @property
    def waits_for_person(self) -> bool:
        """Whether it failed so often that nobody tries again unless a person asks for it."""
        return self.attempts >= MAX_ATTEMPTS

    @property
    def has_figures(self) -> bool:
        """Whether anybody has received it."""
        if self.state is PublicationState.CANCELLED:
            return self.remote is not None and self.remote.partly_sent
        return self.state in {PublicationState.SENDING, PublicationState.SENT}

    @property
    def taken_back(self) -> bool:
        """Whether we took it back for editing before anything was sent: the next publish opens a new one."""
        last = self.operations[-1] if self.operations else None
        by_us = self.state is PublicationState.CANCELLED and self.cancelled_by is CancelledBy.US
        return by_us and last is not None and last.kind is OperationKind.EDIT

    @property
    def maybe_sent(self) -> bool:
        """Whether it was found deleted only after its time had come, so that nobody can tell."""
        if self.state is not PublicationState.MISSING or self.checked_at is None:
            return False
        return self.schedule.latest_instant(_FIRST_ZONE) <= self.checked_at

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
        """Take over what the platform says; what cannot follow from where we stand ends in UNKNOWN.

        The content stays that of what was handed over, so that later answers can be compared with it.
        """
        if self.state.final:
            return replace(self, checked_at=now)
        if self.remote and self.remote.content:
            remote = replace(remote, content=self.remote.content)
        possible = remote.state is self.state or remote.state in TRANSITIONS[self.state]
        state = remote.state if possible else PublicationState.UNKNOWN
        by = self._canceller(remote) if state is PublicationState.CANCELLED else None
        return replace(self, remote=remote, cancelled_by=by, checked_at=now).moved_to(state)

    def _canceller(self, remote: RemoteCampaign) -> CancelledBy:
        if remote.reason:
            return CancelledBy.PLATFORM
        operation = self.open_operation
        ours = operation is not None and operation.kind is OperationKind.CANCEL
        return CancelledBy.US if ours else CancelledBy.PERSON


def open_publication(campaign: Campaign, *, account_id: str, now: datetime) -> Publication:
    """A new publication of a campaign, id and marker random, with its ``publish`` operation open."""
    opened = Publication(
        id=secrets.token_hex(16),
        key=campaign.key,
        connector=campaign.connector,
        account_id=account_id,
        marker=new_marker(),
        name=campaign.name,
        fingerprint=campaign.fingerprint,
        schedule=campaign.schedule,
        state=PublicationState.OPENED,
        opened_at=now,
    )
    return opened.begin(OperationKind.PUBLISH, now)
