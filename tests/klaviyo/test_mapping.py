from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Options, Sender, Utm
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState as S
from glowtify_klaviyo.mapping import (
    ADVICE,
    STATES,
    campaign_attributes,
    differences,
    first_send,
    follows,
    message_definition,
    remote_campaign,
    send_strategy,
    strategy_again,
)
from glowtify_klaviyo.records import CampaignRecord, MessageRecord, StrategyRecord


def strategy(
    planned: str | None, *, method: str = "static", local: bool | None = None, past: bool | None = None
) -> StrategyRecord:
    return StrategyRecord(method, planned, None, local, past)


DUE = datetime(2027, 1, 15, 14, 0, tzinfo=UTC)
WALL = datetime(2027, 1, 15, 9, 0)  # noqa: DTZ001 - a wall time
NAME = "Winter sale gl0123abcd"

MESSAGE = MessageRecord(
    id="M1",
    campaign_id="C1",
    template_id=None,
    channel="email",
    label="Winter sale",
    subject="Hello",
    preview_text="",
    from_email="shop@example.com",
    from_label="Shop",
    reply_to_email=None,
)
RECORD = CampaignRecord(
    id="C1",
    name=NAME,
    status="Draft",
    archived=False,
    included=("LIST01",),
    excluded=(),
    strategy=strategy("2027-01-15T14:00:00+00:00", local=False),
    use_smart_sending=True,
    created_at="2027-01-04T12:00:00.123456+00:00",
    scheduled_at=None,
    send_time=None,
    message_ids=("M1",),
    messages=(MESSAGE,),
)
CAMPAIGN = Campaign(
    key=CampaignKey("default", "epic-1"),
    connector="klaviyo",
    name="Winter sale",
    subject="Hello",
    sender=Sender("shop@example.com", "Shop"),
    html="<p>Hello</p>",
    include=(AudienceRef("LIST01"),),
    schedule=SendAt.at(WALL, "America/Toronto"),
)
LOCAL = strategy("2027-01-15T09:00:00+00:00", local=True, past=False)


def state(status: str, *, now: datetime = DUE - timedelta(days=1), **changes: object) -> S:
    record = replace(RECORD, status=status, send_time=DUE.isoformat(), **changes)
    return remote_campaign(record, now=now).state


def test_all_eighteen_statuses_are_mapped() -> None:
    assert len(STATES) == 18


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Draft", S.STAGED),
        ("Preparing to schedule", S.SUBMITTING),
        ("Scheduled", S.SCHEDULED),
        ("Sending", S.SENDING),
        ("Sending Segments", S.SENDING),
        ("Variations Sent", S.SENDING),
        ("Sent", S.SENT),
        ("Unknown", S.UNKNOWN),
        ("Something new", S.UNKNOWN),
    ],
)
def test_a_status_says_its_state(status: str, expected: S) -> None:
    assert state(status) is expected


@pytest.mark.parametrize("status", ["Adding Recipients", "Preparing to send"])
def test_what_comes_before_sending_is_sending_only_once_its_time_has_come(status: str) -> None:
    assert state(status, now=DUE - timedelta(seconds=1)) is S.SUBMITTING
    assert state(status, now=DUE) is S.SENDING


def test_for_recipients_own_clocks_sending_may_begin_fourteen_hours_earlier() -> None:
    wall = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
    begins = wall - timedelta(hours=14)
    assert first_send(replace(RECORD, strategy=LOCAL)) == begins
    assert state("Adding Recipients", strategy=LOCAL, now=begins - timedelta(seconds=1)) is S.SUBMITTING
    assert state("Adding Recipients", strategy=LOCAL, now=begins) is S.SENDING


def test_a_fresh_job_is_on_its_way_whatever_hour_it_is_in_the_east() -> None:
    job = datetime(2027, 1, 15, 0, 0, tzinfo=UTC)  # within fourteen hours of the wall time
    fresh = {"strategy": LOCAL, "scheduled_at": job.isoformat()}
    assert state("Adding Recipients", **fresh, now=job + timedelta(seconds=20)) is S.SUBMITTING
    assert state("Adding Recipients", **fresh, now=job + timedelta(seconds=60)) is S.SENDING


def test_queued_without_recipients_is_scheduled_after_a_minute() -> None:
    job = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
    queued = {"status": "Queued without Recipients", "scheduled_at": job.isoformat()}
    assert state(**queued, now=job + timedelta(seconds=59)) is S.SUBMITTING
    assert state(**queued, now=job + timedelta(seconds=60)) is S.SCHEDULED


@pytest.mark.parametrize(
    ("status", "reason", "partly"),
    [
        ("Cancelled", "", False),
        ("Cancelled: Billing Limit", "Billing Limit", False),
        ("Cancelled: Something new", "Something new", False),
        ("Cancelled During Send", "", True),
    ],
)
def test_whatever_starts_with_cancelled_is_cancelled(status: str, reason: str, partly: bool) -> None:
    remote = remote_campaign(replace(RECORD, status=status, send_time=DUE.isoformat()), now=DUE)
    assert (remote.state, remote.reason, remote.partly_sent) == (S.CANCELLED, reason, partly)
    assert bool(remote.advice) is (reason in ADVICE)
    assert remote.sent_at == (DUE if partly else None)


def test_a_record_is_told_in_our_words() -> None:
    remote = remote_campaign(replace(RECORD, status="Scheduled"), now=DUE - timedelta(days=1))
    assert remote.ref.ids == (("campaign", "C1"), ("message", "M1"))
    assert (remote.scheduled_for, remote.recipient_wall, remote.sent_at) == (DUE, None, None)
    assert (remote.included, remote.excluded) == (frozenset({"LIST01"}), frozenset())
    assert (remote.subject, remote.sender_email) == ("Hello", "shop@example.com")
    assert remote.url == "https://www.klaviyo.com/campaign/C1/wizard"


def test_a_recipient_local_record_has_a_wall_time_and_no_instant() -> None:
    remote = remote_campaign(
        replace(RECORD, status="Scheduled", strategy=LOCAL), now=WALL.replace(tzinfo=UTC)
    )
    assert (remote.scheduled_for, remote.recipient_wall) == (None, WALL)


def test_without_its_message_a_record_says_nothing_of_it() -> None:
    remote = remote_campaign(replace(RECORD, messages=()), now=DUE)
    assert (remote.subject, remote.sender_email) == (None, None)


def test_one_instant_is_sent_in_utc() -> None:
    assert send_strategy(CAMPAIGN.schedule) == {
        "method": "static",
        "datetime": "2027-01-15T14:00:00+00:00",
        "options": {"is_local": False},
    }


def test_a_wall_time_is_sent_unconverted() -> None:
    assert send_strategy(SendAtRecipientTime.at(WALL)) == {
        "method": "static",
        "datetime": "2027-01-15T09:00:00+00:00",
        "options": {"is_local": True, "send_past_recipients_immediately": False},
    }


@pytest.mark.parametrize("old", [RECORD.strategy, LOCAL])
def test_a_strategy_can_be_put_back(old: StrategyRecord) -> None:
    assert follows(old, strategy_again(old) or {})


@pytest.mark.parametrize(
    "old",
    [
        strategy(None, method="immediate"),
        strategy(DUE.isoformat(), method="throttled"),
    ],
)
def test_a_strategy_that_is_not_ours_is_not_put_back(old: StrategyRecord) -> None:
    assert strategy_again(old) is None


def test_smart_sending_is_always_said() -> None:
    for choice in (True, False):
        wanted = replace(CAMPAIGN, options=Options(smart_sending=choice))
        assert campaign_attributes(wanted, NAME)["send_options"] == {"use_smart_sending": choice}


def test_the_accounts_own_tracking_is_left_alone() -> None:
    wanted = replace(CAMPAIGN, options=Options(utm=Utm.ACCOUNT))
    assert "tracking_options" not in campaign_attributes(wanted, NAME)


def test_the_marker_shows_neither_in_links_nor_on_the_message() -> None:
    sent = f"{campaign_attributes(CAMPAIGN, NAME)['tracking_options']}{message_definition(CAMPAIGN, NAME)}"
    assert "gl0123abcd" not in sent


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strategy": None}, "send time"),
        ({"strategy": strategy(None, method="immediate")}, "send time"),
        ({"strategy": strategy("2027-01-15T15:00:00+00:00", local=False)}, "send time"),
        ({"strategy": strategy(DUE.isoformat(), local=True, past=False)}, "send time"),
        ({"included": ("LIST01", "LIST02")}, "audience"),
        ({"excluded": ("LIST02",)}, "excluded audience"),
        ({"use_smart_sending": None}, "Smart Sending"),
        ({"messages": ()}, "message"),
        ({"messages": (replace(MESSAGE, from_email="other@example.com"),)}, "sender address"),
        ({"messages": (replace(MESSAGE, from_label="Other"),)}, "sender name"),
        ({"messages": (replace(MESSAGE, reply_to_email="other@example.com"),)}, "reply-to address"),
        ({"messages": (replace(MESSAGE, subject="Other"),)}, "subject"),
        ({"messages": (replace(MESSAGE, preview_text="Other"),)}, "preheader"),
    ],
)
def test_each_difference_has_its_words(changes: dict[str, object], words: str) -> None:
    assert differences(replace(RECORD, **changes), CAMPAIGN) == (words,)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"strategy": strategy("2027-01-15T14:00:00.400000+00:00")},
        {
            "messages": (
                replace(MESSAGE, label="Other", reply_to_email="shop@example.com", preview_text=None),
            )
        },
    ],
)
def test_what_is_the_same_in_other_words_is_no_difference(changes: dict[str, object]) -> None:
    assert differences(replace(RECORD, **changes), CAMPAIGN) == ()


def test_a_follower_of_recipients_clocks_keeps_its_flag() -> None:
    wanted = send_strategy(SendAtRecipientTime.at(WALL))
    assert follows(LOCAL, wanted)
    assert not follows(replace(LOCAL, send_past_recipients_immediately=True), wanted)
