"""A campaign: the e-mail of one epic as the person wants it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.errors import InvalidCampaign, shown
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime

ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")
HTML_LIMIT = 4_500_000
"""Bytes of HTML that we accept: under the smallest known request limit (5 MB) with room for JSON."""


LINE_LIMIT = 1_000
"""Characters of a name, subject, preheader or sender's name: about what a header of an e-mail may hold."""

ADDRESS_LIMIT = 254
"""Characters of an e-mail address (RFC 5321)."""

_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that end a line, steer a terminal, or are half of one."""

_REVERSING = frozenset("\u202d\u202e")
"""Overrides of the direction of writing: they make a text read as something else than it is."""


class Utm(StrEnum):
    """What happens to links: our parameters, none, or whatever the account does by default."""

    ON = "on"
    OFF = "off"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, order=True)
class CampaignKey:
    """Names one campaign: the store (a Glowtify workspace) and the epic's id in it."""

    store: str
    campaign_id: str

    def __str__(self) -> str:
        return f"{self.store}/{self.campaign_id}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the e-mail is from; ``reply_to`` None answers to ``email``."""

    email: str
    name: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may switch, where the platform has it.

    Attributes:
        smart_sending: skip who got mail a short while ago.
        utm: what happens to links.
    """

    smart_sending: bool = True
    utm: Utm = Utm.ON


AudienceChoice = AudienceRef | AudienceName


@dataclass(frozen=True, slots=True)
class Campaign:
    """One e-mail, its audience and its time.

    Attributes:
        key: store and epic.
        connector: name of the connector that publishes it.
        include, exclude: audiences by id or exact name; :attr:`resolved` says whether all are ids.
        html: the whole document, at most :data:`HTML_LIMIT` bytes in UTF-8.
        text: the plain-text part, or None to let the platform make one.
        language: BCP 47 tag, for platforms that need one; others take no notice of it.
        platform_options: ``{connector name: {option: value}}``, checked by the connector.
    """

    key: CampaignKey
    connector: str
    name: str
    subject: str
    sender: Sender
    html: str
    include: tuple[AudienceChoice, ...]
    schedule: Schedule
    exclude: tuple[AudienceChoice, ...] = ()
    preheader: str | None = None
    text: str | None = None
    language: str | None = None
    options: Options = Options()
    platform_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no platform could publish.

        Raises:
            InvalidCampaign: naming the field.
        """
        if not ID_PATTERN.fullmatch(self.key.campaign_id):
            raise _invalid("id", "The id must be 1 to 64 letters, digits, dots, dashes or underscores")
        _one_line("store", self.key.store)
        for choice in (*self.include, *self.exclude):
            _one_line("audience", choice.id if isinstance(choice, AudienceRef) else choice.name)
        for name, value in (
            ("name", self.name),
            ("subject", self.subject),
            ("sender.name", self.sender.name),
        ):
            _one_line(name, value)
        if self.preheader:
            _one_line("preheader", self.preheader)
        for name, value in (("html", self.html), ("text", self.text or "")):
            _whole_characters(name, value)
        _address("sender.email", self.sender.email)
        if self.sender.reply_to is not None:
            _address("sender.reply_to", self.sender.reply_to)
        if not self.html.strip():
            raise _invalid("html", "The e-mail has no HTML")
        if len(self.html.encode()) > HTML_LIMIT:
            raise _invalid("html", f"The HTML is larger than {HTML_LIMIT / 1_000_000} MB")
        if not self.include:
            raise _invalid("audience.include", "No list or segment is chosen")

    @property
    def resolved(self) -> bool:
        """Whether every audience is known by its id."""
        return all(isinstance(choice, AudienceRef) for choice in (*self.include, *self.exclude))

    @property
    def included(self) -> tuple[AudienceRef, ...]:
        """The included audiences of a resolved campaign."""
        return _refs(self.include)

    @property
    def excluded(self) -> tuple[AudienceRef, ...]:
        """The excluded audiences of a resolved campaign."""
        return _refs(self.exclude)

    @property
    def fingerprint(self) -> str:
        """Sha256 (hex) of the canonical JSON: two campaigns with the same one are the same wish.

        Audiences count as the person chose them, by id or name, so that resolving a name changes nothing.
        """
        wish = to_document(self)
        for side in ("include", "exclude"):
            wish[side] = sorted(str(choice) for choice in getattr(self, side))
        text = json.dumps(wish, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def moved_to(self, schedule: Schedule) -> Campaign:
        """The same e-mail at another time."""
        return replace(self, schedule=schedule)


def to_document(campaign: Campaign) -> dict[str, Any]:
    """The campaign as plain JSON values, for storage and for the fingerprint."""
    document = asdict(campaign)
    document["schedule"] = schedule_to_document(campaign.schedule)
    for side in ("include", "exclude"):
        document[side] = [asdict(choice) for choice in getattr(campaign, side)]
    return document


def from_document(document: Mapping[str, Any]) -> Campaign:
    """The reverse of :func:`to_document`."""
    return Campaign(
        **{
            **document,
            "key": CampaignKey(**document["key"]),
            "sender": Sender(**document["sender"]),
            "include": tuple(map(_choice, document["include"])),
            "exclude": tuple(map(_choice, document["exclude"])),
            "schedule": schedule_from_document(document["schedule"]),
            "options": Options(document["options"]["smart_sending"], Utm(document["options"]["utm"])),
        }
    )


def schedule_to_document(schedule: Schedule) -> dict[str, str]:
    """A schedule as plain JSON values."""
    wall = schedule.wall.isoformat(timespec="minutes")
    if isinstance(schedule, SendAt):
        return {"wall": wall, "zone": schedule.zone, "instant": schedule.instant.isoformat()}
    return {"wall": wall}


def schedule_from_document(document: Mapping[str, str]) -> Schedule:
    """The reverse of :func:`schedule_to_document`; the stored instant stands, whatever zone rules say now."""
    wall = datetime.fromisoformat(document["wall"])
    if "instant" in document:
        return SendAt(wall, document["zone"], datetime.fromisoformat(document["instant"]))
    return SendAtRecipientTime(wall)


def _choice(document: Mapping[str, Any]) -> AudienceChoice:
    values = {**document, "kind": AudienceKind(document["kind"]) if document["kind"] else None}
    return AudienceRef(**values) if "id" in document else AudienceName(**values)


def _refs(choices: tuple[AudienceChoice, ...]) -> tuple[AudienceRef, ...]:
    refs = tuple(choice for choice in choices if isinstance(choice, AudienceRef))
    if len(refs) != len(choices):
        raise ValueError("the campaign's audiences are not resolved yet")
    return refs


def _one_line(name: str, value: str) -> None:
    if not value.strip():
        raise _invalid(name, f"The {name} is empty")
    if any(unicodedata.category(one) in _BREAKS for one in value):
        raise _invalid(name, f"The {name} holds a line break or control character")
    if not _REVERSING.isdisjoint(value):
        raise _invalid(name, f"The {name} holds a character that reverses the direction of writing")
    if len(value) > LINE_LIMIT:
        raise _invalid(name, f"The {name} is longer than {LINE_LIMIT:,} characters")


def _whole_characters(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _invalid(name, f"The {name} holds half a character") from None


def _address(name: str, value: str) -> None:
    visible = value.isprintable() and len(value) <= ADDRESS_LIMIT
    if not visible or not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]+", value):
        raise _invalid(name, f"{shown(value)} is not an e-mail address")


def _invalid(name: str, title: str) -> InvalidCampaign:
    return InvalidCampaign(title, remedy=f"Correct {name} and try again.", field=name)
