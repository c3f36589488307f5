"""Pacing inside one process: rolling windows, first come first served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from threading import Lock

from glowtify_core.kit.lanes import TICK, Lane, Place, refusal
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.pacing import Window

_SWEEP = 256
"""Idle keys are dropped whenever the number of keys has grown by this many."""


class RollingGate:
    """Lets requests through at the pace of rolling windows. Shared by the threads of a process.

    A caller takes its place in time at once and then waits for it, so that nobody overtakes. When the
    platform blocks a key, the places not yet used move behind the block, keeping their distances.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._lanes: dict[str, Lane] = {}
        self._sweep_at = _SWEEP

    def acquire(self, key: str, limits: Sequence[Window], *, budget: timedelta) -> None:
        """Wait for a place in every window of ``key``.

        Raises:
            RateLimited: the wait would be longer than ``budget``; nothing was taken.
        """
        deadline = self._clock.monotonic() + budget.total_seconds()
        lane, place = self._take(key, limits, deadline)
        try:
            self._wait(place, deadline)
        except BaseException:
            self._give_back(lane, place)
            raise

    def block(self, key: str, wait: timedelta) -> None:
        """Let nothing through for ``wait``; whoever is waiting for a place waits on behind it."""
        with self._lock:
            now = self._clock.monotonic()
            self._lane(key, (), now).close(now + wait.total_seconds())

    def _take(self, key: str, limits: Sequence[Window], deadline: float) -> tuple[Lane, Place]:
        with self._lock:
            now = self._clock.monotonic()
            lane = self._lane(key, limits, now)
            place = Place(lane.next_at(limits, now))
            if place.at > max(now, deadline):
                raise refusal(place.at - now, self._clock.now(), spent=lane.spent(limits, place.at))
            lane.places.append(place)
        return lane, place

    def _wait(self, place: Place, deadline: float) -> None:
        while (wait := self._use(place)) > 0:
            if place.at > deadline:
                raise refusal(wait, self._clock.now())
            self._clock.sleep(max(wait, TICK))

    def _use(self, place: Place) -> float:
        """Go, if it is time, so that no block moves the place any more; the seconds to wait otherwise."""
        with self._lock:
            wait = place.at - self._clock.monotonic()
            place.used = wait <= 0
        return wait

    def _give_back(self, lane: Lane, place: Place) -> None:
        with self._lock:
            if place in lane.places:
                lane.places.remove(place)

    def _lane(self, key: str, limits: Sequence[Window], now: float) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            self._forget_idle(now)
            lane = self._lanes[key] = Lane()
        lane.fit(limits, now)
        return lane

    def _forget_idle(self, now: float) -> None:
        if len(self._lanes) >= self._sweep_at:
            self._lanes = {key: lane for key, lane in self._lanes.items() if lane.idle_at >= now}
            self._sweep_at = len(self._lanes) + _SWEEP
