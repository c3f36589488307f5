"""The client against the sandbox: pace, broken connections, and a key that shows nowhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from klaviyo_client import context
from klaviyo_world import SandboxClock

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import (
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
)
from glowtify_core.kit.pacing import RollingGate
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.connecting import connect
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TEMPLATES = "/api/templates"


@pytest.fixture
def sandbox(local_klaviyo: Sandbox) -> Iterator[Sandbox]:
    local_klaviyo.reset()
    yield local_klaviyo
    local_klaviyo.reset()


@pytest.fixture
def clock(sandbox: Sandbox) -> SandboxClock:
    return SandboxClock(sandbox)


@pytest.fixture
def client(sandbox: Sandbox, clock: SandboxClock) -> Iterator[KlaviyoClient]:
    given = context(sandbox.api_key, base_url=sandbox.base_url)
    made = open_client(replace(given, clock=clock, gate=RollingGate(clock)))
    yield made
    made.close()


def statuses(sandbox: Sandbox) -> list[int]:
    return [request.status for request in sandbox.requests]


def count_templates(client: KlaviyoClient) -> int:
    return len(list(client.find_templates(name="made once")))


def test_one_process_alone_is_never_refused_for_its_pace(client: KlaviyoClient, sandbox: Sandbox) -> None:
    sandbox.configure(limits="documented")
    list_id = sandbox.ready["lists"][0]["id"]
    for _ in range(32):
        client.audience_size(AudienceKind.LIST, list_id)
    for _ in range(320):
        client.get_campaign(sandbox.ready["campaign"]["id"])
    assert set(statuses(sandbox)) == {200}
    elapsed = sandbox.requests[-1].time - sandbox.requests[0].time
    assert elapsed < timedelta(seconds=2 * 60 + 2 + 2 * 60 + 3)


def test_a_pause_is_waited_out_whatever_form_it_has(
    client: KlaviyoClient, sandbox: Sandbox, clock: SandboxClock
) -> None:
    sandbox.add_fault("throttle", path=TEMPLATES, retry_after=9)
    sandbox.add_fault("throttle", path=TEMPLATES, retry_after=None, nth=2)
    client.create_template(name="made once", html="<p>")
    assert statuses(sandbox) == [429, 429, 201]
    assert clock.monotonic() >= 9.5
    assert count_templates(client) == 1


def test_a_storm_of_refusals_ends_within_the_budget(
    client: KlaviyoClient, sandbox: Sandbox, clock: SandboxClock
) -> None:
    sandbox.add_fault("throttle", path=TEMPLATES, retry_after=None, count=None)
    with pytest.raises(RateLimited) as caught:
        client.create_template(name="made once", html="<p>")
    assert clock.monotonic() <= 75
    assert len(sandbox.requests) < 20
    assert caught.value.renews_at is not None


def test_a_spent_daily_quota_fails_at_once_with_the_time_of_renewal(
    client: KlaviyoClient, sandbox: Sandbox, clock: SandboxClock
) -> None:
    sandbox.add_fault("throttle", path="reports", retry_after=73473)
    report = {
        "statistics": ["opens"],
        "timeframe": {"start": "2026-11-01T00:00:00", "end": "2026-11-20T23:59:59"},
        "conversion_metric_id": sandbox.ready["metrics"][0]["id"],
    }
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            list(client.campaign_values(report))
        assert caught.value.renews_at == clock.now() + timedelta(seconds=73473)
    assert clock.slept == []
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("fault", "when", "made"),
    [
        ({"kind": "drop"}, "before", 0),
        ({"kind": "drop"}, "after", 1),
        ({"kind": "status", "status": 503}, "before", 0),
        ({"kind": "status", "status": 500}, "after", 1),
        ({"kind": "html", "status": 502}, "before", 0),
        ({"kind": "cut"}, "before", 1),
    ],
)
def test_a_write_with_a_lost_answer_is_sent_once_and_its_effect_unknown(
    client: KlaviyoClient, sandbox: Sandbox, fault: dict[str, Any], when: str, made: int
) -> None:
    sandbox.add_fault(**fault, method="POST", path=TEMPLATES, when=when)
    with pytest.raises(PlatformError) as caught:
        client.create_template(name="made once", html="<p>")
    assert isinstance(caught.value, OutcomeUnknown | MalformedResponse)
    assert caught.value.effect is Effect.UNKNOWN
    assert sum(request.method == "POST" for request in sandbox.requests) <= 1
    assert count_templates(client) == made


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 503}, {"kind": "cut"}])
def test_a_read_is_sent_again(client: KlaviyoClient, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.add_fault(**fault, path="/api/lists", count=2)
    assert len(list(client.audiences(AudienceKind.LIST))) == 3


def test_an_edge_page_has_no_effect_even_on_a_write(client: KlaviyoClient, sandbox: Sandbox) -> None:
    sandbox.add_fault("html", path=TEMPLATES, count=None)
    with pytest.raises(PlatformUnavailable) as caught:
        client.create_template(name="made once", html="<p>")
    assert (caught.value.effect, caught.value.code) == (Effect.NONE, "network_edge")
    sandbox.clear_faults()
    assert count_templates(client) == 0


def test_the_date_of_an_answer_is_klaviyos(client: KlaviyoClient, sandbox: Sandbox) -> None:
    sandbox.advance(timedelta(days=3))
    client.get_campaign(sandbox.ready["campaign"]["id"])
    assert client.last_date == NOW + timedelta(days=3)


def test_a_cut_page_of_a_large_account_is_read_again_and_nothing_comes_twice(
    client: KlaviyoClient, sandbox: Sandbox
) -> None:
    for number in range(40):
        sandbox.add_audience(f"List {number}")
    sandbox.add_fault("cut", path="/api/lists", nth=3)
    found = [one.id for one in client.audiences(AudienceKind.LIST)]
    assert len(found) == len(set(found)) == 43


@pytest.mark.parametrize("key", ["full", "revoked", "without-accounts"])
def test_the_key_shows_in_no_log_and_no_error(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = sandbox.keys[key]
    client = open_client(context(secret, account=None, base_url=sandbox.base_url))
    shown = [repr(client), repr(client.http), repr(vars(client.http))]
    try:
        shown.append(repr(connect(client)))
        client.create_template(name="", html="")
    except PlatformError as problem:
        shown.append(repr(vars(problem)))
    client.close()
    assert "/api/accounts" in caplog.text
    assert secret not in caplog.text + "".join(shown)
