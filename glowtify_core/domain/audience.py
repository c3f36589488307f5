"""Lists and segments: whom a campaign is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AudienceKind(StrEnum):
    """What sort of audience it is."""

    LIST = "list"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class AudienceRef:
    """One audience, by the platform's id.

    Attributes:
        id: the platform's id.
        kind: list or segment; None where only an id was given and the platform has one id space.
        parent: the list that a segment belongs to, on platforms where it does; None also where a person gave
            an id alone, which therefore has to name one audience of the account by itself.
        name_seen: its name when we last read it, so that a deleted audience can still be named.
        by_name: whether the person chose it by name, so that the wish stays the same when it is resolved.
        by_kind: whether that wish named the kind too.
    """

    id: str
    kind: AudienceKind | None = None
    parent: str | None = None
    name_seen: str | None = None
    by_name: bool = False
    by_kind: bool = False

    def __str__(self) -> str:
        if not self.by_name:
            return f"id:{self.id}"
        return f"{self.kind if self.by_kind else 'name'}:{self.name_seen}"


@dataclass(frozen=True, slots=True)
class AudienceName:
    """One audience, by its exact name; turned into an :class:`AudienceRef` before publishing."""

    name: str
    kind: AudienceKind | None = None

    def __str__(self) -> str:
        return f"{self.kind or 'name'}:{self.name}"


@dataclass(frozen=True, slots=True)
class Audience:
    """What the platform says about one audience.

    Attributes:
        ref: which one.
        name: its name.
        created_at: aware, or None where the platform does not say.
        selectable: False where a campaign cannot use it (an inactive segment).
        filling: True while its members are still being computed, so that a count is no answer yet.
    """

    ref: AudienceRef
    name: str
    created_at: datetime | None = None
    selectable: bool = True
    filling: bool = False


@dataclass(frozen=True, slots=True)
class AudienceQuery:
    """Which audiences to read; everything when empty. The fields are alternatives, not a conjunction."""

    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def wants(self, audience: Audience) -> bool:
        """Whether this one is asked for, by its whole name or its id."""
        everything = not self.names and not self.ids
        return everything or audience.name in self.names or audience.ref.id in self.ids


def parse_audience(text: str, *, id_pattern: str) -> AudienceRef | AudienceName:
    """Read what a person wrote for an audience: an id or an exact name.

    ``id:X`` and ``name:X`` force one reading, ``list:X`` and ``segment:X`` also the kind. Without a prefix
    a text that has the form of the platform's ids (``id_pattern``) is an id, unless it reads as a word
    (six letters of one case, or capitalised): "Summer" is a name.
    """
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    rest = rest.strip()
    if colon and rest and prefix == "id":
        return AudienceRef(rest)
    if colon and rest and prefix == "name":
        return AudienceName(rest)
    kind = AudienceKind(prefix) if colon and rest and prefix in set(AudienceKind) else None
    value = rest if kind else text
    word = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    if re.fullmatch(id_pattern, value) and not word:
        return AudienceRef(value, kind)
    return AudienceName(value, kind)
