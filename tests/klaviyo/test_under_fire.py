"""Many publications at once under Klaviyo's limits, and under whatever else refuses them, in virtual time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from klaviyo_accounts import Account, Fleet, ideal, publish_all
from klaviyo_client import scripted
from klaviyo_world import MARKER, World
from wire import Reply

from glowtify_core.domain.errors import Effect, OutcomeUnknown, PlatformUnavailable, RequestRejected
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.kit.answers import Answer
from glowtify_klaviyo import endpoints as at
from glowtify_klaviyo import errors
from glowtify_klaviyo.mapping import campaign_attributes, message_definition
from glowtify_klaviyo.ours import adopt_campaign
from glowtify_klaviyo.sandbox.routes import find

WINDOWS = {1: 10, 60: 150}


# --- Pacing ---


@pytest.mark.parametrize(
    ("calls", "seconds"), [(1, 0), (10, 0), (11, 1), (150, 14), (151, 60), (160, 60), (161, 61), (600, 194)]
)
def test_what_the_limits_allow_is_reckoned_exactly(calls: int, seconds: float) -> None:
    assert ideal(calls, WINDOWS) == seconds


def test_accounts_use_what_their_limits_allow_and_never_more() -> None:
    paces = publish_all(accounts=2, campaigns=160)
    for pace in paces:
        assert set(pace.calls.values()) == {160}, "each endpoint is asked once a campaign"
        assert pace.refused == 0
        assert pace.published == 160
        assert pace.ideal == 60
        assert pace.share >= 0.95


# --- Storms of 429 ---


@pytest.mark.parametrize("pause", [1, 5, 40])
def test_a_storm_of_429_on_every_endpoint_is_sat_out_and_everything_is_scheduled_once(pause: int) -> None:
    shop = Fleet(accounts=1)
    (account,) = shop.accounts
    for nth in range(1, 40, 3):
        account.sandbox.add_fault("throttle", path="/api/", nth=nth, retry_after=pause)
    (pace,) = shop.publish(campaigns=12, workers=6)
    assert_all_scheduled_once(account, 12)
    assert pace.refused == 13
    assert (account.put_off > 0) == (pause == 40), "a call sits out pauses up to 75 s together"
    assert early(account, pause) == []


def test_another_tool_that_uses_up_the_accounts_limits_delays_and_loses_nothing() -> None:
    shop = Fleet(accounts=1)
    (account,) = shop.accounts
    client = account.another_tool()

    def other_tool() -> None:
        for _ in range(150):
            client.get_campaign(account.sandbox.ready["campaign"]["id"])

    (pace,) = shop.publish(campaigns=40, workers=12, besides=[other_tool])
    assert pace.refused > 0
    assert_all_scheduled_once(account, 40)


def assert_all_scheduled_once(account: Account, campaigns: int) -> None:
    states = Counter(publication.state for publication in account.repo.publications.values())
    assert states == {S.SCHEDULED: campaigns}
    accepted = Counter(
        (entry.method, entry.path) for entry in account.sandbox.requests if entry.status in {201, 202}
    )
    assert accepted["POST", "/api/campaigns"] == campaigns
    assert accepted["POST", "/api/campaign-send-jobs"] == campaigns


def early(account: Account, pause: int) -> list[tuple[str, datetime]]:
    """Requests to an endpoint while a pause that it had asked for was running."""
    until: dict[str, datetime] = {}
    found = []
    for entry in account.sandbox.requests:
        endpoint, *_ = find(entry.method, entry.path)
        name = f"{endpoint.method} {endpoint.path}"
        if name in until and entry.time < until[name]:
            found.append((name, entry.time))
        if entry.status == 429:
            until[name] = max(entry.time + timedelta(seconds=pause), until.get(name, entry.time))
    return found


# --- Pauses, as Klaviyo or what stands before it may write them ---

DATE = {"Date": "Mon, 04 Jan 2027 15:00:00 GMT"}
PAUSES = {
    "seconds": ({"Retry-After": "7"}, 7, 7.5),
    "a date, Klaviyo's clock far from ours": (
        {**DATE, "Retry-After": "Mon, 04 Jan 2027 15:00:07 GMT"},
        7,
        7.5,
    ),
    "missing": ({}, 0.5, 1.5),
    "zero": ({"Retry-After": "0"}, 0.5, 1.5),
    "negative": ({"Retry-After": "-7"}, 0.5, 1.5),
    "nonsense": ({"Retry-After": "in a while"}, 0.5, 1.5),
    "a date that has passed": ({**DATE, "Retry-After": "Mon, 04 Jan 2027 14:00:00 GMT"}, 0.5, 1.5),
    "a date that no calendar has": ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1200"}, 0.5, 1.5),
}


@pytest.mark.parametrize(("headers", "least", "most"), PAUSES.values(), ids=PAUSES)
def test_a_pause_is_kept_however_it_is_written(headers: dict[str, str], least: float, most: float) -> None:
    client, wire = scripted(Reply(429, {"errors": []}, headers), Reply(204))
    client.delete_template("T1")
    (slept,) = client.http._patience._clock.slept
    assert least <= slept <= most
    assert len(wire.requests) == 2


def test_a_503_that_names_a_time_is_not_asked_again_before_it() -> None:
    client, wire = scripted(Reply(503, None, {"Retry-After": "9"}), Reply(200, {"data": []}))
    assert list(client.find_templates(name="x")) == []
    (slept,) = client.http._patience._clock.slept
    assert 9 <= slept <= 9.5
    assert len(wire.requests) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
def test_a_write_that_met_a_failure_tells_the_pause_and_is_not_sent_again(status: int) -> None:
    client, wire = scripted(Reply(status, None, {"Retry-After": "9"}))
    with pytest.raises(OutcomeUnknown) as caught:
        client.delete_template("T1")
    assert caught.value.retry_after == timedelta(seconds=9)
    assert len(wire.requests) == 1


def test_the_networks_edge_may_name_a_pause_too() -> None:
    error = errors.refusal(Answer(403, {"Retry-After": "30"}, readable=False), at.GET_CAMPAIGN)
    assert (type(error), error.retry_after) == (PlatformUnavailable, timedelta(seconds=30))


# --- A machine that sleeps, a clock that is set ---


@pytest.fixture
def sleepy(world: World) -> World:
    """Its machine sleeps for three hours in every pause of a minute: the monotonic clock does not notice."""
    sleep = world.clock.sleep

    def oversleep(seconds: float) -> None:
        sleep(seconds)
        if seconds >= 60:
            world.sandbox.advance(timedelta(hours=3))

    world.clock.sleep = oversleep  # type: ignore[method-assign]  # stands for a closed lid
    return world


def test_a_send_job_whose_time_passed_while_the_machine_slept_is_never_made(sleepy: World) -> None:
    campaign = sleepy.campaign(schedule=sleepy.in_(hours=1))
    sleepy.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=60)
    with pytest.raises(PlatformUnavailable) as caught:
        sleepy.connected().publish(campaign, journal=sleepy.journal())
    assert caught.value.effect is Effect.PARTIAL
    with pytest.raises(RequestRejected, match="must be in the future"):
        sleepy.connected().publish(campaign, journal=sleepy.journal())
    assert sleepy.count("POST campaign-send-jobs") == 1
    assert (sleepy.ours(), sleepy.templates(), sleepy.sandbox.sent) == ([], [], [])


def test_a_send_job_whose_time_is_still_ahead_is_made_when_the_machine_is_awake(sleepy: World) -> None:
    campaign = sleepy.campaign(schedule=sleepy.in_(hours=9))
    sleepy.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=60)
    with pytest.raises(PlatformUnavailable):
        sleepy.connected().publish(campaign, journal=sleepy.journal())
    remote = sleepy.connected().publish(campaign, journal=sleepy.journal())
    assert (remote.state, len(sleepy.ours())) == (S.SCHEDULED, 1)


@pytest.mark.parametrize("behind", [timedelta(hours=-5), timedelta(hours=5)])
def test_a_clock_that_was_set_wrong_changes_neither_the_pause_nor_the_time_of_sending(
    world: World, behind: timedelta
) -> None:
    campaign = world.campaign(schedule=world.in_(hours=9))
    world.sandbox.add_fault("throttle", method="POST", path="campaigns$", retry_after=30)
    world.clock.behind = behind
    remote = world.connected().publish(campaign, journal=world.journal())
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, campaign.schedule.instant)
    assert 30 <= world.clock.slept[0] <= 30.5


# --- What a lost answer left: the match by marker ---

NAME = f"Winter sale {MARKER}"


def stored(world: World, name: str = NAME, **later: float) -> str:
    """A draft of that name, made so much later; its id."""
    world.clock.move(timedelta(**later))
    campaign = world.campaign()
    client = world.platform._client
    return client.create_campaign(campaign_attributes(campaign, name), message_definition(campaign, name)).id


def adopted(world: World, since: datetime) -> str | None:
    return adopt_campaign(world.platform._watcher, NAME, since)


def test_a_match_is_the_exact_whole_name_and_nothing_else_is_touched(world: World) -> None:
    begun = world.clock.now()
    others = [stored(world, name) for name in (f"Clone of {NAME}", f"Summer sale {MARKER}", f"{NAME} 2")]
    assert adopted(world, begun) is None
    assert all(world.sandbox.state.campaigns[other].status(world.clock.now()) == "Draft" for other in others)
    mine = stored(world)
    assert adopted(world, begun) == mine


def test_a_match_was_made_after_the_step_began_as_far_as_clocks_agree(world: World) -> None:
    before = stored(world)
    assert adopted(world, world.clock.now() + timedelta(minutes=9)) == before
    assert adopted(world, world.clock.now() + timedelta(minutes=11)) is None


def test_of_several_matches_the_oldest_stands_and_further_drafts_are_deleted(world: World) -> None:
    begun = world.clock.now()
    oldest, *_ = [stored(world, seconds=3) for _ in range(3)]
    assert adopted(world, begun) == oldest
    assert [one.id for one in world.ours()] == [oldest]


def test_of_several_matches_one_past_draft_stands_before_an_older_draft(world: World) -> None:
    begun = world.clock.now()
    stored(world)
    scheduled = stored(world, seconds=3)
    world.sandbox.act(scheduled, "reschedule", datetime="2026-12-24T10:00:00+00:00")
    assert adopted(world, begun) == scheduled
    assert [one.id for one in world.ours()] == [scheduled]
