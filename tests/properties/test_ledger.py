"""The ledger, which judges the stories, sees each thing that it judges."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from klaviyo_house import House

from glowtify_core.domain.campaign import Campaign


@pytest.fixture
def house() -> House:
    return House("real")


@pytest.fixture
def wish(house: House) -> Campaign:
    """Published for the day after tomorrow."""
    wanted = house.campaign("alpha", house.in_(days=2))
    house.app.campaigns.publish(wanted)
    return wanted


def asked(house: House, method: str, path: str, **data: Any) -> list[str]:
    """What the ledger says when such a request of ours is about to leave."""
    request = SimpleNamespace(method=method, path_url=f"/api/{path}", body=json.dumps({"data": data}))
    house.ledger.watch("before", request)
    return house.ledger.wrongs


def ours(house: House) -> Any:
    (campaign,) = house.ledger.campaigns()
    return campaign


def test_good_work_is_not_reproached(house, wish):
    house.app.campaigns.reschedule(wish.key, house.in_(days=3))
    house.app.campaigns.cancel(wish.key)

    assert house.ledger.wrongs == []
    assert house.ledger.left(house.publications()) == []


def test_what_is_somebody_elses_is_not_to_be_touched(house, wish):
    theirs = house.sandbox.ready["campaign"]["id"]
    template = house.ledger.state.library()[0].id

    asked(house, "PATCH", f"campaigns/{theirs}")
    asked(house, "DELETE", f"templates/{template}")
    asked(house, "PATCH", f"campaign-send-jobs/{theirs}")
    assert house.ledger.wrongs == [
        "PATCH of a campaign that is not ours",
        "DELETE of a template that is not ours",
        "PATCH of a send job that is not ours",
    ]


def test_what_is_no_draft_is_not_to_be_changed(house, wish):
    assert asked(house, "DELETE", f"campaigns/{ours(house).id}") == ["DELETE of what is no draft"]


def test_a_second_send_job_is_one_too_many(house, wish):
    assert asked(house, "POST", "campaign-send-jobs", id=ours(house).id) == ["a second send job"]


def test_a_send_job_after_a_revert_is_the_first_again(house, wish):
    house.ledger.person(ours(house), "revert")
    house.clock.sleep(60)

    assert asked(house, "POST", "campaign-send-jobs", id=ours(house).id) == []


def test_a_send_job_has_to_leave_ahead_of_its_time(house, wish):
    house.ledger.person(ours(house), "revert")
    house.clock.sleep((wish.schedule.instant - house.clock.now() - timedelta(minutes=1)).total_seconds())

    wrong = asked(house, "POST", "campaign-send-jobs", id=ours(house).id)
    assert wrong == ["a send job 0:01:00 before its time"]


def test_only_mail_of_our_jobs_is_on_our_account(house, wish):
    live = [house.ledger.live(ours(house))]
    house.ledger.person(ours(house), "reschedule", datetime=house.in_(days=5).instant.isoformat())
    live.append(house.ledger.live(ours(house)))

    assert live == [True, False]


def test_a_draft_that_no_publication_knows_is_left_over(house, wish):
    house.ledger.person(ours(house), "revert")
    house.clock.sleep(60)

    assert house.ledger.left(house.publications()) == []
    assert house.ledger.left([]) == [ours(house).name]


def test_a_template_of_ours_in_the_library_is_left_over(house, wish):
    template = house.ledger.state.library()[0]
    house.ledger.templates.add(template.id)

    assert house.ledger.left(house.publications()) == [template.name]
