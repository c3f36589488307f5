"""Publishing from the form: the steps, what comes of it, and the way back with everything typed."""

import re

import pytest
from composing import draft_of, email, finished, readable, said
from waiting import until

from glowtify_adapters.web.progress import Progress, Watched
from glowtify_core.domain.errors import ClaimLost, Effect, PlatformUnavailable, PublicationBusy
from glowtify_core.domain.state import PublicationState

SCRIPT = {"hx-request": "true"}
NEW = "/emails/new"
ID = "winter-sale-01234"
WATCH = f"/emails/{ID}/publishing"


def publish(client, fields):
    return client.submit(NEW, {**fields, "do": "publish"})


@pytest.fixture
def idle(web, monkeypatch):
    """Nobody carries anything on."""
    monkeypatch.setattr(web.state.progress._pool, "submit", lambda *_given: None)


def watched(web, app, **how):
    publication = app.campaigns.latest("default", [ID])[0]
    web.state.progress._watched[publication.id] = Watched(**how)
    return publication


def test_it_is_scheduled_and_its_steps_are_told(client, app, sandbox):
    answer = publish(client, email(app))
    assert answer.url.path == WATCH
    publication = finished(client, app, ID)
    assert publication.state is PublicationState.SCHEDULED
    shown = client.get(WATCH).text
    assert "<h1>Scheduled</h1>" in re.sub(r"\s*(</?h1>)\s*", r"\1", shown)
    words = readable(shown)
    for step in ("Taking the e-mail to the platform done", "Scheduling it, and reading it back done"):
        assert step in words
    assert "(America/Toronto, UTC-5)" in words
    assert re.search(r'href="https://[^"]+"[^>]*>Open in Klaviyo', shown)
    assert f'href="/campaigns/{ID}"' in shown
    assert "hx-trigger" not in shown.split("<main")[1]
    assert "http-equiv" not in shown


def test_what_was_handed_over_makes_room_for_a_new_one(client, app):
    publish(client, email(app))
    finished(client, app, ID)
    assert 'value="Winter sale"' not in client.get(NEW).text


def test_the_same_again_is_the_same_campaign(client, app, sandbox):
    publish(client, email(app))
    finished(client, app, ID)
    again = publish(client, email(app))
    assert "It had been handed over before; nothing was changed." in again.text
    assert len(app.campaigns.repo.find(store="default")) == 1


def test_a_changed_one_with_the_same_id_is_refused_with_the_way_to_the_campaign(client, app):
    publish(client, email(app))
    finished(client, app, ID)
    shown = publish(client, email(app, subject="Another subject"))
    assert shown.status_code == 409
    words = readable(shown.text)
    assert "A campaign with this id is there already, and this e-mail differs from it." in words
    assert f'href="/campaigns/{ID}"' in shown.text
    assert 'value="Another subject"' in shown.text
    assert "`glowtify" not in shown.text


def test_what_was_cancelled_is_published_anew_by_a_tick(client, app):
    publish(client, email(app))
    finished(client, app, ID)
    app.campaigns.cancel(app.campaigns.latest("default", [ID])[0].key)
    shown = publish(client, email(app))
    assert shown.status_code == 409
    assert "Publish it anew all the same" in shown.text
    assert publish(client, email(app, again="yes")).url.path == WATCH
    assert finished(client, app, ID).state is PublicationState.SCHEDULED


def test_errors_stop_it_and_nothing_is_opened(client, app):
    shown = publish(client, email(app, subject="", sender__email="nobody"))
    assert shown.status_code == 422
    assert "The subject is missing" in said(shown.text, "subject")
    assert app.campaigns.repo.find(store="default") == []


def test_a_sender_that_is_refused_leads_back_to_its_field(client, app, sandbox):
    sandbox.configure(sender_trouble=["create"])
    publish(client, email(app))
    assert finished(client, app, ID).state is PublicationState.FAILED
    shown = client.get(WATCH).text
    assert "Sender not authorized" in shown
    assert "Go to Klaviyo, Settings, Email, Sender configuration." in shown
    back = re.search(r'href="([^"]+)">Back to the e-mail', shown)[1]
    form = client.get(back).text
    assert "Sender not authorized." in said(form, "sender.email")
    assert 'value="Everything must go"' in form
    sandbox.configure(sender_trouble=[])
    publish(client, email(app))
    assert finished(client, app, ID).state is PublicationState.SCHEDULED


def test_without_the_session_the_way_back_is_by_the_campaign(client, app, sandbox):
    sandbox.configure(sender_trouble=["create"])
    publish(client, email(app))
    finished(client, app, ID)
    client.session.kept.clear()
    back = re.search(r'href="([^"]+)">Back to the e-mail', client.get(WATCH).text)[1]
    assert back == f"/emails/new?from={ID}"
    form = client.get(back).text
    for text in ("Winter sale", ID, "shop@example.com", "2031-01-15", "America/Toronto"):
        assert f'value="{text}"' in form


def test_a_revoked_key_is_said_beside_the_account(client, app, sandbox):
    fields = email(app)
    sandbox.add_fault(
        "error",
        status=401,
        count=None,
        body={"errors": [{"id": "1", "code": "not_authenticated", "title": "No", "detail": "No"}]},
    )
    shown = publish(client, fields)
    assert shown.status_code == 422
    assert "Invalid API key." in said(shown.text, "connector")
    assert draft_of(client)["subject"] == "Everything must go"


def test_while_it_is_under_way_the_page_looks_again(client, web, app, idle):
    publish(client, email(app))
    watched(web, app, steps=["template", "campaign", "some_step"])
    shown = client.get(WATCH).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in shown
    assert f'hx-get="{WATCH}" hx-trigger="load delay:1s"' in shown
    words = readable(shown)
    assert (
        "Taking the e-mail to the platform done Making the campaign there done some step under way" in words
    )
    part = client.get(WATCH, headers=SCRIPT).text
    assert part.lstrip().startswith("<section")


def test_before_anything_is_known_it_is_under_way(client, web, app, idle):
    publish(client, email(app))
    web.state.progress._watched.clear()
    assert "<noscript>" in client.get(WATCH).text


@pytest.mark.parametrize(
    "error", [PlatformUnavailable("Down", effect=Effect.NONE), PublicationBusy("Another worker is at it")]
)
def test_what_goes_on_by_itself_is_waited_for(client, web, app, idle, error):
    publish(client, email(app))
    watched(web, app, steps=["template"], done=True, error=error)
    assert "<noscript>" in client.get(WATCH).text


def test_what_waits_for_a_person_can_be_tried_again(client, web, app, idle, monkeypatch):
    publish(client, email(app))
    watched(web, app, steps=["template"], done=True, error=ClaimLost("Another worker has taken it over"))
    shown = readable(client.get(WATCH).text)
    assert "Not published yet" in shown
    assert "Another worker has taken it over Taking the e-mail to the platform stopped here" in shown
    assert "Try again" in shown
    monkeypatch.undo()
    client.submit(WATCH, {})
    assert finished(client, app, ID).state is PublicationState.SCHEDULED


def test_trying_again_what_is_done_changes_nothing(client, app):
    publish(client, email(app))
    finished(client, app, ID)
    assert client.submit(WATCH, {}).url.path == WATCH


def test_a_campaign_that_nobody_published_is_not_watched(client):
    assert client.get("/emails/nothing/publishing").status_code == 404


def test_what_is_under_way_is_not_started_twice(app):
    class Hand:
        given = 0

        def submit(self, *_given):
            self.given += 1

    progress = Progress(app)
    progress._pool.shutdown()
    progress._pool = hand = Hand()
    progress.start("one")
    progress.start("one")
    assert hand.given == 1
    progress.of("one").done = True
    progress.start("one")
    assert hand.given == 2
    assert progress.of("two") is None


def test_a_mistake_of_ours_ends_it_too(app):
    progress = Progress(app)
    progress.start("no such publication")
    until(lambda: progress.of("no such publication").done)
    progress.close()
