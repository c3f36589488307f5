"""Lists and segments of a connected account, and the ids behind names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from glowtify_core.application.platforms import Connected, Platforms, abilities
from glowtify_core.domain.audience import (
    Audience,
    AudienceKind,
    AudienceName,
    AudienceQuery,
    AudienceRef,
)
from glowtify_core.domain.campaign import AudienceChoice, Campaign
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import InvalidCampaign
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import SupportsAudiences


@dataclass(frozen=True, slots=True)
class CountedAudience:
    """An audience, with its size when that was asked for and is known."""

    audience: Audience
    size: int | None = None


LISTED_FOR = timedelta(minutes=5)
"""How long a list of audiences is believed: 500 of them are 50 requests."""

COUNTED_FOR = timedelta(hours=1)
"""How long a count is believed: platforms allow few."""

READING: Mapping[AudienceKind, Capability] = MappingProxyType(
    {AudienceKind.LIST: Capability.LISTS, AudienceKind.SEGMENT: Capability.SEGMENTS}
)


_Key = tuple[str, str, str, AudienceKind | None, str | None]
"""Connector, account, and the audience, whatever it was called when a person chose it."""


class ListAudiences:
    """Streams audiences page by page, and remembers them for a while."""

    def __init__(self, *, platforms: Platforms, clock: Clock) -> None:
        self._platforms = platforms
        self._clock = clock
        self._listed: dict[tuple[str, str, AudienceKind], tuple[datetime, Sequence[Audience]]] = {}
        self._counted: dict[_Key, tuple[datetime, int]] = {}

    def __call__(
        self,
        store: str,
        connector: str,
        *,
        kinds: Sequence[AudienceKind] | None = None,
        search: str = "",
        counts: bool = False,
    ) -> Iterator[CountedAudience]:
        """Audiences whose name holds ``search``, in any case; counts are slow and made only on demand.

        Args:
            kinds: None gives those that the connection can read.
            counts: also their sizes; without it only those that are known still.

        Raises:
            Unsupported: a kind that is asked for cannot be read, or none can.
        """
        with self._platforms.connected(store, connector) as connected:
            for kind in _readable(connected) if kinds is None else kinds:
                for audience in self._list(connected, kind):
                    if search.casefold() in audience.name.casefold():
                        ref = audience.ref
                        size = self._count(connected, ref) if counts else self._counted_before(connected, ref)
                        yield CountedAudience(audience, size)

    def size(self, store: str, connector: str, ref: AudienceRef) -> int | None:
        """How many people are in one audience; None where the platform does not say.

        Raises:
            Unsupported: its kind cannot be read.
        """
        with self._platforms.connected(store, connector) as connected:
            return self._count(connected, ref)

    def _list(self, connected: Connected, kind: AudienceKind) -> Iterator[Audience]:
        source = _source(connected, kind)
        key = (connected.manifest.name, connected.connection.account.id, kind)
        read_at, kept = self._listed.get(key, (None, ()))
        if read_at and self._clock.now() - read_at < LISTED_FOR:
            yield from kept
            return
        seen = []
        for audience in source.audiences(kind, AudienceQuery()):
            seen.append(audience)
            yield audience
        self._listed[key] = self._clock.now(), seen

    def _count(self, connected: Connected, ref: AudienceRef) -> int | None:
        known = self._counted_before(connected, ref)
        if known is not None:
            return known
        size = _source(connected, ref.kind or AudienceKind.LIST).size(ref)
        if size is not None:
            self._counted[_key(connected, ref)] = self._clock.now(), size
        return size

    def _counted_before(self, connected: Connected, ref: AudienceRef) -> int | None:
        counted_at, size = self._counted.get(_key(connected, ref), (None, 0))
        return size if counted_at and self._clock.now() - counted_at < COUNTED_FOR else None


def _key(connected: Connected, ref: AudienceRef) -> _Key:
    return connected.manifest.name, connected.connection.account.id, ref.id, ref.kind, ref.parent


def _readable(connected: Connected) -> Sequence[AudienceKind]:
    """The kinds that the connection can read.

    Raises:
        Unsupported: none.
    """
    able = abilities(connected.manifest, connected.connection.account)
    kinds = [kind for kind, capability in READING.items() if capability in able]
    if not kinds:
        connected.require(*READING.values())
    return kinds


def _source(connected: Connected, kind: AudienceKind) -> SupportsAudiences:
    """The connected platform as a source of audiences of a kind.

    Raises:
        Unsupported: it cannot read them.
    """
    connected.require(READING[kind])
    if not isinstance(connected.platform, SupportsAudiences):
        raise TypeError(f"{connected.manifest.name} declares {READING[kind]} and does not implement them")
    return connected.platform


def resolve(campaign: Campaign, connected: Connected) -> Campaign:
    """The campaign with every audience known by its id; asks the platform only for names.

    Raises:
        InvalidCampaign: a name is unknown, or names several audiences, which are then listed.
    """
    names = {choice for choice in (*campaign.include, *campaign.exclude) if isinstance(choice, AudienceName)}
    if not names:
        return campaign
    query = AudienceQuery(names=tuple(sorted({choice.name for choice in names})))
    kinds = {kind for choice in names for kind in ([choice.kind] if choice.kind else _readable(connected))}
    seen = [
        audience for kind in sorted(kinds) for audience in _source(connected, kind).audiences(kind, query)
    ]

    def by_id(choice: AudienceChoice) -> AudienceRef:
        return choice if isinstance(choice, AudienceRef) else _only(choice, seen)

    return replace(
        campaign, include=tuple(map(by_id, campaign.include)), exclude=tuple(map(by_id, campaign.exclude))
    )


def _only(choice: AudienceName, seen: Sequence[Audience]) -> AudienceRef:
    matches = [
        audience
        for audience in seen
        if audience.name == choice.name and choice.kind in (None, audience.ref.kind)
    ]
    if not matches:
        raise InvalidCampaign(
            f"There is no list or segment named {choice.name!r}",
            code="audience_not_found",
            remedy="Check the spelling; `glowtify audiences` lists them. Write id:X if this is an id.",
            field="audience",
        )
    if len(matches) > 1:
        candidates = ", ".join(_candidate(audience.ref) for audience in matches)
        raise InvalidCampaign(
            f"Several audiences are named {choice.name!r}",
            code="audience_ambiguous",
            detail=candidates,
            remedy="Use the id of the one you mean.",
            field="audience",
        )
    return replace(matches[0].ref, name_seen=choice.name, by_name=True, by_kind=choice.kind is not None)


def _candidate(ref: AudienceRef) -> str:
    return f"{ref.kind} {ref.id}" + (f" of {ref.parent}" if ref.parent else "")
