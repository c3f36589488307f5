"""The e-mail platform, as the core sees it. A connector implements these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from glowtify_core.domain.audience import (
    Audience,
    AudienceKind,
    AudienceQuery,
    AudienceRef,
)
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef
from glowtify_core.ports.campaigns import Journal


class CancelMode(StrEnum):
    """How far a cancel goes."""

    FINAL = "final"
    """For good; refused once sending has begun."""
    STOP_SENDING = "stop_sending"
    """For good, also while it is being sent: what is out stays out."""
    KEEP_DRAFT = "keep_draft"
    """Back to a draft that will not be sent; where a platform has none, the campaign is removed."""


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say about a campaign: an error stops publishing, a warning does not."""

    level: Level
    code: str
    title: str
    remedy: str = ""
    field: str | None = None


class EmailPlatform(Protocol):
    """One connected account. Serves one thread at a time."""

    def connect(self) -> AccountInfo:
        """Ask who the account is and what the credential may do, and change nothing.

        Raises:
            AuthenticationFailed: the credential is wrong, expired or revoked.
        """
        ...

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Hand a campaign over, so that the platform will send it; every write goes through the journal.

        Called again after a crash it resumes. Returns what the platform says after the commit.
        """
        ...

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        """What the platform says of many campaigns; MISSING only after a read of that one by its id."""
        ...

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        """Cancel what the journal's publication has begun, confirmed by reading; again is a success.

        Raises:
            StateConflict: it has been sent, or is being sent and ``mode`` does not stop that.
            OutcomeUnknown: reading does not say so yet.
        """
        ...

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        """Figures of many sent campaigns in few requests; a campaign without figures has no entry."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class SupportsAudiences(Protocol):
    """Present if and only if the manifest declares ``lists`` or ``segments``; only those are asked for."""

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        """Stream the audiences of a kind, page by page."""
        ...

    def size(self, ref: AudienceRef) -> int | None:
        """How many people; None while the platform is still counting. May be slow: ask only when needed."""
        ...


@runtime_checkable
class SupportsPreflight(Protocol):
    """Present if and only if the manifest declares ``preflight``."""

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        """Check a campaign; without ``online`` no request is sent."""
        ...


@runtime_checkable
class SupportsReschedule(Protocol):
    """Present if and only if the manifest declares ``reschedule``."""

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Move a handed-over campaign to ``campaign.schedule``; resumes after a crash.

        Returns what the platform says then: SCHEDULED or SUBMITTING at the new time, or what somebody else
        has made of it meanwhile.

        Raises:
            StateConflict: the platform refused to take it back; it is still scheduled at the old time.
            RequestRejected: the new time was refused; effect NONE says that the old time stands, PARTIAL that
                it is a draft now, which nobody will send.
            OutcomeUnknown: reading does not say yet.
        """
        ...


@runtime_checkable
class SupportsContent(Protocol):
    """Present if and only if the manifest declares ``content``.

    What ``publish`` returns then has the fingerprint of what was handed over, in the same words.
    """

    def content(self, ref: RemoteRef) -> str | None:
        """The fingerprint of the e-mail as the platform holds it now; None where it cannot be told."""
        ...


@runtime_checkable
class SupportsReconcile(Protocol):
    """Present if and only if the manifest declares ``reconcile``."""

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        """Every campaign whose name ends in this marker."""
        ...

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        """What else has a name that ends in this marker, each kind named as the step that creates it.

        Empty where the platform keeps nothing beside a campaign.
        """
        ...

    def discard(self, ref: RemoteRef) -> None:
        """Remove a draft and what belongs to it, or a part; confirmed by reading; gone already is done.

        Raises:
            StateConflict: it is a campaign, and no draft.
        """
        ...
