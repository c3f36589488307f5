"""Starting, stopping, the ready file, large accounts, and answers that repeat byte for byte."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import requests

from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SHORT = re.compile(r"[0-9A-Za-z]{6}")


def test_the_ready_content_leads_to_a_complete_draft(klaviyo, api):
    ready = klaviyo.ready
    assert ready["base_url"] == klaviyo.base_url
    assert ready["api_key"] == ready["keys"]["full"]
    assert all(value.startswith("pk_") for value in ready["keys"].values())
    assert SHORT.fullmatch(ready["account_id"])
    assert (len(ready["lists"]), len(ready["segments"])) == (3, 2)
    assert ready["metrics"][0]["name"] == "Placed Order"
    draft = api.get(f"/api/campaigns/{ready['campaign']['id']}", include="campaign-messages")
    assert draft["data"]["attributes"]["status"] == "Draft"
    message = draft["included"][0]
    assert message["id"] == ready["campaign"]["message"]
    assert message["attributes"]["definition"]["content"]["subject"]
    assert api.get(f"/api/templates/{ready['campaign']['template']}")["data"]
    api.send_job(ready["campaign"]["id"])
    klaviyo.act(ready["campaign"]["id"], "delete")
    assert klaviyo.ready == ready


def test_the_command_writes_its_ready_file_and_ends_well_on_sigterm(tmp_path):
    path = tmp_path / "new" / "ready.json"
    command = [sys.executable, "-W", "error", "-m", "glowtify_klaviyo.sandbox", "--ready-file", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while not path.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        ready = json.loads(path.read_text())
        headers = {"Authorization": f"Klaviyo-API-Key {ready['api_key']}", "revision": "2026-07-15"}
        response = requests.get(f"{ready['base_url']}/api/accounts", headers=headers, timeout=10)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert response.status_code == 200
    assert process.returncode == 0
    assert ready["base_url"] in out
    assert err == ""
    assert path.stat().st_mode & 0o077 == 0


def conversation(sandbox):
    """Ask for much and return every byte of the answers, the port left out."""
    ready, answers = sandbox.ready, []
    with requests.Session() as session:
        session.headers.update(
            {"Authorization": f"Klaviyo-API-Key {sandbox.api_key}", "revision": "2026-07-15"}
        )
        template = {"type": "template", "attributes": {"name": "x", "editor_type": "CODE", "html": "x"}}
        job = {"type": "campaign-send-job", "id": ready["campaign"]["id"]}
        for method, path, data in (
            ("GET", "/api/lists", None),
            ("GET", "/api/profiles", None),
            ("GET", "/api/campaigns?filter=equals(messages.channel,'email')", None),
            ("POST", "/api/templates", template),
            ("POST", "/api/campaign-send-jobs", job),
            ("GET", f"/api/campaigns/{ready['campaign']['id']}", None),
            ("GET", "/api/lists/NOPE01", None),
        ):
            response = session.request(
                method, sandbox.base_url + path, json={"data": data} if data else None, timeout=10
            )
            answers.append((dict(response.headers), response.text.replace(sandbox.base_url, "")))
    return answers


def test_two_runs_with_one_seed_and_clock_answer_the_same_byte_for_byte():
    with Sandbox(now=NOW, seed=7) as first:
        before = conversation(first)
        first.reset()
        again = conversation(first)
    with Sandbox(now=NOW, seed=7) as second:
        after = conversation(second)
    with Sandbox(now=NOW, seed=8) as third:
        other = conversation(third)
    assert before == again
    assert [text for _, text in before] == [text for _, text in after]
    assert [text for _, text in before] != [text for _, text in other]


def test_large_accounts_can_be_paged_through(client):
    with Sandbox(now=NOW, lists=500, campaigns=2000, segments=0) as large:
        api = client(sandbox=large)
        assert [len(page["data"]) for page in api.pages("/api/lists")] == [10] * 50
        campaigns = [
            item["id"]
            for page in api.pages("/api/campaigns", filter="equals(messages.channel,'email')")
            for item in page["data"]
        ]
        assert len(set(campaigns)) == len(campaigns) == 2001
        assert large.ready["segments"] == []


def test_an_account_may_have_no_audience_at_all(client):
    with Sandbox(now=NOW, lists=0, segments=0, campaigns=0) as bare:
        api = client(sandbox=bare)
        assert api.get("/api/lists")["data"] == []
        assert api.get("/api/segments")["data"] == []


def test_a_taken_port_is_an_error(klaviyo):
    port = int(klaviyo.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port).start()


def test_a_sandbox_can_be_stopped_and_started_again(client):
    sandbox = Sandbox(now=NOW)
    for _ in range(2):
        with sandbox:
            assert client(sandbox=sandbox).get("/api/accounts")["data"]
    sandbox.stop()


def test_without_a_given_instant_the_clock_runs():
    with Sandbox(campaigns=0) as sandbox:
        first = sandbox.state.clock.now()
        assert abs((datetime.now(UTC) - first).total_seconds()) < 60
        assert sandbox.state.clock.now() >= first
        assert not sandbox.state.clock.frozen


def test_the_sandbox_needs_neither_the_core_nor_a_client():
    code = (
        "import sys, glowtify_klaviyo.sandbox;"
        "print([m for m in ('glowtify_core', 'requests', 'marshmallow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
