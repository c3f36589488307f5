"""Waiting for requests whose answers were lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from glowtify_core.domain.errors import Effect, OutcomeUnknown, PlatformError, RequestRejected
from glowtify_core.kit.settling import SETTLE, Settling
from glowtify_core.ports.campaigns import StepKind, StepRecord
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.testing.clock import FakeClock
from glowtify_core.testing.memory import OpenGate

LONG_AGO = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return FakeClock()


def step(age: float, remote_id: str | None = None) -> StepRecord:
    return StepRecord("publish", "schedule", StepKind.COMMIT, LONG_AGO, timedelta(seconds=age), remote_id)


@pytest.mark.parametrize(
    ("set_to", "time"), [({}, 10), ({"settle_seconds": 3}, 3), ({"settle_seconds": 0}, 0)]
)
def test_the_installation_says_how_long(clock, set_to, time):
    context = ConnectorContext(None, {}, clock, OpenGate(), set_to)
    assert Settling.of(context) == Settling(clock, timedelta(seconds=time))


@pytest.mark.parametrize(
    ("steps", "slept"),
    [
        ([], []),
        ([step(1, "c1")], []),
        ([step(3)], [7]),
        ([step(8), step(3), step(1, "c1")], [7]),
        ([step(60)], []),
    ],
    ids=["none", "recorded", "lost", "the-youngest-lost-one", "long-ago"],
)
def test_what_is_lost_has_time_to_show(clock, steps, slept):
    Settling(clock).wait_out(steps)
    assert clock.slept == slept


@pytest.mark.parametrize(
    ("error", "slept"),
    [
        (OutcomeUnknown("Lost", effect=Effect.UNKNOWN), [SETTLE.total_seconds()]),
        (RequestRejected("No", effect=Effect.NONE), []),
    ],
    ids=["lost", "refused"],
)
def test_a_lost_request_arrives_before_its_error_leads_to_anything(clock, error, slept):
    with pytest.raises(PlatformError) as raised, Settling(clock).arriving():
        raise error
    assert raised.value is error
    assert clock.slept == slept
