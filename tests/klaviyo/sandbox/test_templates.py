"""Templates: normalised on write, copied on assign, rendered, limited in number."""

from __future__ import annotations

import pytest

from glowtify_klaviyo.sandbox.html import normalise


def create(api, status=201, **changes):
    attributes = {"name": "Layout", "editor_type": "CODE", "html": "<p>hi</p>", **changes}
    return api.send("POST", "/api/templates", {"type": "template", "attributes": attributes}, status)["data"]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("<p>hi</p>", "<html><head></head><body><p>hi</p></body></html>"),
        ("<html><body>hi</body></html>", "<html><head></head><body>hi</body></html>"),
        (
            "<!DOCTYPE html>\n<html lang='en'><head><title>x</title></head><body id='a'>hi</body></html>\n",
            "<!DOCTYPE html><html lang='en'><head><title>x</title></head><body id='a'>hi</body></html>",
        ),
        ("<body>hi</body>", "<html><head></head><body>hi</body></html>"),
    ],
)
def test_html_is_made_a_whole_document(given, stored):
    assert normalise(given) == stored
    assert normalise(stored) == stored


def test_a_template_comes_back_normalised_and_later_with_whole_seconds(api):
    template = create(api, text="hi")
    attributes = template["attributes"]
    assert attributes["html"] == "<html><head></head><body><p>hi</p></body></html>"
    assert (attributes["text"], attributes["amp"]) == ("hi", None)
    assert "." in attributes["created"]
    read = api.get(f"/api/templates/{template['id']}")["data"]["attributes"]
    assert "." not in read["created"] + read["updated"]


def test_html_is_required_for_code_and_forbidden_for_drag_and_drop(api):
    create(api, html=None, editor_type="SYSTEM_DRAGGABLE", definition={"body": {"sections": []}})
    for wrong in ({"html": None}, {"editor_type": "SYSTEM_DRAGGABLE"}, {"editor_type": "OTHER"}):
        attributes = {"name": "x", "editor_type": "CODE", "html": "x", **wrong}
        body = {"data": {"type": "template", "attributes": attributes}}
        api.refused("POST", "/api/templates", 400, json=body)


def test_assigning_answers_flat_with_a_copy_of_its_own(api):
    template, campaign = create(api), api.create()
    message = campaign["relationships"]["campaign-messages"]["data"][0]["id"]
    before = api.get(f"/api/campaign-messages/{message}")["data"]["attributes"]
    document = api.assign(message, template["id"])
    data, copy = document["data"], document["included"][0]
    assert set(data["attributes"]) == {
        "label",
        "channel",
        "content",
        "send_times",
        "render_options",
        "created_at",
        "updated_at",
    }
    assert data["attributes"]["updated_at"] == before["updated_at"]
    assert data["relationships"]["template"]["data"]["id"] == copy["id"] != template["id"]
    assert "image" not in data["relationships"]
    assert copy["attributes"]["name"] == f"Clone of {template['id']}"
    assert copy["attributes"]["html"] == template["attributes"]["html"]


def test_the_copy_outlives_its_source_and_is_not_in_the_library(api):
    template, campaign = create(api), api.create()
    message = campaign["relationships"]["campaign-messages"]["data"][0]["id"]
    copy = api.assign(message, template["id"])["included"][0]["id"]
    assert api.call("DELETE", f"/api/templates/{template['id']}").status_code == 204
    assert api.get(f"/api/campaign-messages/{message}/template")["data"]["id"] == copy
    listed = [item["id"] for page in api.pages("/api/templates") for item in page["data"]]
    assert copy not in listed
    data = {"type": "template", "id": copy, "attributes": {"name": "x"}}
    api.refused("PATCH", f"/api/templates/{copy}", 409, json={"data": data})
    api.refused("DELETE", f"/api/templates/{copy}", 409)


def test_assigning_again_replaces_the_copy(api):
    template, campaign = create(api), api.create()
    message = campaign["relationships"]["campaign-messages"]["data"][0]["id"]
    first = api.assign(message, template["id"])["included"][0]["id"]
    second = api.assign(message, template["id"])["included"][0]["id"]
    assert api.get(f"/api/campaign-messages/{message}/relationships/template")["data"]["id"] == second
    api.refused("GET", f"/api/templates/{first}", 404)


def test_rendering_executes_variables_and_unsubscribe_tags(api):
    html = "<p>{{ first_name }} {{ person.city }} {{ last|default:'friend' }} {% unsubscribe 'Stop' %}</p>"
    template = create(api, html=html)
    data = {
        "type": "template",
        "id": template["id"],
        "attributes": {"context": {"first_name": "Ada", "person": {"city": "Bern"}}},
    }
    shown = api.send("POST", "/api/template-render", data, 201)["data"]["attributes"]["html"]
    assert "Ada Bern friend <a href=" in shown
    assert ">Stop</a>" in shown


def test_the_statuses_seen_live_are_behind_a_switch(klaviyo, api):
    klaviyo.configure(guesses={"live_template_statuses": True})
    template = create(api)["id"]
    context = {"type": "template", "id": template, "attributes": {"context": {}}}
    api.send("POST", "/api/template-render", context, 200)
    api.send("POST", "/api/template-clone", {**context, "attributes": {"name": "Copy"}}, 200)
    assert api.call("DELETE", f"/api/templates/{template}").status_code == 200


def test_a_thousand_templates_are_the_most(klaviyo, api):
    klaviyo.state.guesses.template_limit = 4
    create(api)
    create(api)
    body = {"data": {"type": "template", "attributes": {"name": "x", "editor_type": "CODE", "html": "x"}}}
    assert "limit of 4 templates" in api.refused("POST", "/api/templates", 400, json=body)["detail"]


def test_templates_are_found_by_part_of_their_name(api):
    create(api, name="Layout ref-8f3a")
    found = api.get("/api/templates", filter="contains(name,'ref-8f3a')")["data"]
    assert [item["attributes"]["name"] for item in found] == ["Layout ref-8f3a"]
