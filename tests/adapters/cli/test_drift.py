"""What people do in Klaviyo's own app is shown by ``status`` as what it is, and nothing is overwritten."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import fakes
import pytest
from dependency_injector import providers
from inprocess import in_process
from klaviyo_world import SandboxClock

from glowtify_adapters.container import Container
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.connectors import Installed
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

TOP = (
    'id = "winter-sale"\nname = "Winter sale"\nconnector = "klaviyo"\n'
    'subject = "Everything must go"\nhtml = "mail.html"\ntext = "Hello"\n'
)
LATER = "2027-01-20T10:00:00+00:00"
OTHER = "<p>Nothing must go</p>"
UNSCHEDULED = "Unscheduled: this e-mail will not be sent. Reschedule it, or take it back with edit."
UNKNOWN = "It is not known whether this e-mail is scheduled. Run `glowtify repair`;"
BILLING = (
    "Cancelled by the platform: Billing Limit."
    " The Klaviyo plan does not cover so many e-mails: see to it there."
)


class App:
    """Klaviyo's own app, in front of a person."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.state = sandbox.state

    @property
    def campaign(self):
        """The one that Glowtify made."""
        (made,) = (c for c in self.state.campaigns.values() if c.name.startswith("Winter sale "))
        return made

    @property
    def html(self):
        return self.state.templates[self.state.messages[self.campaign.message_id].template_id].html

    def do(self, *actions):
        campaign_id = self.campaign.id
        for action, given in actions:
            self.sandbox.act(campaign_id, action, **given)


@pytest.fixture
def klaviyo(run, campaign_file, monkeypatch):
    """A campaign that was handed over to the sandbox by the command."""
    sandbox = Sandbox(now=datetime(2026, 11, 23, 10, tzinfo=UTC))
    manifest = replace(MANIFEST, factory=in_process(sandbox))
    overrides = {
        Container.directory: ConnectorRegistry((Installed(manifest, "glowtify-klaviyo", "0"),), ()),
        Container.clock: SandboxClock(sandbox),
        Container.gate: fakes.OpenGate(),
    }
    for provider, value in overrides.items():
        provider.override(providers.Object(value))
    monkeypatch.setenv("KLAVIYO_API_KEY", sandbox.api_key)
    assert run("connect", "klaviyo").code == 0
    file = campaign_file(top=TOP, sender='name = "Acme"\nemail = "shop@example.com"\n')
    assert run("publish", file).code == 0
    sandbox.clear_requests()
    yield App(sandbox)
    for provider in overrides:
        provider.reset_override()


def edit(**given):
    return ("edit", given)


@pytest.mark.parametrize(
    ("actions", "state", "drift", "attention"),
    [
        ([], "scheduled", [], None),
        ([("cancel", {})], "cancelled", [], "Cancelled on the platform."),
        (
            [("cancel_during_send", {})],
            "cancelled",
            [],
            "Cancelled while it was being sent: some have received it.",
        ),
        ([("revert", {})], "staged", ["unscheduled"], UNSCHEDULED),
        (
            [edit(html=OTHER), ("revert", {})],
            "staged",
            ["content", "unscheduled"],
            f"{UNSCHEDULED} Changed on the platform: content.",
        ),
        (
            [("reschedule", {"datetime": LATER})],
            "scheduled",
            ["time"],
            f"Changed on the platform: time (now {LATER[:10]} {LATER[11:16]} UTC).",
        ),
        (
            [edit(audiences={"included": ["other"]})],
            "scheduled",
            ["audience"],
            "Changed on the platform: audience.",
        ),
        (
            [edit(audiences={"excluded": ["other"]})],
            "scheduled",
            ["audience"],
            "Changed on the platform: audience.",
        ),
        (
            [edit(content={"subject": "Buy now"})],
            "scheduled",
            ["subject"],
            "Changed on the platform: subject.",
        ),
        (
            [edit(content={"from_email": "b@example.com"})],
            "scheduled",
            ["sender"],
            "Changed on the platform: sender.",
        ),
        ([edit(html=OTHER)], "scheduled", ["content"], "Changed on the platform: content."),
        (
            [edit(html=OTHER, content={"subject": "Buy now"}), ("reschedule", {"datetime": LATER})],
            "scheduled",
            ["content", "subject", "time"],
            f"Changed on the platform: content, subject, time (now {LATER[:10]} {LATER[11:16]} UTC).",
        ),
        ([("archive", {})], "scheduled", [], None),
        ([("end_as", {"status": "Cancelled: Billing Limit"})], "scheduled", [], None),
        ([("end_as", {"status": "Cancelled: Billing Limit", "now": True})], "cancelled", [], BILLING),
        ([("end_as", {"status": "Sent", "now": True})], "sent", [], None),
        ([("end_as", {"status": "Unknown", "now": True})], "unknown", [], UNKNOWN),
        ([("delete", {})], "missing", [], "Deleted on the platform: this e-mail will not be sent."),
    ],
)
def test_what_was_done_in_the_app_is_shown_and_left_alone(  # noqa: PLR0917 - pytest passes them by name
    run, klaviyo, actions, state, drift, attention
):
    klaviyo.do(*actions)
    held = deepcopy((klaviyo.state.campaigns, klaviyo.state.messages, klaviyo.state.templates))
    (shown,) = run("status", "--content", "--json").json["campaigns"]
    assert (shown["state"], shown["drift"], shown["problem"]) == (state, drift, None)
    assert (shown["attention"] or "").startswith(attention or "")
    assert bool(shown["attention"]) is bool(attention)
    text = run("status", "--content").out
    assert state.capitalize() in text
    assert f"winter-sale: {attention}" in text or not attention
    assert {request.method for request in klaviyo.sandbox.requests} == {"GET"}
    assert (klaviyo.state.campaigns, klaviyo.state.messages, klaviyo.state.templates) == held


def test_who_ended_it_is_told(run, klaviyo):
    klaviyo.do(("end_as", {"status": "Cancelled: Billing Limit"}))
    assert run("status", "--json").json["campaigns"][0]["state"] == "scheduled"
    klaviyo.sandbox.advance(timedelta(days=60))
    (shown,) = run("status", "--json").json["campaigns"]
    assert (shown["cancelled_by"], shown["partly_sent"]) == ("platform", False)


def test_who_cancelled_it_while_it_was_sent_is_told(run, klaviyo):
    klaviyo.do(("cancel_during_send", {"share": 0.5}))
    (shown,) = run("status", "--json").json["campaigns"]
    assert (shown["cancelled_by"], shown["partly_sent"]) == ("person", True)


def test_a_changed_e_mail_is_noticed_on_request_and_stays_noticed(run, klaviyo):
    html = klaviyo.html
    klaviyo.do(edit(html=OTHER))
    assert run("status", "--json").json["campaigns"][0]["drift"] == []
    assert [request.path for request in klaviyo.sandbox.requests] == ["/api/campaigns"]
    for options, drift in ([["--content"], ["content"]], [[], ["content"]]):
        assert run("status", *options, "--json").json["campaigns"][0]["drift"] == drift
    klaviyo.do(edit(html=html))
    for options, drift in ([[], ["content"]], [["--content"], []], [[], []]):
        assert run("status", *options, "--json").json["campaigns"][0]["drift"] == drift


def test_a_move_takes_the_changed_e_mail_along_and_warns(run, klaviyo):
    klaviyo.do(edit(html=OTHER))
    changed = klaviyo.html
    moved = run("reschedule", "winter-sale", "--at", "2027-02-01T09:00")
    assert moved.code == 0
    assert "Warning: The e-mail was changed in Klaviyo. It will be sent as it is there." in moved.err
    assert "Changed on the platform: content." in moved.out
    assert klaviyo.html == changed
    again = run("reschedule", "winter-sale", "--at", "2027-02-02T09:00", "--json").json
    assert [warning["code"] for warning in again["warnings"]] == ["content_changed"]
    assert again["drift"] == ["content"]
    assert run("status", "--json").json["campaigns"][0]["drift"] == ["content"]


def test_a_move_without_an_answer_about_the_content_is_made_all_the_same(run, klaviyo):
    klaviyo.sandbox.add_fault("status", method="GET", path="campaign-messages", status=503, count=None)
    moved = run("reschedule", "winter-sale", "--at", "2027-02-01T09:00", "--json")
    assert (moved.code, moved.json["wall"], moved.json["drift"]) == (0, "2027-02-01T09:00", [])
    assert [warning["code"] for warning in moved.json["warnings"]] == ["content_unknown"]


def test_status_says_when_the_content_cannot_be_read(run, klaviyo):
    klaviyo.do(edit(html=OTHER, content={"subject": "Buy now"}))
    klaviyo.sandbox.add_fault("status", method="GET", path="campaign-messages", status=503, count=None)
    shown = run("status", "--content", "--json")
    (campaign,) = shown.json["campaigns"]
    assert shown.code == 1
    assert (campaign["state"], campaign["drift"]) == ("scheduled", ["subject"])
    assert campaign["problem"]["code"] == "platform_unavailable"
    klaviyo.sandbox.clear_faults()
    assert run("status", "--content", "--json").json["campaigns"][0]["drift"] == ["content", "subject"]


def test_status_says_which_scope_reading_the_content_needs(run, connected, campaign_file, monkeypatch):
    connected.account = replace(connected.account, missing=frozenset({"content:read"}))
    monkeypatch.setenv("FAKE_API_KEY", "a-long-enough-key")
    run("connect", "fake")
    assert run("publish", campaign_file()).code == 0
    shown = run("status", "--content")
    assert shown.code != 0
    assert "Scheduled" in shown.out
    assert "winter-sale: Scopes insufficient: The key lacks content:read." in shown.out
    assert run("status").code == 0
