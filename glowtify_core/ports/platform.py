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
    """Back to a draft that will not be sent; where a platform has none, the campaign is taken away."""


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
            PermissionDenied: it may not even say whose it is; ``missing`` names every scope that it lacks.
        """
        ...

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Hand a campaign over, so that the platform will send it; every write goes through the journal.

        The step that makes the campaign is named ``CAMPAIGN``; where there are no drafts it is a
        ``CREATE_AND_COMMIT``. Called again after a crash it resumes. Returns what the platform says after the
        commit.

        Raises:
            OutcomeUnknown: reading does not say whether it was committed.
            PlatformError: refused or down; the effect tells what the requests of this call have left.
        """
        ...

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        """What the platform says of many campaigns, under the very refs that it was asked about.

        MISSING only after a read of that one by its id; one that was deleted and that the platform still
        knows is MISSING, too. A ref may name the campaign alone, where only the journal knows of it.
        """
        ...

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        """Cancel what the journal's publication has begun, confirmed by reading; again is a success.

        What is gone is CANCELLED, as is what never was. Without a ``ref`` nobody knows where the campaign is:
        the journal's steps named ``CAMPAIGN``, of every operation, tell whether one may have been made; then
        it is looked for by the marker, and what is found is taken back and answered for, under its own ref.
        Where nothing is found the answer's ref has no ids; whether that can be believed yet is the core's to
        say.

        Where there are no drafts, every mode takes the campaign away by a step named ``DISCARD``. It is read
        before: what others ended is not taken away by us.

        Raises:
            StateConflict: it has been sent, or is being sent and ``mode`` does not stop that.
            OutcomeUnknown: reading does not say so yet.
        """
        ...

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        """Figures of many sent campaigns in few requests; a campaign without figures has no entry.

        Args:
            sent: what ``status`` said of them.
            conversion_metric: what a person chose to count as a conversion, on platforms that have a choice.
        """
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

        Where it can only be made anew: read it; take it away by a step named ``DISCARD``; read that it is
        gone; make it by a step named ``CAMPAIGN``, a ``CREATE_AND_COMMIT``. Never in another order, so that
        no two exist. When this is called again the journal tells what was begun: what is gone without a
        ``DISCARD`` others have deleted. When the new time is refused without effect the old one is put back
        by the same step; a repeatable step before all others lets the journal remember that time.

        Args:
            ref: the campaign as it is known: the one to move or, when this is called again, the new one.
            campaign: with the new time.
            journal: of the move.

        Returns:
            What the platform says then: SCHEDULED or SUBMITTING at the new time; at the old one, where that
            had to be put back; or what somebody else has made of it meanwhile. A campaign that was made anew
            has a ref of its own.

        Raises:
            StateConflict: the platform refused to take it back; it is still scheduled at the old time.
            RequestRejected: the new time was refused; effect NONE says that the old time stands, PARTIAL that
                nobody will send it: it is a draft now, or taken away and could not be made again.
            OutcomeUnknown: reading does not say yet.
        """
        ...


@runtime_checkable
class SupportsContent(Protocol):
    """Present if and only if the manifest declares ``content``.

    What ``publish`` returns then has the fingerprint of what was handed over, in the same words, and so has
    what ``reschedule`` returns where it makes a campaign anew.
    """

    def content(self, ref: RemoteRef) -> str | None:
        """The fingerprint of the e-mail as the platform holds it now; None where it cannot be told."""
        ...


@runtime_checkable
class SupportsReconcile(Protocol):
    """Present if and only if the manifest declares ``reconcile``.

    ``edit`` needs it, and so does whoever commits by creating.
    """

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

        Where there are no drafts: a campaign that waits to be sent.

        Raises:
            StateConflict: it is a campaign that has left that state.
        """
        ...
