"""Moving, taking back and cancelling from the page."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from placing import at, by_recipients, hand_over, latest, place, when_done

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.publication import CancelledBy, OperationKind
from glowtify_core.domain.state import PublicationState as S

HERE = "/campaigns/winter-sale"
TIME = at("2031-01-15T09:00")
MOVED = {"date": "2031-01-20", "time": "09:00", "zone": "Europe/Berlin"}


def requests(sandbox):
    return len(sandbox.state.log)


def without(app, *names):
    """The connected key lacks what these abilities need."""
    connection = app.connections.repo.get("default", "klaviyo")
    needs = app.connections.directory.manifest("klaviyo").capabilities
    missing = frozenset(scope for name in names for scope in needs[Capability(name)].every_scope)
    account = replace(connection.account, missing=missing)
    app.connections.repo.save(replace(connection, account=account))


# --- moving ---


def test_the_form_begins_with_the_time_as_it_is(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00", "America/Toronto"))
    shown = client.get(f"{HERE}/move").text
    for value in ("2031-01-15", "09:00", "America/Toronto"):
        assert f'value="{value}"' in shown
    assert "Is that right?" not in shown


def test_a_new_time_is_shown_as_an_instant_before_anything_happens(app, client, sandbox):
    place(app, "winter-sale", TIME)
    before = requests(sandbox), latest(app)
    shown = client.get(f"{HERE}/move", params=MOVED).text
    assert "Is that right?" in shown
    assert "Monday, January 20, 2031, 9:00" in shown
    assert "8:00\u202fAM UTC" in shown
    assert "The clocks change" not in shown
    assert (requests(sandbox), latest(app)) == before


def test_when_the_clocks_change_in_between_it_is_said(app, client):
    place(app, "winter-sale", TIME)
    shown = client.get(f"{HERE}/move", params={**MOVED, "date": "2031-07-20"}).text
    assert "it is UTC+1 now and UTC+2 then" in shown


def test_of_a_time_that_comes_twice_one_chooses(app, client):
    hand_over(app, TIME)
    twice = {**MOVED, "date": "2031-10-26", "time": "02:30"}
    shown = client.get(f"{HERE}/move", params=twice).text
    assert "That time comes twice" in shown
    assert "UTC+2 = 12:30\u202fAM UTC" in shown
    assert "UTC+1 = 1:30\u202fAM UTC" in shown
    client.submit(f"{HERE}/move", {**twice, "fold": "1"})
    assert f"{when_done(client.web, app).schedule.instant:%H:%M}" == "01:30"


def test_a_time_that_does_not_exist_is_refused_with_two_that_do(app, client):
    place(app, "winter-sale", TIME)
    answer = client.get(f"{HERE}/move", params={**MOVED, "date": "2031-03-30", "time": "02:30"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "date=2031-03-30&amp;time=01:59&amp;zone=Europe/Berlin" in answer.text
    assert "date=2031-03-30&amp;time=03:00" in answer.text
    assert 'value="02:30"' in answer.text


REFUSED = [
    ({"date": "2020-01-01"}, "Scheduled datetime must be in the future"),
    ({"date": ""}, "Choose a date and a time."),
    ({"time": "soon"}, "is not a date and time"),
    ({"zone": "Mars/Olympus"}, "Unknown time zone"),
]


@pytest.mark.parametrize(("typed", "words"), REFUSED)
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_is_refused_is_said_beside_what_was_typed(app, client, typed, words, confirmed):
    before = place(app, "winter-sale", TIME)
    fields = {**MOVED, **typed}
    answer = client.submit(f"{HERE}/move", fields) if confirmed else client.get(f"{HERE}/move", params=fields)
    assert answer.status_code == 422
    assert words in answer.text
    for value in fields.values():
        assert f'value="{value}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert latest(app) == before


def test_minutes_before_its_time_a_move_is_warned_of(app, client, sandbox):
    place(app, "winter-sale", TIME)
    soon = sandbox.state.clock.now().astimezone(UTC) + timedelta(minutes=8)
    typed = {"date": f"{soon:%Y-%m-%d}", "time": f"{soon:%H:%M}", "zone": "UTC"}
    assert "Less than 15 minutes ahead" in client.get(f"{HERE}/move", params=typed).text


@pytest.mark.parametrize("state", [S.SENT, S.SENDING, S.UNKNOWN])
def test_what_cannot_be_moved_says_so(app, client, state):
    place(app, "winter-sale", TIME, state)
    assert "cannot be moved as it stands" in client.get(f"{HERE}/move").text
    answer = client.submit(f"{HERE}/move", MOVED)
    assert answer.status_code == 422
    assert f"This campaign is {state} and cannot be moved" in answer.text
    assert "`" not in answer.text.split('role="alert"')[1].split("</div>")[0]


def test_it_is_moved_while_one_may_leave(app, client):
    hand_over(app, TIME)
    answer = client.submit(f"{HERE}/move", MOVED)
    assert answer.url.path == HERE
    moved = when_done(client.web, app)
    assert moved.schedule == at("2031-01-20T09:00")
    assert moved.state is S.SCHEDULED
    shown = client.get(HERE).text
    assert "Monday, January 20, 2031" in shown
    assert ">Move" in shown


def test_to_the_same_time_is_no_move(app, client):
    hand_over(app, TIME)
    answer = client.submit(f"{HERE}/move", {**MOVED, "date": "2031-01-15"})
    assert "It is scheduled for that time already." in answer.text


def test_by_recipients_clocks_there_is_no_zone(app, client):
    place(app, "winter-sale", by_recipients("2031-01-15T09:00"))
    shown = client.get(f"{HERE}/move", params={"date": "2031-01-20", "time": "09:00"}).text
    assert 'name="zone" value="' in shown  # carried along, empty
    assert 'id="zone"' not in shown
    assert "Monday, January 20, 2031, 9:00\u202fAM, by each recipient&#39;s own clock" in shown


# --- taking back and cancelling ---


def test_both_ways_to_end_it_are_explained(app, client):
    place(app, "winter-sale", TIME)
    shown = client.get(f"{HERE}/cancel").text
    assert "will not be sent until you publish it again" in shown
    assert "This is permanent in Klaviyo" in shown
    assert "stop_sending" not in shown


def test_only_what_the_key_can_do_is_offered(app, client):
    place(app, "winter-sale", TIME)
    without(app, "cancel")
    shown = client.get(f"{HERE}/cancel").text
    assert "Take it back" not in shown
    answer = client.submit(f"{HERE}/cancel")
    assert answer.status_code == 409
    assert "Scopes insufficient" in answer.text


def test_it_is_cancelled(app, client):
    hand_over(app, TIME)
    client.submit(f"{HERE}/cancel")
    cancelled = when_done(client.web, app)
    assert (cancelled.state, cancelled.cancelled_by) == (S.CANCELLED, CancelledBy.US)
    assert "Cancelled for good" in client.get(HERE).text
    assert "It is cancelled: it will not be sent." in client.submit(f"{HERE}/cancel").text


def test_it_is_taken_back_and_can_be_changed(app, client):
    hand_over(app, TIME)
    client.submit(f"{HERE}/edit")
    assert when_done(client.web, app).taken_back
    shown = client.get(HERE).text
    assert "It will not be sent until you publish it again." in shown
    assert 'href="/emails/new?from=winter-sale"' in shown
    assert "It is taken back" in client.submit(f"{HERE}/edit").text


def test_what_is_being_sent_can_be_stopped(app, client):
    place(app, "winter-sale", TIME, S.SENDING)
    shown = client.get(f"{HERE}/cancel").text
    assert "some have received it, and that cannot be undone" in shown
    assert f'action="{HERE}/edit"' not in shown
    client.submit(f"{HERE}/cancel", stop_sending="yes")
    operation = when_done(client.web, app).operations[-1]
    assert (operation.kind, operation.stop_sending) == (OperationKind.CANCEL, True)


def test_what_was_sent_cannot_be_cancelled(app, client):
    place(app, "winter-sale", TIME, S.SENT)
    assert "There is nothing to cancel any more." in client.get(f"{HERE}/cancel").text
    answer = client.submit(f"{HERE}/cancel")
    assert answer.status_code == 409
    assert "An e-mail cannot be unsent." in answer.text


@pytest.mark.parametrize("path", ["move", "cancel", "edit", "look", "carry-on"])
def test_nothing_happens_without_the_sessions_token(app, client, path):
    before = place(app, "winter-sale", TIME)
    assert client.post(f"{HERE}/{path}", data=MOVED).status_code == 403
    assert latest(app) == before
