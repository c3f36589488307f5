"""Gates that are each wrong in one way, made of the sound one."""

from __future__ import annotations

import math
import time

from glowtify_core.domain.errors import RateLimited
from glowtify_core.kit.lanes import Place, refusal
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.pacing import Window


class FixedWindows(RollingGate):
    """Counts by the clock's seconds: as many at the end of one as at the beginning of the next."""

    def _lane(self, key, limits, now):
        return FixedLane(super()._lane(key, limits, now))


class FixedLane:
    def __init__(self, lane):
        self.places, self.blocked_until = lane.places, lane.blocked_until
        self.close, self.spent = lane.close, lane.spent

    def next_at(self, limits, now):
        at = max(now, self.blocked_until, *(place.at for place in self.places))
        for window in limits:
            begun = [place for place in self.places if place.at // window.seconds == at // window.seconds]
            if len(begun) >= window.count:
                at = (at // window.seconds + 1) * window.seconds
        return at


class TakesLongerWindows(RollingGate):
    """Rounds windows up to ten seconds."""

    def acquire(self, key, limits, *, budget):
        super().acquire(key, [Window(one.count, max(one.seconds, 10)) for one in limits], budget=budget)


class TakesAndRefuses(RollingGate):
    """Keeps the place of a request that it has refused."""

    def acquire(self, key, limits, *, budget):
        try:
            super().acquire(key, limits, budget=budget)
        except RateLimited:
            self._take(key, limits, math.inf)
            raise


class RefusesTooLate(RollingGate):
    """Waits until the budget is used up before it refuses."""

    def acquire(self, key, limits, *, budget):
        try:
            super().acquire(key, limits, budget=budget)
        except RateLimited:
            self._clock.sleep(budget.total_seconds())
            raise


class ForgetsItsBlock(RollingGate):
    """Lets through while the platform asks for a pause."""

    def block(self, key, wait):
        pass


class LeavesEarly(RollingGate):
    """Rounds a block to the nearest hundredth of a second."""

    def _use(self, place):
        wait = super()._use(place)
        return round(wait, 2)


class HoldsNewcomersOnly(RollingGate):
    """Looks at a block before it waits, and not after."""

    def _wait(self, place, deadline):
        self._clock.sleep(place.at - self._clock.monotonic())


class OneLaneForAll(RollingGate):
    """Paces all accounts together."""

    def _lane(self, key, limits, now):
        return super()._lane("all", limits, now)


class LooksThenTakes(RollingGate):
    """Looks for a place, and takes it a moment later."""

    def _take(self, key, limits, deadline):
        now = self._clock.monotonic()
        lane = self._lane(key, limits, now)
        place = Place(lane.next_at(limits, now))
        if place.at > deadline:
            raise refusal(place.at - now, self._clock.now())
        if deadline == now:
            time.sleep(0.001)
        lane.places.append(place)
        return lane, place


class LastComeFirstServed(RollingGate):
    """Lets those who wait ask again, the last the most often."""

    def __init__(self, clock):
        super().__init__(clock)
        self.asked = 0

    def acquire(self, key, limits, *, budget):
        self.asked += 1
        pause = max(0.1, 0.9 - self.asked / 10)
        while True:
            try:
                return super().acquire(key, limits, budget=budget * 0)
            except RateLimited as limited:
                if limited.retry_after > budget:
                    raise
                self._clock.sleep(pause)
