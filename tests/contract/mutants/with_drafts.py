"""Connectors that are each wrong in one way, made of the sound one for a platform that can do everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery
from glowtify_core.domain.campaign import Campaign, Options
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import Schedule, SendAt
from glowtify_core.ports.campaigns import Journal
from glowtify_core.ports.platform import CancelMode, Finding
from glowtify_core.testing.fakes.many_lists import SCOPES, ManyLists


class ForgetsItsScopes(ManyLists):
    """C-9: says that the key may do everything."""

    def connect(self) -> AccountInfo:
        return replace(super().connect(), granted=SCOPES, missing=frozenset())


class LeavesItsTemplate(ManyLists):
    """C-13: leaves behind what it made for the e-mail, until the account is full of it."""

    def _without_template(self, remote: RemoteCampaign, journal: Journal) -> RemoteCampaign:
        return remote


class TakesCopiesForItsOwn(ManyLists):
    """C-29: whatever bears the marker is removed with the campaign."""

    def _begun(self, ref: RemoteRef | None, journal: Journal) -> Sequence[str]:
        return [one.ref.ids[0][1] for one in self.find_by_marker(journal.marker)]


class ShowsListsAsSegments(ManyLists):
    """C-30: offers lists, whatever is asked for."""

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for audience in super().audiences(AudienceKind.LIST, query):
            yield replace(audience, ref=replace(audience.ref, kind=kind))


class FindsNamesInAnyCase(ManyLists):
    """C-32: takes "vip" for "VIP"."""

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        names = {name.casefold() for name in query.names}
        every = super().audiences(kind, replace(query, names=()) if names else query)
        return (one for one in every if not names or one.name.casefold() in names)


class LeavesNobodyOut(ManyLists):
    """C-34: writes to those too who were left out."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return super().publish(replace(campaign, exclude=()), journal=journal)


class ReadsTheRecipientsTimeInUtc(ManyLists):
    """C-35: nine in the morning is nine in Greenwich."""

    def _commit(self, campaign_id: str, schedule: Schedule, journal: Journal) -> None:
        super()._commit(campaign_id, SendAt.at(schedule.wall, "UTC"), journal)


class KnowsBetterWhoIsTired(ManyLists):
    """C-36: skips people who got mail a short while ago, whatever the campaign says."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return super().publish(replace(campaign, options=Options(smart_sending=True)), journal=journal)


class AsksWhileSomebodyTypes(ManyLists):
    """C-37: asks the platform at every keystroke."""

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        return super().preflight(campaign, online=True)


class SeesNoChange(ManyLists):
    """C-38: the content is what it was, always."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return replace(super().publish(campaign, journal=journal), content="as it was")

    def content(self, ref: RemoteRef) -> str | None:
        return "as it was"


class DiscardsInSilence(ManyLists):
    """C-40: does not say that it was no draft."""

    def discard(self, ref: RemoteRef) -> None:
        with suppress(StateConflict):
            super().discard(ref)


class StopsUnasked(ManyLists):
    """C-49: stops what is on its way when only a cancel was asked for."""

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        return super().cancel(ref, mode=CancelMode.STOP_SENDING, journal=journal)
