"""Rate limits: the headers always, the 429 when they are enforced."""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/accounts", "1, 1;w=1, 15;w=60"),
        ("/api/lists", "75, 75;w=1, 750;w=60"),
        ("/api/metrics", "10, 10;w=1, 150;w=60"),
        ("/api/tags", "3, 3;w=1, 60;w=60"),
    ],
)
def test_headers_are_sent_even_when_nothing_is_refused(api, path, limit):
    responses = [api.call("GET", path) for _ in range(3)]
    assert {response.status_code for response in responses} == {200}
    assert responses[0].headers["ratelimit-limit"] == limit
    assert responses[0].headers["ratelimit-reset"] == "0"
    burst = int(limit.partition(",")[0])
    assert responses[1].headers["ratelimit-remaining"] == str(max(0, burst - 2))


@pytest.fixture
def limited(klaviyo, api):
    klaviyo.configure(limits="documented")
    return api


def test_a_full_second_is_a_429_with_its_wait_and_without_limit_headers(klaviyo, limited):
    assert limited.call("GET", "/api/accounts").status_code == 200
    response = limited.call("GET", "/api/accounts")
    error = response.json()["errors"][0]
    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"
    assert not [name for name in response.headers if name.lower().startswith("ratelimit")]
    assert error["code"] == "throttled"
    assert error["detail"] == "Request was throttled. Expected available in 1 second."
    assert error["links"]["type"].startswith("https://")
    klaviyo.advance(timedelta(seconds=1))
    assert limited.call("GET", "/api/accounts").status_code == 200


def test_a_full_minute_waits_for_the_rest_of_it(klaviyo, limited):
    for _ in range(15):
        assert limited.call("GET", "/api/accounts").status_code == 200
        klaviyo.advance(timedelta(seconds=2))
    assert limited.call("GET", "/api/accounts").headers["retry-after"] == "30"


def test_each_endpoint_counts_for_itself(limited):
    limited.call("GET", "/api/accounts")
    assert limited.call("GET", "/api/accounts").status_code == 429
    assert limited.call("GET", f"/api/accounts/{limited.sandbox.ready['account_id']}").status_code == 200
    assert limited.call("GET", "/api/lists").status_code == 200


def test_keys_of_one_account_share_its_limits(client, limited):
    limited.call("GET", "/api/accounts")
    assert client("read-only").call("GET", "/api/accounts").status_code == 429


def test_the_daily_quota_of_reports(klaviyo, limited):
    klaviyo.state.windows.enforced = False
    attributes = {
        "statistics": ["opens"],
        "timeframe": {"key": "today"},
        "conversion_metric_id": klaviyo.ready["metrics"][0]["id"],
    }
    body = {"data": {"type": "campaign-values-report", "attributes": attributes}}
    for _ in range(225):
        response = limited.call("POST", "/api/campaign-values-reports", json=body)
    assert response.headers["ratelimit-limit"] == "1, 1;w=1, 2;w=60, 225;w=86400"
    assert response.headers["ratelimit-remaining-daily"] == "0"
    assert int(response.headers["ratelimit-reset-daily"]) == 86400
    klaviyo.state.windows.enforced = True
    klaviyo.advance(timedelta(hours=2))
    refused = limited.call("POST", "/api/campaign-values-reports", json=body)
    assert refused.headers["retry-after"] == str(22 * 3600)


def test_the_429_may_come_without_a_wait(klaviyo, limited):
    klaviyo.configure(guesses={"retry_after_sent": False})
    limited.call("GET", "/api/accounts")
    response = limited.call("GET", "/api/accounts")
    assert response.status_code == 429
    assert "retry-after" not in response.headers


def test_a_refused_key_uses_nothing_up(client, limited):
    client("revoked").call("GET", "/api/accounts")
    assert limited.call("GET", "/api/accounts").status_code == 200
