"""One campaign in full."""

from threading import Event

import pytest
from placing import at, hand_over, latest, place, utc, when_done
from waiting import until

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.domain.publication import CancelledBy, OperationKind, Problem
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.state import PublicationState as S

HERE = "/campaigns/winter-sale"
TIME = at("2031-01-15T09:00")


# --- the page ---


def test_one_that_was_never_published_is_not_there(client):
    answer = client.get("/campaigns/nothing")
    assert answer.status_code == 404
    assert "There is no campaign" in answer.text


def test_everything_stands_on_its_page(app, client):
    publication = place(app, "winter-sale", at("2031-01-15T09:00", "America/Toronto"))
    shown = client.get(HERE).text
    for words in (
        "Scheduled",
        "Wednesday, January 15, 2031, 9:00",
        "(America/Toronto, UTC-5)",
        "(Europe/Berlin, UTC+1)",
        "UTC",
        "Everything must go",
        "Newsletter (list)",
        "SEGM01",
        "Example Shop</bdi> &lt;shop@example.com&gt;",
        f"ends in {publication.marker}",
        'href="https://www.klaviyo.com/campaign/1"',
        "Publish",
        "Connected",
    ):
        assert words in shown


def test_the_email_is_shown_where_it_reaches_nothing(app, client):
    place(app, "winter-sale", TIME)
    answer = client.get(f"{HERE}/email")
    assert answer.text == "<html><body><p>Hello</p></body></html>"
    assert answer.headers["content-security-policy"].startswith("sandbox")


REMARKS = [
    (S.SUBMITTING, {}, "Accepted, not yet confirmed"),
    (S.STAGED, {}, "Unscheduled: this e-mail will not be sent"),
    (S.FAILED, {}, "Not scheduled"),
    (S.MISSING, {}, "Deleted in Klaviyo</strong>"),
    (S.MISSING, {"looked": utc("2031-01-15T12:00")}, "Deleted in Klaviyo when its time had come"),
    (S.UNKNOWN, {}, "It is not known whether this e-mail is scheduled"),
    (S.UNKNOWN, {"remote": {"name": ""}}, "An answer of Klaviyo was lost"),
    (S.CANCELLED, {"cancelled_by": CancelledBy.US}, "Cancelled for good"),
    (S.CANCELLED, {"cancelled_by": CancelledBy.PERSON}, "Cancelled in Klaviyo"),
    (S.CANCELLED, {"cancelled_by": CancelledBy.US, "remote": {"partly_sent": True}}, "Some have received it"),
    (
        S.CANCELLED,
        {"cancelled_by": CancelledBy.PLATFORM, "remote": {"reason": "No Recipients", "advice": "Fill it."}},
        "Klaviyo cancelled it: No Recipients</strong></p><p>Fill it.",
    ),
    (S.SCHEDULED, {"looked": utc("2031-01-15T12:00")}, "Overdue"),
    (S.SCHEDULED, {"begun": OperationKind.PUBLISH}, "Handing it over is not finished"),
    (S.SCHEDULED, {"begun": OperationKind.RESCHEDULE}, "Moving to:"),
    (S.SCHEDULED, {"begun": OperationKind.CANCEL}, "Cancelling is not finished"),
    (S.SCHEDULED, {"begun": OperationKind.EDIT}, "Taking it back is not finished"),
    (S.FAILED, {"begun": OperationKind.CLEANUP}, "no longer needed is still to be removed"),
    (S.SCHEDULED, {"problem": Problem("Odd", "odd", "Run `glowtify repair`.")}, "Use “Repair”."),
    (S.SCHEDULED, {"drift": frozenset({Drift.CONTENT})}, "The e-mail itself. It is sent as it is there."),
    (S.SENT, {"drift": frozenset({Drift.AUDIENCE})}, "The audiences. It was sent as it was there."),
    (S.SCHEDULED, {"drift": frozenset({Drift.TIME})}, "The time: now Wednesday, January 15, 2031"),
    (S.SCHEDULED, {"drift": frozenset({Drift.SUBJECT}), "remote": {"subject": "Hm"}}, "now “Hm”"),
    (S.SCHEDULED, {"drift": frozenset({Drift.SENDER}), "remote": {"sender_email": "x@example.com"}}, "x@exa"),
]


@pytest.mark.parametrize(("state", "how", "words"), REMARKS)
def test_how_it_stands_is_told_in_words(app, client, state, how, words):
    place(app, "winter-sale", TIME, state, **how)
    assert words in client.get(HERE).text


def test_without_its_account_nothing_can_be_done_with_it(app, client):
    place(app, "winter-sale", TIME, account_id="OTHER1")
    shown = client.get(HERE).text
    assert "Another account" in shown
    assert f"{HERE}/move" not in shown
    assert f"{HERE}/cancel" not in shown
    app.connections.disconnect("default", "klaviyo")
    assert "is not connected any more" in client.get(HERE).text
    assert "so nothing can be done with it from here" in client.get(f"{HERE}/cancel").text


def test_a_connector_that_is_gone_is_named(app, client):
    place(app, "winter-sale", TIME, connector="postbox")
    assert "In postbox" in client.get(HERE).text


def test_earlier_attempts_are_kept(app, client):
    place(app, "winter-sale", TIME, S.CANCELLED, cancelled_by=CancelledBy.US)
    place(app, "winter-sale", TIME)
    assert "An earlier attempt" in client.get(HERE).text


def test_looking_asks_the_platform(app, client):
    hand_over(app, TIME)
    answer = client.submit(f"{HERE}/look")
    assert "Asked just now." in answer.text
    assert latest(app).state is S.SCHEDULED
    app.connections.disconnect("default", "klaviyo")
    assert "klaviyo is not connected. Use “Connectors”." in client.submit(f"{HERE}/look").text


def test_what_is_not_finished_can_be_carried_on(app, client):
    place(app, "winter-sale", TIME, begun=OperationKind.CANCEL)
    assert "Carry on" in client.get(HERE).text
    client.submit(f"{HERE}/carry-on")
    assert when_done(client.web, app).state is S.CANCELLED
    assert client.get(f"{HERE}/progress").headers["hx-refresh"] == "true"
    client.submit(f"{HERE}/carry-on")  # nothing is left to do


def test_why_it_could_not_be_carried_on_stands_on_the_page(app, client):
    place(app, "winter-sale", TIME, begun=OperationKind.CANCEL, account_id="OTHER1")
    client.submit(f"{HERE}/carry-on")
    when_done(client.web, app)
    assert "Connect the earlier account again to go on with it." in client.get(HERE).text


def test_what_is_being_done_is_shown_step_by_step(app, client, monkeypatch):
    publication = place(app, "winter-sale", TIME, begun=OperationKind.CANCEL)
    progress, let_go, advance = client.web.state.progress, Event(), AdvancePublication.__call__

    def held_up(self, publication_id, *, report, **options):
        report("waiting for another worker")
        let_go.wait(30)
        return advance(self, publication_id, report=report, **options)

    monkeypatch.setattr(AdvancePublication, "__call__", held_up)
    client.submit(f"{HERE}/carry-on")
    until(lambda: progress.of(publication.id).steps)
    part = client.get(f"{HERE}/progress").text
    assert "Waiting for another worker" in part
    assert "You may leave this page" in client.get(HERE).text
    let_go.set()
    assert when_done(client.web, app).state is S.CANCELLED
