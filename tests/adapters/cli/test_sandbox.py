"""The sandbox of Klaviyo by the command: started, found, steered; and the whole main job on it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

PATIENCE = 30.0


def wait_for(path):
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, "the sandbox did not get ready"
        time.sleep(0.02)
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def started(home, tmp_path):
    """``glowtify sandbox klaviyo`` in a process of its own; its ready file's content."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "glowtify_adapters", "sandbox", "klaviyo", "--ready-file", str(ready)]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield wait_for(ready)
        finally:
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert json.loads(out)["base_url"].startswith("http://127.0.0.1:")


@pytest.fixture
def connected(run, started, monkeypatch):
    monkeypatch.setenv("KLAVIYO_API_KEY", started["api_key"])
    assert run("connect", "klaviyo", "--base-url", started["base_url"]).code == 0
    return started


@pytest.fixture
def example(tmp_path):
    """The committed example, in a folder of its own, a month from today."""
    source = Path(__file__).parents[3] / "examples" / "newsletter"
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    file = tmp_path / "campaign.toml"
    at = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT09:00}"
    lines = [f'at = "{at}"' if line.startswith("at =") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_the_example_is_a_real_newsletter():
    folder = Path(__file__).parents[3] / "examples" / "newsletter"
    html = (folder / "newsletter.html").read_text(encoding="utf-8")
    assert len(html.encode()) >= 30_000
    assert "{% unsubscribe" in html
    assert "prefers-color-scheme: dark" in html
    assert html.count("<img") == html.count("alt=")


def test_the_main_job_from_connecting_to_performance(run, connected, example):
    audiences = run("audiences", "klaviyo", "--counts", "--json").json["audiences"]
    assert {one["kind"] for one in audiences} == {"list", "segment"}
    assert run("publish", example, "--dry-run", "--json").json["include"][0]["name"] == "Newsletter"
    published = run("publish", example, "--json").json
    assert published["state"] == "scheduled"
    assert run("publish", example, "--json").json["already"] is True
    campaign_id = published["campaign_id"]
    sooner = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%dT09:00}"
    moved = run("reschedule", campaign_id, "--at", sooner, "--json").json
    assert (moved["state"], moved["wall"], moved["remote"]) == ("scheduled", sooner, published["remote"])
    run("sandbox", "clock", "--advance", "9d")
    assert run("status", campaign_id, "--json").json["campaigns"][0]["state"] == "sent"
    (figures,) = run("performance", campaign_id, "--json").json["campaigns"]
    assert 0 < figures["clicks_unique"] <= figures["opens_unique"] <= figures["delivered"]
    assert figures["revenue"]["currency"] == "EUR"
    (mail,) = run("sandbox", "sent", "--json").json["sent"]
    assert mail["campaign_id"] == published["remote"]["campaign"]
    assert run("cancel", campaign_id, "--json").error["code"] == "already_sent"
    assert run("disconnect", "klaviyo", "--json").json["still_sends"] == []


def test_a_lost_answer_makes_no_second_campaign(run, connected, example, monkeypatch):
    monkeypatch.setenv("GLOWTIFY_SETTLE_SECONDS", "0")
    run("sandbox", "requests", "--clear")
    lost = ("--add", "drop", "--when", "after", "--method", "POST", "--path", "campaign-send-jobs")
    assert len(run("sandbox", "faults", *lost, "--json").json["faults"]) == 1
    assert run("publish", example, "--json").json["state"] == "scheduled"
    log = run("sandbox", "requests", "--json").json["requests"]
    assert [entry["status"] for entry in log if entry["path"].endswith("campaign-send-jobs")] == [None]
    assert run("sandbox", "faults", "--clear", "--json").json == {"faults": []}


@pytest.mark.parametrize(
    ("key", "title"), [("revoked", "Invalid API key"), ("without-templates", "Scopes insufficient")]
)
def test_a_key_that_will_not_do_is_refused_by_its_title(run, started, monkeypatch, key, title):
    monkeypatch.setenv("KLAVIYO_API_KEY", started["keys"][key])
    shown = run("connect", "klaviyo", "--base-url", started["base_url"], "--json")
    assert (shown.code, shown.error["title"]) == (4, title)
    assert shown.error["remedy"]


def test_the_clock_is_shown_moved_set_and_put_back(run, started):
    def clock(*options):
        return datetime.fromisoformat(run("sandbox", "clock", *options, "--json").json["now"])

    before = clock()
    assert timedelta(days=7) <= clock("--advance", "7d") - before < timedelta(days=7, minutes=5)
    assert f"{clock('--set', '2035-01-15T14:00Z'):%Y-%m-%dT%H:%M}" == "2035-01-15T14:00"
    assert "2035-01-15 14:0" in run("sandbox", "clock").out
    assert run("sandbox", "reset").code == 0
    assert clock() - before < timedelta(minutes=5)


def test_what_the_knobs_show_is_readable(run, connected):
    assert run("sandbox", "faults").out == "No faults.\n"
    assert run("sandbox", "sent").out == "Nothing was sent.\n"
    assert "200 GET    /api/accounts" in run("sandbox", "requests").out
    added = run("sandbox", "faults", "--add", "delay", "--seconds", "0.1", "--path", "lists").out
    assert added == "delay before the effect: * lists, 1 from number 1, seen 0\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["clock", "--advance", "soon"],
        ["clock", "--set", "soon"],
        ["clock", "--set", "2035-01-15", "--advance", "7d"],
        ["faults", "--path", "lists"],
        ["nothing"],
    ],
)
def test_wrong_knobs_are_a_wrong_command_line(run, arguments):
    assert run("sandbox", *arguments).code == 2


def test_what_the_sandbox_cannot_do_is_said(run, started):
    shown = run("sandbox", "faults", "--add", "drop", "--path", "(", "--json")
    assert (shown.code, shown.error["code"]) == (4, "request_rejected")


def test_no_running_sandbox_is_said_with_what_to_do(run):
    shown = run("sandbox", "clock", "--json")
    assert (shown.code, shown.error["code"]) == (3, "no_sandbox")
    assert "glowtify sandbox klaviyo" in shown.error["remedy"]


def test_a_sandbox_that_has_gone_is_said_so(run):
    shown = run("sandbox", "clock", "--url", "http://127.0.0.1:9", "--json")
    assert (shown.code, shown.error["code"]) == (1, "sandbox_unreachable")


@pytest.mark.parametrize("url", ["https://a.klaviyo.com", "file:///etc/passwd", "nonsense"])
def test_the_control_interface_is_on_this_machine_only(run, url):
    shown = run("sandbox", "clock", "--url", url, "--json")
    assert (shown.code, shown.error["code"]) == (3, "sandbox_address")


def test_a_port_that_is_taken_is_said_so(run, started):
    port = started["base_url"].rpartition(":")[2]
    shown = run("sandbox", "klaviyo", "--port", port, "--json")
    assert (shown.code, shown.error["code"]) == (3, "sandbox_start")


def test_a_stopped_sandbox_leaves_nothing_in_home(home):
    command = [sys.executable, "-m", "glowtify_adapters", "sandbox", "klaviyo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert "local Klaviyo" in process.stdout.readline()
        assert (home / "sandbox.json").exists()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert [path.name for path in home.iterdir() if path.name.startswith("sandbox")] == []


def test_the_sandboxes_that_are_installed_are_listed(run):
    shown = run("sandbox", "--help").out
    for word in ("klaviyo", "clock", "faults", "requests", "reset", "sent"):
        assert f"  {word}" in shown


def test_a_connector_without_a_sandbox_has_no_such_command(run, fake):
    assert run("sandbox", "fake").code == 2
