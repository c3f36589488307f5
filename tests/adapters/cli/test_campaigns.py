"""Publishing, following, moving, ending and repairing campaigns, on a fake platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import fakes
import pytest

from glowtify_adapters.container import build_app
from glowtify_core.application.cancel_campaign import CancelCampaign
from glowtify_core.application.publish_campaign import PublishCampaign
from glowtify_core.application.repair import Repair, Repaired
from glowtify_core.application.reschedule_campaign import RescheduleCampaign
from glowtify_core.domain.audience import Audience
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    Effect,
    PlatformUnavailable,
    PublicationBusy,
)
from glowtify_core.domain.publication import CancelledBy
from glowtify_core.domain.state import PublicationState

KEYS = {
    *("campaign_id", "store", "connector", "account_id", "publication_id", "name", "state"),
    *("scheduled_for", "recipient_time", "zone", "wall", "sent_at", "remote", "platform_state", "url"),
    *("operation", "cancelled_by", "partly_sent", "drift", "attention", "problem", "checked_at"),
}


def publications():
    """What is kept."""
    app = build_app()
    try:
        return app.campaigns.latest("default")
    finally:
        app.close()


@pytest.fixture
def scheduled(connected, campaign_file, run):
    """One campaign, handed over."""
    assert run("publish", campaign_file()).code == 0
    connected.calls.clear()
    return connected


def test_publishing_shows_when_it_is_sent(run, connected, campaign_file):
    shown = run("publish", campaign_file())
    assert shown.code == 0
    assert shown.out == (
        "Scheduled: Winter sale (winter-sale)\n"
        "  When       Friday 15 January 2027, 09:00 in America/Toronto (UTC-05:00) = 14:00 UTC\n"
    )
    assert shown.err == ""


def test_the_json_of_a_publication_is_stable(run, connected, campaign_file):
    document = run("publish", campaign_file(), "--json").json
    assert set(document) == KEYS | {"already", "warnings"}
    for name in ("publication_id", "checked_at"):
        assert document.pop(name)
    assert document == {
        "campaign_id": "winter-sale",
        "store": "default",
        "connector": "fake",
        "account_id": "ACC001",
        "name": "Winter sale",
        "state": "scheduled",
        "scheduled_for": "2027-01-15T14:00:00+00:00",
        "recipient_time": None,
        "zone": "America/Toronto",
        "wall": "2027-01-15T09:00",
        "sent_at": None,
        "remote": {"campaign": "C1"},
        "platform_state": "Scheduled",
        "url": None,
        "operation": None,
        "cancelled_by": None,
        "partly_sent": False,
        "drift": [],
        "attention": None,
        "problem": None,
        "already": False,
        "warnings": [],
    }


def test_recipients_own_clocks_have_a_wall_time_and_no_instant(run, connected, campaign_file):
    file = campaign_file(schedule='at = "2027-01-15T09:00"\nrecipient_local = true\n')
    document = run("publish", file, "--json").json
    assert (document["scheduled_for"], document["zone"]) == (None, None)
    assert (document["recipient_time"], document["wall"]) == ("2027-01-15T09:00", "2027-01-15T09:00")
    assert "2027-01-15 09:00 recipient's time" in run("status").out


def test_publishing_the_same_file_twice_is_the_same_publication(run, scheduled, campaign_file):
    shown = run("publish", campaign_file())
    assert (shown.code, "Nothing was written" in shown.out) == (0, True)
    assert run("publish", campaign_file(), "--json").json["already"] is True
    assert "create" not in scheduled.calls


def test_a_changed_file_of_a_scheduled_campaign_is_refused_with_what_to_do(run, scheduled, campaign_file):
    changed = campaign_file(sender='name = "Acme"\nemail = "b@example.com"\n')
    error = run("publish", changed, "--json").error
    assert error["code"] == "campaign_changed"
    assert "glowtify reschedule winter-sale" in error["remedy"]


def test_a_dry_run_writes_nothing_and_says_when(run, connected, campaign_file):
    connected.calls.clear()
    file = campaign_file(
        audience='include = ["Newsletter"]\nexclude = ["segment:VIP"]\n',
        schedule='at = "2027-07-15T22:30"\nzone = "America/Toronto"\n',
    )
    shown = run("publish", file, "--dry-run")
    assert shown.code == 0
    assert "2027, 22:30 in America/Toronto (UTC-04:00, summer time) = 2027-07-16 02:30 UTC" in shown.out
    assert "Newsletter (LIST01)" in shown.out
    assert "VIP (SEGM01)" in shown.out
    assert set(connected.calls) == {"audiences"}
    assert run("status", "--json").json["campaigns"] == []


def test_the_json_of_a_dry_run_is_stable(run, connected, campaign_file):
    file = campaign_file(schedule='at = "2027-11-07T01:30"\nzone = "America/Toronto"\n')
    document = run("publish", file, "--dry-run", "--json").json
    (warning,) = document.pop("warnings")
    assert set(warning) == {"level", "code", "title", "remedy", "field"}
    assert (warning["level"], warning["code"]) == ("warning", "time_comes_twice")
    assert document == {
        "dry_run": True,
        "campaign_id": "winter-sale",
        "store": "default",
        "connector": "fake",
        "name": "Winter sale",
        "scheduled_for": "2027-11-07T05:30:00+00:00",
        "recipient_time": None,
        "zone": "America/Toronto",
        "wall": "2027-11-07T01:30",
        "include": [{"id": "LIST01", "kind": "list", "name": "Newsletter"}],
        "exclude": [],
    }


def test_warnings_are_on_standard_error(run, connected, campaign_file):
    file = campaign_file(schedule='at = "2027-11-07T01:30"\nzone = "America/Toronto"\n')
    for options in (["--dry-run"], []):
        shown = run("publish", file, *options)
        assert "Warning: 01:30 comes twice that night" in shown.err
        assert "Warning" not in shown.out


def test_an_ambiguous_name_is_refused_with_the_candidates(run, connected, campaign_file):
    shown = run("publish", campaign_file(audience='include = ["name:VIP"]\n'), "--json")
    assert (shown.code, shown.error["code"]) == (3, "audience_ambiguous")
    assert "LIST02" in shown.error["detail"]
    assert "SEGM01" in shown.error["detail"]


def test_a_refusal_of_the_platform_ends_with_4(run, connected, campaign_file):
    connected.before["create"] = [fakes.refused("Sender not authorized")]
    shown = run("publish", campaign_file(), "--json")
    assert (shown.code, shown.error["title"]) == (4, "Sender not authorized")
    assert run("status", "--json").json["campaigns"][0]["state"] == "failed"


def test_a_platform_that_is_down_ends_with_1_and_running_again_goes_on(run, connected, campaign_file):
    connected.before["send"] = [fakes.down()]
    assert run("publish", campaign_file()).code == 1
    assert run("publish", campaign_file()).code == 0
    assert connected.calls.count("create") == 1


def test_an_unknown_outcome_ends_with_5_and_repair_finds_out(run, connected, campaign_file):
    connected.after["send"] = [fakes.lost()]
    connected.before["read"] = [fakes.down() for _ in range(20)]
    shown = run("publish", campaign_file(), "--json")
    assert (shown.code, shown.error["code"]) == (5, "outcome_unknown")
    connected.before.clear()
    repaired = run("repair", "--json")
    assert repaired.code == 0
    (campaign,) = repaired.json["campaigns"]
    assert set(campaign) == KEYS | {"error", "removed", "left"}
    assert campaign["state"] == "scheduled"
    assert connected.calls.count("send") == 1


def test_repair_says_what_it_could_not_finish(run, connected, campaign_file):
    connected.after["send"] = [fakes.lost()]
    connected.before["read"] = [fakes.down() for _ in range(50)]
    run("publish", campaign_file())
    shown = run("repair")
    assert shown.code == 5
    assert "Unknown: Winter sale (winter-sale)" in shown.out
    assert "Error:" in shown.err


def test_repair_says_when_there_is_nothing_to_do(run, scheduled):
    assert run("repair").out == "Nothing needed repair.\n"


def test_status_shows_state_time_and_what_to_look_at(run, scheduled):
    shown = run("status")
    assert shown.code == 0
    for words in ("winter-sale", "Winter sale", "Scheduled", "2027-01-15 09:00 America/Toronto (14:00 UTC)"):
        assert words in shown.out
    document = run("status", "winter-sale", "--json").json
    assert (set(document), set(document["campaigns"][0])) == ({"store", "campaigns"}, KEYS)


def test_status_shows_drift_and_the_platforms_time(run, scheduled):
    moved = scheduled.campaigns["C1"].scheduled_for + timedelta(days=1)
    scheduled.put("C1", scheduled_for=moved, url="https://www.example.com/C1")
    (campaign,) = run("status", "--json").json["campaigns"]
    assert (campaign["drift"], campaign["scheduled_for"]) == (["time"], moved.isoformat())
    words = f"Changed on the platform: time (now {moved:%Y-%m-%d %H:%M} UTC)."
    assert campaign["attention"] == words
    shown = run("status").out
    assert f"winter-sale: {words}" in shown
    assert "winter-sale: https://www.example.com/C1" in shown


def test_status_shows_what_is_overdue(run, scheduled):
    scheduled.clock.move(timedelta(days=30))
    assert "winter-sale: Overdue" in run("status").out


def test_status_of_nothing_is_no_error_and_of_an_unknown_id_is(run, connected):
    assert run("status").out == "No campaign has been published yet.\n"
    shown = run("status", "nothing", "--json")
    assert (shown.code, shown.error["code"]) == (3, "campaign_not_found")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlatformUnavailable("unreachable", effect=Effect.NONE, remedy="Later."), 1),
        (AuthenticationFailed("Invalid API key", effect=Effect.NONE, remedy="New key."), 4),
    ],
)
def test_status_says_when_a_platform_could_not_be_asked(run, scheduled, error, code):
    scheduled.before["read"] = [error]
    shown = run("status")
    assert shown.code == code
    assert f"winter-sale: {error.title}. {error.remedy}" in shown.out
    assert "Scheduled" in shown.out


def test_stores_do_not_see_each_other(run, scheduled):
    assert run("status", "--store", "other", "--json").json["campaigns"] == []
    assert run("cancel", "winter-sale", "--store", "other").code == 3


def test_reschedule_keeps_the_zone_unless_another_is_named(run, scheduled):
    document = run("reschedule", "winter-sale", "--at", "2027-02-01T10:00", "--json").json
    assert set(document) == KEYS | {"warnings"}
    assert (document["zone"], document["scheduled_for"]) == ("America/Toronto", "2027-02-01T15:00:00+00:00")
    document = run("reschedule", "winter-sale", "--at", "2027-02-01 10:00", "--zone", "UTC", "--json").json
    assert (document["zone"], document["scheduled_for"]) == ("UTC", "2027-02-01T10:00:00+00:00")


def test_reschedule_of_recipients_own_clocks_stays_so(run, connected, campaign_file):
    run("publish", campaign_file(schedule='at = "2027-01-15T09:00"\nrecipient_local = true\n'))
    connected.put("C1", recipient_wall=None)
    run("reschedule", "winter-sale", "--at", "2027-02-01T10:00")
    assert connected.calls.count("patch") == 1


@pytest.mark.parametrize(
    "at", ["2027-03-14T02:30", "soon", "2020-01-01T09:00", "2027-02-01", "9999-12-31T23:59"]
)
def test_an_impossible_time_is_refused_before_any_request(run, scheduled, at):
    shown = run("reschedule", "winter-sale", "--at", at, "--json")
    assert (shown.code, shown.error["field"]) == (3, "schedule.at")
    assert scheduled.calls == []


def test_a_time_that_the_platform_does_not_take_ends_with_4_and_says_what_stands(
    run, scheduled, campaign_file, monkeypatch
):
    monkeypatch.setattr(fakes.FakePlatform, "_patch", lambda self, campaign_id, campaign: campaign_id)
    shown = run("reschedule", "winter-sale", "--at", "2027-02-01T10:00", "--json")
    assert (shown.code, shown.error["code"]) == (4, "reschedule_refused")
    assert (shown.json["state"], shown.json["wall"]) == ("scheduled", "2027-01-15T09:00")
    assert run("publish", campaign_file()).code == 0


def test_cancel_is_for_good_and_again_is_success(run, scheduled):
    shown = run("cancel", "winter-sale")
    assert shown.code == 0
    assert shown.out.startswith("Cancelled: Winter sale (winter-sale)\n")
    assert "Cancelled for good" in shown.out
    document = run("cancel", "winter-sale", "--json").json
    assert (set(document), document["state"], document["cancelled_by"]) == (KEYS, "cancelled", "us")


def test_what_is_cancelled_is_published_again_only_on_request(run, scheduled, campaign_file):
    run("cancel", "winter-sale")
    shown = run("publish", campaign_file(), "--json")
    assert (shown.code, shown.error["code"]) == (3, "cancelled")
    assert run("publish", campaign_file(), "--again").code == 0


def test_what_is_sent_cannot_be_cancelled(run, scheduled):
    scheduled.put("C1", state=PublicationState.SENT)
    run("status")
    shown = run("cancel", "winter-sale", "--json")
    assert (shown.code, shown.error["code"]) == (4, "already_sent")


def test_stop_sending_stops_the_rest(run, scheduled):
    scheduled.put("C1", state=PublicationState.SENDING)
    assert run("cancel", "winter-sale").code == 4
    document = run("cancel", "winter-sale", "--stop-sending", "--json").json
    assert (document["state"], document["partly_sent"]) == ("cancelled", True)


def test_edit_takes_it_back_and_publishing_again_needs_no_word(run, scheduled, campaign_file):
    shown = run("edit", "winter-sale")
    assert shown.code == 0
    assert "Taken back: change it, then publish it again." in shown.out
    assert run("publish", campaign_file(sender='name = "Acme"\nemail = "b@example.com"\n')).code == 0


def test_the_marker_is_in_no_output(run, scheduled):
    marker = scheduled.campaigns["C1"].name.rpartition(" ")[2]
    assert marker.startswith("gl")
    for command in (
        ["status"],
        ["status", "--json"],
        ["performance"],
        ["repair", "--json"],
        ["cancel", "winter-sale"],
    ):
        assert marker not in run(*command).out


def test_audiences_can_be_chosen_and_searched(run, connected):
    assert [a["id"] for a in run("audiences", "fake", "--json").json["audiences"]] == [
        *("LIST01", "LIST02", "SEGM01", "SEGM02")
    ]
    chosen = run("audiences", "fake", "--kind", "segment", "--search", "vip", "--json").json["audiences"]
    assert chosen == [
        {
            "id": "SEGM01",
            "kind": "segment",
            "parent": None,
            "name": "VIP",
            "created_at": None,
            "selectable": True,
            "filling": False,
            "size": None,
        }
    ]
    assert run("audiences", "fake", "--search", "none").out == "There is no such list or segment.\n"


def test_counts_are_made_on_demand_only_and_what_fills_has_none(run, connected):
    connected.audiences.append(replace(connected.audiences[0], name="Young", filling=True))
    assert "42" not in run("audiences", "fake").out
    assert "size" not in connected.calls
    shown = run("audiences", "fake", "--counts")
    assert "15 counts a minute" in shown.err
    assert "42" in shown.out
    assert "still filling" in shown.out
    young = run("audiences", "fake", "--counts", "--search", "young", "--json").json["audiences"][0]
    assert (young["filling"], young["size"]) == (True, None)


def test_names_cannot_steer_the_terminal(run, connected):
    wild = "Red\x1b[31m\x07 alert\u202e"
    connected.audiences[:] = [Audience(connected.audiences[0].ref, wild)]
    shown = run("audiences", "fake").out
    assert "\x1b" not in shown
    assert "Red[31m alert" in shown


@pytest.mark.parametrize(
    ("errors", "code"),
    [([], 0), (["busy", "refused"], 4), (["rejected", "busy"], 3), (["rejected", "refused", "unknown"], 5)],
)
def test_repair_ends_with_the_gravest(run, scheduled, monkeypatch, errors, code):
    publication = publications()[0]
    kinds = {
        "busy": PublicationBusy("Busy"),
        "refused": fakes.refused(),
        "rejected": CampaignRejected("Another account"),
    }
    repaired = [Repaired(publication, kinds[error]) for error in errors if error in kinds]
    if "unknown" in errors:
        repaired.append(Repaired(replace(publication, state=PublicationState.UNKNOWN)))
    monkeypatch.setattr(Repair, "__call__", lambda self, store, report: iter(repaired))
    assert run("repair").code == code


@pytest.mark.parametrize(
    ("command", "state", "by", "title"),
    [
        (["publish"], PublicationState.CANCELLED, CancelledBy.PLATFORM, "The platform cancelled it"),
        (["publish"], PublicationState.MISSING, None, "It is missing"),
        (
            ["reschedule", "winter-sale", "--at", "2027-01-15T09:00"],
            PublicationState.STAGED,
            None,
            "It is staged",
        ),
        (["cancel", "winter-sale"], PublicationState.MISSING, None, "It is missing"),
        (["edit", "winter-sale"], PublicationState.SENT, None, "It is sent"),
    ],
)
def test_what_did_not_happen_does_not_end_with_0(  # noqa: PLR0917 - pytest passes them by name
    run, scheduled, campaign_file, monkeypatch, command, state, by, title
):
    ended = replace(publications()[0], state=state, cancelled_by=by, attention="Look at it.")
    done = SimpleNamespace(publication=ended, findings=(), already=False)
    monkeypatch.setattr(PublishCampaign, "__call__", lambda self, *args, **options: done)
    monkeypatch.setattr(RescheduleCampaign, "__call__", lambda self, *args, **options: done)
    monkeypatch.setattr(CancelCampaign, "_end", lambda self, *args, **options: ended)
    words = [*command, campaign_file()] if command == ["publish"] else command
    shown = run(*words, "--json")
    assert (shown.code, shown.error["title"], shown.error["detail"]) == (4, title, "Look at it.")
    assert shown.json["state"] == state
    assert "Look at it." in run(*words).out


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        (["reschedule", "winter-sale", "--at", "2020-01-01T09:00"], None),
        (["cancel", "winter-sale"], "cancel"),
        (["edit", "winter-sale"], "revert"),
    ],
)
def test_the_json_of_an_error_says_how_the_campaign_stands(run, scheduled, command, request_):
    for what in ("cancel", "revert", "delete", "read"):
        scheduled.before[what] = [fakes.down() for _ in range(20)] if request_ else []
    shown = run(*command, "--json")
    assert shown.code
    assert set(shown.json) == KEYS | {"error"}
    assert (shown.json["campaign_id"], shown.json["store"]) == ("winter-sale", "default")


def test_the_json_of_a_refused_publish_says_how_the_campaign_stands(run, connected, campaign_file):
    connected.before["create"] = [fakes.refused("Sender not authorized")]
    shown = run("publish", campaign_file(), "--json").json
    assert (shown["campaign_id"], shown["state"]) == ("winter-sale", "failed")
    assert set(shown) == KEYS | {"error"}


def test_the_json_of_an_error_names_a_campaign_that_was_never_published(run, connected, campaign_file):
    file = campaign_file(audience='include = ["name:VIP"]\n')
    for command in (
        ["publish", file],
        ["publish", file, "--dry-run"],
        ["reschedule", "winter-sale", "--at", "2027-01-15T09:00"],
        ["cancel", "winter-sale"],
        ["edit", "winter-sale"],
    ):
        shown = run(*command, "--json").json
        assert set(shown) == {"campaign_id", "store", "error"}
        assert (shown["campaign_id"], shown["store"]) == ("winter-sale", "default")
