"""The gates before every handler: key, revision, content type, scope, and the router's own refusals."""

from __future__ import annotations

import pytest


def is_jsonapi_error(error, status):
    assert error["status"] == status
    return all(isinstance(error[name], str) and error[name] for name in ("id", "code", "title", "detail"))


def test_a_missing_key_is_a_401_without_rate_limit_headers(api):
    del api.session.headers["Authorization"]
    response = api.call("GET", "/api/accounts")
    error = response.json()["errors"][0]
    assert response.status_code == 401
    assert is_jsonapi_error(error, 401)
    assert error["code"] == "not_authenticated"
    assert not {"links", "meta"} & set(error)
    assert not [name for name in response.headers if name.lower().startswith("ratelimit")]


@pytest.mark.parametrize("value", ["Klaviyo-API-Key nonsense", "Bearer token", "nonsense"])
def test_a_wrong_key_is_a_401(api, value):
    api.session.headers["Authorization"] = value
    assert api.refused("GET", "/api/lists", 401)["code"] == "authentication_failed"


def test_a_revoked_key_is_a_401(client):
    assert client("revoked").refused("GET", "/api/lists", 401)["code"] == "authentication_failed"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("without-metrics", "/api/metrics"),
        ("without-metrics", "/api/mapped-metrics/revenue"),
        ("without-templates", "/api/templates"),
        ("without-accounts", "/api/accounts"),
        ("without-lists", "/api/lists"),
        ("without-segments", "/api/segments"),
        ("without-profiles", "/api/profiles"),
    ],
)
def test_a_missing_scope_is_a_403(client, key, path):
    error = client(key).refused("GET", path, 403)
    assert is_jsonapi_error(error, 403)
    assert error["code"] == "permission_denied"


def test_a_key_without_metrics_still_lists_audiences(client):
    assert client("without-metrics").get("/api/lists")["data"]


def test_a_read_only_key_cannot_write(client):
    api = client("read-only")
    data = {"type": "template", "attributes": {"name": "x", "editor_type": "CODE", "html": "x"}}
    assert api.refused("POST", "/api/templates", 403, json={"data": data})["code"] == "permission_denied"


@pytest.mark.parametrize(("guess", "status"), [("first", 403), ("after_lookup", 404)])
def test_whether_the_scope_or_the_object_is_checked_first_is_a_guess(klaviyo, client, guess, status):
    klaviyo.configure(guesses={"scope_checked": guess})
    body = {"data": {"type": "campaign", "id": "NOPE01", "attributes": {}}}
    client("read-only").refused("PATCH", "/api/campaigns/NOPE01", status, json=body)


@pytest.mark.parametrize("revision", ["2025-07-15", "2025-10-15", "2026-01-15", "2026-04-15", "2026-07-15"])
def test_revisions_of_one_shape_are_served_and_echoed(api, revision):
    response = api.call("GET", "/api/lists", headers={"revision": revision})
    assert response.status_code == 200
    assert response.headers["x-klaviyo-api-revision"] == revision


@pytest.mark.parametrize("revision", ["2025-01-15", "2025-04-15", "2026-10-15", "2024-10-15"])
def test_other_revisions_are_not_simulated(api, revision):
    error = api.refused("GET", "/api/lists", 400, headers={"revision": revision})
    assert "not simulated" in error["detail"]
    assert error["source"]["pointer"]


def test_a_retired_revision_with_the_opt_out_header_is_gone(api):
    headers = {"revision": "2024-10-15", "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1"}
    assert is_jsonapi_error(api.refused("GET", "/api/lists", 410, headers=headers), 410)


@pytest.mark.parametrize("revision", [None, "", "yesterday", "2026-13-45"])
def test_a_missing_or_senseless_revision_is_a_400(api, revision):
    error = api.refused("GET", "/api/lists", 400, headers={"revision": revision})
    assert error["code"] == "invalid"
    assert error["source"]["pointer"]


def test_an_unknown_path_is_a_jsonapi_404(api):
    assert is_jsonapi_error(api.refused("GET", "/api/nothing-here", 404), 404)


def test_a_wrong_method_is_a_405_that_names_the_right_ones(api):
    response = api.call("PUT", "/api/campaigns")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert is_jsonapi_error(response.json()["errors"][0], 405)


def test_another_content_type_is_a_415(api):
    headers = {"Content-Type": "text/plain"}
    error = api.refused("POST", "/api/templates", 415, headers=headers, data="{}")
    assert is_jsonapi_error(error, 415)


def test_plain_json_and_a_trailing_slash_are_accepted(api):
    data = {"type": "template", "attributes": {"name": "x", "editor_type": "CODE", "html": "x"}}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = api.call("POST", "/api/templates/", headers=headers, json={"data": data})
    assert response.status_code == 201
    assert response.json()["links"]["self"].endswith("/api/templates")


def test_a_body_over_five_megabytes_is_refused(api):
    attributes = {"name": "x", "editor_type": "CODE", "html": "x" * (5 * 1024 * 1024)}
    body = {"data": {"type": "template", "attributes": attributes}}
    assert is_jsonapi_error(api.refused("POST", "/api/templates", 413, json=body), 413)


def test_a_body_that_is_no_json_is_a_400(api):
    assert api.refused("POST", "/api/templates", 400, data="{")["code"] == "invalid"


def test_links_follow_the_host_and_scheme_that_the_client_sees(api):
    headers = {"Host": "a.klaviyo.com", "X-Forwarded-Proto": "https"}
    document = api.call("GET", "/api/segments?page[size]=1", headers=headers).json()
    assert document["links"]["next"].startswith("https://a.klaviyo.com/api/segments?")
    assert document["data"][0]["links"]["self"].startswith("https://a.klaviyo.com/api/segments/")


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/api/campaigns/NOPE01", "A campaign with id 'NOPE01' does not exist."),
        ("/api/campaign-send-jobs/NOPE01", "A campaign with id 'NOPE01' does not exist."),
        ("/api/campaign-messages/NOPE01", "A message with id 'NOPE01' does not exist."),
        ("/api/lists/NOPE01", "A list with id `NOPE01` does not exist."),
        ("/api/templates/NOPE01", "Template with id 'NOPE01' does not exist"),
        ("/api/metrics/NOPE01", "Metric with id NOPE01 does not exist."),
        ("/api/accounts/NOPE01", "Account with id NOPE01 not found."),
    ],
)
def test_an_unknown_id_is_a_404_in_the_words_of_its_kind(api, path, detail):
    error = api.refused("GET", path, 404)
    assert error["detail"] == detail
    assert (error["code"], error["source"]) == ("not_found", {"pointer": "/data/"})
    assert not {"links", "meta"} & set(error)
