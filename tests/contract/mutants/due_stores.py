"""Campaign stores that are each wrong in one way about what is due, made of the sound one."""

from __future__ import annotations

import time
from dataclasses import replace

from campaign_stores import Wrong

from glowtify_core.testing.memory import MemoryClaim


class HandsOutTheNewestFirst(Wrong):
    """Gives what has just become due, and leaves what waits for long."""

    def hand_out(self, *, now, again, most):
        with self.lock:
            ready = [one for one, at in self.due.items() if at <= now and not self.held(self.get(one).key)]
            rest = {one: self.due.pop(one) for one in sorted(ready, key=self.due.__getitem__)[:-most]}
            given = super().hand_out(now=now, again=again, most=most)
            self.due |= rest
            return given[::-1]


class HandsOutEverything(Wrong):
    """Gives all that is due, however little is asked for."""

    def hand_out(self, *, now, again, most):
        return super().hand_out(now=now, again=again, most=len(self.due))


class HandsOutForGood(Wrong):
    """Forgets what it has handed out."""

    def hand_out(self, *, now, again, most):
        given = super().hand_out(now=now, again=again, most=most)
        self.plan({due.publication.id: None for due in given})
        return given


class HandsOutAgainAndAgain(Wrong):
    """Gives the same to everybody."""

    def hand_out(self, *, now, again, most):
        return super().hand_out(now=now, again=now, most=most)


class LooksThenHandsOut(Wrong):
    """Looks first, and takes a moment later."""

    def hand_out(self, *, now, again, most):
        seen = {one: at for one, at in self.due.items() if at <= now}
        time.sleep(0.01)
        self.due |= seen
        return super().hand_out(now=now, again=again, most=most)


class HandsOutWhatIsHeld(Wrong):
    """Gives away what somebody is at work on."""

    def hand_out(self, *, now, again, most):
        held, self.held_until = self.held_until, {}
        try:
            return super().hand_out(now=now, again=again, most=most)
        finally:
            self.held_until = held


class HidesTheFence(Wrong):
    """Tells one try from the next by nothing."""

    def hand_out(self, *, now, again, most):
        return [replace(due, fence=0) for due in super().hand_out(now=now, again=again, most=most)]


class SavesBesideThePlan(Wrong):
    """Lets a plan stand, whatever is saved."""

    class Claim(MemoryClaim):
        def write(self, publication, campaign):
            planned = self.repo.due.get(publication.id)
            known = publication.id in self.repo.publications
            super().write(publication, campaign)
            if known:
                self.repo.plan({publication.id: planned})


class NeverLeavesAlone(Wrong):
    """Keeps asking about what has ended."""

    class Claim(MemoryClaim):
        def write(self, publication, campaign):
            super().write(publication, campaign)
            self.repo.due.setdefault(publication.id, publication.opened_at)


class PlansNoNever(Wrong):
    """Takes a plan of never for no plan."""

    def plan(self, looks, *, checked_at=None):
        ended = {one for one, publication in self.publications.items() if publication.closed}
        kept = {one: at for one, at in looks.items() if at is not None or one in ended}
        super().plan(kept, checked_at=checked_at)


class ForgetsThatItAsked(Wrong):
    """Keeps no time at which nothing was new."""

    def plan(self, looks, *, checked_at=None):
        super().plan(looks)


class GivesTheOldest(Wrong):
    """Cuts at the new end."""

    def find(self, *, newest=None, **conditions):
        return super().find(**conditions)[:newest]
