"""Patience: what is sent again, after how long, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fakes import FakeClock, OpenGate

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RequestRejected,
)
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.kit.retry import Patience, RetryPolicy


def limited(seconds: float | None) -> RateLimited:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return RateLimited("wait", effect=Effect.NONE, retry_after=wait)


def down(effect: Effect = Effect.NONE) -> PlatformUnavailable:
    return PlatformUnavailable("down", effect=effect)


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
