"""Rate limits: burst, steady and daily windows per endpoint, and the headers that tell of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from glowtify_klaviyo.sandbox.errors import throttled

SECOND, MINUTE, DAY = 1, 60, 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests each window takes."""

    burst: int
    steady: int
    daily: int | None = None

    @property
    def windows(self) -> dict[int, int]:
        """Length in seconds -> requests."""
        both = {SECOND: self.burst, MINUTE: self.steady}
        return both if self.daily is None else {**both, DAY: self.daily}

    @property
    def header(self) -> str:
        """The value of ``ratelimit-limit``."""
        parts = [f"{count};w={length}" for length, count in self.windows.items()]
        return ", ".join([str(self.burst), *parts])


XS, S, M, L = Limit(1, 15), Limit(3, 60), Limit(10, 150), Limit(75, 750)
REPORTS = Limit(1, 2, 225)


@dataclass(slots=True)
class _Window:
    begun: float
    used: int = 0


@dataclass(slots=True)
class Windows:
    """Counts requests by endpoint. Not ``enforced``, it counts and tells, but refuses nothing."""

    enforced: bool
    _used: dict[tuple[str, int], _Window] = field(default_factory=dict)

    def take(self, endpoint: str, limit: Limit, now: datetime, *, retry_after: bool) -> dict[str, str]:
        """Count one request and return the headers; raises the 429 when a window is full."""
        seconds = now.timestamp()
        windows = {length: self._current(endpoint, length, seconds) for length in limit.windows}
        full = [length for length, count in limit.windows.items() if windows[length].used >= count]
        if full and self.enforced:
            wait = max(windows[length].begun + length - seconds for length in full)
            raise throttled(max(1, math.ceil(wait)), retry_after=retry_after)
        for window in windows.values():
            window.used += 1
        return self._headers(limit, windows, seconds)

    def _current(self, endpoint: str, length: int, seconds: float) -> _Window:
        window = self._used.get((endpoint, length))
        if window is None or not window.begun <= seconds < window.begun + length:
            window = self._used[endpoint, length] = _Window(seconds)
        return window

    @staticmethod
    def _headers(limit: Limit, windows: dict[int, _Window], seconds: float) -> dict[str, str]:
        headers = {
            "ratelimit-limit": limit.header,
            "ratelimit-remaining": str(max(0, limit.burst - windows[SECOND].used)),
            "ratelimit-reset": "0",
        }
        if limit.daily is not None:
            day = windows[DAY]
            headers["ratelimit-remaining-daily"] = str(max(0, limit.daily - day.used))
            headers["ratelimit-reset-daily"] = str(math.ceil(day.begun + DAY - seconds))
        return headers
