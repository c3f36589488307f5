"""An e-mail as far as somebody has typed it: kept in the session, so that nothing typed is lost."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Self

from starlette.datastructures import FormData, UploadFile

from glowtify_adapters.web.sessions import Session
from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import InvalidCampaign
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime, load_zone

LARGEST_HTML = 4_000_000
"""Bytes of HTML that are taken."""

KEPT = 5
"""E-mails that a session remembers."""

ID_LENGTH = 48
"""Characters of an id that come from the name."""

EMPTY: Mapping[str, str] = {
    **dict.fromkeys(("connector", "name", "id", "subject", "preheader", "language", "html", "text"), ""),
    **dict.fromkeys(("sender.name", "sender.email", "sender.reply_to"), ""),
    **dict.fromkeys(("schedule.date", "schedule.time", "schedule.zone"), ""),
    "schedule.by": "zone",
    "schedule.fold": "0",
    "options.utm": "on",
    "options.smart_sending": "yes",
    "preview": "desktop",
    "audience.search": "",
    "again": "",
}
"""The fields of the form, as they are before anything is typed."""

TICKS = frozenset({"options.smart_sending", "again"})
"""Fields that a form leaves out when they are not ticked."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of HTML that was uploaded.

    Attributes:
        name: as on the person's machine.
        html: what is in it.
    """

    name: str
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form.

    Attributes:
        id: random; names it in addresses, and makes its campaign's id one of its own.
        values: texts by :data:`EMPTY`'s names, as typed.
        include, exclude: chosen audiences, as :func:`token` writes them; also those of other accounts.
        file: stands in for the pasted HTML.
        handed: id of the publication that was opened for it; empty until then.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    values: Mapping[str, str] = field(default_factory=lambda: EMPTY, repr=False)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    file: Upload | None = None
    handed: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def having(self, values: Mapping[str, str]) -> Self:
        """With some texts changed."""
        return replace(self, values={**self.values, **values})

    @property
    def html(self) -> str:
        """The e-mail: the file, else what is pasted."""
        return self.file.html if self.file else self["html"]

    @property
    def campaign_id(self) -> str:
        """The id that was typed, else one made of the name, always the same for this e-mail."""
        typed = self["id"].strip()
        return typed or "-".join(part for part in (_slug(self["name"]), self.id[:5]) if part)

    def chosen(self, side: str) -> tuple[AudienceRef, ...]:
        """The audiences of this account that are included, or excluded."""
        found = (parse_token(text) for text in getattr(self, side))
        return tuple(ref for connector, ref in found if ref and connector == self["connector"])

    def elsewhere(self, side: str) -> tuple[str, ...]:
        """Those of other accounts, as the form keeps them."""
        return tuple(text for text in getattr(self, side) if parse_token(text)[0] != self["connector"])

    def for_account(self, connection: Connection) -> Self:
        """For another account, with its sender and its zone."""
        account = connection.account
        given = {
            "sender.name": account.sender_name or "",
            "sender.email": account.sender_email or "",
            "schedule.zone": account.zone,
        }
        return self.having({"connector": connection.connector, **given})


def token(connector: str, ref: AudienceRef, name: str) -> str:
    """An audience as the form's boxes name it."""
    return json.dumps([connector, ref.kind, ref.id, ref.parent, name], ensure_ascii=False)


def parse_token(text: str) -> tuple[str, AudienceRef | None]:
    """The connector and the audience of a token; no audience where it is none of ours."""
    try:
        connector, kind, id_, parent, name = json.loads(text)
        ref = AudienceRef(id_, AudienceKind(kind) if kind else None, parent, name)
    except (ValueError, TypeError):
        return "", None
    texts = (connector, id_, parent or "", name or "")
    good = id_ and all(isinstance(one, str) and one.isprintable() for one in texts)
    return (connector, ref) if good else ("", None)


def typed(form: FormData, before: Draft) -> Draft:
    """What a form brings, over what was there.

    Raises:
        InvalidCampaign: the uploaded file cannot be taken; :func:`typed_without_file` has the rest.
    """
    draft = typed_without_file(form, before)
    upload = form.get("html_file")
    if isinstance(upload, UploadFile) and upload.filename:
        return replace(draft, file=Upload(upload.filename, _content(upload)))
    return draft


def typed_without_file(form: FormData, before: Draft) -> Draft:
    """The same, and no new file."""
    values = dict(before.values)
    for name in EMPTY:
        value = form.get(name)
        if isinstance(value, str):
            values[name] = value.replace("\r\n", "\n")
        elif name in TICKS:
            values[name] = ""
    include, exclude = (tuple(_texts(form.getlist(f"audience.{side}"))) for side in ("include", "exclude"))
    return replace(before, values=values, include=include, exclude=exclude)


def of_campaign(campaign: Campaign) -> Draft:
    """The form of a campaign that was published before."""
    schedule, sender, options = campaign.schedule, campaign.sender, campaign.options
    values = {
        "connector": campaign.connector,
        "id": campaign.key.campaign_id,
        "name": campaign.name,
        "subject": campaign.subject,
        "preheader": campaign.preheader or "",
        "sender.name": sender.name,
        "sender.email": sender.email,
        "sender.reply_to": sender.reply_to or "",
        "language": campaign.language or "",
        "html": campaign.html,
        "text": campaign.text or "",
        "schedule.date": f"{schedule.wall:%Y-%m-%d}",
        "schedule.time": f"{schedule.wall:%H:%M}",
        "schedule.by": "recipient" if isinstance(schedule, SendAtRecipientTime) else "zone",
        "schedule.fold": "1" if isinstance(schedule, SendAt) and _second(schedule) else "0",
        "schedule.zone": schedule.zone if isinstance(schedule, SendAt) else "",
        "options.utm": options.utm.value,
        "options.smart_sending": "yes" if options.smart_sending else "",
    }

    def tokens(refs: Iterable[AudienceRef]) -> tuple[str, ...]:
        return tuple(token(campaign.connector, ref, ref.name_seen or ref.id) for ref in refs)

    return Draft(
        values={**EMPTY, **values},
        include=tokens(campaign.included),
        exclude=tokens(campaign.excluded),
    )


def drafts_of(session: Session) -> dict[str, Draft]:
    """The e-mails of a session, by id, the one that was touched last at the end."""
    kept: dict[str, Draft] = session.kept.setdefault("emails", {})
    return kept


def begun(session: Session) -> Sequence[Draft]:
    """Those in which something stands and that were not handed over, the oldest first."""
    drafts = drafts_of(session).values()
    return [one for one in drafts if not one.handed and (one["name"] + one["subject"] + one.html).strip()]


def keep(session: Session, draft: Draft) -> Draft:
    """Remember an e-mail; the one that was left alone longest is forgotten for it."""
    drafts = drafts_of(session)
    drafts.pop(draft.id, None)
    drafts[draft.id] = draft
    for oldest in list(drafts)[:-KEPT]:
        drafts.pop(oldest, None)
    return draft


def _content(upload: UploadFile) -> str:
    name = upload.filename or ""
    content = upload.file.read(LARGEST_HTML + 1)
    if len(content) > LARGEST_HTML:
        raise InvalidCampaign(
            f"{name} is larger than 4 MB", code="too_large", remedy="Choose a smaller file.", field="html"
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        raise InvalidCampaign(
            f"{name} is not UTF-8",
            code="not_utf8",
            remedy="Save it as UTF-8 and try again.",
            field="html",
        ) from problem


def _second(schedule: SendAt) -> bool:
    """Whether it is the second of a time that comes twice."""
    later = schedule.wall.replace(tzinfo=load_zone(schedule.zone), fold=1)
    return schedule.ambiguous and later.astimezone(UTC) == schedule.instant


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:ID_LENGTH].strip("-")


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))
