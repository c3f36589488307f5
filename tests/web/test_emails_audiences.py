"""New e-mail: lists and segments are read when they are looked at, and counted one by one."""

import re

import pytest
from composing import audience, draft_of, email, readable

from glowtify_adapters.web.drafts import parse_token, token
from glowtify_core.domain.audience import AudienceKind, AudienceRef

NEW = "/emails/new"
LISTS = "/emails/audiences/0123456789abcdef"


def rows(text):
    """The rows by name: what the row says, and whether it is in sight."""
    found = re.findall(r"<tr( hidden)?>(.*?)</tr>", text.split("<tbody")[-1], re.DOTALL)
    return {
        re.search(r"data-name>(.*?)</bdi>", row)[1]: (readable(row), row, not hidden) for hidden, row in found
    }


def counted(sandbox):
    return [one for one in sandbox.requests if "additional-fields" in str(one)]


def test_the_page_itself_asks_nobody(client, sandbox):
    sandbox.clear_requests()
    assert 'hx-get="/emails/audiences/' in client.get(NEW).text
    assert sandbox.requests == []


def test_lists_and_segments_are_shown_with_what_they_are(client, app, sandbox):
    client.submit(NEW, email(app))
    sandbox.clear_requests()
    found = rows(client.get(LISTS).text)
    assert found["Newsletter"][0].startswith("Newsletter List")
    assert any(" Segment" in said for said, _, _ in found.values())
    assert "checked" in found["Newsletter"][1]
    assert next(iter(found)) == "Newsletter"  # what is chosen comes first


def test_hundreds_are_searched_without_losing_what_is_chosen(client, app, sandbox):
    for number in range(300):
        sandbox.add_audience(f"Shop {number:03}")
    fields = email(app, audience__search="shop 12", do="lists")
    sandbox.advance_needed = None
    found = rows(client.submit(NEW, fields).text)
    assert len(found) > 300
    in_sight = [name for name, (_, _, seen) in found.items() if seen]
    assert in_sight == ["Newsletter", *(f"Shop 12{digit}" for digit in range(10))]
    assert len(counted(sandbox)) == 0


def test_one_is_counted_when_it_is_asked_for(client, app, sandbox):
    client.submit(NEW, email(app))
    answer = client.get("/emails/size", params={"count": audience(app)})
    assert re.fullmatch(r"[\d,]+", readable(answer.text))
    again = rows(client.get(LISTS).text)["Newsletter"]
    assert readable(answer.text) in again[0]
    assert "Count" not in again[0]


def test_one_is_counted_without_a_script_too(client, app):
    fields = email(app, count=audience(app), subject="Kept")
    shown = client.submit(NEW, fields).text
    assert re.search(r"Newsletter List [\d,]+ ", rows(shown)["Newsletter"][0])
    assert 'value="Kept"' in shown


def test_without_a_script_a_button_shows_them(client, app):
    assert re.search(r'name="do" value="lists" class="unscripted"', client.get(NEW).text)
    shown = client.submit(NEW, {**email(app), "do": "lists"}).text
    assert "Newsletter" in rows(shown)
    assert "Newsletter" in rows(client.submit(NEW, {**email(app), "lists": "1", "do": "check"}).text)


def test_what_is_chosen_stays_while_they_are_not_shown(client, app):
    chosen = audience(app)
    shown = client.submit(NEW, {**email(app), "do": "check"}).text
    hidden = re.findall(r'type="hidden" name="audience.include" value="([^"]+)"', shown)
    assert [one.replace("&#34;", '"') for one in hidden] == [chosen]


def test_that_they_cannot_be_read_is_said_and_nothing_is_lost(client, app, sandbox):
    client.submit(NEW, email(app))
    app.audiences._listed.clear()
    sandbox.add_fault("status", path="/api/lists", status=503, count=None)
    shown = client.get(LISTS).text
    assert 'role="alert"' in shown
    assert "Try again" in shown
    assert 'name="audience.include"' in shown
    assert draft_of(client).chosen("include")


def test_that_one_cannot_be_counted_is_said_there(client, app, sandbox):
    chosen = audience(app)
    sandbox.add_fault("status", path="/api/lists/", status=503, count=None)
    assert 'role="alert"' in client.get("/emails/size", params={"count": chosen}).text
    assert readable(client.get("/emails/size", params={"count": "nonsense"}).text) == "—"


def test_an_account_without_any_says_what_to_do(client, app, monkeypatch):
    monkeypatch.setattr(type(app.audiences), "__call__", lambda *_args, **_more: iter(()))
    assert "no list and no segment yet" in client.get(LISTS).text


def test_choices_of_another_account_are_kept_aside(client, app):
    elsewhere = token("other", AudienceRef("X1", AudienceKind.LIST), "Elsewhere")
    fields = email(app, audience__include=[audience(app), elsewhere], do="lists")
    shown = client.submit(NEW, fields).text
    assert [ref.name_seen for ref in draft_of(client).chosen("include")] == ["Newsletter"]
    assert elsewhere in draft_of(client).include
    assert "Elsewhere" not in rows(shown)
    assert "Elsewhere" in shown


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "1"),
        '["a", "list", 1, null, "x"]',
        '["a", "crowd", "1", null, "x"]',
        '["a", null, "\\n", null, ""]',
    ],
)
def test_a_token_that_is_none_of_ours_names_nobody(text):
    assert parse_token(text) == ("", None)


def test_an_email_that_was_forgotten_still_shows_the_lists_of_its_account(client):
    assert "Newsletter" in rows(client.get(f"{LISTS}?connector=klaviyo").text)
    assert "is not connected" in client.get(f"{LISTS}?connector=nobody").text
