from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from klaviyo_world import World, klaviyo_campaign

from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.campaign import Options, Sender, Utm
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.ports.platform import Finding, Level
from glowtify_klaviyo.preflight import offline

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
ACCOUNT = AccountInfo("ACC001", "Acme", "America/Toronto", "CAD", sender_email="news@example.com")
TORONTO = SendAt.at(datetime(2027, 1, 15, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
CAMPAIGN = klaviyo_campaign(schedule=TORONTO)


def findings(account: AccountInfo | None = ACCOUNT, **changes: object) -> list[Finding]:
    return list(offline(replace(CAMPAIGN, **changes), account, NOW))


def codes(account: AccountInfo | None = ACCOUNT, **changes: object) -> list[tuple[Level, str, str | None]]:
    return [(finding.level, finding.code, finding.field) for finding in findings(account, **changes)]


def test_a_good_campaign_has_no_findings() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("html", "code", "line"),
    [
        ("\n{{ first_name {% unsubscribe %}", "tag_unclosed", 2),
        ("\n\n{% frobnicate %}{% unsubscribe %}", "tag_unknown", 3),
        ('\n<a href="{% unsubscribe %}">x</a>', "nested_link", 2),
        ("<a href='{% unsubscribe 'Leave' %}'>x</a>", "nested_link", 1),
    ],
)
def test_html_that_would_break_is_an_error_naming_the_line(html: str, code: str, line: int) -> None:
    (finding,) = findings(html=html)
    assert (finding.level, finding.code, finding.field) == (Level.ERROR, code, "html")
    assert f"line {line}" in finding.title


def test_whatever_klaviyo_fills_in_is_checked() -> None:
    assert codes(subject="For {{ first_name }}", preheader="{{ person.city|default:'you' }}") == []
    assert codes(subject="For {{ first_name") == [(Level.ERROR, "tag_unclosed", "subject")]
    assert codes(preheader="{% nonsense %}") == [(Level.ERROR, "tag_unknown", "preheader")]
    assert codes(text="{{ first_name") == [(Level.ERROR, "tag_unclosed", "text")]
    assert codes(text="write {{}}") == [(Level.ERROR, "braces_in_text", "text")]


def test_without_an_unsubscribe_tag_there_is_a_warning() -> None:
    assert codes(html="<p>Hello</p>") == [(Level.WARNING, "no_unsubscribe", "html")]


@pytest.mark.parametrize(
    ("include", "exclude"),
    [
        (AudienceRef("LIST01"), AudienceRef("LIST01", AudienceKind.LIST)),
        (AudienceName("Newsletter"), AudienceName("Newsletter")),
    ],
)
def test_an_audience_on_both_sides_is_an_error(
    include: AudienceRef | AudienceName, exclude: AudienceRef | AudienceName
) -> None:
    expected = [(Level.ERROR, "included_and_excluded", "audience.exclude")]
    assert codes(include=(include,), exclude=(exclude,)) == expected


def test_more_than_fifteen_audiences_are_a_warning() -> None:
    many = tuple(AudienceRef(f"LIST{number:02}") for number in range(16))
    assert codes(include=many) == [(Level.WARNING, "many_audiences", "audience.include")]
    assert codes(include=many[:15]) == []


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(hours=-6), [(Level.ERROR, "schedule_in_past", "schedule.at")]),
        (timedelta(hours=-4), [(Level.WARNING, "recipients_past", "schedule.at")]),
        (timedelta(hours=13), [(Level.WARNING, "recipients_past", "schedule.at")]),
        (timedelta(hours=14), []),
    ],
)
def test_a_recipient_local_time_is_weighed_in_the_accounts_zone(
    ahead: timedelta, expected: list[tuple[Level, str, str]]
) -> None:
    """Toronto is five hours behind UTC in January."""
    wall = (NOW + ahead).replace(tzinfo=None)
    assert codes(schedule=SendAtRecipientTime.at(wall)) == expected


def test_another_senders_domain_is_a_warning() -> None:
    assert codes(sender=Sender("shop@EXAMPLE.com", "Shop")) == []
    assert codes(sender=Sender("shop@example.org", "Shop")) == [
        (Level.WARNING, "sender_domain", "sender.email")
    ]
    assert codes(None, sender=Sender("shop@example.org", "Shop")) == []


def test_the_accounts_tracking_may_show_the_marker() -> None:
    assert codes(options=Options(utm=Utm.ACCOUNT)) == [(Level.WARNING, "marker_in_links", "options.utm")]


def test_an_option_that_klaviyo_does_not_have_is_an_error() -> None:
    options = {"klaviyo": {"colour": "red"}, "other": {"colour": "red"}}
    assert codes(platform_options=options) == [
        (Level.ERROR, "unknown_option", "platform_options.klaviyo.colour")
    ]


def test_html_and_text_together_must_fit_into_a_request() -> None:
    large = CAMPAIGN.html + " " * 4_400_000
    assert codes(html=large, text=" " * 700_000) == [(Level.ERROR, "too_large", "text")]


def test_online_unknown_audiences_and_inactive_segments_are_errors(world: World) -> None:
    inactive = world.sandbox.add_audience("Lapsed", kind="segment")
    world.sandbox.state.audiences[inactive].is_active = False
    wanted = world.campaign(
        include=(world.list_ref(0), AudienceRef("NOPE01")),
        exclude=(AudienceRef(inactive, AudienceKind.SEGMENT),),
    )
    found = world.platform.preflight(wanted, online=True)
    assert [(one.code, one.field) for one in found] == [
        ("audience_unknown", "audience.include"),
        ("segment_inactive", "audience.exclude"),
    ]
    assert sorted(world.calls) == ["GET lists", "GET segments"]


def test_online_at_most_four_requests_are_sent(world: World) -> None:
    many = tuple(AudienceRef(f"NOPE{number:02}") for number in range(45))
    found = world.platform.preflight(world.campaign(include=many), online=True)
    assert len(world.calls) == 4
    assert {one.code for one in found} == {"many_audiences"}


def test_a_kind_that_the_key_may_not_read_is_not_judged(world: World) -> None:
    platform = world.connected("without-segments")
    found = platform.preflight(world.campaign(include=(AudienceRef("NOPE01"),)), online=True)
    platform.close()
    assert found == []
