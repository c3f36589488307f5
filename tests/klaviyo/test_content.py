"""The e-mail itself, as Klaviyo holds it: known from the handing over, and read again on request."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from klaviyo_world import World

from glowtify_core.domain.errors import Phase, PlatformUnavailable
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.ports.platform import SupportsContent
from glowtify_klaviyo.records import TemplateRecord
from glowtify_klaviyo.sandbox.models import Template

OTHER = "<p>Nothing must go</p>"
NOWHERE = "01AAAAAAAAAAAAAAAAAAAAAAAA"


def handed_over(world: World) -> tuple[RemoteRef, str]:
    """Where a campaign is, and the fingerprint of what was handed over; the requests are forgotten."""
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    world.sandbox.clear_requests()
    assert remote.content is not None
    return remote.ref, remote.content


def copy_of(world: World) -> Template:
    """The copy of the template that our message uses."""
    state = world.sandbox.state
    return state.templates[state.messages[world.only().message_id].template_id or ""]


def test_what_was_handed_over_reads_the_same_in_one_request(world: World) -> None:
    ref, content = handed_over(world)
    assert isinstance(world.platform, SupportsContent)
    assert world.platform.content(ref) == content
    assert world.calls == ["GET campaign-messages"]
    assert world.sandbox.requests[0].query == "include=template"


def test_two_e_mails_differ(world: World) -> None:
    _, content = handed_over(world)
    other = TemplateRecord("T1", "Other", OTHER, None, None)
    assert other.fingerprint not in (None, content)


def edited_in_place(world: World) -> None:
    world.sandbox.act(world.only().id, "edit", html=OTHER)


def replaced_by_another_copy(world: World) -> None:
    other = replace(copy_of(world), id="Other1", html=OTHER)
    world.sandbox.state.templates["Other1"] = other
    world.sandbox.state.messages[world.only().message_id].template_id = "Other1"


def another_text(world: World) -> None:
    copy_of(world).text = "Nothing must go"


def copied_unchanged(world: World) -> None:
    same = replace(copy_of(world), id="Other1")
    world.sandbox.state.templates["Other1"] = same
    world.sandbox.state.messages[world.only().message_id].template_id = "Other1"


def another_subject(world: World) -> None:
    world.sandbox.act(world.only().id, "edit", content={"subject": "Nothing must go"})


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (edited_in_place, True),
        (replaced_by_another_copy, True),
        (another_text, True),
        (copied_unchanged, False),
        (another_subject, False),  # which every status shows
    ],
)
def test_a_change_of_html_or_text_shows(world: World, change: Callable[[World], None], differs: bool) -> None:
    ref, content = handed_over(world)
    change(world)
    now = world.platform.content(ref)
    assert now is not None
    assert (now != content) is differs


def test_a_resumed_publish_knows_what_an_earlier_run_handed_over(world: World) -> None:
    world.staged()
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert world.count("POST campaign-message-assign-template") == 0
    assert remote.content is not None
    assert world.platform.content(remote.ref) == remote.content


def test_a_journal_that_knows_only_the_copys_id_knows_no_content(world: World) -> None:
    world.staged()
    row = world.repo.rows["publication-1"]["publish", "assign"]
    row.remote_id = (row.remote_id or "").partition(" ")[0]
    assert world.platform.publish(world.campaign(), journal=world.journal()).content is None


def test_without_the_messages_id_the_campaign_is_read_for_it(world: World) -> None:
    ref, content = handed_over(world)
    assert world.platform.content(RemoteRef("klaviyo", ref.ids[:1])) == content
    assert world.calls == ["GET campaigns", "GET campaign-messages"]


@pytest.mark.parametrize(
    ("ids", "calls"),
    [
        ((("template", "AbCd12"),), 0),
        ((("campaign", NOWHERE),), 1),
        ((("campaign", NOWHERE), ("message", NOWHERE)), 1),
    ],
)
def test_what_is_not_there_is_not_told(world: World, ids: tuple[tuple[str, str], ...], calls: int) -> None:
    assert world.platform.content(RemoteRef("klaviyo", ids)) is None
    assert len(world.calls) == calls


def test_a_message_without_a_template_is_not_told(world: World) -> None:
    ref, _ = handed_over(world)
    world.sandbox.state.messages[world.only().message_id].template_id = None
    assert world.platform.content(ref) is None


def test_a_failing_read_is_an_error_and_no_content(world: World) -> None:
    ref, _ = handed_over(world)
    world.sandbox.add_fault("status", path="campaign-messages", status=503, count=None)
    with pytest.raises(PlatformUnavailable) as failed:
        world.platform.content(ref)
    assert failed.value.phase is Phase.SYNC


@pytest.mark.parametrize(("html", "told"), [(None, False), ("", True), ("<p>\ud800 ü</p>", True)])
def test_only_html_that_was_not_told_has_no_fingerprint(html: str | None, told: bool) -> None:
    assert (TemplateRecord("T1", "T", html, None, None).fingerprint is not None) is told


def test_no_text_and_an_empty_one_are_the_same_content() -> None:
    without, empty = (TemplateRecord("T1", "T", OTHER, text, None) for text in (None, ""))
    assert without.fingerprint == empty.fingerprint
