"""The gate: full use of the platform's windows. What every gate promises is in test_rolling_gate.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from fakes import FakeClock

from glowtify_core.domain.errors import RateLimited
from glowtify_core.kit.lanes import GUARD
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.pacing import Window

M = (Window(10, 1), Window(150, 60))
PATIENT = timedelta(hours=1)


def pass_times(clock: FakeClock, limits: Sequence[Window], count: int) -> list[float]:
    gate = RollingGate(clock)
    times = []
    for _ in range(count):
        gate.acquire("key", limits, budget=PATIENT)
        times.append(clock.monotonic())
    return times


def test_the_whole_of_a_window_is_used() -> None:
    times = pass_times(FakeClock(), M, 450)
    assert times[149] == pytest.approx(14 * (1 + GUARD))
    assert times[449] <= 2 * (60 + GUARD) + times[149] + 1e-3


def test_a_refusal_says_when_there_is_room_again() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    limits = (Window(1, 60),)
    gate.acquire("key", limits, budget=timedelta())
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            gate.acquire("key", limits, budget=timedelta(seconds=10))
        assert caught.value.retry_after == timedelta(seconds=60 + GUARD)
        assert caught.value.renews_at == clock.now() + timedelta(seconds=60 + GUARD)
    gate.acquire("key", limits, budget=timedelta(seconds=61))
    assert clock.monotonic() == pytest.approx(60 + GUARD)


def test_a_block_of_hours_is_refused_at_once_with_the_time_of_renewal() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    gate.block("report", timedelta(seconds=73473))
    with pytest.raises(RateLimited) as caught:
        gate.acquire("report", M, budget=timedelta(seconds=60))
    assert caught.value.renews_at == clock.now() + timedelta(seconds=73473)
    assert clock.slept == []


class BlockingClock(FakeClock):
    """Blocks a key the first time somebody waits for it."""

    gate: RollingGate
    block: timedelta | None

    def sleep(self, seconds: float) -> None:
        if self.block:
            wait, self.block = self.block, None
            self.gate.block("key", wait)
        super().sleep(seconds)


def test_who_is_interrupted_while_waiting_gives_the_place_back() -> None:
    class Interrupted(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    clock = Interrupted()
    gate = RollingGate(clock)
    gate.acquire("key", (Window(1, 60),), budget=PATIENT)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            gate.acquire("key", (Window(1, 60),), budget=PATIENT)
    clock.move(timedelta(seconds=60 + GUARD))
    gate.acquire("key", (Window(1, 60),), budget=timedelta())


class Starved(FakeClock):
    """A thread that is woken 10 s late, and a block of 20 s that comes meanwhile."""

    gate: RollingGate
    blocked = False

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if not self.blocked:
            self.blocked = True
            self.move(timedelta(seconds=5))
            self.gate.block("key", timedelta(seconds=20))
            self.move(timedelta(seconds=5))


def test_a_block_holds_who_was_due_and_has_not_gone() -> None:
    clock = Starved()
    gate = clock.gate = RollingGate(clock)
    for _ in range(2):
        gate.acquire("key", (Window(1, 1),), budget=PATIENT)
    assert clock.monotonic() == pytest.approx(1 + GUARD + 5 + 20)
    gate.acquire("key", (Window(1, 1),), budget=PATIENT)
    assert clock.monotonic() == pytest.approx(1 + GUARD + 5 + 20 + 1 + GUARD)


def test_a_block_refuses_those_who_wait_already_and_have_no_patience() -> None:
    clock = BlockingClock()
    clock.block = timedelta(seconds=30)
    gate = clock.gate = RollingGate(clock)
    gate.acquire("key", (Window(1, 1),), budget=timedelta())
    with pytest.raises(RateLimited):
        gate.acquire("key", (Window(1, 1),), budget=timedelta(seconds=10))
    assert clock.monotonic() < 30


def test_idle_keys_are_forgotten_and_busy_ones_kept() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    gate.acquire("daily", (Window(1, 86400),), budget=timedelta())
    for number in range(2000):
        gate.acquire(f"key {number}", (Window(1, 1),), budget=timedelta())
        clock.move(timedelta(seconds=1))
    assert len(gate._lanes) < 600
    with pytest.raises(RateLimited):
        gate.acquire("daily", (Window(1, 86400),), budget=timedelta())
