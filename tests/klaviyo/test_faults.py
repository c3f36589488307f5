"""Whatever goes wrong at whichever request of a slow Klaviyo, nothing is sent twice and nothing is lost.

One that shows at once what was done is the contract's business: ``test_contract.py``, C-50 to C-57.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from klaviyo_world import World

from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.remote import RemoteCampaign
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.platform import CancelMode

FAULTS: dict[str, dict[str, Any]] = {
    "dropped before": {"kind": "drop", "when": "before"},
    "dropped after": {"kind": "drop", "when": "after"},
    "503 before": {"kind": "status", "status": 503, "when": "before"},
    "503 after": {"kind": "status", "status": 503, "when": "after"},
    "cut": {"kind": "cut"},
    "an edge page": {"kind": "html"},
    "429": {"kind": "throttle", "retry_after": 900},
}
LAGS: dict[str, dict[str, Any]] = {
    "late": {"collection_lag": 6.0, "job_lag": 8.0, "action_lag": 4.0},
    "a second job is taken": {"second_send_job": "accept", "job_lag": 15.0},
}


def until_done(attempt: Callable[[], RemoteCampaign]) -> RemoteCampaign:
    """Try again as the core does, with everything that a process would remember thrown away."""
    for _ in range(8):
        try:
            remote = attempt()
        except PlatformError:
            continue
        if not remote.unfinished:
            return remote
    raise AssertionError("it never ends")


def publish(world: World) -> RemoteCampaign:
    return world.connected().publish(world.campaign(), journal=world.journal())


@pytest.mark.parametrize("lags", LAGS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("nth", range(1, 8))
def test_a_publication_survives_any_one_fault(world: World, nth: int, fault: str, lags: str) -> None:
    world.sandbox.configure(guesses=LAGS[lags])
    world.sandbox.add_fault(path="/api/", nth=nth, **FAULTS[fault])
    remote = until_done(lambda: publish(world))
    assert remote.state in {S.SCHEDULED, S.SUBMITTING}
    assert len(world.ours()) == 1
    assert world.templates() == []
    world.clock.move(timedelta(days=8))
    assert [one["campaign_id"] for one in world.sandbox.sent] == [remote.ref.id("campaign")]


@pytest.mark.parametrize("lags", LAGS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("nth", range(1, 8))
def test_a_move_survives_any_one_fault(world: World, nth: int, fault: str, lags: str) -> None:
    ref, later = world.published(), world.in_(days=9)
    world.sandbox.configure(guesses=LAGS[lags])
    world.sandbox.add_fault(path="/api/", nth=nth, **FAULTS[fault])
    wanted = world.campaign(schedule=later)
    remote = until_done(
        lambda: world.connected().reschedule(ref, wanted, journal=world.journal("reschedule-1"))
    )
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, later.instant)
    world.clock.move(timedelta(days=8))
    assert world.sandbox.sent == []
    world.clock.move(timedelta(days=2))
    assert len(world.sandbox.sent) == 1


@pytest.mark.parametrize("lags", ["at once", *LAGS])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("nth", range(1, 8))
def test_what_is_cancelled_after_any_one_fault_is_never_sent(
    world: World, nth: int, fault: str, lags: str
) -> None:
    """The publication breaks off at any request, and the cancel finds whatever it left."""
    world.sandbox.configure(guesses=LAGS.get(lags, {}))
    world.sandbox.add_fault(path="/api/", nth=nth, **FAULTS[fault], count=9)
    ref = None
    with suppress(PlatformError):
        ref = publish(world).ref
    world.sandbox.clear_faults()
    remote = until_done(
        lambda: world.connected().cancel(ref, mode=CancelMode.FINAL, journal=world.journal("cancel"))
    )
    assert remote.state is S.CANCELLED
    assert world.templates() == []
    assert set(world.statuses()) <= {"Cancelled"}
    world.clock.move(timedelta(days=8))
    assert world.sandbox.sent == []
