"""Connectors that are each wrong in one way, made of the sound one for a platform without drafts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    StateConflict,
)
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_core.ports.connectors import ConnectorContext, ConnectorManifest
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.fakes.no_drafts import CAMPAIGN, MANIFEST, NoDrafts

S = PublicationState


class WritesWhileConnecting(NoDrafts):
    """C-7: proves that it may write by writing."""

    def connect(self) -> AccountInfo:
        self._undo("nobody-has-this")
        return super().connect()


class SwallowsAWrongKey(NoDrafts):
    """C-8: takes a key that nobody knows for a platform that is down."""

    def connect(self) -> AccountInfo:
        try:
            return super().connect()
        except AuthenticationFailed as failed:
            raise PlatformUnavailable("It is down", effect=Effect.NONE, remedy="Wait.") from failed


class ShowsTheKey(NoDrafts):
    """C-10: its repr holds the key."""

    def __repr__(self) -> str:
        return f"NoDrafts({self._context.credentials['api_key'].reveal()})"


class LogsTheKey(NoDrafts):
    """C-10: a debug line holds the key."""

    def connect(self) -> AccountInfo:
        logging.getLogger("mutant").debug("key %s", self._context.credentials["api_key"].reveal())
        return super().connect()


class PutsTheKeyIntoTheAddress(NoDrafts):
    """C-10: an address holds the key, and addresses are logged everywhere."""

    def _get(self, target: str, **params: str) -> Any:
        return super()._get(target, **params, key=self._context.credentials["api_key"].reveal())


class SharesItsKey(NoDrafts):
    """C-11: keeps the first key for everybody."""

    first: ClassVar[dict[str, Any]] = {}

    def __init__(self, context: ConnectorContext) -> None:
        if context.account is None:
            self.first.setdefault("credentials", context.credentials)
            context = replace(context, credentials=self.first["credentials"])
        super().__init__(context)


class ClosesOnce(NoDrafts):
    """C-12: falls over when it is closed again."""

    def close(self) -> None:
        super().close()
        del self._http


class SendsTwo(NoDrafts):
    """C-13: makes a test e-mail besides, and forgets to remove it."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        journal.run(replace(self._creation(replace(campaign, name="Test"), journal), name="test"))
        return super().publish(campaign, journal=journal)


class TakesTheWallForUtc(NoDrafts):
    """C-14: sends what the clock on the wall says as if it hung in Greenwich."""

    def _wall(self, campaign: Campaign) -> Any:
        return campaign.schedule.wall.replace(tzinfo=UTC).astimezone(self._zone)


class SendsAtOnce(NoDrafts):
    """C-14: lets it go as soon as the platform allows, when nobody looks at the strategy."""

    def _wall(self, campaign: Campaign) -> Any:
        return (self._clock.now() + timedelta(minutes=5)).astimezone(self._zone)


class SpoilsTheText(NoDrafts):
    """C-15: can only speak ASCII."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        plain = campaign.subject.encode("ascii", "replace").decode()
        return super().publish(replace(campaign, subject=plain), journal=journal)


class CutsTheMarker(NoDrafts):
    """C-16: cuts names at fifty characters, the marker with them."""

    def _create(self, campaign: Campaign, name: str, journal: Journal) -> str:
        return super()._create(campaign, name[:50], journal)


class ReturnsAnotherTime(NoDrafts):
    """C-17: returns what was asked for instead of what is there."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        remote = super().publish(campaign, journal=journal)
        return replace(remote, subject=campaign.subject.upper())


class GoesPastTheJournal(NoDrafts):
    """C-18: does it without writing it down."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return self._confirmed(self._creation(campaign, journal).do())


class IgnoresTheSteps(NoDrafts):
    """C-53: begins anew, whatever the journal says of an earlier try."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        if journal.steps(CAMPAIGN):
            journal.forget(CAMPAIGN)
        return super().publish(campaign, journal=journal)


class CallsACommitACreation(NoDrafts):
    """C-19: says that what it does may be repeated, and afterwards people get mail."""

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        return replace(super()._creation(campaign, journal), kind=StepKind.CREATE)


class KnowsOneEmailASubject(NoDrafts):
    """C-20: takes what has the same subject for its own."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        shown = self._get("/mailings")["mailings"]
        same = [one for one in shown if one["subject"] == campaign.subject]
        return self._remote(same[0]) if same else super().publish(campaign, journal=journal)


class LeavesOutWhatIsMissing(NoDrafts):
    """C-21: answers about what it found only."""

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {ref: said for ref, said in super().status(refs).items() if said.state is not S.MISSING}


class SaysSentTooEarly(NoDrafts):
    """C-22: takes scheduled for sent."""

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {
            ref: replace(said, state=S.SENT) if said.state is S.SCHEDULED else said
            for ref, said in super().status(refs).items()
        }


class TakesTheUnknownForFailed(NoDrafts):
    """C-23: what it does not know has failed."""

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {
            ref: replace(said, state=S.FAILED) if said.state is S.UNKNOWN else said
            for ref, said in super().status(refs).items()
        }


class KeepsWhatWasDeleted(NoDrafts):
    """C-24: what it cannot find is still scheduled."""

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {
            ref: replace(said, state=S.SCHEDULED) if said.state is S.MISSING else said
            for ref, said in super().status(refs).items()
        }


class CancelsInWordsOnly(NoDrafts):
    """C-26: says cancelled, and deletes nothing."""

    def _discard(self, mailing: str, journal: Journal) -> None: ...


class CancelsTheSent(NoDrafts):
    """C-27: calls cancelled what people have read."""

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        try:
            return super().cancel(ref, mode=mode, journal=journal)
        except StateConflict:
            return RemoteCampaign(ref or RemoteRef("no_drafts", ()), S.CANCELLED, "Deleted")


class CancelsNothingLoudly(NoDrafts):
    """C-28: needs something to cancel."""

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        if ref is None:
            raise StateConflict("There is nothing", effect=Effect.NONE, remedy="Publish first.")
        return super().cancel(ref, mode=mode, journal=journal)


class FindsSimilarNames(NoDrafts):
    """C-32: a list whose name begins alike will do."""

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for audience in super().audiences(kind, AudienceQuery()):
            if not query.names or any(name.startswith(audience.name[:3]) for name in query.names):
                yield audience


class FindsEverything(NoDrafts):
    """C-39: whatever is there is ours."""

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        return [self._remote(one) for one in self._get("/mailings")["mailings"]]


class SaysZeroForNothing(NoDrafts):
    """C-42: no figures are zeros."""

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        found = super().metrics(sent, conversion_metric=conversion_metric)
        nothing = CampaignMetrics(self._clock.now(), recipients=0, delivered=0)
        return {remote.ref: found.get(remote.ref, nothing) for remote in sent}


class AsksForFiguresTwice(NoDrafts):
    """C-43: looks once more, to be sure."""

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        super().metrics(sent, conversion_metric=conversion_metric)
        return super().metrics(sent, conversion_metric=conversion_metric)


class SchedulesBeforeItTakesBack(NoDrafts):
    """C-44: wants to be sure that it is sent, and for a moment there are two."""

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        mailing = journal.run(self._creation(campaign, journal))
        self._get("/account")
        journal.run(Step("remove", StepKind.REPEATABLE, lambda: self._remove(ref.ids[0][1], journal)))
        return self._confirmed(mailing)


class KeepsTheOldId(NoDrafts):
    """C-44: returns the id that it has just deleted."""

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return replace(super().reschedule(ref, campaign, journal=journal), ref=ref)


class TakesBackUnderAnotherName(NoDrafts):
    """C-47: takes it away in a step of which nobody knows what it is."""

    def _discard(self, mailing: str, journal: Journal) -> None:
        journal.run(Step("away", StepKind.REPEATABLE, lambda: self._undo(mailing) or mailing))


class RepeatsALostCreation(NoDrafts):
    """C-50: tries again when no answer came, since it was only a time-out."""

    def _create(self, campaign: Campaign, name: str, journal: Journal) -> str:
        try:
            return super()._create(campaign, name, journal)
        except OutcomeUnknown:
            return super()._create(campaign, name, journal)


class LooksForNothing(NoDrafts):
    """C-50: never finds what an answer that was lost has made."""

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        return replace(super()._creation(campaign, journal), find=lambda since: None)


class BlamesTheKey(NoDrafts):
    """C-51: a pause that is asked for means a bad key."""

    def _get(self, target: str, **params: str) -> Any:
        try:
            return super()._get(target, **params)
        except PlatformError as problem:
            raise AuthenticationFailed("Bad key", effect=Effect.NONE, remedy="Connect again.") from problem


class TrustsEveryAnswer(NoDrafts):
    """C-52: falls over an answer that is no answer."""

    def _get(self, target: str, **params: str) -> Any:
        try:
            return super()._get(target, **params)
        except MalformedResponse as problem:
            raise KeyError("id") from problem


class SaysThatNothingHappened(NoDrafts):
    """C-54: a read that is refused after the commit says that nothing was done."""

    def _confirmed(self, mailing: str) -> RemoteCampaign:
        found = self._read(mailing)
        assert found
        return found


class LetsALateRequestGo(NoDrafts):
    """C-55: removes what it made too late never."""

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        step = super()._creation(campaign, journal)
        return replace(step, kind=StepKind.CREATE, find=lambda since: None, undo=None)


class NeverLooksAgain(NoDrafts):
    """C-55: sends what has waited, whoever has taken over meanwhile."""

    def _create(self, campaign: Campaign, name: str, journal: Journal) -> str:
        return super()._create(campaign, name, SimpleNamespace(check=bool))  # type: ignore[arg-type]  # all it needs


class CancelsWhatItKnows(NoDrafts):
    """C-56: what is in doubt is none of its business."""

    def _begun(self, ref: RemoteRef | None, journal: Journal) -> Sequence[str]:
        return [ref.ids[0][1]] if ref else []


class NeverCloses(NoDrafts):
    """C-12: keeps its connections."""

    def close(self) -> None: ...


class SpeaksOneLanguage(NoDrafts):
    """C-15: knows what everybody speaks."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return super().publish(replace(campaign, language="fr-CA"), journal=journal)


class AnswersToTheSender(NoDrafts):
    """C-15: has no use for another address to answer to."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        sender = replace(campaign.sender, reply_to=None)
        return super().publish(replace(campaign, sender=sender), journal=journal)


class ThinksOneListIsEnough(NoDrafts):
    """C-15: writes to the first list only."""

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return super().publish(replace(campaign, include=campaign.include[:1]), journal=journal)


class CancelsWhatGoesOut(NoDrafts):
    """C-27: calls cancelled what is on its way."""

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        remote = self._read(ref.ids[0][1]) if ref else None
        if remote and remote.state is S.SENDING:
            return replace(remote, state=S.CANCELLED)
        return super().cancel(ref, mode=mode, journal=journal)


class RevivesWhatWasDeleted(NoDrafts):
    """C-45: a move makes anew what somebody has deleted."""

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        if self._read(ref.ids[0][1]) is None:
            return self._confirmed(journal.run(self._creation(campaign, journal)))
        return super().reschedule(ref, campaign, journal=journal)


class TakesTroubleForGone(NoDrafts):
    """C-58: what cannot be asked about is not there."""

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        try:
            return super().status(refs)
        except PlatformError:
            return {ref: RemoteCampaign(ref, S.MISSING, "?") for ref in refs}


class BlamesTheKeyAtOnce(NoDrafts):
    """C-59: whatever goes wrong while connecting, the key is bad."""

    def connect(self) -> AccountInfo:
        try:
            return super().connect()
        except PlatformError as problem:
            raise AuthenticationFailed("Bad key", effect=Effect.NONE, remedy="Paste another.") from problem


class SleepsForReal(NoDrafts):
    """C-7: waits by the clock on the wall."""

    def connect(self) -> AccountInfo:
        time.sleep(0.1)
        return super().connect()


class UsesOtherWords(NoDrafts):
    """C-4: calls its parameters as it likes."""

    def status(self, references: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return super().status(references)


def with_capabilities(*capabilities: Capability) -> ConnectorManifest:
    return replace(MANIFEST, capabilities=dict.fromkeys(capabilities, Needs()))


MANIFESTS: Mapping[str, tuple[str, ConnectorManifest]] = {
    "SpeaksAnotherContract": ("C-3", replace(MANIFEST, contract=0)),
    "PromisesTooMuch": ("C-4", with_capabilities(*MANIFEST.capabilities, Capability.CONTENT)),
    "HidesWhatItCan": ("C-4", with_capabilities(*{*MANIFEST.capabilities} - {Capability.RECONCILE})),
    "NeedsALanguageAndSaysNothing": ("C-13", replace(MANIFEST, languages=())),
    "HasOtherIdsThanItSays": ("C-31", replace(MANIFEST, audience_id_pattern="[A-Z]+")),
}
"""Manifests that are each wrong in one way, with the rule that must notice."""
