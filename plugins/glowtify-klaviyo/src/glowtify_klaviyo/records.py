"""What the client returns: the parts of Klaviyo's documents that we use, in Klaviyo's words.

Times stay the texts that Klaviyo sends; :func:`glowtify_core.kit.schema.parse_instant` reads one on demand.
Write answers carry microseconds and later reads are rounded to the second, so compare to the second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """The account behind a key. ``timezone`` may be a legacy name such as US/Eastern."""

    id: str
    timezone: str
    preferred_currency: str
    locale: str | None
    test_account: bool | None
    organization_name: str | None
    default_sender_name: str | None
    default_sender_email: str | None


@dataclass(frozen=True, slots=True)
class AudienceRecord:
    """A list or a segment. The flags are None for lists; the count is None unless it was asked for."""

    id: str
    name: str
    created: str | None
    is_active: bool | None
    profile_count: int | None


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """A template; ``html`` and ``text`` are None where they were not asked for."""

    id: str
    name: str
    html: str | None
    text: str | None
    created: str | None

    @property
    def fingerprint(self) -> str | None:
        """Sha256 (hex) of HTML and text, an absent text counting as empty; None where the HTML is None."""
        if self.html is None:
            return None
        return hashlib.sha256(json.dumps([self.html, self.text or ""]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A campaign's message. ``template_id`` is known only where the template was included."""

    id: str
    campaign_id: str | None
    template_id: str | None
    channel: str | None
    label: str | None
    subject: str | None
    preview_text: str | None
    from_email: str | None
    from_label: str | None
    reply_to_email: str | None
    template: TemplateRecord | None = None


@dataclass(frozen=True, slots=True)
class StrategyRecord:
    """When a campaign is to be sent, in Klaviyo's words."""

    method: str | None
    datetime: str | None
    date: str | None
    is_local: bool | None
    send_past_recipients_immediately: bool | None


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign. ``messages`` is empty unless the messages were included.

    Attributes:
        status: one of Klaviyo's words; new ones appear without notice.
        scheduled_at: when the send job was accepted.
        send_time: the planned or actual instant; None before a send job.
        message_ids: always there, included or not.
    """

    id: str
    name: str
    status: str
    archived: bool | None
    included: tuple[str, ...]
    excluded: tuple[str, ...]
    strategy: StrategyRecord | None
    use_smart_sending: bool | None
    created_at: str | None
    scheduled_at: str | None
    send_time: str | None
    message_ids: tuple[str, ...]
    messages: tuple[MessageRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class CreatedRecord:
    """A campaign that was just created: all that we need of that answer, so that little can be odd."""

    id: str
    name: str | None
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendJobRecord:
    """A send job; ``status`` speaks of the job, not of the delivery. None where the answer was empty."""

    id: str
    status: str | None


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """A metric. The integration's category comes as a text or as an object, and is kept as it came."""

    id: str
    name: str
    integration_name: str | None


@dataclass(frozen=True, slots=True)
class MappedMetricRecord:
    """Which metric fills one of Klaviyo's slots, its own or a custom one; neither when it is unset."""

    id: str
    metric_id: str | None
    custom_metric_id: str | None
    metric_name: str | None = None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of a report: what it is about, and its figures (floats with noise) by statistic."""

    groupings: Mapping[str, str | None]
    statistics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A page of a report."""

    rows: Sequence[ReportRow]
