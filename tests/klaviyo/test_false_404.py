"""One 404 on a campaign that exists is not believed: Missing and Cancelled are for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from klaviyo_world import World

from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.platform import CancelMode

NOT_FOUND = {
    "errors": [
        {
            "id": "0",
            "status": 404,
            "code": "not_found",
            "title": "Not found.",
            "detail": "A campaign with this id does not exist.",
            "source": {"pointer": "/data/"},
        }
    ]
}

BY_ID = "/campaigns/[^/]+$"
EMPTY: dict[str, Any] = {"data": [], "links": {"next": None}}


@contextmanager
def one_404(world: World, *, nth: int = 1) -> Iterator[None]:
    """The nth read by id from here on answers 404; it has to come to that."""
    fault = world.sandbox.add_fault("error", method="GET", path=BY_ID, nth=nth, status=404, body=NOT_FOUND)
    yield
    assert fault.seen >= nth, "there are not so many reads"


def nothing_listed(world: World, count: int) -> None:
    world.sandbox.add_fault("error", path="/campaigns$", method="GET", status=200, body=EMPTY, count=count)


def test_status_asks_twice(world: World) -> None:
    ref = world.published()
    nothing_listed(world, 2)
    with one_404(world):
        assert world.platform.status([ref])[ref].state is S.SCHEDULED


def test_status_of_what_is_gone_is_missing(world: World) -> None:
    ref = world.published()
    del world.sandbox.state.campaigns[ref.id("campaign") or ""]
    world.sandbox.clear_requests()
    assert world.platform.status([ref])[ref].state is S.MISSING
    assert world.calls == ["GET campaigns"] * 4


def test_cancel_really_cancels(world: World) -> None:
    ref = world.published()
    with one_404(world):
        remote = world.platform.cancel(ref, mode=CancelMode.FINAL, journal=world.journal("cancel"))
    assert (remote.state, world.statuses()) == (S.CANCELLED, ["Cancelled"])


@pytest.mark.parametrize("nth", [1, 2])
def test_an_edit_leaves_nothing_that_sends(world: World, nth: int) -> None:
    ref = world.published()
    with one_404(world, nth=nth):
        remote = world.platform.cancel(ref, mode=CancelMode.KEEP_DRAFT, journal=world.journal("edit-1"))
    assert (remote.state, world.statuses()) == (S.STAGED, ["Draft"])


@pytest.mark.parametrize("nth", [1, 2])
def test_publish_does_not_call_missing_what_was_just_scheduled(world: World, nth: int) -> None:
    """Read by id before the send job, and after it where the collection does not show it yet."""
    nothing_listed(world, 1)
    with one_404(world, nth=nth):
        assert world.platform.publish(world.campaign(), journal=world.journal()).state is S.SCHEDULED
    assert world.statuses() == ["Scheduled"]


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_move_goes_on(world: World, nth: int) -> None:
    ref = world.published()
    later = world.campaign(schedule=world.in_(days=9))
    with one_404(world, nth=nth):
        moved = world.platform.reschedule(ref, later, journal=world.journal("reschedule-1"))
    assert (moved.state, moved.scheduled_for) == (S.SCHEDULED, later.schedule.latest_instant("UTC"))


@pytest.mark.parametrize("nth", [1, 2])
def test_a_draft_is_really_removed(world: World, nth: int) -> None:
    ref = world.staged()
    with one_404(world, nth=nth):
        remote = world.platform.cancel(ref, mode=CancelMode.FINAL, journal=world.journal("cancel"))
    assert (remote.state, world.ours()) == (S.CANCELLED, [])


@pytest.mark.parametrize("nth", [1, 2])
def test_discarding_is_done_only_when_it_is(world: World, nth: int) -> None:
    ref = world.staged()
    with one_404(world, nth=nth):
        world.platform.discard(ref)
    assert world.ours() == []
