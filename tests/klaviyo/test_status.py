from datetime import UTC, datetime, timedelta

import pytest
from klaviyo_world import World

from glowtify_core.domain.errors import Phase, PlatformUnavailable
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.state import PublicationState as S
from glowtify_klaviyo.sandbox import Sandbox


def test_a_campaign_is_told_with_its_subject_and_sender(world: World) -> None:
    ref = world.published()
    remote = world.platform.status([ref])[ref]
    assert (remote.state, remote.subject, remote.sender_email) == (
        S.SCHEDULED,
        "Everything must go",
        "shop@example.com",
    )
    assert remote.ref is ref
    assert world.calls == ["GET campaigns"]


def test_a_hundred_campaigns_cost_two_requests() -> None:
    with Sandbox(now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), campaigns=100) as sandbox:
        world = World(sandbox)
        sent = [id_ for id_, campaign in sandbox.state.campaigns.items() if campaign.history]
        refs = [RemoteRef("klaviyo", (("campaign", id_),)) for id_ in sent]
        found = world.platform.status(refs)
        world.platform.close()
    assert len(found) == 100
    assert {remote.state for remote in found.values()} == {S.SENT}
    assert all(remote.sent_at for remote in found.values())
    assert world.calls == ["GET campaigns"] * 2


def test_part_by_part_when_klaviyo_takes_fewer_ids_at_once(world: World) -> None:
    sent = [id_ for id_, campaign in world.sandbox.state.campaigns.items() if campaign.history]
    world.sandbox.configure(guesses={"any_limit": 5})
    refs = [RemoteRef("klaviyo", (("campaign", id_),)) for id_ in sent]
    assert len(world.platform.status(refs)) == 12


@pytest.mark.parametrize("listed", [True, False])
def test_an_archived_campaign_is_found(world: World, listed: bool) -> None:
    world.sandbox.configure(guesses={"archived_listed": listed})
    ref = world.published()
    world.sandbox.act(world.only().id, "archive")
    assert world.platform.status([ref])[ref].state is S.SCHEDULED


def test_only_a_404_makes_a_campaign_missing(world: World) -> None:
    """One that the lists leave out is read by its id."""
    ref = world.published()
    gone = RemoteRef("klaviyo", (("campaign", "01AAAAAAAAAAAAAAAAAAAAAAAA"),))
    world.sandbox.add_fault("lag", path="campaigns", seconds=3600)
    found = world.platform.status([ref, gone])
    assert (found[ref].state, found[gone].state) == (S.SCHEDULED, S.MISSING)


def test_a_failing_read_is_an_error_and_no_missing_campaign(world: World) -> None:
    ref = world.published()
    world.sandbox.add_fault("status", path="campaigns", status=503, count=None)
    with pytest.raises(PlatformUnavailable) as failed:
        world.platform.status([ref])
    assert failed.value.phase is Phase.SYNC


def test_a_ref_without_a_campaign_has_no_entry(world: World) -> None:
    assert world.platform.status([RemoteRef("klaviyo", (("template", "AbCd12"),))]) == {}
    assert world.calls == []


def test_a_campaign_is_followed_to_its_end(world: World) -> None:
    ref = world.published()
    world.clock.move(timedelta(days=8))
    remote = world.platform.status([ref])[ref]
    assert (remote.state, remote.sent_at) == (S.SENT, remote.scheduled_for)


@pytest.mark.parametrize("ending", ["No Recipients", "Misconfigured"])
def test_an_ending_of_klaviyos_has_its_reason(world: World, ending: str) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "end_as", status=f"Cancelled: {ending}", now=True)
    remote = world.platform.status([ref])[ref]
    assert (remote.state, remote.reason) == (S.CANCELLED, ending)


def test_one_that_was_cancelled_while_sending_has_partly_gone_out(world: World) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "cancel_during_send")
    remote = world.platform.status([ref])[ref]
    assert (remote.state, remote.partly_sent, remote.reason) == (S.CANCELLED, True, "")
    assert remote.sent_at is not None
