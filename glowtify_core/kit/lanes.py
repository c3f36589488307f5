"""The arithmetic of pacing: the places in time that the requests of one key are given."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.ports.pacing import Window

GUARD = 0.05
"""Seconds that a window is kept longer than promised: requests do not all travel equally fast."""

TICK = 1e-6
"""Seconds of the shortest wait, which any clock can tell from none; sums of floats may ask for less."""

DAY = 86_400.0
"""Seconds. A window of a day or longer is a quota, which everybody on the account shares."""

QUOTA_USED = "quota_used"
"""The code of a refusal because our share of a quota is used."""

_NONE = Window(0, 0.0)


@dataclass(slots=True, eq=False)
class Place:
    """A request's place in time. A block may move it until it is used.

    Attributes:
        at: seconds, by the clock of the gate.
        used: whether its request has left, or may have.
        name: by which its owner finds it again, where places are written down; empty elsewhere.
    """

    at: float
    used: bool = False
    name: str = ""


@dataclass(slots=True)
class Lane:
    """What is known of one key; all times are seconds by the clock of the gate.

    Attributes:
        places: given so far, oldest first.
        longest: of the windows that it was asked for.
        blocked_until: when the platform lets requests through again.
    """

    places: deque[Place] = field(default_factory=deque)
    longest: Window = _NONE
    blocked_until: float = 0.0

    def fit(self, limits: Sequence[Window], now: float) -> None:
        """Keep what these windows need: the places in the longest of them, and those still waited for."""
        self.longest = max([*limits, self.longest], key=lambda window: window.seconds)
        while self.places and self.places[0].used and self._leaves(self.places[0], self.longest) < now:
            self.places.popleft()

    def next_at(self, limits: Sequence[Window], now: float) -> float:
        """When the next request may go: nobody is overtaken, and every window has room."""
        last = self.places[-1].at if self.places else now
        return max(now, self.blocked_until, last, *(self._room_at(window) for window in limits))

    def spent(self, limits: Sequence[Window], at: float) -> Window | None:
        """The quota that has no room before ``at``, which :meth:`next_at` gave; None when there is none."""
        quotas = (window for window in limits if window.seconds >= DAY)
        return next((quota for quota in quotas if self._room_at(quota) == at), None)

    def close(self, until: float) -> None:
        """Let nobody through before then; places not used yet move there, keeping their distances."""
        self.blocked_until = max(self.blocked_until, until)
        waiting = [place for place in self.places if not place.used]
        if waiting and (shift := self.blocked_until - waiting[0].at) > 0:
            for place in waiting:
                place.at += shift
            self.places = deque(sorted(self.places, key=lambda place: place.at))

    def left(self, now: float) -> int:
        """How many places the longest window has left."""
        taken = sum(self._leaves(place, self.longest) > now for place in self.places)
        return max(0, self.longest.count - taken)

    @property
    def idle_at(self) -> float:
        """From then on forgetting this lane changes nothing."""
        last = self._leaves(self.places[-1], self.longest) if self.places else 0.0
        return max(last, self.blocked_until)

    def _room_at(self, window: Window) -> float:
        """When a window has room: once the first place of a full one has left it."""
        if len(self.places) < window.count:
            return 0.0
        return self._leaves(self.places[-window.count], window)

    @staticmethod
    def _leaves(place: Place, window: Window) -> float:
        return place.at + window.seconds + GUARD


def our_share(limits: Sequence[Window], share: float) -> tuple[Window, ...]:
    """The windows with our share of each quota, at least one request; shorter ones are used in full."""
    return tuple(
        replace(window, count=max(1, int(window.count * share + TICK))) if window.seconds >= DAY else window
        for window in limits
    )


def refusal(wait: float, now: datetime, *, spent: Window | None = None) -> RateLimited:
    """What those are told who would have to wait too long.

    Args:
        wait: seconds.
        now: the time of day, aware.
        spent: the quota that is the reason, if one is.
    """
    pause = timedelta(seconds=wait)
    renews_at = now + pause
    if spent is None:
        title, code = "Too many requests for now", ""
        detail = "The platform's limit is reached; no request was sent."
        remedy = "Wait, then try again."
    else:
        days = round(spent.seconds / DAY)
        quota = "daily quota" if days == 1 else f"quota of {days} days"
        title, code = f"Our share of the account's {quota} is used", QUOTA_USED
        detail = (
            f"No request was sent. It is {spent.count}, and renews from {renews_at:%Y-%m-%d %H:%M %Z} on."
        )
        remedy = "Try again then; GLOWTIFY_QUOTA_SHARE says how much of the quota is ours."
    return RateLimited(
        title,
        code=code,
        detail=detail,
        remedy=remedy,
        effect=Effect.NONE,
        retry_after=pause,
        renews_at=renews_at,
    )
