"""What a campaign must be, and when two are the same wish."""

from dataclasses import fields, replace
from datetime import datetime

import fakes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.campaign import (
    HTML_LIMIT,
    Campaign,
    CampaignKey,
    Options,
    Sender,
    Utm,
    from_document,
    to_document,
)
from glowtify_core.domain.errors import InvalidCampaign
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime

WALL = datetime(2027, 1, 15, 9, 0)  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("id", {"key": CampaignKey("default", "")}),
        ("id", {"key": CampaignKey("default", "a b")}),
        ("id", {"key": CampaignKey("default", "x" * 65)}),
        ("id", {"key": CampaignKey("default", "ok\n")}),
        ("name", {"name": "  "}),
        ("name", {"name": "two\nlines"}),
        ("subject", {"subject": ""}),
        ("subject", {"subject": "a\r\nBcc: b@example.com"}),
        ("preheader", {"preheader": "a\tb"}),
        ("sender.name", {"sender": Sender("a@example.com", "")}),
        ("sender.email", {"sender": Sender("nobody", "A")}),
        ("sender.email", {"sender": Sender("a@b", "A")}),
        ("sender.email", {"sender": Sender("a@example.com\n", "A")}),
        ("sender.reply_to", {"sender": Sender("a@example.com", "A", "<b@example.com>")}),
        ("html", {"html": " \n"}),
        ("html", {"html": "é" * (HTML_LIMIT // 2 + 1)}),
        ("audience.include", {"include": ()}),
    ],
)
def test_what_no_platform_could_publish_is_refused_naming_the_field(field, changes):
    with pytest.raises(InvalidCampaign) as refusal:
        fakes.campaign(**changes)
    assert refusal.value.field == field
    assert field in refusal.value.remedy


def test_the_largest_html_is_accepted():
    assert fakes.campaign(html="é" * (HTML_LIMIT // 2))


def test_equal_wishes_have_equal_fingerprints():
    assert fakes.campaign().fingerprint == fakes.campaign().fingerprint
    one, other = AudienceRef("LIST01"), AudienceRef("LIST02")
    assert (
        fakes.campaign(include=(one, other)).fingerprint == fakes.campaign(include=(other, one)).fingerprint
    )


CHANGES = {
    "key": CampaignKey("default", "epic-2"),
    "connector": "other",
    "name": "Spring sale",
    "subject": "Something else",
    "sender": Sender("a@example.com", "Acme", "r@example.com"),
    "html": "<p>Hello</p>",
    "include": (AudienceRef("LIST02"),),
    "schedule": SendAt.at(WALL, "Europe/Paris"),
    "exclude": (AudienceRef("LIST02"),),
    "preheader": "Look inside",
    "text": None,
    "language": "fr",
    "options": Options(smart_sending=False),
    "platform_options": {"fake": {"colour": "red"}},
}


@pytest.mark.parametrize("field", [field.name for field in fields(Campaign)])
def test_any_change_changes_the_fingerprint(field):
    assert fakes.campaign(**{field: CHANGES[field]}).fingerprint != fakes.campaign().fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AudienceName("VIP"), AudienceName("VIP", AudienceKind.LIST)),
        (AudienceName("VIP", AudienceKind.SEGMENT), AudienceName("VIP", AudienceKind.LIST)),
        (AudienceName("LIST01"), AudienceRef("LIST01")),
    ],
)
def test_another_kind_of_audience_is_another_wish(one, other):
    assert fakes.campaign(include=(one,)).fingerprint != fakes.campaign(include=(other,)).fingerprint


@pytest.mark.parametrize("kind", [None, AudienceKind.LIST])
def test_resolving_a_name_changes_no_fingerprint(kind):
    named = fakes.campaign(include=(AudienceName("VIP", kind),))
    ref = AudienceRef("LIST02", AudienceKind.LIST, name_seen="VIP", by_name=True, by_kind=kind is not None)
    resolved = replace(named, include=(ref,))
    assert resolved.resolved
    assert not named.resolved
    assert resolved.fingerprint == named.fingerprint


def test_the_audiences_of_an_unresolved_campaign_cannot_be_read_as_ids():
    with pytest.raises(ValueError, match="not resolved"):
        _ = fakes.campaign(include=(AudienceName("VIP"),)).included


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
KINDS = st.none() | st.sampled_from(AudienceKind)
CHOICES = st.builds(
    AudienceRef, WORDS, KINDS, st.none() | WORDS, st.none() | WORDS, st.booleans(), st.booleans()
) | st.builds(AudienceName, WORDS, KINDS)
CAMPAIGNS = st.builds(
    Campaign,
    key=st.builds(CampaignKey, WORDS, st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)),
    connector=WORDS,
    name=WORDS,
    subject=WORDS,
    sender=st.builds(Sender, st.just("a@example.com"), WORDS, st.none() | st.just("r@example.com")),
    html=WORDS,
    include=st.lists(CHOICES, min_size=1, max_size=3).map(tuple),
    exclude=st.lists(CHOICES, max_size=2).map(tuple),
    schedule=st.sampled_from(
        [
            SendAt.at(WALL, "America/Toronto"),
            SendAt.at(WALL.replace(month=11, day=7, hour=1, minute=30), "America/Toronto", fold=1),
            SendAtRecipientTime.at(WALL),
        ]
    ),
    preheader=st.none() | WORDS,
    text=st.none() | st.text(st.characters(codec="utf-8")),
    language=st.none() | st.just("fr-CA"),
    options=st.builds(Options, st.booleans(), st.sampled_from(Utm)),
    platform_options=st.dictionaries(WORDS, st.dictionaries(WORDS, WORDS | st.integers(), max_size=2)),
)


@given(CAMPAIGNS)
def test_a_document_reads_back_as_the_same_campaign(campaign):
    assert from_document(to_document(campaign)) == campaign
    assert from_document(to_document(campaign)).fingerprint == campaign.fingerprint
