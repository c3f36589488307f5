"""When a request is sent again, and how long that is waited for."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from glowtify_core.domain.errors import (
    Effect,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RepositoryError,
)
from glowtify_core.kit.lanes import our_share
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.pacing import RateGate, Window

T = TypeVar("T")

SLACK = timedelta(seconds=5)
"""How far the time of day may run ahead of the monotonic clock before the machine must have slept."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient one call is.

    Attributes:
        budget: the longest that a call waits in all, for its pace and for the platform; a little more than
            the minute that windows commonly have.
        tries: how often a request without effect is sent when the platform, or the way to it, is down.
        pause: seconds before the second try; doubled for each further one.
        longest_pause: seconds that a pause never exceeds.
        jitter: seconds, at most, that are added to what the platform asks for, so that callers spread.
        chance: gives a number from 0 up to 1; fixed in tests.
    """

    budget: timedelta = timedelta(seconds=75)
    tries: int = 4
    pause: float = 0.5
    longest_pause: float = 8.0
    jitter: float = 0.5
    chance: Callable[[], float] = random.random

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures: doubling, and between half and the whole of it."""
        full = min(self.longest_pause, self.pause * 2.0 ** (failures - 1))
        return full * (0.5 + 0.5 * self.chance())

    def spread(self) -> float:
        """Seconds to add to what the platform asks for."""
        return self.jitter * self.chance()


class Patience:
    """Sends requests at a platform's pace, and again when that is safe.

    A 429 is waited out: the whole of what the platform asks for and a little more, never less; given up at
    once when that would exceed the budget. When the platform is down, only what had no effect is sent
    again: every read, and a write that never left; not before the time it names, if it does. Nothing else
    is repeated. After a wait in which the machine slept nothing is sent at all: what was right to send
    before it may be no longer.

    Args:
        clock: to wait by.
        gate: gives the places; without one nothing is sent.
        policy: how patient each call is.
        quota_share: how much of each window of a day or longer is ours, from above 0 up to 1.
    """

    def __init__(
        self, clock: Clock, gate: RateGate, policy: RetryPolicy | None = None, *, quota_share: float = 1.0
    ) -> None:
        self._clock = clock
        self._gate = gate
        self._policy = policy or RetryPolicy()
        self._quota_share = quota_share

    def call(self, attempt: Callable[[], T], *, key: str, limits: Sequence[Window]) -> T:
        """Send until there is an answer or no reason left to try.

        Args:
            attempt: sends the request once; the :class:`PlatformError` it raises says what that left behind.
            key: what the pace and the platform's pauses hold for: account and endpoint.
            limits: the windows of that key.

        Raises:
            RateLimited: with ``retry_after`` and ``renews_at``, when the pause is longer than the budget.
            PlatformUnavailable: the machine slept meanwhile, its clock was set ahead, or the gate's records
                failed.
            PlatformError: what the last attempt raised.
        """
        begun = self._clock.now()
        ours = our_share(limits, self._quota_share)
        deadline = self._clock.monotonic() + self._policy.budget.total_seconds()
        refusals = failures = 0
        while True:
            left = max(0.0, deadline - self._clock.monotonic())
            self._take_place(key, ours, timedelta(seconds=left))
            self._check_awake(begun)
            try:
                return attempt()
            except RateLimited as refused:
                refusals += 1
                self._heed(refused, key, refusals)
                error: PlatformError = refused
                pause = 0.0
            except PlatformUnavailable as down:
                failures += 1
                if down.effect is not Effect.NONE or failures >= self._policy.tries:
                    raise
                error = down
                pause = self._policy.backoff(failures)
            if error.retry_after:
                pause = max(pause, error.retry_after.total_seconds() + self._policy.spread())
            if self._clock.monotonic() + pause > deadline:
                raise error
            self._clock.sleep(pause)

    def _take_place(self, key: str, limits: Sequence[Window], budget: timedelta) -> None:
        """Without a place nothing leaves; said like any trouble on the way there, so that steps know it."""
        try:
            self._gate.acquire(key, limits, budget=budget)
        except RepositoryError as ours:
            raise PlatformUnavailable(
                ours.title,
                code=ours.code,
                detail=f"No request was sent: {ours.detail}",
                remedy=ours.remedy,
                effect=Effect.NONE,
            ) from ours

    def _check_awake(self, begun: datetime) -> None:
        """Monotonic clocks stop while the machine sleeps; the time of day does not."""
        if self._clock.now() - begun > self._policy.budget + SLACK:
            raise PlatformUnavailable(
                "This machine slept, or its clock was set",
                detail="No request was sent after that.",
                remedy="Run it again.",
                effect=Effect.NONE,
            )

    def _heed(self, refused: RateLimited, key: str, refusals: int) -> None:
        """Close the gate for as long as the platform asks, or for a growing while when it does not say.

        Raises:
            RateLimited: the same, since the gate could not be told and would let us through.
        """
        asked = refused.retry_after or timedelta(seconds=self._policy.backoff(refusals + 1))
        refused.having(retry_after=asked, renews_at=self._clock.now() + asked)
        try:
            self._gate.block(key, asked)
        except RepositoryError as ours:
            raise refused from ours
