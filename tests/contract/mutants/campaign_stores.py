"""Campaign stores that are each wrong in one way about publications or claims, made of the sound one."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from glowtify_core.domain.errors import CampaignNotFound, ClaimLost, PublicationBusy
from glowtify_core.testing import MemoryCampaigns
from glowtify_core.testing.memory import MemoryClaim, MemoryLog


class Wrong(MemoryCampaigns):
    """The sound store, with parts that can be exchanged."""

    Claim = MemoryClaim
    Log = MemoryLog

    def claim(self, key, *, take_over=False):
        claim = super().claim(key, take_over=take_over)
        if claim is None:
            return None
        mine = self.Claim(self, key, claim.fence)
        if self.Log is not MemoryLog:
            mine.log = lambda publication_id, operation: self.Log(mine, publication_id, operation)
        return mine


# --- what is kept, and how it is found again ---


class SaysNothingToDo(Wrong):
    """Leaves people alone with what is not there."""

    def get(self, publication_id):
        if publication_id not in self.publications:
            raise CampaignNotFound("There is none")
        return self.publications[publication_id]


class AddsBySaving(Wrong):
    """Stores what was never added."""

    class Claim(MemoryClaim):
        def save(self, publication, campaign=None):
            with self.fenced():
                self.repo.publications.setdefault(publication.id, publication)
            super().save(publication, campaign)


class LosesTheZone(Wrong):
    """Keeps when a publication was last checked without its zone."""

    class Claim(MemoryClaim):
        def write(self, publication, campaign):
            if publication.checked_at:
                publication = replace(publication, checked_at=publication.checked_at.replace(tzinfo=None))
            super().write(publication, campaign)


class SharesItsCampaigns(Wrong):
    """Keeps the caller's own object, and gives it away."""

    def content(self, publication_id):
        return self.contents[self.get(publication_id).id]


class EmptiesTheContent(Wrong):
    """Takes a save without content for a save of none."""

    class Claim(MemoryClaim):
        def write(self, publication, campaign):
            super().write(publication, campaign)
            if campaign is None:
                self.repo.contents.pop(publication.id, None)

    def content(self, publication_id):
        known = self.get(publication_id).id in self.contents
        return super().content(publication_id) if known else None


class LosesTheLanguage(Wrong):
    """Has no place for one field of an e-mail."""

    class Claim(MemoryClaim):
        def write(self, publication, campaign):
            super().write(publication, campaign and replace(campaign, language=None))


class AddsASecond(Wrong):
    """Looks for no other publication when one is added."""

    class Claim(MemoryClaim):
        def add(self, publication, campaign):
            with self.fenced():
                self._check_mine(publication)
                self.write(publication, campaign)


class ReopensBesideAnother(Wrong):
    """Looks for no other publication when one is saved."""

    class Claim(MemoryClaim):
        def save(self, publication, campaign=None):
            with self.fenced():
                self._check_mine(publication)
                self.repo.get(publication.id)
                self.write(publication, campaign)


class NeverReopens(Wrong):
    """Takes what was closed for closed for ever."""

    class Claim(MemoryClaim):
        def save(self, publication, campaign=None):
            stored = self.repo.publications.get(publication.id)
            if stored and stored.closed and not publication.closed:
                raise PublicationBusy("It is closed")
            super().save(publication, campaign)


class ChangesOtherCampaigns(Wrong):
    """Takes a claim on one campaign for a claim on all."""

    class Claim(MemoryClaim):
        def _check_mine(self, publication):
            pass


class LatestByTheClock(Wrong):
    """Takes the publication with the latest time for the latest."""

    def latest(self, key):
        return max(self._of(key), key=lambda one: one.opened_at, default=None)


class NewestFirst(Wrong):
    """Finds the newest first."""

    def find(self, **conditions):
        return super().find(**conditions)[::-1]


class TakesNoneForAll(Wrong):
    """Takes an empty choice for no choice."""

    def find(self, *, campaign_ids=None, states=None, **conditions):
        return super().find(campaign_ids=campaign_ids or None, states=states or None, **conditions)


# --- claims ---


class IgnoresALivingClaim(Wrong):
    """Gives a claim to everybody who asks."""

    def claim(self, key, *, take_over=False):
        return super().claim(key, take_over=True)


class LooksThenClaims(Wrong):
    """Looks whether a campaign is free, and claims it a moment later."""

    def claim(self, key, *, take_over=False):
        held = self.held_until.get(key)
        if held and held > self.clock.now() and not take_over:
            return None
        time.sleep(0.003)
        return super().claim(key, take_over=True)


class KeepsTheFence(Wrong):
    """Gives the fence of a claim that was released to the next one."""

    def claim(self, key, *, take_over=False):
        if key in self.fences and key not in self.held_until:
            self.fences[key] -= 1
        return super().claim(key, take_over=take_over)


class TakesOverFromSomebodyOnly(Wrong):
    """Gives no claim to who would take over from nobody."""

    def claim(self, key, *, take_over=False):
        if take_over and key not in self.held_until:
            return None
        return super().claim(key, take_over=take_over)


class SavesWithoutTheFence(Wrong):
    """Saves for a worker that was taken over from."""

    class Claim(MemoryClaim):
        def save(self, publication, campaign=None):
            self.fence = self.repo.fences[self.key]
            super().save(publication, campaign)


class BeginsWithoutTheFence(Wrong):
    """Lets a worker begin that was taken over from."""

    class Log(MemoryLog):
        def begin(self, name, kind):
            self.claim.fence = self.claim.repo.fences[self.claim.key]
            super().begin(name, kind)


class DropsTheNewClaim(Wrong):
    """Releases whatever claim there is, whoever asks."""

    class Claim(MemoryClaim):
        def release(self):
            self.repo.held_until.pop(self.key, None)


class RenewsWhatWasGivenBack(Wrong):
    """Renews a claim that was released."""

    class Claim(MemoryClaim):
        def renew(self):
            with self.fenced():
                self.repo.hold(self.key)


class ReleasesSlowly(Wrong):
    """Lets a claim that was released run out instead of ending it."""

    class Claim(MemoryClaim):
        def release(self):
            pass


class HoldsForever(Wrong):
    """Waits for a dead worker for ever."""

    def hold(self, key):
        self.held_until[key] = self.clock.now() + timedelta(days=1000)


class WritesByTheTime(Wrong):
    """Lets nobody write whose claim has run out."""

    class Claim(MemoryClaim):
        @property
        def current(self):
            return super().current and self.repo.held_until.get(self.key, self.repo.clock.now()) >= (
                self.repo.clock.now()
            )


class RenewsFromTheOldEnd(Wrong):
    """Adds to the end that a claim had, be it long past."""

    class Claim(MemoryClaim):
        def renew(self):
            with self.fenced():
                if self.key not in self.repo.held_until:
                    raise ClaimLost("it was given back")
                self.repo.held_until[self.key] += self.repo.claim_length
