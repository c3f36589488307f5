"""The gate: full use of the platform's windows, and never more."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fakes import FakeClock

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.kit.pacing import GUARD, RollingGate
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


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(start <= other < start + seconds for other in times) for start in times)


@pytest.mark.parametrize("limits", [M, (Window(1, 1), Window(15, 60)), (Window(75, 1), Window(750, 60))])
def test_no_window_is_ever_exceeded(limits: Sequence[Window]) -> None:
    times = pass_times(FakeClock(), limits, 3 * limits[-1].count)
    for window in limits:
        assert most_within(times, window.seconds) == window.count


def test_the_whole_of_a_window_is_used() -> None:
    times = pass_times(FakeClock(), M, 450)
    assert times[149] == pytest.approx(14 * (1 + GUARD))
    assert times[449] <= 2 * (60 + GUARD) + times[149] + 1e-3


def test_a_platforms_fixed_window_refuses_nothing_at_whatever_moment_it_begins() -> None:
    times = pass_times(FakeClock(), (Window(3, 1), Window(60, 60)), 200)
    for phase in (0.0, 0.3, 0.77):
        seconds = [int(time + phase) for time in times]
        assert max(seconds.count(second) for second in seconds) <= 3


def test_nobody_leaves_a_block_a_moment_early() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    gate.block("key", timedelta(seconds=7))
    clock.move(timedelta(seconds=6.9995))
    gate.acquire("key", (), budget=PATIENT)
    assert clock.monotonic() >= 7


def test_keys_do_not_wait_for_each_other() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    for key in ("one", "two", "three"):
        gate.acquire(key, (Window(1, 60),), budget=timedelta())
    assert clock.slept == []


def test_a_wait_beyond_the_budget_is_refused_and_takes_no_place() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    limits = (Window(1, 60),)
    gate.acquire("key", limits, budget=timedelta())
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            gate.acquire("key", limits, budget=timedelta(seconds=10))
        assert caught.value.effect is Effect.NONE
        assert caught.value.retry_after == timedelta(seconds=60 + GUARD)
        assert caught.value.renews_at == clock.now() + timedelta(seconds=60 + GUARD)
    gate.acquire("key", limits, budget=timedelta(seconds=61))
    assert clock.monotonic() == pytest.approx(60 + GUARD)


def test_a_block_holds_everybody_back_for_that_key_only() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    gate.block("key", timedelta(seconds=7))
    gate.block("key", timedelta(seconds=2))
    gate.acquire("other", M, budget=timedelta())
    assert clock.slept == []
    gate.acquire("key", M, budget=PATIENT)
    assert clock.monotonic() == 7


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


@pytest.mark.parametrize(("budget", "passes"), [(60, True), (10, False)])
def test_a_block_moves_those_who_wait_already(budget: float, passes: bool) -> None:
    clock = BlockingClock()
    clock.block = timedelta(seconds=30)
    gate = clock.gate = RollingGate(clock)
    gate.acquire("key", (Window(1, 1),), budget=timedelta())
    if passes:
        gate.acquire("key", (Window(1, 1),), budget=timedelta(seconds=budget))
        assert clock.monotonic() == pytest.approx(30)
    else:
        with pytest.raises(RateLimited):
            gate.acquire("key", (Window(1, 1),), budget=timedelta(seconds=budget))
        assert clock.monotonic() < 30


def test_threads_share_the_windows() -> None:
    gate = RollingGate(FakeClock())
    with ThreadPoolExecutor(8) as pool:
        taken = pool.map(lambda _: gate._take("key", (Window(2, 1),), 1e9)[1].at, range(200))
    assert sorted(taken) == pytest.approx([number // 2 * (1 + GUARD) for number in range(200)])


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
