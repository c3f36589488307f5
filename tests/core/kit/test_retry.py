"""Patience: what is sent again, after how long, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fakes import START, FakeClock, OpenGate

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RepositoryError,
    RequestRejected,
    Retry,
)
from glowtify_core.kit.lanes import GUARD
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.kit.retry import Patience, RetryPolicy
from glowtify_core.ports.pacing import Window


def limited(seconds: float | None) -> RateLimited:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return RateLimited("wait", effect=Effect.NONE, retry_after=wait)


def down(effect: Effect = Effect.NONE, seconds: float | None = None) -> PlatformUnavailable:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return PlatformUnavailable("down", effect=effect, retry_after=wait)


class Script:
    """Raises what it is given, one a call, then answers."""

    def __init__(self, *errors: PlatformError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def call(
    script: Script, clock: FakeClock, gate: Any = None, chance: Callable[[], float] = lambda: 0.0
) -> str:
    patience = Patience(clock, gate or OpenGate(), RetryPolicy(chance=chance))
    return patience.call(script, key="key", limits=())


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_a_pause_is_waited_out_in_full_and_at_most_half_a_second_longer(chance: float) -> None:
    clock = FakeClock()
    assert call(Script(limited(7)), clock, chance=lambda: chance) == "answer"
    assert 7 <= clock.monotonic() <= 7.5


def test_a_pause_of_a_whole_minute_is_waited_out() -> None:
    clock = FakeClock()
    assert call(Script(limited(60)), clock, chance=lambda: 1.0) == "answer"


def test_a_pause_without_a_length_gets_a_growing_one() -> None:
    clock = FakeClock()
    assert call(Script(*(limited(None) for _ in range(4))), clock) == "answer"
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


def test_a_pause_beyond_the_budget_ends_the_call_at_once() -> None:
    clock = FakeClock()
    script = Script(limited(76))
    with pytest.raises(RateLimited) as caught:
        call(script, clock)
    assert clock.slept == []
    assert script.calls == 1
    assert caught.value.retry_after == timedelta(seconds=76)
    assert caught.value.renews_at == clock.now() + timedelta(seconds=76)


def test_pauses_together_never_exceed_the_budget() -> None:
    clock = FakeClock()
    with pytest.raises(RateLimited):
        call(Script(*(limited(20) for _ in range(50))), clock)
    assert clock.monotonic() <= 75


def test_a_pause_holds_for_everybody_on_the_key() -> None:
    clock = FakeClock()
    gate = RollingGate(clock)
    with pytest.raises(RateLimited):
        call(Script(limited(3600)), clock, gate)
    script = Script()
    with pytest.raises(RateLimited) as caught:
        call(script, clock, gate)
    assert script.calls == 0
    assert caught.value.renews_at == clock.now() + timedelta(hours=1)


def test_what_had_no_effect_is_tried_four_times_with_growing_pauses() -> None:
    clock = FakeClock()
    script = Script(*(down() for _ in range(9)))
    with pytest.raises(PlatformUnavailable):
        call(script, clock)
    assert script.calls == 4
    assert clock.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_a_platform_that_is_down_is_not_asked_before_the_time_it_names(chance: float) -> None:
    clock = FakeClock()
    assert call(Script(down(seconds=20)), clock, chance=lambda: chance) == "answer"
    assert 20 <= clock.monotonic() <= 20.5


def test_a_platform_that_is_down_for_hours_is_given_up_at_once() -> None:
    clock = FakeClock()
    script = Script(down(seconds=7200))
    with pytest.raises(PlatformUnavailable) as caught:
        call(script, clock)
    assert (script.calls, clock.slept, caught.value.retry_after) == (1, [], timedelta(hours=2))


def test_tries_that_take_long_use_up_the_budget() -> None:
    clock = FakeClock()
    script = Script(*(down() for _ in range(9)))

    def slow() -> str:
        clock.move(timedelta(seconds=60))
        return script()

    with pytest.raises(PlatformUnavailable):
        Patience(clock, OpenGate()).call(slow, key="key", limits=())
    assert script.calls == 2


class Jumping(FakeClock):
    """Its time of day jumps in every sleep."""

    def __init__(self, by: timedelta) -> None:
        super().__init__()
        self.by = by

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.at += self.by


@pytest.mark.parametrize("by", [timedelta(hours=-5), timedelta(seconds=2)])
def test_a_time_of_day_that_jumps_changes_no_pause(by: timedelta) -> None:
    clock = Jumping(by)
    gate = RollingGate(clock)
    limits = (Window(1, 10),)
    script = Script(limited(20), down())
    patience = Patience(clock, gate, RetryPolicy(chance=lambda: 0.0))
    assert patience.call(script, key="key", limits=limits) == "answer"
    first = clock.monotonic()
    assert patience.call(script, key="key", limits=limits) == "answer"
    assert first == pytest.approx(20 + 10 + GUARD)
    assert clock.monotonic() == pytest.approx(first + 10 + GUARD)


@pytest.mark.parametrize("gate", [OpenGate, RollingGate])
def test_nothing_is_sent_after_a_pause_in_which_the_machine_slept(gate: Any) -> None:
    clock = Jumping(timedelta(minutes=2))
    script = Script(limited(3))
    with pytest.raises(PlatformUnavailable) as caught:
        call(script, clock, gate(clock) if gate is RollingGate else gate())
    assert script.calls == 1
    assert (caught.value.effect, caught.value.retry) == (Effect.NONE, Retry.AUTO)


def test_nothing_is_sent_when_the_machine_slept_while_waiting_for_its_pace() -> None:
    clock = Jumping(timedelta(minutes=2))
    patience = Patience(clock, RollingGate(clock))
    script = Script()
    patience.call(script, key="key", limits=(Window(1, 10),))
    with pytest.raises(PlatformUnavailable):
        patience.call(script, key="key", limits=(Window(1, 10),))
    assert script.calls == 1


def test_pauses_between_tries_are_spread() -> None:
    clock = FakeClock()
    call(Script(down(), down()), clock, chance=lambda: 1.0)
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("lost", effect=Effect.UNKNOWN),
        down(Effect.UNKNOWN),
        RequestRejected("no", effect=Effect.NONE),
    ],
)
def test_nothing_else_is_ever_repeated(error: PlatformError) -> None:
    clock = FakeClock()
    script = Script(error)
    with pytest.raises(type(error)):
        call(script, clock)
    assert script.calls == 1
    assert clock.slept == []


class Unwritable(OpenGate):
    """Its records can be written so often, and then no more."""

    def __init__(self, writes: int) -> None:
        self.writes = writes

    def acquire(self, key: str, limits: Any, *, budget: timedelta) -> None:
        self._write()

    def block(self, key: str, wait: timedelta) -> None:
        self._write()

    def _write(self) -> None:
        self.writes -= 1
        if self.writes < 0:
            raise RepositoryError(
                "The database is busy", code="database_busy", remedy="Wait.", detail="locked"
            )


def test_without_a_place_nothing_is_sent_and_that_is_known() -> None:
    clock = FakeClock()
    script = Script()
    with pytest.raises(PlatformUnavailable) as caught:
        call(script, clock, Unwritable(0))
    assert script.calls == 0
    assert (caught.value.effect, caught.value.retry) == (Effect.NONE, Retry.AUTO)
    assert (caught.value.title, caught.value.code) == ("The database is busy", "database_busy")
    assert caught.value.remedy == "Wait."


def test_what_had_no_effect_has_none_when_there_is_no_place_for_another_try() -> None:
    clock = FakeClock()
    script = Script(down())
    with pytest.raises(PlatformUnavailable) as caught:
        call(script, clock, Unwritable(1))
    assert script.calls == 1
    assert caught.value.effect is Effect.NONE


def test_a_pause_that_others_cannot_be_told_of_ends_the_call() -> None:
    clock = FakeClock()
    script = Script(limited(5))
    with pytest.raises(RateLimited) as caught:
        call(script, clock, Unwritable(1))
    assert script.calls == 1
    assert (caught.value.effect, caught.value.retry_after) == (Effect.NONE, timedelta(seconds=5))


REPORTS = (Window(1, 1), Window(2, 60), Window(225, 86400))


def used_up(limits: Any, share: float) -> tuple[int, RateLimited]:
    """How many requests leave before one is refused for the day, and that refusal."""
    clock = FakeClock()
    patience = Patience(clock, RollingGate(clock), quota_share=share)
    script = Script()
    while True:
        try:
            patience.call(script, key="reports", limits=limits)
        except RateLimited as refused:
            return script.calls, refused


@pytest.mark.parametrize(("share", "requests"), [(0.5, 112), (1.0, 225), (0.28, 63), (0.001, 1)])
def test_of_a_daily_quota_only_our_share_is_used(share: float, requests: int) -> None:
    assert used_up(REPORTS, share)[0] == requests


def test_who_meets_the_end_of_our_share_is_told_so_and_when_it_renews() -> None:
    _, refused = used_up(REPORTS, 0.5)
    renews = START + timedelta(days=1, seconds=GUARD)
    assert refused.title == "Our share of the account's daily quota is used"
    assert (refused.effect, refused.code, refused.renews_at) == (Effect.NONE, "quota_used", renews)
    assert refused.detail == "No request was sent. It is 112, and renews from 2027-01-05 12:00 UTC on."
    assert "GLOWTIFY_QUOTA_SHARE" in refused.remedy


def test_a_longer_quota_is_called_by_its_length_and_a_pause_is_no_quota() -> None:
    _, refused = used_up((Window(10, 60), Window(2000, 30 * 86400)), 0.01)
    assert refused.title == "Our share of the account's quota of 30 days is used"
    clock = FakeClock()
    gate = RollingGate(clock)
    gate.block("reports", timedelta(hours=20))
    with pytest.raises(RateLimited) as caught:
        Patience(clock, gate).call(Script(), key="reports", limits=REPORTS)
    assert caught.value.title == "Too many requests for now"


def test_windows_shorter_than_a_day_are_used_in_full() -> None:
    clock = FakeClock()
    patience = Patience(clock, RollingGate(clock), quota_share=0.1)
    for _ in range(10):
        patience.call(Script(), key="key", limits=(Window(10, 60), Window(1000, 86400)))
    assert clock.slept == []
