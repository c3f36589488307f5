"""The contract of a gate: never more requests than a platform allows, and none while it asks for a pause."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.ports.pacing import RateGate, Window
from glowtify_core.testing.clock import VirtualClock
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stores.threads import THREADS, at_once

LIMITS = {
    "one a second": (Window(1, 1),),
    "a burst and a long one": (Window(10, 1), Window(150, 60)),
    "few": (Window(3, 1), Window(20, 60)),
}
HOUR = (Window(5, 3600),)
PATIENT = timedelta(days=1)
NO_WAIT = timedelta()

_HAIR = 1e-6
"""Seconds by which sums of floats may be off."""


class RateGateContract(Contract):
    """Staying within a platform's limits.

    An author gives one fixture, or two:

    - ``gate``: a :class:`~glowtify_core.ports.pacing.RateGate` that waits on the fixture ``clock``;
    - ``clock``: the contract's own unless the gate tells the time in a way of its own: a
      :class:`~glowtify_core.testing.clock.VirtualClock`, so that nobody waits. A gate that holds a lock while
      it sleeps on it hangs: nobody could go in its place.
    """

    given = frozenset({"gate", "clock"})

    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock()

    @pytest.mark.parametrize("limits", LIMITS.values(), ids=[name.replace(" ", "-") for name in LIMITS])
    def test_c90_no_window_is_ever_exceeded(
        self, gate: RateGate, clock: VirtualClock, limits: Sequence[Window]
    ) -> None:
        """C-90: In no span as long as a window more requests leave than it allows, wherever the span begins.

        Why: what a platform counts differs; many refuse an account that goes on knocking.
        If this fails: let windows roll: a request may go when the one ``count`` places before it has left.
        """
        times = []
        for number in range(3 * max(window.count for window in limits)):
            gate.acquire("key", limits, budget=PATIENT)
            times.append(clock.monotonic())
            if number == 0:
                clock.sleep(0.9 * limits[0].seconds)  # a fixed window would soon begin anew
        for window in limits:
            assert _most_within(times, window.seconds) <= window.count

    def test_c90_who_finds_room_goes_at_once(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-90: A request that every window has room for does not wait.

        Why: one campaign a day must not take longer than it needs.
        If this fails: wait only for the windows that are full, and forget what has left them.
        """
        limits = LIMITS["a burst and a long one"]
        for _ in range(3):
            before = clock.monotonic()
            for _ in range(limits[0].count):
                gate.acquire("key", limits, budget=NO_WAIT)
            assert clock.monotonic() == before
            clock.sleep(2 * limits[0].seconds)

    def test_c91_a_wait_beyond_the_budget_is_refused(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-91: A wait longer than the budget is refused at once, with RateLimited and effect NONE.

        Why: nothing was sent, so that whoever asked may safely try again later.
        If this fails: work the wait out before you begin it.
        """
        for _ in range(HOUR[0].count):
            gate.acquire("key", HOUR, budget=NO_WAIT)
        for budget in (NO_WAIT, timedelta(minutes=10)):
            with pytest.raises(RateLimited) as limited:
                gate.acquire("key", HOUR, budget=budget)
            assert limited.value.effect is Effect.NONE
        assert clock.monotonic() == 0

    def test_c91_who_was_refused_has_taken_nothing(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-91: A refused request takes no place: the next one waits no longer for it.

        Why: a page that asks again and again would shut out the work that has patience.
        If this fails: take a place only when it is sure to be used; give it back where that fails.
        """
        gate.acquire("key", (Window(1, 60),), budget=NO_WAIT)
        for _ in range(10):
            with pytest.raises(RateLimited):
                gate.acquire("key", (Window(1, 60),), budget=timedelta(seconds=10))
        gate.acquire("key", (Window(1, 60),), budget=timedelta(seconds=90))
        assert clock.monotonic() < 2 * 60

    @pytest.mark.parametrize("passed", [0, 3, 6.9995])
    def test_c92_a_block_holds_everybody_and_nobody_leaves_early(
        self, gate: RateGate, clock: VirtualClock, passed: float
    ) -> None:
        """C-92: While a key is blocked nothing goes through, to the last moment, whatever room there is.

        Why: a platform that asked for a pause counts what comes before its end against the account.
        If this fails: keep the end of the block, and the later one of two; wait until then, not almost.
        """
        gate.block("key", timedelta(seconds=7))
        gate.block("key", timedelta(seconds=2))
        clock.sleep(passed)
        for limits in ((), LIMITS["few"]):
            gate.acquire("key", limits, budget=PATIENT)
            assert 7 <= clock.monotonic() < 8

    def test_c92_a_block_beyond_the_budget_is_refused(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-92: A block that lasts longer than the budget is refused at once, with effect NONE.

        Why: daily limits renew after hours; nobody waits so long, and everybody wants to know.
        If this fails: look at the block before you begin to wait.
        """
        gate.block("key", timedelta(hours=20))
        with pytest.raises(RateLimited) as limited:
            gate.acquire("key", (), budget=timedelta(minutes=1))
        assert limited.value.effect is Effect.NONE
        assert clock.monotonic() == 0

    def test_c92_a_block_holds_those_who_wait_already(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-92: A block that comes while somebody waits for a place holds them too.

        Why: the first to be told of a pause is seldom the only one under way.
        If this fails: look again after each sleep, before you let anybody go.
        """
        gate.acquire("key", (Window(1, 1),), budget=NO_WAIT)

        def wait() -> float:
            gate.acquire("key", (Window(1, 1),), budget=PATIENT)
            return clock.monotonic()

        def block() -> float:
            clock.sleep(0.5)
            gate.block("key", timedelta(seconds=7))
            return clock.monotonic()

        waited, _ = clock.run([wait, block])
        assert waited >= 7.5 - _HAIR

    def test_c93_keys_do_not_wait_for_each_other(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-93: Each key has windows and blocks of its own.

        Why: one account that is at its limit must not stop all the others.
        If this fails: keep everything by key.
        """
        gate.block("blocked", timedelta(hours=1))
        for number in range(3):
            gate.acquire(f"key {number}", (Window(1, 60),), budget=NO_WAIT)
        assert clock.monotonic() == 0

    def test_c94_threads_share_the_windows(self, gate: RateGate) -> None:
        """C-94: Threads that ask at the same moment get no more places than there are.

        Why: all workers of a process go through one gate.
        If this fails: look and take under one lock; do not hold it while you wait.
        """

        def ask(number: int) -> int:
            del number
            return sum(_goes(gate, (Window(50, 3600),)) for _ in range(50))

        assert sum(at_once(ask)) == 50

    def test_c94_first_come_first_served(self, gate: RateGate, clock: VirtualClock) -> None:
        """C-94: Those who wait go in the order in which they came, as many at a time as there is room for.

        Why: whoever is overtaken again and again waits for ever while all the others work.
        If this fails: give places in time when they are asked for, and let everybody wait for their own.
        """
        gone: list[tuple[int, float]] = []

        def ask(number: int) -> None:
            gate.acquire("key", LIMITS["few"], budget=PATIENT)
            gone.append((number, clock.monotonic()))

        clock.run([partial(ask, number) for number in range(THREADS)])
        assert [number for number, _ in gone] == list(range(THREADS))
        assert _most_within([at for _, at in gone], 1) <= LIMITS["few"][0].count


def _goes(gate: RateGate, limits: Sequence[Window]) -> bool:
    try:
        gate.acquire("key", limits, budget=NO_WAIT)
    except RateLimited:
        return False
    return True


def _most_within(times: Sequence[float], seconds: float) -> int:
    """The most that went within such a span; ``times`` ascend."""
    return max(bisect_left(times, start + seconds - _HAIR) - number for number, start in enumerate(times))
