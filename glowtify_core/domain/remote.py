"""What is on the platform: where it is, what it is called, what it says, and how it differs from the wish."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState

NAME_LIMIT = 100
"""Characters of the human part of a remote name; the marker is never cut."""

CLOCKS_APART = timedelta(minutes=10)
"""How far our clock and a platform's may differ, where a creation time is compared with our begin."""

_MARKER = re.compile(r" gl[a-z0-9]{8}$")


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """Where a campaign is on its platform: the ids of its parts.

    Attributes:
        platform: the connector's name.
        ids: pairs of kind and id, the campaign itself first, such as ``(("campaign", "01K..."),)``.
    """

    platform: str
    ids: tuple[tuple[str, str], ...]

    @property
    def kind(self) -> str:
        """What it names: "campaign", or the kind of a part; named as the step that creates such an object."""
        return self.ids[0][0]

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
        advice: what a person can do about that, in a sentence; empty where there is none.
        partly_sent: whether a cancelled one had gone out to some.
        included, excluded: ids of audiences; None where the answer did not tell.
        subject, sender_email: as on the platform; None where the answer did not tell.
        url: a page where a person can look at it.
        unfinished: whether something that changes no result (removing what only served the handoff) is still
            to be done; the operation then stays open, and calling again does it.
        content: a fingerprint of the e-mail itself (HTML and text) as the platform holds it; None where the
            answer did not tell. A publication keeps the one of what was handed over.
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
    advice: str = ""
    partly_sent: bool = False
    included: frozenset[str] | None = None
    excluded: frozenset[str] | None = None
    subject: str | None = None
    sender_email: str | None = None
    url: str = ""
    unfinished: bool = False
    content: str | None = None


@dataclass(frozen=True, slots=True)
class RemotePart:
    """What a platform keeps beside a campaign, such as the template that its content comes from.

    Attributes:
        ref: its kind and id.
        name: the remote name, marker included.
        created_at: when the platform made it, aware; None where the answer did not tell.
        url: a page where a person can look at it; empty where there is none.
    """

    ref: RemoteRef
    name: str
    created_at: datetime | None = None
    url: str = ""


RemoteObject = RemoteCampaign | RemotePart
"""Whatever bears a publication's marker."""


class Drift(StrEnum):
    """What was changed on the platform behind our back."""

    TIME = "time"
    AUDIENCE = "audience"
    SUBJECT = "subject"
    SENDER = "sender"
    CONTENT = "content"
    UNSCHEDULED = "unscheduled"


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


def content_drift(
    handed_over: RemoteCampaign | None, content: str | None, noticed: frozenset[Drift]
) -> frozenset[Drift]:
    """Whether the e-mail itself was changed; what was noticed before stands until it is read again.

    Args:
        handed_over: what the publication keeps of the platform's answers.
        content: the fingerprint now; None where it was not asked for or not told.
        noticed: the drift known so far.
    """
    if content is None or handed_over is None or handed_over.content is None:
        return noticed & {Drift.CONTENT}
    return frozenset() if content == handed_over.content else frozenset({Drift.CONTENT})


def same_second(one: datetime, other: datetime) -> bool:
    """Whether two instants agree to the second: platforms round."""
    return abs((one - other).total_seconds()) < 1
