"""Drafts: creating, changing, cloning and deleting campaigns and their messages."""

from __future__ import annotations

import re

import pytest

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def message_of(campaign):
    return campaign["relationships"]["campaign-messages"]["data"][0]["id"]


def test_a_new_campaign_is_a_draft_without_times(api):
    campaign = api.create()
    attributes = campaign["attributes"]
    assert ULID.fullmatch(campaign["id"])
    assert ULID.fullmatch(message_of(campaign))
    assert attributes["status"] == "Draft"
    assert (attributes["scheduled_at"], attributes["send_time"]) == (None, None)
    assert attributes["audiences"]["excluded"] == []
    assert attributes["send_options"] == {"use_smart_sending": True, "ignore_unsubscribes": False}
    assert attributes["tracking_options"] == {
        "add_tracking_params": False,
        "custom_tracking_params": [],
        "is_tracking_clicks": True,
        "is_tracking_opens": True,
    }


def test_an_sms_draft_has_no_email_options(api):
    message = {"type": "campaign-message", "attributes": {"definition": {"channel": "sms"}}}
    attributes = api.create(**{"campaign-messages": {"data": [message]}})["attributes"]
    assert attributes["send_options"] == {"use_smart_sending": True}
    assert set(attributes["tracking_options"]) == {"add_tracking_params", "custom_tracking_params"}


def patch(api, campaign, status=200, **attributes):
    data = {"type": "campaign", "id": campaign, "attributes": attributes}
    return api.send("PATCH", f"/api/campaigns/{campaign}", data, status)


def test_renaming_overwrites_the_label_of_the_message(api):
    campaign = api.create()
    before = api.get(f"/api/campaign-messages/{message_of(campaign)}")["data"]["attributes"]
    patch(api, campaign["id"], name="Another")
    after = api.get(f"/api/campaign-messages/{message_of(campaign)}")["data"]["attributes"]
    assert (before["definition"]["label"], after["definition"]["label"]) == ("Main", "Another")
    assert after["updated_at"] > before["updated_at"]


def test_a_patch_changes_only_what_it_names(api):
    first, second = (entry["id"] for entry in api.sandbox.ready["lists"][:2])
    campaign = api.create(audiences={"included": [first], "excluded": [second]})["id"]
    patch(api, campaign, audiences={"included": [second, first]})
    assert api.campaign(campaign)["audiences"] == {"included": [second, first], "excluded": [second]}
    patch(api, campaign, audiences={"excluded": []})
    assert api.campaign(campaign)["audiences"]["excluded"] == []


def test_switching_utm_off_leaves_the_old_parameters(api):
    custom = [{"type": "static", "name": name, "value": "x"} for name in ("utm_source", "utm_medium")]
    options = {"add_tracking_params": True, "custom_tracking_params": custom}
    campaign = api.create(tracking_options=options)["id"]
    patch(api, campaign, tracking_options={"add_tracking_params": False})
    shown = api.campaign(campaign)["tracking_options"]
    assert (shown["add_tracking_params"], shown["custom_tracking_params"]) == (False, custom)


def test_a_body_for_another_id_is_refused(api):
    campaign = api.create()["id"]
    data = {"type": "campaign", "id": "01OTHER", "attributes": {"name": "x"}}
    error = api.refused("PATCH", f"/api/campaigns/{campaign}", 400, json={"data": data})
    assert error["source"] == {"pointer": "/data/id"}


def test_a_clone_is_a_draft_planned_for_now(api):
    campaign = api.planned(tracking_options={"is_tracking_clicks": False})
    data = {"type": "campaign", "id": campaign, "attributes": {"new_name": "Again"}}
    clone = api.send("POST", "/api/campaign-clone", data, 201)["data"]
    attributes = clone["attributes"]
    assert (attributes["name"], attributes["status"]) == ("Again", "Draft")
    assert attributes["audiences"] == api.campaign(campaign)["audiences"]
    assert attributes["send_strategy"]["datetime"] == attributes["created_at"]
    assert attributes["tracking_options"]["is_tracking_clicks"] is True
    assert api.get(f"/api/campaign-messages/{message_of(clone)}/template")["data"]


def test_a_draft_can_be_deleted_with_its_message(api):
    campaign = api.create()
    response = api.call("DELETE", f"/api/campaigns/{campaign['id']}")
    assert (response.status_code, response.content) == (204, b"")
    api.refused("GET", f"/api/campaigns/{campaign['id']}", 404)
    api.refused("GET", f"/api/campaign-messages/{message_of(campaign)}", 404)


@pytest.mark.parametrize(("guess", "status"), [("refuse", 409), ("accept", 204)])
def test_deleting_a_scheduled_campaign_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"delete_of_scheduled": guess})
    assert api.call("DELETE", f"/api/campaigns/{api.scheduled()}").status_code == status


def test_the_status_of_a_request_at_odds_with_the_state_is_a_guess(klaviyo, api):
    campaign = api.scheduled()
    assert api.refused("DELETE", f"/api/campaigns/{campaign}", 409)["code"] == "conflict"
    klaviyo.configure(guesses={"conflict_status": 400})
    assert api.refused("DELETE", f"/api/campaigns/{campaign}", 400)["code"] == "invalid"


@pytest.mark.parametrize(("guess", "status"), [("refuse", 409), ("accept", 200)])
def test_changing_a_scheduled_campaign_is_a_guess(klaviyo, api, guess, status):
    klaviyo.configure(guesses={"edit_of_scheduled": guess})
    patch(api, api.scheduled(), status, name="Too late?")


def test_a_message_patch_replaces_the_whole_content(api):
    campaign = api.create(content={"reply_to_email": "help@example.com"})
    definition = {"channel": "email", "content": {"subject": "New", "from_email": "shop@example.com"}}
    data = {"type": "campaign-message", "id": message_of(campaign), "attributes": {"definition": definition}}
    path = f"/api/campaign-messages/{message_of(campaign)}"
    shown = api.send("PATCH", path, data, 200)["data"]["attributes"]["definition"]
    assert shown["content"]["subject"] == "New"
    assert (shown["content"]["reply_to_email"], shown["content"]["from_label"], shown["label"]) == (
        None,
        None,
        None,
    )


def test_an_email_message_takes_no_image(api):
    path = f"/api/campaign-messages/{message_of(api.create())}"
    assert "only supported for push" in api.refused("GET", f"{path}/image", 400)["detail"]


def test_an_included_template_is_null_before_one_is_assigned(api):
    document = api.get(f"/api/campaign-messages/{message_of(api.create())}", include="campaign,template")
    relationships = document["data"]["relationships"]
    assert relationships["template"]["data"] is None
    assert [item["type"] for item in document["included"]] == ["campaign"]


def test_sender_trouble_at_create(klaviyo, api, campaign_body):
    klaviyo.configure(sender_trouble=["create"])
    error = api.refused("POST", "/api/campaigns", 400, json={"data": campaign_body()})
    assert "not authorized" in error["detail"]
    assert error["source"]["pointer"].endswith("/definition/content/from_email")


def test_sender_trouble_at_the_message(klaviyo, api):
    message = message_of(api.create())
    klaviyo.configure(sender_trouble=["message_patch"])
    definition = {"channel": "email", "content": {"subject": "s", "from_email": "shop@example.com"}}
    data = {"type": "campaign-message", "id": message, "attributes": {"definition": definition}}
    error = api.refused("PATCH", f"/api/campaign-messages/{message}", 400, json={"data": data})
    assert "not authorized" in error["detail"]


def test_sender_trouble_at_the_send_job(klaviyo, api):
    campaign = api.planned()
    klaviyo.configure(sender_trouble=["send_job"])
    assert "not authorized" in api.send_job(campaign, 400)["errors"][0]["detail"]
    assert api.status(campaign) == "Draft"


def test_a_sender_of_another_domain_is_refused_unless_guessed_otherwise(klaviyo, api):
    with pytest.raises(AssertionError, match="from_email"):
        api.create(content={"from_email": "shop@elsewhere.test"})
    klaviyo.configure(guesses={"foreign_sender_refused_at": []})
    api.scheduled(content={"from_email": "shop@elsewhere.test"})


def test_tags_are_put_on_campaigns_and_taken_off(api):
    tag = api.send("POST", "/api/tags", {"type": "tag", "attributes": {"name": "Glow"}}, 201)["data"]
    campaign = api.create()["id"]
    path, named = f"/api/tags/{tag['id']}/relationships/campaigns", [{"type": "campaign", "id": campaign}]
    api.send("POST", path, named, 204)
    assert [item["id"] for item in api.get(f"/api/campaigns/{campaign}/tags")["data"]] == [tag["id"]]
    assert api.get(path)["data"] == named
    assert api.get(f"/api/campaigns/{campaign}", include="tags")["included"][0]["id"] == tag["id"]
    api.send("DELETE", path, named, 204)
    assert api.get(f"/api/campaigns/{campaign}/relationships/tags")["data"] == []


def test_a_tag_for_an_unknown_group_is_the_tag_services_404(api):
    data = {
        "type": "tag",
        "attributes": {"name": "x"},
        "relationships": {"tag-group": {"data": {"type": "tag-group", "id": "nope"}}},
    }
    assert api.refused("POST", "/api/tags", 404, json={"data": data})["code"] == "tag_service_error"
