"""Lists and segments of a connected account, and the ids behind names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from glowtify_core.application.platforms import Connected, Platforms
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
from glowtify_core.ports.platform import SupportsAudiences


@dataclass(frozen=True, slots=True)
class CountedAudience:
    """An audience, with its size when that was asked for and is known."""

    audience: Audience
    size: int | None = None


class ListAudiences:
    """Streams audiences page by page."""

    def __init__(self, *, platforms: Platforms) -> None:
        self._platforms = platforms

    def __call__(
        self,
        store: str,
        connector: str,
        *,
        kinds: Sequence[AudienceKind] = tuple(AudienceKind),
        search: str = "",
        counts: bool = False,
    ) -> Iterator[CountedAudience]:
        """Audiences whose name holds ``search``, in any case; counts are slow and made only on demand."""
        with self._platforms.connected(store, connector) as connected:
            source = audience_source(connected)
            for kind in kinds:
                for audience in source.audiences(kind, AudienceQuery()):
                    if search.casefold() in audience.name.casefold():
                        yield CountedAudience(audience, source.size(audience.ref) if counts else None)


def audience_source(connected: Connected) -> SupportsAudiences:
    """The connected platform as a source of audiences.

    Raises:
        Unsupported: it has none.
    """
    connected.require(Capability.AUDIENCES)
    if not isinstance(connected.platform, SupportsAudiences):
        raise TypeError(f"{connected.manifest.name} declares audiences and does not implement them")
    return connected.platform


def resolve(campaign: Campaign, connected: Connected) -> Campaign:
    """The campaign with every audience known by its id; asks the platform only for names.

    Raises:
        InvalidCampaign: a name is unknown, or names several audiences, which are then listed.
    """
    names = {choice for choice in (*campaign.include, *campaign.exclude) if isinstance(choice, AudienceName)}
    if not names:
        return campaign
    source = audience_source(connected)
    query = AudienceQuery(names=tuple(sorted({choice.name for choice in names})))
    kinds = [kind for kind in AudienceKind if any(choice.kind in (None, kind) for choice in names)]
    seen = [audience for kind in kinds for audience in source.audiences(kind, query)]

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
        candidates = ", ".join(f"{audience.ref.kind} {audience.ref.id}" for audience in matches)
        raise InvalidCampaign(
            f"Several audiences are named {choice.name!r}",
            code="audience_ambiguous",
            detail=candidates,
            remedy="Use the id of the one you mean.",
            field="audience",
        )
    return replace(matches[0].ref, name_seen=choice.name, by_name=True, by_kind=choice.kind is not None)
