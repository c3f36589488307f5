"""Faults: what happens to a request on its way, before and after its effect."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import requests

EMAIL = "equals(messages.channel,'email')"


def make_template(api):
    attributes = {"name": "Faulty", "editor_type": "CODE", "html": "x"}
    return api.call("POST", "/api/templates", json={"data": {"type": "template", "attributes": attributes}})


def made(klaviyo):
    return sum(template.name == "Faulty" for template in klaviyo.state.library())


@pytest.mark.parametrize(("when", "effect"), [("before", 0), ("after", 1)])
def test_a_connection_is_dropped_before_or_after_the_effect(klaviyo, api, when, effect):
    klaviyo.add_fault("drop", method="POST", path="/templates$", when=when)
    with pytest.raises(requests.ConnectionError):
        make_template(api)
    assert made(klaviyo) == effect
    assert klaviyo.requests[-1].status is None
    assert make_template(api).status_code == 201


@pytest.mark.parametrize(("when", "effect"), [("before", 0), ("after", 1)])
def test_a_server_error_comes_before_or_after_the_effect(klaviyo, api, when, effect):
    klaviyo.add_fault("status", path="/templates", status=503, when=when)
    response = make_template(api)
    assert (response.status_code, made(klaviyo)) == (503, effect)
    assert response.json()["errors"][0]["code"] == "server_error"


def test_an_answer_is_cut_after_half_of_its_body(klaviyo, api):
    klaviyo.add_fault("cut", path="/templates")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        make_template(api)
    assert made(klaviyo) == 1


def test_the_edge_answers_with_a_challenge_or_an_error_page(klaviyo, api):
    klaviyo.add_fault("html", path="/lists")
    challenge = api.call("GET", "/api/lists")
    assert (challenge.status_code, challenge.headers["cf-mitigated"]) == (403, "challenge")
    assert challenge.headers["content-type"].startswith("text/html")
    klaviyo.add_fault("html", path="/lists", status=502)
    page = api.call("GET", "/api/lists")
    assert (page.status_code, "cf-mitigated" in page.headers) == (502, False)


@pytest.mark.parametrize("wait", [3, None])
def test_a_storm_of_429s_passes(klaviyo, api, wait):
    klaviyo.add_fault("throttle", path="/lists", count=3, retry_after=wait)
    responses = [api.call("GET", "/api/lists") for _ in range(4)]
    assert [response.status_code for response in responses] == [429, 429, 429, 200]
    assert responses[0].headers.get("retry-after") == (str(wait) if wait else None)


def test_any_error_can_be_given(klaviyo, api):
    body = {"errors": [{"id": "x", "code": "permission_denied", "title": "No", "detail": "Advanced KDP"}]}
    klaviyo.add_fault("error", path="/lists", status=403, body=body)
    assert api.refused("GET", "/api/lists", 403) == body["errors"][0]


def test_a_delay_outlasts_a_patient_client(klaviyo, api):
    klaviyo.add_fault("delay", path="/lists", seconds=0.3)
    begun = time.monotonic()
    api.get("/api/lists")
    assert time.monotonic() - begun >= 0.3


def test_a_client_that_gives_up_on_a_delayed_answer_has_had_its_effect(klaviyo, api):
    klaviyo.add_fault("delay", path="/templates", when="after", seconds=30)
    attributes = {"name": "Faulty", "editor_type": "CODE", "html": "x"}
    with pytest.raises(requests.ReadTimeout):
        api.session.post(
            f"{klaviyo.base_url}/api/templates",
            json={"data": {"type": "template", "attributes": attributes}},
            timeout=0.3,
        )
    assert made(klaviyo) == 1


def test_a_fault_hits_the_nth_matching_request_and_only_those_counted(klaviyo, api):
    klaviyo.add_fault("status", method="GET", path=r"/api/lists$", nth=2, count=2)
    assert [api.call("GET", "/api/lists").status_code for _ in range(4)] == [200, 500, 500, 200]
    assert api.call("GET", "/api/segments").status_code == 200


def test_a_fault_without_a_count_lasts_until_it_is_cleared(klaviyo, api):
    klaviyo.add_fault("status", count=None)
    assert {api.call("GET", "/api/lists").status_code for _ in range(3)} == {500}
    klaviyo.clear_faults()
    assert api.call("GET", "/api/lists").status_code == 200


def test_new_objects_can_be_late_in_collections(klaviyo, api):
    klaviyo.add_fault("lag", path="/api/(campaigns|templates)$", seconds=6)
    campaign = api.create(name="Fresh")["id"]
    text = f"{EMAIL},contains(name,'Fresh')"
    assert api.get("/api/campaigns", filter=text)["data"] == []
    assert api.campaign(campaign)["name"] == "Fresh"
    klaviyo.advance(timedelta(seconds=7))
    assert [item["id"] for item in api.get("/api/campaigns", filter=text)["data"]] == [campaign]


def test_the_usual_lag_of_collections_is_a_guess(klaviyo, api):
    klaviyo.configure(guesses={"collection_lag": 6})
    api.create(name="Fresh")
    assert api.get("/api/campaigns", filter=f"{EMAIL},contains(name,'Fresh')")["data"] == []


def test_an_unknown_kind_is_refused(klaviyo):
    with pytest.raises(ValueError, match="unknown kind"):
        klaviyo.add_fault("earthquake")
