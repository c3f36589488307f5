"""The life of a campaign after its send job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from glowtify_klaviyo.sandbox import Guesses, Sandbox
from glowtify_klaviyo.sandbox.walk import ENDINGS

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def real():
    with Sandbox(now=NOW, walk="real") as sandbox:
        yield sandbox


@pytest.fixture
def slow(real, client):
    real.reset()
    return client(sandbox=real)


def after(sandbox, **delta):
    sandbox.advance(timedelta(**delta))


def test_a_quick_walk_is_scheduled_at_the_next_read(klaviyo, api):
    campaign = api.planned()
    assert api.send_job(campaign)["data"] == {
        "type": "campaign-send-job",
        "id": campaign,
        "attributes": {"status": "queued"},
        "links": {"self": f"{klaviyo.base_url}/api/campaign-send-jobs/{campaign}/"},
    }
    attributes = api.campaign(campaign)
    assert attributes["status"] == "Scheduled"
    assert attributes["scheduled_at"] >= "2026-11-23T10:00:00"
    assert attributes["send_time"] == "2026-12-01T12:00:00+00:00"
    assert api.get(f"/api/campaign-send-jobs/{campaign}")["data"]["attributes"]["status"] == "complete"


def test_a_campaign_is_sent_when_its_time_comes(klaviyo, api):
    campaign = api.scheduled()
    klaviyo.set_clock(datetime(2026, 12, 1, 11, 59, 59, tzinfo=UTC))
    assert api.status(campaign) == "Scheduled"
    assert klaviyo.sent == []
    after(klaviyo, seconds=1)
    assert api.status(campaign) == "Sent"
    (delivery,) = klaviyo.sent
    assert (delivery["campaign_id"], delivery["subject"]) == (campaign, "Hello")
    assert delivery["when"] == "2026-12-01T12:00:00+00:00"
    assert delivery["recipients"] == 4116
    assert all(address.endswith("@example.com") for address in delivery["examples"])


def test_a_draft_is_never_sent(klaviyo, api):
    campaign = api.planned()
    after(klaviyo, days=60)
    assert api.status(campaign) == "Draft"
    assert klaviyo.sent == []


def test_excluded_audiences_get_nothing(klaviyo, api):
    everyone = klaviyo.add_audience("Everyone", members=100)
    half = klaviyo.add_audience("Half", members=50, kind="segment")
    api.scheduled(audiences={"included": [everyone], "excluded": [half]})
    after(klaviyo, days=30)
    assert klaviyo.sent[0]["recipients"] == 49


def test_recipients_are_fixed_when_scheduled(klaviyo, api):
    audience = klaviyo.add_audience("Ten", members=10)
    api.scheduled(audiences={"included": [audience]})
    klaviyo.state.audiences[audience].members = range(40)
    after(klaviyo, days=30)
    assert klaviyo.sent[0]["recipients"] == 10


def test_an_empty_audience_is_cancelled(klaviyo, api):
    empty = klaviyo.add_audience("Empty")
    campaign = api.scheduled(audiences={"included": [empty]})
    assert api.status(campaign) == "Cancelled: No Recipients"
    after(klaviyo, days=30)
    assert klaviyo.sent == []


def test_a_real_walk_takes_its_steps(slow, real):
    campaign, seen = slow.scheduled(), []
    for _ in range(7):
        seen.append(slow.status(campaign))
        after(real, seconds=4)
    assert list(dict.fromkeys(seen)) == ["Queued without Recipients", "Adding Recipients", "Scheduled"]
    real.set_clock(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert slow.status(campaign) == "Preparing to send"
    after(real, seconds=10)
    assert slow.status(campaign) == "Sending"
    after(real, seconds=50)
    assert slow.status(campaign) == "Sent"


def test_an_empty_audience_takes_27_seconds_in_a_real_walk(slow, real):
    campaign = slow.scheduled(audiences={"included": [real.add_audience("Empty")]})
    after(real, seconds=26)
    assert slow.status(campaign) == "Adding Recipients"
    after(real, seconds=1)
    assert slow.status(campaign) == "Cancelled: No Recipients"


def test_cancel_and_revert_take_a_moment_in_a_real_walk(slow, real):
    for action, status in (("cancel", "Cancelled"), ("revert", "Draft")):
        campaign = slow.scheduled()
        slow.job_action(campaign, action)
        assert slow.status(campaign) == "Queued without Recipients"
        after(real, seconds=5)
        assert slow.status(campaign) == status


def test_recipients_can_be_chosen_at_send_time(klaviyo, api):
    klaviyo.configure(guesses={"recipients_chosen": "send"})
    campaign = api.scheduled()
    after(klaviyo, days=5)
    assert api.status(campaign) == "Queued without Recipients"
    after(klaviyo, days=5)
    assert api.status(campaign) == "Sent"


def test_a_job_may_show_late(klaviyo, api):
    klaviyo.configure(guesses={"job_lag": 30})
    campaign = api.scheduled()
    assert api.campaign(campaign)["scheduled_at"] is None
    assert api.status(campaign) == "Draft"
    after(klaviyo, seconds=30)
    assert api.status(campaign) == "Scheduled"


def test_an_immediate_campaign_is_sent_and_becomes_static(klaviyo, api):
    campaign = api.scheduled(send_strategy={"method": "immediate"})
    assert api.status(campaign) == "Sent"
    assert api.campaign(campaign)["send_strategy"]["method"] == "static"
    assert len(klaviyo.sent) == 1


def test_each_recipients_own_clock_decides_a_local_campaign(klaviyo, api):
    wall = {"method": "static", "datetime": "2026-12-01T09:00:00+00:00", "options": {"is_local": True}}
    campaign = api.scheduled(send_strategy=wall)
    assert api.campaign(campaign)["send_time"] == "2026-12-01T09:00:00+00:00"
    message = api.get(f"/api/campaigns/{campaign}/campaign-messages")["data"][0]
    assert message["attributes"]["send_times"] == [
        {"datetime": "2026-12-01T09:00:00+00:00", "is_local": True}
    ]
    klaviyo.set_clock(datetime(2026, 11, 30, 22, 0, tzinfo=UTC))  # 9:00 in Sydney
    assert api.status(campaign) == "Sending"
    sydney = klaviyo.sent[0]["recipients"]
    klaviyo.set_clock(datetime(2026, 12, 1, 16, 59, tzinfo=UTC))
    assert sydney < klaviyo.sent[0]["recipients"] < 4116
    after(klaviyo, minutes=1)  # 9:00 in Los Angeles
    assert (api.status(campaign), klaviyo.sent[0]["recipients"]) == ("Sent", 4116)


@pytest.mark.parametrize(("at_once", "hour"), [(False, "2026-11-24T00:00"), (True, "2026-11-23T10:00")])
def test_those_whose_local_hour_has_passed_wait_a_day_unless_sent_at_once(klaviyo, api, at_once, hour):
    options = {"is_local": True, "send_past_recipients_immediately": at_once}
    wall = {"method": "static", "datetime": "2026-11-23T11:00:00+00:00", "options": options}
    campaign = api.scheduled(send_strategy=wall)
    waves = [at for at, _ in api.call("GET", f"/control/campaigns/{campaign}").json()["waves"]]
    assert any(wave.startswith(hour) for wave in waves)


def test_a_throttled_campaign_goes_out_in_shares(klaviyo, api):
    strategy = {"method": "throttled", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 25}
    campaign = api.scheduled(send_strategy=strategy)
    klaviyo.set_clock(datetime(2026, 12, 1, 13, 30, tzinfo=UTC))
    assert (api.status(campaign), klaviyo.sent[0]["recipients"]) == ("Sending", 2058)
    after(klaviyo, hours=2)
    assert (api.status(campaign), klaviyo.sent[0]["recipients"]) == ("Sent", 4116)


def test_cancel_is_for_good(klaviyo, api):
    campaign = api.scheduled()
    api.job_action(campaign, "cancel")
    assert api.status(campaign) == "Cancelled"
    assert api.get(f"/api/campaign-send-jobs/{campaign}")["data"]["attributes"]["status"] == "cancelled"
    api.send_job(campaign, 409)
    after(klaviyo, days=30)
    assert klaviyo.sent == []


@pytest.mark.parametrize(("guess", "status"), [("refuse", 409), ("accept", 204)])
def test_cancelling_again_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"cancel_of_cancelled": guess})
    campaign = api.scheduled()
    api.job_action(campaign, "cancel")
    api.job_action(campaign, "cancel", status)


def test_revert_makes_a_draft_that_can_be_scheduled_anew(klaviyo, api):
    campaign = api.scheduled()
    api.job_action(campaign, "revert")
    attributes = api.campaign(campaign)
    assert [attributes[name] for name in ("status", "scheduled_at", "send_time")] == ["Draft", None, None]
    strategy = {"method": "static", "datetime": "2026-12-05T08:00:00+00:00"}
    data = {"type": "campaign", "id": campaign, "attributes": {"send_strategy": strategy}}
    api.send("PATCH", f"/api/campaigns/{campaign}", data, 200)
    api.send_job(campaign)
    after(klaviyo, days=30)
    assert [delivery["when"] for delivery in klaviyo.sent] == ["2026-12-05T08:00:00+00:00"]


@pytest.mark.parametrize("action", ["cancel", "revert"])
def test_a_sent_campaign_can_be_neither_cancelled_nor_reverted(klaviyo, api, action):
    campaign = api.scheduled()
    after(klaviyo, days=30)
    error = api.job_action(campaign, action, 409)["errors"][0]
    assert "'Sent'" in error["detail"]


@pytest.mark.parametrize("action", ["cancel", "revert"])
def test_the_states_that_refuse_an_action_are_a_guess(klaviyo, api, action):
    klaviyo.configure(guesses={f"{action}_refused_in": ["Scheduled"]})
    api.job_action(api.scheduled(), action, 409)


def test_the_last_quarter_of_an_hour_may_be_locked(klaviyo, api):
    klaviyo.configure(guesses={"locked_before_send": 900})
    campaign = api.scheduled()
    klaviyo.set_clock(datetime(2026, 12, 1, 11, 50, tzinfo=UTC))
    api.job_action(campaign, "revert", 409)


def test_what_went_out_before_a_cancel_stays_out(klaviyo, api):
    strategy = {"method": "throttled", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 50}
    campaign = api.scheduled(send_strategy=strategy)
    klaviyo.set_clock(datetime(2026, 12, 1, 12, 30, tzinfo=UTC))
    api.job_action(campaign, "cancel")
    after(klaviyo, days=1)
    assert api.status(campaign) == "Cancelled During Send"
    assert klaviyo.sent[0]["recipients"] == 2058


def test_mail_that_went_out_before_a_revert_is_not_forgotten(klaviyo, api):
    strategy = {"method": "throttled", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 50}
    campaign = api.scheduled(send_strategy=strategy)
    klaviyo.set_clock(datetime(2026, 12, 1, 12, 30, tzinfo=UTC))
    api.job_action(campaign, "revert")
    assert api.status(campaign) == "Draft"
    assert klaviyo.sent[0]["recipients"] == 2058


@pytest.mark.parametrize(("guess", "status"), [("refuse", 409), ("accept", 202)])
def test_a_second_send_job_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"second_send_job": guess})
    campaign = api.scheduled()
    api.send_job(campaign, status)
    after(klaviyo, days=30)
    assert len(klaviyo.sent) == 1


@pytest.mark.parametrize(
    ("missing", "content"), [("subject", {"subject": ""}), ("sender", {"from_email": None}), ("template", {})]
)
def test_an_incomplete_campaign_is_refused_or_ends_misconfigured(klaviyo, api, missing, content):
    make = api.create if missing == "template" else api.planned
    campaign = make(content=content)
    campaign = campaign if isinstance(campaign, str) else campaign["id"]
    assert missing in api.send_job(campaign, 409)["errors"][0]["detail"]
    klaviyo.configure(guesses={"send_job_requires": []})
    api.send_job(campaign)
    after(klaviyo, days=30)
    assert api.status(campaign) == "Cancelled: Misconfigured"
    assert klaviyo.sent == []


@pytest.mark.parametrize(("guess", "status"), [("send_now", 202), ("refuse", 400)])
def test_what_a_past_time_does_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"past_datetime": guess})
    campaign = api.planned(send_strategy={"method": "static", "datetime": "2026-11-01T12:00:00Z"})
    api.send_job(campaign, status)
    assert len(klaviyo.sent) == (status == 202)


@pytest.mark.parametrize(("guess", "status"), [("missing", 404), ("at_odds", 409)])
def test_the_job_of_a_draft_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"draft_job": guess})
    draft = klaviyo.ready["campaign"]["id"]
    api.refused("GET", f"/api/campaign-send-jobs/{draft}", status)
    api.job_action(draft, "cancel", status)


def test_sender_trouble_can_come_later(klaviyo, api):
    klaviyo.configure(sender_trouble=["later"])
    campaign = api.scheduled()
    assert api.status(campaign) == "Scheduled"
    after(klaviyo, days=30)
    assert api.status(campaign) == "Cancelled: Misconfigured"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_planned_campaign_can_end_in_every_way(klaviyo, api, ending):
    campaign = api.scheduled()
    klaviyo.act(campaign, "end_as", status=ending)
    assert api.status(campaign) == "Scheduled"
    after(klaviyo, days=30)
    assert api.status(campaign) == ending
    assert klaviyo.sent == []


def test_the_name_can_call_for_an_ending(klaviyo, api):
    klaviyo.configure(endings={"billing": "Cancelled: Billing Limit"})
    campaign = api.scheduled(name="A billing trial")
    after(klaviyo, days=30)
    assert api.status(campaign) == "Cancelled: Billing Limit"


def test_an_estimation_is_complete_at_once_in_a_quick_walk(klaviyo, api):
    draft = klaviyo.ready["campaign"]["id"]
    path = f"/api/campaign-recipient-estimations/{draft}"
    assert "out of date" in api.refused("GET", path, 404)["detail"]
    data = {"type": "campaign-recipient-estimation-job", "id": draft}
    job = api.send("POST", "/api/campaign-recipient-estimation-jobs", data, 202)["data"]
    assert job["attributes"] == {"status": "processing"}
    assert api.get(f"/api/campaign-recipient-estimation-jobs/{draft}")["data"]["attributes"] == {
        "status": "complete"
    }
    assert api.get(path)["data"]["attributes"] == {"estimated_recipient_count": 4116}


def test_an_estimation_stays_away_for_minutes_in_a_real_walk(slow, real):
    draft = real.ready["campaign"]["id"]
    data = {"type": "campaign-recipient-estimation-job", "id": draft}
    slow.send("POST", "/api/campaign-recipient-estimation-jobs", data, 202)
    after(real, minutes=5)
    slow.refused("GET", f"/api/campaign-recipient-estimations/{draft}", 404)
    after(real, minutes=2)
    assert slow.get(f"/api/campaign-recipient-estimations/{draft}")


def test_every_guess_has_a_switch_that_can_be_read(klaviyo, api):
    settings = api.call("GET", "/control/settings").json()
    assert set(settings["guesses"]) == set(Guesses.__dataclass_fields__)
