"""What a request body may hold, and how faults in it are told."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

DEFINITION = "/data/attributes/campaign-messages/data/0/attributes/definition"
MISSING = object()


def body(api) -> dict[str, Any]:
    chosen = api.sandbox.ready["lists"][0]["id"]
    definition = {"channel": "email", "content": {"subject": "Hi", "from_email": "shop@example.com"}}
    return {
        "data": {
            "type": "campaign",
            "attributes": {
                "name": "Trial",
                "audiences": {"included": [chosen]},
                "campaign-messages": {
                    "data": [{"type": "campaign-message", "attributes": {"definition": definition}}]
                },
            },
        }
    }


def changed(document, pointer, value):
    document = deepcopy(document)
    *way, last = pointer.strip("/").split("/")
    target: Any = document
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
    if value is MISSING:
        del target[last]
    else:
        target[last] = value
    return document


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/data/attributes/name", MISSING),
        ("/data/attributes/name", 3),
        ("/data/attributes/name", ""),
        ("/data/attributes/name", "x" * 256),
        ("/data/attributes/audiences", MISSING),
        ("/data/attributes/audiences/included", []),
        ("/data/attributes/audiences/included", ["NOPE01"]),
        ("/data/attributes/audiences/excluded", "UTd5ui"),
        ("/data/type", "campaigns"),
        ("/data/attributes/is_add_utm", True),
        ("/data/attributes/send_options/smart", True),
        ("/data/attributes/send_options/use_smart_sending", "yes"),
        ("/data/attributes/send_strategy/method", "sometime"),
        ("/data/attributes/tracking_options/custom_tracking_params", [{"type": "static", "name": "a"}]),
        ("/data/attributes/campaign-messages/data", []),
        (f"{DEFINITION}/channel", MISSING),
        (f"{DEFINITION}/content/fromEmail", "shop@example.com"),
        (f"{DEFINITION}/render_options", {}),
        (f"{DEFINITION}/content/subject", 7),
    ],
)
def test_a_wrong_attribute_is_a_400_with_its_pointer(api, pointer, value):
    response = api.call("POST", "/api/campaigns", json=changed(body(api), pointer, value))
    errors = response.json()["errors"]
    assert response.status_code == 400
    assert {error["code"] for error in errors} == {"invalid"}
    assert all(error["source"]["pointer"].startswith(pointer) for error in errors)
    assert all(error["links"] == {} and error["meta"] == {} for error in errors)


def test_an_unknown_attribute_is_refused_in_the_recorded_words(api):
    pointer = f"{DEFINITION}/render_options"
    error = api.refused("POST", "/api/campaigns", 400, json=changed(body(api), pointer, {}))
    assert error["detail"] == (
        "'render_options' is not a valid field for the resource 'EmailMessageDefinition'."
    )


def test_every_fault_gets_an_error_of_its_own(api):
    document = changed(body(api), f"{DEFINITION}/content/fromEmail", "a")
    document = changed(document, f"{DEFINITION}/content/fromLabel", "a")
    response = api.call("POST", "/api/campaigns", json=changed(document, "/data/attributes/name", MISSING))
    assert len(response.json()["errors"]) == 3


@pytest.mark.parametrize(
    "strategy",
    [
        {"method": "static", "datetime": "2026-12-01T12:00:00+00:00"},
        {"method": "static", "datetime": "2026-12-01T12:00:00Z", "options": None},
        {"method": "static", "datetime": "2026-12-01T13:00:00+01:00", "options": {"is_local": False}},
    ],
)
def test_a_static_time_is_shown_in_utc_with_its_options(api, strategy):
    document = changed(body(api), "/data/attributes/send_strategy", strategy)
    shown = api.send("POST", "/api/campaigns", document["data"], 201)["data"]["attributes"]["send_strategy"]
    assert shown == {
        "method": "static",
        "datetime": "2026-12-01T12:00:00+00:00",
        "options": {"is_local": False},
    }


def test_a_local_time_shows_what_happens_to_those_whose_hour_has_passed(api):
    strategy = {"method": "static", "datetime": "2026-12-01T12:00:00+00:00", "options": {"is_local": True}}
    document = changed(body(api), "/data/attributes/send_strategy", strategy)
    shown = api.send("POST", "/api/campaigns", document["data"], 201)["data"]["attributes"]["send_strategy"]
    assert shown["options"] == {"is_local": True, "send_past_recipients_immediately": False}


@pytest.mark.parametrize(
    ("strategy", "method"),
    [
        (None, "immediate"),
        ({"method": "immediate"}, "immediate"),
        ({"method": "throttled", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 20}, "throttled"),
        ({"method": "smart_send_time", "date": "2026-12-01"}, "smart_send_time"),
    ],
)
def test_the_other_strategies_are_accepted(api, strategy, method):
    document = changed(body(api), "/data/attributes/send_strategy", strategy)
    created = api.send("POST", "/api/campaigns", document["data"], 201)
    assert created["data"]["attributes"]["send_strategy"]["method"] == method


@pytest.mark.parametrize(
    "strategy",
    [
        {"method": "static"},
        {"method": "static", "datetime": "2026-12-01T12:00:00"},
        {"method": "static", "datetime": "tomorrow"},
        {"method": "static", "datetime": "2026-12-01T12:00:00Z", "options": {}},
        {
            "method": "static",
            "datetime": "2026-12-01T12:00:00Z",
            "options": {"is_local": False, "send_past_recipients_immediately": False},
        },
        {"method": "static", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 10},
        {"method": "throttled", "datetime": "2026-12-01T12:00:00Z", "throttle_percentage": 30},
        {"method": "throttled", "datetime": "2026-12-01T12:00:00Z"},
        {"method": "smart_send_time", "date": "soon"},
        {"method": "ab_test_campaign"},
        [],
    ],
)
def test_a_strategy_that_the_schema_refuses_is_a_400(api, strategy):
    document = changed(body(api), "/data/attributes/send_strategy", strategy)
    error = api.refused("POST", "/api/campaigns", 400, json=document)
    assert error["source"]["pointer"].startswith("/data/attributes/send_strategy")


def test_custom_tracking_parameters_need_source_and_medium(api):
    medium = {"type": "static", "name": "utm_medium", "value": "email"}
    campaign = {"type": "dynamic", "name": "utm_campaign", "value": "campaign_name"}
    source = {"type": "static", "name": "utm_source", "value": "klaviyo"}
    for given, status in (([medium, campaign], 400), ([source, medium, campaign], 201)):
        options = {"add_tracking_params": True, "custom_tracking_params": given}
        document = changed(body(api), "/data/attributes/tracking_options", options)
        assert api.call("POST", "/api/campaigns", json=document).status_code == status


def test_bodies_that_are_no_objects_are_refused(api):
    for document in ([], None, "x", {"data": []}, {}):
        assert api.refused("POST", "/api/campaigns", 400, json=document)["source"]["pointer"]


@pytest.mark.parametrize(("guess", "status"), [(400, 400), (404, 404)])
def test_the_status_for_an_unknown_audience_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"unknown_audience_status": guess})
    document = changed(body(api), "/data/attributes/audiences/included", ["NOPE01"])
    api.refused("POST", "/api/campaigns", status, json=document)


def test_the_limit_of_audiences_is_a_guess(klaviyo, api):
    klaviyo.configure(guesses={"audience_limit": 1})
    both = [entry["id"] for entry in klaviyo.ready["lists"][:2]]
    document = changed(body(api), "/data/attributes/audiences/included", both)
    api.refused("POST", "/api/campaigns", 400, json=document)
