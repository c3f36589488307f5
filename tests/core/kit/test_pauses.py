"""Gate and patience together, whatever a platform answers: never early on a pause, at most 0.5 s late."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime

import fakes
import requests
from fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from wire import Reply, Wire

from glowtify_core.domain.errors import Effect, PlatformError, RateLimited
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.kit.retry import Patience, RetryPolicy
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.clock import VirtualClock

BUDGET = 75.0
LATE = 0.5
TINY = 1e-5
"""Seconds that are lost by adding up floats and rounding to microseconds."""

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)


@dataclass(frozen=True)
class Refusal:
    """A 429 or a 503, the pause it asks for in seconds, and how it is written; None says nothing of use."""

    status: int
    pause: int | None
    header: str

    def reply(self, now: object, apart: timedelta) -> Reply:
        theirs = now + apart
        if self.header == "date":
            until = format_datetime(theirs + timedelta(seconds=self.pause or 0), usegmt=True)
            return Reply(
                self.status, None, {"Date": format_datetime(theirs, usegmt=True), "Retry-After": until}
            )
        return Reply(self.status, None, {"Retry-After": self.header} if self.header else {})


def named(status: int) -> st.SearchStrategy[Refusal]:
    pauses = st.one_of(st.integers(1, 30), st.integers(31, 90), st.integers(3600, 90_000))
    return pauses.flatmap(
        lambda pause: st.sampled_from(
            [
                Refusal(status, pause, "date"),
                Refusal(status, pause, str(pause)),
                Refusal(status, pause, f" {pause}.0 "),
            ]
        )
    )


nonsense = st.sampled_from([Refusal(429, None, header) for header in ("", "0", "-3", "soon", "1, 2")])
refusals = st.one_of(named(429), named(503), nonsense)
hours = st.integers(-5, 5).map(lambda number: timedelta(hours=number))


@given(
    script=st.lists(refusals, max_size=8),
    apart=hours,
    endpoint=st.sampled_from([READ, WRITE]),
    seed=st.integers(0, 99),
)
def test_one_call_is_never_early_and_at_most_half_a_second_late(
    script: Sequence[Refusal], apart: timedelta, endpoint: Endpoint, seed: int
) -> None:
    clock = FakeClock()
    waiting, times = list(script), []

    def answer(_: requests.PreparedRequest) -> Reply:
        times.append(clock.monotonic())
        return waiting.pop(0).reply(clock.now(), apart) if waiting else Reply(200, {})

    policy = RetryPolicy(chance=random.Random(seed).random)
    client = HttpClient(
        "https://api.example.com",
        auth=HeaderAuth(Secret("a-key")),
        patience=Patience(clock, RollingGate(clock), policy),
        pace_key="account",
        headers={},
    )
    client.mount(Wire(answer))
    problem: PlatformError | None = None
    try:
        client.call("POST", "/", endpoint=endpoint)
    except PlatformError as error:
        problem = error
    finally:
        client.close()

    for refusal, earlier, later in zip(script, times, times[1:], strict=False):
        if refusal.pause is None:
            assert 0.25 <= later - earlier <= policy.longest_pause + LATE
        elif refusal.pause >= policy.longest_pause:
            assert refusal.pause <= later - earlier <= refusal.pause + LATE + TINY
        else:
            assert refusal.pause <= later - earlier
    assert times[-1] <= BUDGET + TINY
    assert clock.monotonic() == times[-1], "a call that gives up does so at once"
    if problem is None:
        assert len(times) == len(script) + 1
        return
    last = script[len(times) - 1]
    if last.status == 429:
        assert isinstance(problem, RateLimited)
        assert problem.retry_after is not None
        assert problem.renews_at == clock.now() + problem.retry_after
        assert times[-1] + problem.retry_after.total_seconds() + LATE > BUDGET
        assert last.pause is None or problem.retry_after == timedelta(seconds=last.pause)
    elif endpoint.write:
        assert problem.effect is Effect.UNKNOWN
        assert all(one.status == 429 for one in script[: len(times) - 1]), "a write was sent again"


@dataclass
class Platform:
    """Refuses as it is told to, and holds every request against the pauses told before."""

    clock: VirtualClock
    script: list[int | None]
    closed_until: float = 0.0
    requests: list[float] = field(default_factory=list)
    early: list[tuple[float, float]] = field(default_factory=list)

    def request(self) -> str:
        now = self.clock.monotonic()
        self.requests.append(now)
        if now < self.closed_until:
            self.early.append((now, self.closed_until))
        pause = self.script.pop(0) if self.script else None
        if pause is None:
            return "answer"
        self.closed_until = max(self.closed_until, now + pause)
        raise RateLimited("wait", effect=Effect.NONE, retry_after=timedelta(seconds=pause))


@given(
    starts=st.lists(st.floats(0, 40, allow_nan=False).map(lambda at: round(at, 3)), min_size=2, max_size=8),
    script=st.lists(st.one_of(st.none(), st.integers(1, 25), st.integers(26, 80)), max_size=10),
    seed=st.integers(0, 99),
)
def test_a_storm_over_many_threads_keeps_every_pause_and_wastes_no_more_than_half_a_second(
    starts: Sequence[float], script: list[int | None], seed: int
) -> None:
    clock = VirtualClock(fakes.START)
    gate = RollingGate(clock)
    platform = Platform(clock, list(script))
    policy = RetryPolicy(chance=random.Random(seed).random)
    gave_up: list[bool] = []

    def caller(start: float) -> None:
        clock.sleep(start)
        begun = clock.monotonic()
        try:
            Patience(clock, gate, policy).call(platform.request, key="key", limits=())
        except RateLimited as refused:
            gave_up.append(refused.renews_at > clock.now())
        assert clock.monotonic() <= begun + BUDGET + TINY

    clock.run([lambda start=start: caller(start) for start in starts])

    assert platform.early == []
    assert all(gave_up), "the time of renewal is told, and lies ahead"
    answered = len(starts) - len(gave_up)
    refused = len(platform.requests) - answered
    assert refused == sum(pause is not None for pause in script[: len(platform.requests)])
    if not gave_up:
        last = max(*starts, platform.closed_until)
        assert platform.requests[-1] <= last + LATE + TINY
