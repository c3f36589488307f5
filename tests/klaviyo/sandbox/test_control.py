"""The control interface over HTTP."""

from __future__ import annotations

import pytest
import requests


@pytest.fixture
def control(klaviyo):
    def call(method, path, expected=200, /, **body):
        response = requests.request(method, f"{klaviyo.control_url}{path}", json=body or None, timeout=10)
        assert response.status_code == expected, response.text
        return response.json()

    return call


def test_the_clock_can_be_read_and_moved(control):
    assert control("GET", "/clock") == {"now": "2026-11-23T10:00:00+00:00", "frozen": True}
    assert control("POST", "/clock", advance_seconds=90)["now"] == "2026-11-23T10:01:30+00:00"
    assert control("POST", "/clock", set="2027-01-01T00:00:00Z")["now"] == "2027-01-01T00:00:00+00:00"


def test_faults_can_be_added_and_cleared(control, api):
    control("POST", "/faults", kind="status", path="/lists", status=502)
    assert control("GET", "/faults")[0]["kind"] == "status"
    assert api.call("GET", "/api/lists").status_code == 502
    control("DELETE", "/faults")
    assert api.call("GET", "/api/lists").status_code == 200


def test_reset_returns_to_the_same_beginning(klaviyo, control, api):
    before = klaviyo.ready
    api.scheduled()
    control("POST", "/clock", advance_seconds=86400 * 30)
    control("POST", "/reset")
    assert klaviyo.ready == before
    assert control("GET", "/sent") == []
    assert control("GET", "/requests") == []
    assert control("GET", "/clock")["now"] == "2026-11-23T10:00:00+00:00"


def test_the_log_names_the_key_but_never_shows_it(klaviyo, control, client):
    client("read-only").get("/api/lists", **{"page[size]": 1})
    assert control("GET", "/requests") == [
        {
            "time": "2026-11-23T10:00:00+00:00",
            "method": "GET",
            "path": "/api/lists",
            "query": "page%5Bsize%5D=1",
            "status": 200,
            "key": "read-only",
        }
    ]
    assert control("DELETE", "/requests") == []
    assert control("GET", "/requests") == []
    assert all(value not in repr(klaviyo.state.keys.values()) for value in klaviyo.keys.values())


def test_a_person_can_act_in_the_app(control, api):
    campaign = api.scheduled()
    path = f"/campaigns/{campaign}"
    moved = control("POST", path, action="reschedule", datetime="2026-12-09T08:00:00+00:00")
    assert (moved["status"], moved["send_time"]) == ("Scheduled", "2026-12-09T08:00:00+00:00")
    edited = control(
        "POST", path, action="edit", name="Edited", content={"subject": "Other"}, html="<p>x</p>"
    )
    assert edited["name"] == "Edited"
    message = api.get(f"/api/campaigns/{campaign}/campaign-messages", include="template")
    assert message["data"][0]["attributes"]["definition"]["content"]["subject"] == "Other"
    assert "<p>x</p>" in message["included"][0]["attributes"]["html"]
    assert control("POST", path, action="archive")["archived"] is True
    assert control("POST", path, action="revert")["status"] == "Draft"
    assert control("POST", path, action="cancel")["status"] == "Cancelled"
    assert control("POST", path, action="delete")["deleted"] is True
    control("GET", path, 404)


def test_what_makes_no_sense_is_refused(control, api):
    draft = api.sandbox.ready["campaign"]["id"]
    control("POST", f"/campaigns/{draft}", 400, action="explode")
    control("POST", f"/campaigns/{draft}", 400, action="end_as", status="Exploded")
    control("POST", "/faults", 400, kind="earthquake")
    control("POST", "/settings", 400, weather="fine")
    control("POST", "/settings", 400, guesses={"weather": "fine"})
    control("POST", "/settings", 400, sender_trouble=["never"])


def test_the_account_and_its_mapped_metrics_can_be_changed(control, api):
    control("POST", "/settings", account={"timezone": "US/Eastern"}, mapped_metrics={"revenue": None})
    assert api.get("/api/accounts")["data"][0]["attributes"]["timezone"] == "US/Eastern"
    assert "relationships" not in api.get("/api/mapped-metrics/revenue")["data"]


def test_the_account_is_itself_again_after_a_reset(control, api):
    control("POST", "/settings", account={"timezone": "US/Eastern"})
    control("POST", "/reset")
    assert api.get("/api/accounts")["data"][0]["attributes"]["timezone"] == "Europe/Berlin"


def test_audiences_and_templates_can_be_added(control, api):
    added = control("POST", "/audiences", name="Fresh", kind="segment", members=5, is_active=False)
    assert api.get(f"/api/segments/{added['id']}")["data"]["attributes"]["is_active"] is False
    assert control("POST", "/templates", count=1000) == {"templates": 1000}
    body = {"data": {"type": "template", "attributes": {"name": "x", "editor_type": "CODE", "html": "x"}}}
    assert "1000 templates" in api.refused("POST", "/api/templates", 400, json=body)["detail"]


@pytest.mark.parametrize("headers", [{"Host": "a.klaviyo.com"}, {"Origin": "https://elsewhere.test"}])
def test_other_names_and_web_pages_have_no_control(klaviyo, headers):
    response = requests.get(f"{klaviyo.control_url}/clock", headers=headers, timeout=10)
    assert response.status_code == 403
