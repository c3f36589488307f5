"""From what is typed to a campaign, with all that there is to say about it, each at its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from glowtify_adapters.app import App
from glowtify_adapters.schedules import read_schedule
from glowtify_adapters.web.drafts import LARGEST_HTML, Draft
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Options, Sender, Utm
from glowtify_core.domain.errors import GlowtifyError, InvalidCampaign, ScheduleRejected
from glowtify_core.domain.schedule import Schedule, SendAt
from glowtify_core.ports.platform import Finding, Level

NOT_YET = "not_yet"
"""The code of what is only missing; nobody is told so while still typing."""

SAID_ALREADY = frozenset({"long_subject", "preheader_length", "no_text", "time_comes_twice"})
"""Advice that counters, labels and choices of the form give."""

MISSING: Mapping[str, tuple[str, str]] = {
    "name": ("It has no name", "Only you see it; recipients do not."),
    "subject": ("The subject is missing", "Write what people see first."),
    "sender.name": ("The sender's name is missing", "Write the name that people know you by."),
    "sender.email": ("The sender's address is missing", "Write one that your platform may send from."),
    "html": ("The e-mail has no HTML", "Upload a file, or paste it."),
    "audience.include": ("No list or segment is chosen", "Tick whom to send it to."),
    "schedule.at": ("The date or the time is missing", "Say when it is to be sent."),
    "schedule.zone": ("The zone is missing", "Choose the one that reads the time, such as America/Toronto."),
}
"""What is said of a field that is empty and must not be."""

PLACES: Mapping[str, str] = {
    "audience": "audience.include",
    "sender_not_authorized": "sender.email",
    "scopes_insufficient": "connector",
    "auth_invalid": "connector",
    "credentials_missing": "connector",
    "not_connected": "connector",
    "another_account": "connector",
}
"""Where to say what names another field, or none: by its field, or by its code."""

WORDS: Mapping[str, tuple[str, str]] = {
    "campaign_changed": (
        "A campaign with this id is there already, and this e-mail differs from it",
        "Open the campaign to move it or to take it back and publish again; or give this e-mail another id.",
    ),
    "publication_open": (
        "An earlier version of this e-mail is being published",
        "Open the campaign to see how far it is, or to take it back.",
    ),
    "already_sent": ("A campaign with this id was sent already", "Give this e-mail another id."),
    "cancelled": ("", "Tick “Publish it anew all the same”, or give this e-mail another id."),
    "maybe_sent": ("", "Tick “Publish it anew all the same” only if you are sure that it did not go out."),
    "partly_sent": (
        "",
        "Give this e-mail another id, and leave out those who have it.",
    ),
    "not_connected": ("", "Connect it on the page “Connectors”."),
    "audience_unknown": ("", "It may have been deleted there. Untick it, and choose another."),
    "marker_in_links": ("", "Choose Glowtify's parameters to have the clean name there."),
    "language_required": ("", "Choose one."),
}
"""What is said here in place of a title and a remedy that speak of files and commands, by code."""

STAND_INS: Mapping[str, Any] = {
    "id": "new",
    "name": "-",
    "subject": "-",
    "preheader": "",
    "sender.name": "-",
    "sender.email": "somebody@example.com",
    "sender.reply_to": "",
    "html": "<p></p>",
    "text": "",
    "audience.include": (AudienceRef("-"),),
}
"""Stand in for what is missing or wrong, so that the rest can be looked over all the same."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say.

    Attributes:
        field: of the form; empty: about the whole.
        instead: times that would do.
    """

    level: Level
    title: str
    remedy: str = ""
    detail: str = ""
    code: str = ""
    field: str = ""
    instead: tuple[datetime, ...] = ()

    @classmethod
    def of(cls, said: GlowtifyError | Finding) -> Self:
        """A remark that says what an error or a finding does."""
        level = said.level if isinstance(said, Finding) else Level.ERROR
        detail = said.detail if isinstance(said, GlowtifyError) else ""
        instead = said.instead if isinstance(said, ScheduleRejected) else ()
        place = PLACES.get(said.code) or PLACES.get(said.field or "", said.field or "")
        remedy = "" if said.remedy == f"Correct {said.field} and try again." else said.remedy
        ours = WORDS.get(said.code, ("", ""))
        return cls(level, ours[0] or said.title, ours[1] or remedy, detail, said.code, place, instead)

    @property
    def stops(self) -> bool:
        """Whether nothing is published while it stands."""
        return self.level is Level.ERROR


@dataclass(frozen=True, slots=True)
class Composed:
    """What has come of a draft.

    Attributes:
        campaign: with stand-ins where ``remarks`` says that something is wrong.
        remarks: errors and warnings.
    """

    campaign: Campaign
    remarks: tuple[Remark, ...]

    @property
    def good(self) -> bool:
        """Whether it can be published."""
        return not any(remark.stops for remark in self.remarks)

    def with_remarks(self, more: Iterable[Remark]) -> Composed:
        """With more to say, each thing once, and nothing about fields whose value is a stand-in."""
        wrong = {_part(remark.field) for remark in self.remarks if remark.stops}
        said = {(remark.field, remark.title): remark for remark in self.remarks}
        for one in more:
            if _part(one.field) not in wrong and one.code not in SAID_ALREADY:
                said.setdefault((one.field, one.title), one)
        return replace(self, remarks=tuple(said.values()))


def _part(field: str) -> str:
    """Fields of a time are wrong together."""
    return "schedule" if field.startswith("schedule.") else field


def compose(draft: Draft, store: str) -> Composed:
    """The campaign that a draft describes, and everything that is wrong with it by itself."""
    remarks = list(_missing(draft))
    values = {**_values(draft), **{remark.field: STAND_INS.get(remark.field) for remark in remarks}}
    schedule: Schedule = SendAt.at(datetime(2100, 1, 1), "UTC")  # noqa: DTZ001 - a wall time
    try:
        if "schedule.at" not in values and "schedule.zone" not in values:
            schedule = schedule_of(draft)
    except ScheduleRejected as refusal:
        remarks.append(Remark.of(refusal))
    while True:
        try:
            return Composed(_campaign(draft, store, values, schedule), tuple(remarks))
        except InvalidCampaign as refusal:
            remark = Remark.of(refusal)
            if values.get(remark.field) == STAND_INS[remark.field]:
                raise
            remarks.append(remark)
            values[remark.field] = STAND_INS[remark.field]


def look_over(app: App, store: str, draft: Draft, *, online: bool = False) -> Composed:
    """The same, with what Glowtify and the connector have to say; ``online``, also the platform."""
    composed = compose(draft, store)
    try:
        overview = app.campaigns.publish.look_over(composed.campaign, online=online)
    except GlowtifyError as trouble:
        return composed.with_remarks([Remark.of(trouble)])
    said: list[GlowtifyError | Finding] = [*overview.refusals, *overview.findings]
    return composed.with_remarks(map(Remark.of, said))


def schedule_of(draft: Draft, fold: int | None = None) -> Schedule:
    """The time that is typed.

    Args:
        fold: which of a time that comes twice, in place of what was chosen.

    Raises:
        ScheduleRejected: it is none, or does not exist.
    """
    return read_schedule(
        f"{draft['schedule.date'].strip()}T{draft['schedule.time'].strip()}",
        draft["schedule.zone"].strip() or None,
        recipient_local=draft["schedule.by"] == "recipient",
        fold=int(draft["schedule.fold"] == "1") if fold is None else fold,
    )


def _missing(draft: Draft) -> Iterator[Remark]:
    given = {
        "html": draft.html.strip(),
        "audience.include": draft.chosen("include"),
        "schedule.at": draft["schedule.date"].strip() and draft["schedule.time"].strip(),
        "schedule.zone": draft["schedule.zone"].strip() or draft["schedule.by"] == "recipient",
    }
    for field, (title, remedy) in MISSING.items():
        if not (given[field] if field in given else draft[field].strip()):
            yield Remark(Level.ERROR, title, remedy, code=NOT_YET, field=field)
    if len(draft.html.encode(errors="replace")) > LARGEST_HTML:
        remedy = "Shorten it; pictures belong on a server."
        yield Remark(Level.ERROR, "The HTML is larger than 4 MB", remedy, code="too_large", field="html")


def _values(draft: Draft) -> dict[str, Any]:
    texts = ("name", "subject", "preheader", "sender.name", "sender.email", "sender.reply_to")
    return {
        "id": draft.campaign_id,
        **{name: draft[name].strip() for name in texts},
        "html": draft.html,
        "text": draft["text"].strip() and draft["text"],
        "audience.include": draft.chosen("include"),
    }


def _campaign(draft: Draft, store: str, values: Mapping[str, Any], schedule: Schedule) -> Campaign:
    utm = draft["options.utm"]
    return Campaign(
        key=CampaignKey(store, values["id"]),
        connector=draft["connector"],
        name=values["name"],
        subject=values["subject"],
        preheader=values["preheader"] or None,
        sender=Sender(values["sender.email"], values["sender.name"], values["sender.reply_to"] or None),
        html=values["html"],
        text=values["text"] or None,
        include=values["audience.include"],
        exclude=draft.chosen("exclude"),
        schedule=schedule,
        language=draft["language"] or None,
        options=Options(bool(draft["options.smart_sending"]), Utm(utm) if utm in set(Utm) else Utm.ON),
    )


def by_field(remarks: Sequence[Remark]) -> Mapping[str, Sequence[Remark]]:
    """What to say beside each field; under "" what has none in the form."""
    said: dict[str, list[Remark]] = {}
    for remark in remarks:
        known = remark.field in MISSING or remark.field in FIELDS
        said.setdefault(remark.field if known else "", []).append(remark)
    return said


FIELDS = (
    *("connector", "name", "id", "subject", "preheader", "sender.name", "sender.email", "sender.reply_to"),
    *("language", "html", "text", "audience.include", "audience.exclude", "schedule.at", "schedule.zone"),
    *("options.smart_sending", "options.utm"),
)
"""The places of the form at which something may be said."""
