"""What the form of an e-mail shows: what is typed, and what there is to say about it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from starlette.requests import Request

from glowtify_adapters.web.composing import FIELDS, NOT_YET, Composed, Remark, by_field, schedule_of
from glowtify_adapters.web.desk import desk_of, tongue_of
from glowtify_adapters.web.drafts import Draft
from glowtify_adapters.web.pages.campaign_words import here, times
from glowtify_adapters.web.pages.email_audiences import Listing
from glowtify_core.application.platforms import abilities
from glowtify_core.application.preflight import PREHEADER_ADVICE, SUBJECT_ADVICE
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import ScheduleRejected
from glowtify_core.domain.schedule import Schedule, SendAt
from glowtify_core.ports.connectors import ConnectorManifest

AGAIN = frozenset({"cancelled", "maybe_sent", "partly_sent"})
"""Codes of refusals that a person may overrule."""

EARLIER = AGAIN | {"campaign_changed", "publication_open", "already_sent"}
"""Codes of refusals on account of an earlier campaign."""

ANCHORS = {
    "audience.include": "audiences",
    "audience.exclude": "audiences",
    "options.utm": "said-options-utm",
}
"""Where a field is, where it has not its own name."""

UTMS = {
    "on": "Add Glowtify's parameters, so that visits are known by the campaign's name",
    "off": "Leave them as they are",
    "account": "As the account does by default",
}

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@dataclass(frozen=True)
class Form:
    """What the form shows.

    Attributes:
        draft: what is typed.
        composed: what has come of it.
        connections: the store's accounts.
        live: whether somebody is still typing, who is not told what is only missing yet.
        audiences: lists and segments; None: not looked up yet.
    """

    draft: Draft
    composed: Composed
    connections: Sequence[Connection]
    manifest: ConnectorManifest
    connection: Connection
    live: bool = True
    audiences: Listing | None = None

    @cached_property
    def remarks(self) -> Sequence[Remark]:
        """What is said now."""
        said = self.composed.remarks
        return [one for one in said if one.code != NOT_YET] if self.live else said

    @cached_property
    def said(self) -> dict[str, Sequence[Remark]]:
        """The same by field."""
        return {**dict.fromkeys(FIELDS, ()), "": (), **by_field(self.remarks)}

    @property
    def errors(self) -> Sequence[Remark]:
        """What has to be mended."""
        return [one for one in self.remarks if one.stops]

    @property
    def warnings(self) -> Sequence[Remark]:
        """What is worth a look."""
        return [one for one in self.remarks if not one.stops]

    @property
    def may_repeat(self) -> bool:
        """Whether a tick makes it be published anew."""
        return bool(self.draft["again"]) or any(one.code in AGAIN for one in self.composed.remarks)

    @property
    def earlier(self) -> bool:
        """Whether a campaign of this id is there already, and in the way."""
        return any(one.code in EARLIER for one in self.remarks)

    @property
    def abilities(self) -> frozenset[str]:
        """What the account can do."""
        return frozenset(map(str, abilities(self.manifest, self.connection.account)))

    @property
    def schedule(self) -> Schedule | None:
        """The time, where it is one."""
        try:
            return schedule_of(self.draft)
        except ScheduleRejected:
            return None

    @property
    def twice(self) -> Sequence[SendAt]:
        """Both readings of a time that comes twice."""
        schedule = self.schedule
        if not (isinstance(schedule, SendAt) and schedule.ambiguous):
            return ()
        both = (schedule_of(self.draft, fold) for fold in (0, 1))
        return [one for one in both if isinstance(one, SendAt)]

    @property
    def version(self) -> str:
        """Another one for another e-mail, so that a preview is loaded anew only then."""
        return f"{zlib.crc32(self.draft.html.encode(errors='replace')):x}"

    @property
    def own_dark(self) -> bool:
        """Whether the e-mail says itself how it looks in the dark."""
        return "prefers-color-scheme" in self.draft.html


def shown(request: Request, form: Form) -> dict[str, Any]:
    """What the page and its parts are made of."""
    say, locale = tongue_of(request).say, tongue_of(request).locale
    installed = desk_of(request).app.connections.directory.installed
    absent = {"schedule.at"}  # said with the time itself
    absent |= set() if form.manifest.languages else {"language"}
    absent |= set() if "smart_sending" in form.abilities else {"options.smart_sending"}
    return {
        "form": form,
        "draft": form.draft,
        "audiences": form.audiences,
        "exclude": "exclude" in form.abilities,
        "titles": {one.manifest.name: one.manifest.title for one in installed},
        "fields": [field for field in FIELDS if field not in absent],
        "anchors": ANCHORS,
        "utms": [(value, say(words)) for value, words in UTMS.items()],
        "languages_named": {
            code: Locale.parse(code, sep="-").get_display_name(locale) for code in form.manifest.languages
        },
        "subject_advice": SUBJECT_ADVICE,
        "preheader_advice": PREHEADER_ADVICE,
        "here": here,
        "times": times,
    }


@cache
def zones() -> Sequence[str]:
    """What is offered; others can be typed."""
    places = (zone for zone in available_timezones() if zone.startswith(REGIONS) and "/" in zone)
    return ("UTC", *sorted(places))
