"""Pacing inside one process: rolling windows, first come first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.pacing import Window

GUARD = 0.05
"""Seconds that a window is kept longer than promised: requests do not all travel equally fast."""

_TICK = 1e-6
"""Seconds of the shortest wait, which any clock can tell from none; sums of floats may ask for less."""

_SWEEP = 256
"""Idle keys are dropped whenever the number of keys has grown by this many."""


@dataclass(slots=True, eq=False)
class _Place:
    """A request's place in time, by the clock's monotonic seconds. A block may move it until it is used."""

    at: float
    used: bool = False


@dataclass(slots=True)
class _Lane:
    """What is known of one key: the places given so far, oldest first."""

    places: deque[_Place] = field(default_factory=deque)
    room: int = 0
    longest: float = 0.0
    blocked_until: float = 0.0

    def fit(self, limits: Sequence[Window], now: float) -> None:
        """Keep what these windows need: the places in the longest of them, and those still waited for."""
        for window in limits:
            self.room = max(self.room, window.count)
            self.longest = max(self.longest, window.seconds + GUARD)
        while len(self.places) > self.room and self.places[0].used and self.places[0].at < now:
            self.places.popleft()

    def next_at(self, limits: Sequence[Window], now: float) -> float:
        """When the next request may go: after a full window's first place has left it."""
        at = max(now, self.blocked_until, self.places[-1].at if self.places else now)
        for window in limits:
            if len(self.places) >= window.count:
                at = max(at, self.places[-window.count].at + window.seconds + GUARD)
        return at

    def close(self, until: float) -> None:
        """Let nobody through before then; places not used yet move there, keeping their distances."""
        self.blocked_until = max(self.blocked_until, until)
        waiting = [place for place in self.places if not place.used]
        if waiting and (shift := self.blocked_until - waiting[0].at) > 0:
            for place in waiting:
                place.at += shift
            self.places = deque(sorted(self.places, key=lambda place: place.at))

    def idle(self, now: float) -> bool:
        """Whether forgetting this lane changes nothing."""
        last = self.places[-1].at if self.places else 0.0
        return max(last + self.longest, self.blocked_until) < now


class RollingGate:
    """Lets requests through at the pace of rolling windows. Shared by the threads of a process.

    A caller takes its place in time at once and then waits for it, so that nobody overtakes. When the
    platform blocks a key, the places not yet used move behind the block, keeping their distances.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._lanes: dict[str, _Lane] = {}
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

    def _take(self, key: str, limits: Sequence[Window], deadline: float) -> tuple[_Lane, _Place]:
        with self._lock:
            now = self._clock.monotonic()
            lane = self._lane(key, limits, now)
            place = _Place(lane.next_at(limits, now))
            if place.at > deadline:
                raise self._refusal(place.at - now)
            lane.places.append(place)
        return lane, place

    def _wait(self, place: _Place, deadline: float) -> None:
        while (wait := self._use(place)) > 0:
            if place.at > deadline:
                raise self._refusal(wait)
            self._clock.sleep(max(wait, _TICK))

    def _use(self, place: _Place) -> float:
        """Go, if it is time, so that no block moves the place any more; the seconds to wait otherwise."""
        with self._lock:
            wait = place.at - self._clock.monotonic()
            place.used = wait <= 0
        return wait

    def _give_back(self, lane: _Lane, place: _Place) -> None:
        with self._lock:
            if place in lane.places:
                lane.places.remove(place)

    def _lane(self, key: str, limits: Sequence[Window], now: float) -> _Lane:
        lane = self._lanes.get(key)
        if lane is None:
            self._forget_idle(now)
            lane = self._lanes[key] = _Lane()
        lane.fit(limits, now)
        return lane

    def _forget_idle(self, now: float) -> None:
        if len(self._lanes) >= self._sweep_at:
            self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.idle(now)}
            self._sweep_at = len(self._lanes) + _SWEEP

    def _refusal(self, wait: float) -> RateLimited:
        pause = timedelta(seconds=wait)
        return RateLimited(
            "Too many requests for now",
            detail="The platform's limit is reached; no request was sent.",
            remedy="Wait, then try again.",
            effect=Effect.NONE,
            retry_after=pause,
            renews_at=self._clock.now() + pause,
        )
