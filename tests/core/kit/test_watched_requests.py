"""What an observer is told of requests: their endpoint and outcome, and nothing of what they carry."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import requests
from fakes import FakeClock, OpenGate
from watching import Watcher
from wire import Reply, Scripted, Wire

from glowtify_core.domain.errors import PlatformError
from glowtify_core.kit.answers import Answer, Endpoint, by_status
from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.observing import observed_by

CREATE = Endpoint("create_thing", write=True)
READ = Endpoint("get_things")
CANARY = "pk" + "_canary9f8e7d6c5b4a"


def seen(*script: Scripted, endpoint: Endpoint = CREATE) -> list[dict[str, str]]:
    """What is told of a call that meets these answers."""
    watcher = Watcher()
    client = HttpClient(
        "https://api.example.com",
        auth=HeaderAuth(Secret(CANARY)),
        patience=Patience(FakeClock(), OpenGate()),
        pace_key="account",
        headers={},
    )
    client.mount(Wire(*script))
    with observed_by(watcher), suppress(PlatformError):
        client.call(
            "POST",
            "/things/T1?to=a@example.com",
            endpoint=endpoint,
            params={"name": "Ann"},
            body={"html": "<p>"},
        )
    client.close()
    assert not any(request.error for request in watcher.root.parts)
    return [{"span": request.name, **request.attributes} for request in watcher.root.parts]


def told(**outcome: str) -> dict[str, Any]:
    return {"span": "request", "method": "POST", "endpoint": "create_thing", **outcome}


def test_a_request_is_told_by_its_endpoint_and_status_and_the_platforms_id_of_it() -> None:
    assert seen(Reply(201, {"id": "T1"}, {"X-Request-Id": "req-7"})) == [
        told(status="201", request_id="req-7")
    ]
    assert seen(Reply(400, {"error": "no"})) == [told(status="400")]


def test_each_try_is_told() -> None:
    assert seen(Reply(429), Reply(503), endpoint=CREATE) == [told(status="429"), told(status="503")]


def test_a_connection_that_breaks_is_told_by_what_broke() -> None:
    assert seen(requests.ReadTimeout("https://api.example.com?key=1")) == [told(status="ReadTimeout")]


def test_a_platform_that_gives_the_key_back_as_an_id_does_not_make_us_show_it() -> None:
    for status in (200, 400):
        assert CANARY not in str(seen(Reply(status, {}, {"x-request-id": f"req-{CANARY}"})))


@pytest.mark.parametrize(
    "header", ["x-klaviyo-req-id", "X-Request-ID", "Request-Id", "x-amzn-RequestId", "x-ms-request-id"]
)
def test_the_platforms_id_of_a_request_is_found_in_whichever_header_has_it(header: str) -> None:
    answer = Answer(400, {"Date": "now", "x-campaign-id": "C1", header: " req\x1b[1m-7 "})
    assert answer.request_id == "req-7"
    assert by_status(answer, READ).request_id == "req-7"
    assert by_status(answer, READ, request_id="of the body").request_id == "of the body"


def test_without_such_a_header_there_is_no_id() -> None:
    assert not Answer(400, {"x-campaign-id": "C1", "x-required": "no"}).request_id
