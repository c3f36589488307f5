"""Odd e-mails: braces without end, sizes at the limit, characters of every kind, names and addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klaviyo_client import scripted
from klaviyo_world import klaviyo_campaign
from looking import examples
from wire import Reply

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import LINE_LIMIT, CampaignKey, Sender
from glowtify_core.domain.errors import (
    CredentialsMissing,
    InvalidCampaign,
    RemoteNotFound,
    ScheduleRejected,
)
from glowtify_core.domain.remote import NAME_LIMIT, clean_name, remote_name
from glowtify_core.domain.schedule import SendAt, parse_wall
from glowtify_core.ports.platform import Level
from glowtify_klaviyo import preflight
from glowtify_klaviyo.braces import Kind, escape_literals, find_braces
from glowtify_klaviyo.plugin import check_key

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CAMPAIGN = klaviyo_campaign(html="<p>Hello</p>")
PIECES = (
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    " ",
    "\n",
    "|",
    ":",
    '"',
    "'",
    "a",
    "if",
    "endif",
    ".",
    "é",
)
SOURCES = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=60).map("".join)


@examples(300)
@given(SOURCES)
def test_braces_are_found_where_they_stand_and_written_so_that_none_is_left_to_run(source: str) -> None:
    for brace in find_braces(source):
        assert source.startswith(brace.text, brace.start)
        assert brace.line == source.count("\n", 0, brace.start) + 1
    escaped = escape_literals(source)
    kinds = [brace.kind for brace in find_braces(source)]
    assert Kind.LITERAL not in [brace.kind for brace in find_braces(escaped)] or Kind.UNCLOSED in kinds
    assert escaped.replace("&#123;", "{").replace("&#125;", "}") == source.replace("&#123;", "{").replace(
        "&#125;", "}"
    )


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "{{ ",
            "{% ",
            "{#",
            "{{ a|",
            "{{ a|b:",
            "{{ a|b:' ",
            "}}",
            "{%x",
            "{{{{",
            "{{ a }}",
            "{ {",
            "{% if x %}",
        ),
        *("{{ a|b:" + " " * 900 + "{ }}", '{{ "' + "a" * 990 + " }}", "{{" + "." * 999 + "}}", "{#\n#}"),
        *("href=" + " " * 1000, "href = '{%" + " " * 500, "<a href={% unsubscribe "),
    ],
)
def test_large_html_full_of_braces_is_looked_through(unit: str) -> None:
    """What took time by the square of the size would end in the limit of every test here."""
    html = unit * (1_000_000 // len(unit))
    findings = list(preflight.offline(replace(CAMPAIGN, html=html), None, NOW))
    assert len(findings) < 50


@examples(150)
@given(SOURCES.filter(str.strip), SOURCES, st.text(min_size=1, max_size=120))
def test_what_passes_the_check_of_size_fits_into_the_request(html: str, text: str, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preflight, "LARGEST_BODY", preflight.ENVELOPE + 150)
        wanted = replace(CAMPAIGN, html=html, text=text)
        codes = {found.code for found in preflight.offline(wanted, None, NOW) if found.level is Level.ERROR}
    stored = remote_name(name, "glabcd1234")
    client, wire = scripted(Reply(201, {"data": {"id": "T1", "attributes": {"name": stored}}}))
    client.create_template(name=stored, html=escape_literals(html), text=text)
    assert len(wire.requests[0].body or b"") <= preflight.ENVELOPE + 150 or "too_large" in codes


LINES = st.text() | st.text(max_size=20).map(lambda text: text * 200)
STEERING = (
    "\n",
    "\r",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\u2029",
    "\u202e",
    "\ud800",
    "x" * 10_000,
)


@pytest.mark.parametrize("bad", STEERING)
@pytest.mark.parametrize("field", ["name", "subject", "preheader", "sender", "store", "audience"])
def test_no_line_holds_what_ends_it_or_steers(field: str, bad: str) -> None:
    value = f"Sale {bad}!"
    changes = {
        "sender": {"sender": Sender("shop@example.com", value)},
        "store": {"key": CampaignKey(value, "epic-1")},
        "audience": {"include": (AudienceRef(value),)},
    }
    with pytest.raises(InvalidCampaign) as refused:
        replace(CAMPAIGN, **changes.get(field, {field: value}))
    assert len(str(refused.value)) < 300
    assert refused.value.remedy


@pytest.mark.parametrize(
    "good", ["👩\u200d🍳 Zoë", "שלום \u200fabc\u200e", "日本語", "می\u200cخواهم", "a\u0301", "x" * LINE_LIMIT]
)
def test_every_script_and_emoji_may_stand_in_a_line(good: str) -> None:
    assert replace(CAMPAIGN, subject=good, name=good, preheader=good).fingerprint


@examples(200)
@given(LINES, LINES, LINES | st.none(), LINES)
def test_every_campaign_is_refused_or_can_be_kept_and_sent(
    name: str, subject: str, preheader: str | None, html: str
) -> None:
    try:
        wanted = replace(CAMPAIGN, name=name, subject=subject, preheader=preheader, html=html)
    except InvalidCampaign as refused:
        error: InvalidCampaign | None = refused
    else:
        error = None
        assert "\n" not in remote_name(wanted.name, "glabcd1234").encode().decode()
        assert len(wanted.fingerprint) == 64
    assert error is None or (error.field and error.remedy)


@examples(200)
@given(st.emails() | st.text() | st.text().map(lambda text: f"{text}@example.com"))
def test_an_address_is_refused_or_one_visible_word(address: str) -> None:
    try:
        sender = replace(CAMPAIGN, sender=Sender(address, "Acme")).sender.email
    except InvalidCampaign as refused:
        assert refused.field == "sender.email"  # noqa: PT017 - many are good, and no test can know which
        return
    assert sender.isprintable()
    assert " " not in sender
    assert sender.count("@") == 1
    assert len(sender) <= 254


@examples(200)
@given(st.text(min_size=1).filter(str.strip))
def test_a_name_is_cut_and_its_marker_never(name: str) -> None:
    remote = remote_name(name, "glabcd1234")
    assert remote.endswith(" glabcd1234")
    assert len(remote) <= NAME_LIMIT + 11
    assert clean_name(remote) == name[:NAME_LIMIT].rstrip()


@examples(200)
@given(st.text() | st.datetimes().map(str), st.text(max_size=30) | st.sampled_from(["UTC", "Asia/Kathmandu"]))
def test_any_time_and_zone_is_a_schedule_or_refused(text: str, zone: str) -> None:
    try:
        made = SendAt.at(parse_wall(text), zone)
    except ScheduleRejected as refused:
        assert refused.remedy  # noqa: PT017 - the same
        assert len(str(refused)) < 300  # noqa: PT017 - the same
        return
    assert made.instant.utcoffset() is not None


@pytest.mark.parametrize(
    "odd", ["", ".", "..", "../accounts", "a/b", "a?b", "a#b", "a%2fb", "a b", "é", "a\n", "\x00"]
)
def test_an_id_that_could_lead_elsewhere_is_not_asked_for(odd: str) -> None:
    client, wire = scripted(Reply(200, {"data": {}}))
    for ask in (client.get_campaign, client.delete_campaign, client.delete_template, client.get_message):
        with pytest.raises(RemoteNotFound):
            ask(odd)
    assert wire.requests == []


@examples(200)
@given(st.text())
def test_the_form_of_a_key_is_judged_without_repeating_it(value: str) -> None:
    try:
        check_key(value)
    except CredentialsMissing as refused:
        assert len(value) < 7 or value not in str(refused)  # noqa: PT017 - the same
        return
    assert value.startswith("pk_")
