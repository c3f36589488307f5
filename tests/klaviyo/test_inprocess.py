"""Without sockets the sandbox answers, and breaks, as it does over them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import FakeClock, OpenGate
from inprocess import InProcess, in_process

from glowtify_core.domain.errors import Effect, OutcomeUnknown, PlatformError
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FAULTS: dict[str, dict[str, Any]] = {
    "dropped before": {"kind": "drop", "when": "before"},
    "dropped after": {"kind": "drop", "when": "after"},
    "500 before": {"kind": "status", "when": "before"},
    "503 after": {"kind": "status", "status": 503, "when": "after"},
    "cut": {"kind": "cut"},
    "the edge": {"kind": "html"},
    "a bad gateway": {"kind": "html", "status": 502},
    "429 without a pause": {"kind": "throttle", "retry_after": None},
    "429": {"kind": "throttle", "retry_after": 900},
    "any answer": {"kind": "error", "status": 418, "body": {"errors": []}},
    "none": {"kind": "lag", "seconds": 60.0},
}


def context(sandbox: Sandbox) -> ConnectorContext:
    settings = {"base_url": sandbox.base_url}
    return ConnectorContext(None, {"api_key": Secret(sandbox.api_key)}, FakeClock(), OpenGate(), settings)


def story(client: KlaviyoClient, sandbox: Sandbox, fault: dict[str, Any]) -> list[Any]:
    """What a client meets when everything it asks for breaks once, and what the sandbox has then."""
    draft = sandbox.ready["campaign"]["id"]
    asked = {
        "create": lambda: client.create_template(name="ours", html="<p>é</p>"),
        "find": lambda: [one.name for one in client.find_templates(name="ours")],
        "read": lambda: client.get_campaign(draft, messages=True).name,
        "pages": lambda: len(list(client.campaigns())),
        "send": lambda: client.create_send_job(draft),
        "delete": lambda: client.delete_campaign(draft),
    }
    met: list[Any] = []
    for name, ask in asked.items():
        sandbox.clear_faults()
        sandbox.add_fault(**fault)
        try:
            met.append((name, ask()))
        except PlatformError as problem:
            met.append((name, type(problem), problem.title, problem.detail, problem.effect))
    return [*met, [entry.as_json() for entry in sandbox.requests], sandbox.sent]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_it_is_the_same_as_over_sockets(fault):
    with Sandbox(now=NOW) as served:
        over_sockets = open_client(context(served))
        met = story(over_sockets, served, fault)
        over_sockets.close()
    alone = Sandbox(now=NOW)
    without = open_client(context(alone))
    without.http.mount(InProcess(alone))

    assert story(without, alone, fault) == met


def test_a_crash_strikes_before_or_after_the_effect():
    sandbox = Sandbox(now=NOW)
    moments = []

    def crash(moment, request):
        moments.append((moment, request.method, request.path_url))
        if (moment, request.method) == ("after", "POST"):
            raise KeyboardInterrupt

    client = in_process(sandbox, crash)(context(sandbox))._client
    before = len(sandbox.state.library())
    with pytest.raises(KeyboardInterrupt):
        client.create_template(name="ours", html="<p>x</p>")

    assert len(sandbox.state.library()) == before + 1
    assert moments == [("before", "POST", "/api/templates"), ("after", "POST", "/api/templates")]


def test_a_lost_answer_leaves_the_effect():
    sandbox = Sandbox(now=NOW)
    client = in_process(sandbox)(context(sandbox))._client
    before = len(sandbox.state.library())
    sandbox.add_fault("cut")
    with pytest.raises(OutcomeUnknown) as lost:
        client.create_template(name="ours", html="<p>x</p>")

    assert lost.value.effect is Effect.UNKNOWN
    assert len(sandbox.state.library()) == before + 1
