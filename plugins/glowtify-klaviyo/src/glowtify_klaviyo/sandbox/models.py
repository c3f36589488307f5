"""What an account holds. Plain objects; how they look on the wire is in ``resources.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

DRAFT = "Draft"
EMAIL_CONTENT = (
    "subject",
    "preview_text",
    "from_email",
    "from_label",
    "reply_to_email",
    "cc_email",
    "bcc_email",
)


@dataclass(frozen=True, slots=True)
class Key:
    """A private key: its name in the ready file, its value, what it may do; None if revoked."""

    name: str
    value: str = field(repr=False)
    scopes: frozenset[str] | None


@dataclass(slots=True)
class Account:
    """The one account. ``id`` is also the public key."""

    id: str
    attributes: dict[str, Any]

    @property
    def timezone(self) -> str:
        """The account's zone, an IANA name."""
        return str(self.attributes["timezone"])


@dataclass(slots=True)
class Audience:
    """A list or a segment. ``members`` are numbers of profiles."""

    id: str
    kind: Literal["list", "segment"]
    name: str
    created: datetime
    updated: datetime
    members: Sequence[int]
    opt_in_process: str = "single_opt_in"
    is_active: bool = True
    is_processing: bool = False
    is_starred: bool = False
    definition: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Metric:
    """A metric; ``valued`` ones can answer for ``conversion_value``."""

    id: str
    name: str
    created: datetime
    integration: dict[str, str]
    valued: bool = False


@dataclass(slots=True)
class Template:
    """A template of the library, or, with ``message_id``, the copy that one message owns."""

    id: str
    name: str
    editor_type: str
    html: str
    text: str | None
    amp: str | None
    created: datetime
    updated: datetime
    definition: dict[str, Any] | None = None
    message_id: str | None = None


@dataclass(slots=True)
class Message:
    """The message of a campaign."""

    id: str
    campaign_id: str
    channel: str
    label: str | None
    content: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    extras: dict[str, Any] = field(default_factory=dict)
    template_id: str | None = None


@dataclass(slots=True)
class Wave:
    """Mail that goes out at one instant to some profiles."""

    at: datetime
    people: Sequence[int]


@dataclass(slots=True)
class Job:
    """An accepted send job: the statuses to come, each with its instant, and the mail to go out."""

    accepted: datetime
    phases: list[tuple[datetime, str]]
    waves: list[Wave]
    reverted_at: datetime | None = None
    cancelled: bool = False

    def status(self, now: datetime) -> str:
        """The campaign's status at ``now``."""
        return next((status for at, status in reversed(self.phases) if at <= now), DRAFT)

    def moved(self, now: datetime) -> datetime:
        """When the status last changed before ``now``."""
        return max((at for at, _ in self.phases if at <= now), default=self.accepted)

    def gone_out(self, now: datetime) -> list[Wave]:
        """The mail that has gone out by ``now``."""
        return [wave for wave in self.waves if wave.at <= now]


@dataclass(slots=True)
class Campaign:
    """A campaign. Its status is never stored: it follows from the job and the clock."""

    id: str
    name: str
    channel: str
    audiences: dict[str, list[str]]
    send_options: dict[str, Any]
    tracking_options: dict[str, Any]
    send_strategy: dict[str, Any]
    message_id: str
    created_at: datetime
    edited_at: datetime
    archived: bool = False
    scheduled_at: datetime | None = None
    send_time: datetime | None = None
    job: Job | None = None
    ending: str | None = None
    tags: list[str] = field(default_factory=list)
    estimated_at: datetime | None = None
    gone_before: list[Wave] = field(default_factory=list)
    history: bool = False

    def status(self, now: datetime) -> str:
        """One of Klaviyo's statuses."""
        return self.job.status(now) if self.job else DRAFT

    def updated_at(self, now: datetime) -> datetime:
        """When it was last edited or its status last changed."""
        return max(self.edited_at, self.job.moved(now)) if self.job else self.edited_at

    def settle(self, now: datetime) -> None:
        """Drop a job that was reverted: the campaign is a Draft without times again."""
        if self.job and self.job.reverted_at and self.job.reverted_at <= now:
            self.gone_before += self.job.waves
            self.edited_at = max(self.edited_at, self.job.reverted_at)
            self.job = self.scheduled_at = self.send_time = None

    def gone_out(self, now: datetime) -> list[Wave]:
        """All mail of this campaign that has gone out by ``now``."""
        return self.gone_before + (self.job.gone_out(now) if self.job else [])


@dataclass(slots=True)
class Tag:
    """A tag of campaigns, in the default group."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How long each step takes, in seconds of sandbox time."""

    adding: float = 0
    scheduled: float = 0
    empty: float = 0
    sending: float = 0
    sent: float = 0
    action: float = 0
    estimation: float = 0
