"""``make bench``: how we compare, as ratios measured in one run. No test: nothing fails here."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from pacing import used_limits
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

HERE = Path(__file__).parent
ROUNDS = 7


def main() -> None:
    """Measure and print."""
    table = Table("measured", "ours", "theirs", "ratio", "target", title="Benchmarks (medians of one run)")
    starts(table)
    calls(table)
    Console(width=110).print(table)
    Console(width=110).print(requests_needed())
    Console(width=110).print(used_limits())


def starts(table: Table) -> None:
    """The connector ready for work, against the official SDK with the API groups that the job needs."""
    ours, theirs = alternating(
        lambda: in_a_process("ready_ours.py"), lambda: in_a_process("ready_sdk.py"), rounds=ROUNDS
    )
    for what, unit, target in (("seconds", "s", 0.25), ("megabytes", "MiB", 0.6)):
        mine = statistics.median(run[what] for run in ours)
        other = statistics.median(run[what] for run in theirs)
        row(table, f"connector ready against klaviyo-api 24: {what}", (mine, other), unit, target)


def calls(table: Table) -> None:
    """CPU a call, against a bare Session that parses the same JSON, and against the SDK."""
    server = subprocess.Popen(
        [sys.executable, "-m", "glowtify_klaviyo.sandbox", "--lists", "10", "--ready-file", str(READY)],
        stdout=subprocess.DEVNULL,
    )
    try:
        ready = wait_for(READY)
        for name, (ours, bare, sdk) in work(ready).items():
            spent = interleaved([ours, bare, sdk])
            row(table, f"{name}: CPU against a bare Session", (spent[0], spent[1]), "ms", 1.3)
            row(table, f"{name}: CPU against klaviyo-api 24", (spent[0], spent[2]), "ms", 1.1)
    finally:
        server.terminate()
        server.wait(10)
        READY.unlink(missing_ok=True)


READY = HERE / ".ready.json"
LIST_FIELDS = {"fields[list]": "name,created"}
"""What we ask for, so that the bare Session parses the same JSON."""


def work(ready: dict[str, Any]) -> dict[str, tuple[Callable[[], object], ...]]:
    """The two calls, each as we make it, as a bare Session does, and as the SDK's documentation shows."""
    from fakes import OpenGate
    from klaviyo_api import KlaviyoAPI

    from glowtify_core.domain.audience import AudienceKind
    from glowtify_core.domain.connection import AccountInfo
    from glowtify_core.ports.clock import SystemClock
    from glowtify_core.ports.connectors import ConnectorContext
    from glowtify_core.ports.credentials import Secret
    from glowtify_klaviyo.opening import open_client

    account = AccountInfo(ready["account_id"], "Example Shop", "UTC", "EUR")
    client = open_client(
        ConnectorContext(
            account,
            {"api_key": Secret(ready["api_key"])},
            SystemClock(),
            OpenGate(),
            {"base_url": ready["base_url"]},
        )
    )
    session = requests.Session()
    session.headers.update(
        {
            "Authorization": f"Klaviyo-API-Key {ready['api_key']}",
            "revision": "2026-07-15",
            "Accept": "application/vnd.api+json",
            "Content-Type": "application/vnd.api+json",
        }
    )
    sdk = KlaviyoAPI(ready["api_key"], test_host=ready["base_url"])
    attributes, definition = campaign_body(ready["lists"][0]["id"])
    body = {
        "data": {
            "type": "campaign",
            "attributes": {
                **attributes,
                "campaign-messages": {
                    "data": [{"type": "campaign-message", "attributes": {"definition": definition}}]
                },
            },
        }
    }
    base = ready["base_url"]
    return {
        "list audiences": (
            lambda: list(client.audiences(AudienceKind.LIST)),
            lambda: session.get(f"{base}/api/lists", params=LIST_FIELDS, timeout=10).json(),
            sdk.Lists.get_lists,
        ),
        "create campaign": (
            lambda: client.create_campaign(attributes, definition),
            lambda: session.post(f"{base}/api/campaigns", json=body, timeout=10).json(),
            lambda: sdk.Campaigns.create_campaign(body),
        ),
    }


def campaign_body(list_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What publishing sends."""
    import fakes

    from glowtify_core.domain.audience import AudienceRef
    from glowtify_klaviyo.mapping import campaign_attributes, message_definition

    campaign = fakes.campaign(connector="klaviyo", include=(AudienceRef(list_id),))
    name = "Winter sale glbench0001"
    return campaign_attributes(campaign, name), message_definition(campaign, name)


def requests_needed() -> Table:
    """HTTP calls, counted by the sandbox's log."""
    table = Table("requests", "counted", "target", title="HTTP calls, by the sandbox's log")
    from counting import count_requests

    for name, counted, target in count_requests():
        table.add_row(name, str(counted), target)
    return table


def row(table: Table, name: str, pair: tuple[float, float], unit: str, target: float) -> None:
    """One comparison."""
    ours, theirs = pair
    ratio = ours / theirs
    table.add_row(
        name,
        f"{ours:.3g} {unit}",
        f"{theirs:.3g} {unit}",
        f"{ratio:.2f}",
        f"at most {target:g}",
        style="" if ratio <= target else "bold red",
    )


def alternating(
    one: Callable[[], Any], other: Callable[[], Any], *, rounds: int
) -> tuple[list[Any], list[Any]]:
    """Both in turn, after one run each that does not count."""
    one(), other()
    pairs = [(one(), other()) for _ in range(rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def interleaved(functions: list[Callable[[], object]], *, repeat: int = 40) -> list[float]:
    """Median CPU milliseconds a call of this process, measured in turns so that drift meets all alike."""
    spent: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(ROUNDS):
        for number, function in enumerate(functions):
            begun = time.process_time()
            for _ in range(repeat):
                function()
            spent[number].append((time.process_time() - begun) / repeat * 1000)
    return [statistics.median(times) for times in spent]


def in_a_process(script: str) -> dict[str, float]:
    """What a fresh interpreter says it took."""
    done = subprocess.run([sys.executable, HERE / script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def wait_for(path: Path) -> dict[str, Any]:
    """The ready file of a sandbox that is starting."""
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while not path.exists():
        if datetime.now(UTC) > deadline:
            raise TimeoutError("the sandbox did not start")
        time.sleep(0.05)
    return json.loads(path.read_text())


if __name__ == "__main__":
    main()
