"""What a person may write in campaign.toml, and what they are told when they may not."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowtify_adapters.cli.campaign_file import KEYS, load_campaign
from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Options, Sender, Utm
from glowtify_core.domain.errors import CampaignRejected, GlowtifyError, InvalidCampaign
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime

WALL = datetime(2027, 1, 15, 9, 0)  # noqa: DTZ001 - a wall time

FULL = """
id = "winter-sale"
name = "Winter sale"
connector = "fake"
store = "shop"
subject = "Everything must go"
preheader = "Until Sunday"
html = "mail.html"
text = "mail.txt"
language = "fr-CA"
[sender]
name = "Acme"
email = "a@example.com"
reply_to = "help@example.com"
[audience]
include = ["LIST01", "segment:VIP", "Big spenders"]
exclude = ["id:Lapsed"]
[schedule]
at = 2027-01-15T09:00:00
zone = "America/Toronto"
[options]
smart_sending = false
utm = "account"
[platform_options.fake]
colour = "green"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mail.html").write_text("<p>Hällo</p>", encoding="utf-8")
    (tmp_path / "mail.txt").write_text("Hällo\n", encoding="utf-8")
    return tmp_path


def load(folder, content, store=None):
    path = folder / "campaign.toml"
    path.write_text(content, encoding="utf-8")
    return load_campaign(path, id_pattern=lambda name: r"[A-Z0-9]{6}", store=store)


def test_every_key_is_understood(folder):
    campaign = load(folder, FULL)
    assert campaign.key == CampaignKey("shop", "winter-sale")
    assert (campaign.connector, campaign.name, campaign.subject) == (
        "fake",
        "Winter sale",
        "Everything must go",
    )
    assert (campaign.preheader, campaign.html, campaign.text) == ("Until Sunday", "<p>Hällo</p>", "Hällo\n")
    assert campaign.sender == Sender("a@example.com", "Acme", "help@example.com")
    assert campaign.language == "fr-CA"
    assert campaign.include == (
        AudienceRef("LIST01"),
        AudienceName("VIP", AudienceKind.SEGMENT),
        AudienceName("Big spenders"),
    )
    assert campaign.exclude == (AudienceRef("Lapsed"),)
    assert campaign.schedule == SendAt.at(WALL, "America/Toronto")
    assert campaign.options == Options(smart_sending=False, utm=Utm.ACCOUNT)
    assert campaign.platform_options == {"fake": {"colour": "green"}}


def without(*starts):
    return "\n".join(line for line in FULL.splitlines() if not line.startswith(starts))


def test_what_may_be_left_out_has_its_default(folder):
    least = without(
        *("store", "preheader", "text", "language", "reply_to", "exclude"),
        *("[options]", "smart", "utm", "[plat", "col"),
    )
    campaign = load(folder, least)
    assert campaign.key.store == "default"
    assert (campaign.preheader, campaign.text, campaign.language, campaign.sender.reply_to) == (None,) * 4
    assert campaign.exclude == ()
    assert campaign.options == Options(smart_sending=True, utm=Utm.ON)
    assert campaign.platform_options == {}


def test_a_store_on_the_command_line_stands_in_for_the_files(folder):
    assert load(folder, FULL, store="other").key.store == "other"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("what", ["mail.html", "campaign.toml"])
def test_a_pipe_or_a_folder_is_refused_at_once(folder, what):
    (folder / "campaign.toml").write_text(FULL, encoding="utf-8")
    for make, words in ((os.mkfifo, "no regular file"), (os.mkdir, "a folder")):
        path = folder / what
        path.rmdir() if path.is_dir() else path.unlink()
        make(path)
        with pytest.raises(InvalidCampaign, match=words):
            load_campaign(folder / "campaign.toml", id_pattern=lambda name: r"[A-Z0-9]{6}")


def test_a_text_that_names_no_txt_file_is_the_text_itself(folder):
    assert load(folder, FULL.replace('"mail.txt"', '"Hello there"')).text == "Hello there"


def test_a_path_outside_the_folder_is_fine(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "other.html"
    elsewhere.write_text("<p>Elsewhere</p>", encoding="utf-8")
    assert load(folder, FULL.replace('"mail.html"', f'"{elsewhere}"')).html == "<p>Elsewhere</p>"


def test_a_byte_order_mark_is_no_part_of_the_html(folder):
    (folder / "mail.html").write_text("<p>Hello</p>", encoding="utf-8-sig")
    assert load(folder, FULL).html == "<p>Hello</p>"


@pytest.mark.parametrize(
    ("written", "utm"), [("true", Utm.ON), ("false", Utm.OFF), ('"account"', Utm.ACCOUNT)]
)
def test_utm_is_on_off_or_the_accounts(folder, written, utm):
    assert load(folder, FULL.replace('utm = "account"', f"utm = {written}")).options.utm is utm


@pytest.mark.parametrize(
    "at", ['"2027-01-15T09:00"', '"2027-01-15 09:00"', "2027-01-15T09:00:00", "2027-01-15 09:00:00"]
)
def test_a_time_is_a_text_or_a_local_date_and_time(folder, at):
    assert load(folder, FULL.replace("2027-01-15T09:00:00", at)).schedule.wall == WALL


def test_utc_is_a_zone(folder):
    campaign = load(folder, FULL.replace("America/Toronto", "UTC"))
    assert campaign.schedule.instant == datetime(2027, 1, 15, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ['zone = "America/Toronto"', ""])
def test_recipients_own_clocks_need_no_zone(folder, zone):
    content = FULL.replace('zone = "America/Toronto"', f"{zone}\nrecipient_local = true")
    assert load(folder, content).schedule == SendAtRecipientTime(WALL)


WRONG = [
    ("subject", 'subject = "Everything must go"', "subjct = 'x'", "subjct", "Did you mean subject?"),
    ("unknown key", "[sender]", "colour = 'red'\n[sender]", "colour", "Known are"),
    ("unknown in a table", 'name = "Acme"', "nam = 'x'\nname = 'Acme'", "sender.nam", "Did you mean name?"),
    (
        "key in the wrong table",
        'name = "Acme"',
        "name = 'x'\nsubject = 'x'",
        "sender.subject",
        "top of the file",
    ),
    ("id missing", 'id = "winter-sale"', "", "id", "Add id"),
    ("id with a space", 'id = "winter-sale"', 'id = "winter sale"', "id", "Correct id"),
    ("id a number", 'id = "winter-sale"', "id = 5", "id", "text in quotes"),
    ("no sender", 'email = "a@example.com"', "", "sender.email", "Add email"),
    (
        "no sender at all",
        FULL[FULL.index("[sender]") : FULL.index("[audience]")],
        "",
        "sender.email",
        "Add email",
    ),
    ("sender no address", 'email = "a@example.com"', 'email = "me"', "sender.email", "Correct"),
    (
        "include missing",
        'include = ["LIST01", "segment:VIP", "Big spenders"]',
        "",
        "audience.include",
        "Correct",
    ),
    (
        "include no list",
        'include = ["LIST01", "segment:VIP", "Big spenders"]',
        'include = "x"',
        "audience.include",
        "list",
    ),
    (
        "include of numbers",
        'include = ["LIST01", "segment:VIP", "Big spenders"]',
        "include = [1]",
        "audience.include",
        "list",
    ),
    (
        "include of nothing",
        'include = ["LIST01", "segment:VIP", "Big spenders"]',
        "include = [' ']",
        "audience.include",
        "list",
    ),
    ("audience is a list", "[audience]", "[[audience]]", "audience", "table"),
    ("at missing", "at = 2027-01-15T09:00:00", "", "schedule.at", "Add at"),
    ("at a date", "at = 2027-01-15T09:00:00", "at = 2027-01-15", "schedule.at", "2027-01-15T09:00"),
    ("at a time", "at = 2027-01-15T09:00:00", "at = 09:00:00", "schedule.at", "2027-01-15T09:00"),
    ("at a date as text", "at = 2027-01-15T09:00:00", 'at = "2027-01-15"', "schedule.at", "2027-01-15T09:00"),
    (
        "at with an offset",
        "at = 2027-01-15T09:00:00",
        "at = 2027-01-15T09:00:00Z",
        "schedule.at",
        "without an offset",
    ),
    (
        "at with seconds",
        "at = 2027-01-15T09:00:00",
        "at = 2027-01-15T09:00:01",
        "schedule.at",
        "minutes only",
    ),
    ("at nonsense", "at = 2027-01-15T09:00:00", 'at = "soon, very soon"', "schedule.at", "2027-01-15T09:00"),
    (
        "at beyond reckoning",
        "at = 2027-01-15T09:00:00",
        "at = 9999-12-31T23:59:00",
        "schedule.at",
        "2027-01-15T09:00",
    ),
    ("at in a gap", "at = 2027-01-15T09:00:00", "at = 2027-03-14T02:30:00", "schedule.at", "01:59"),
    ("zone missing", 'zone = "America/Toronto"', "", "schedule.zone", "Name one"),
    ("zone unknown", "America/Toronto", "Mars/Olympus", "schedule.zone", "IANA"),
    (
        "recipient_local a text",
        'zone = "',
        'recipient_local = "yes"\nzone = "',
        "schedule.recipient_local",
        "true or false",
    ),
    (
        "smart sending a text",
        "smart_sending = false",
        'smart_sending = "no"',
        "options.smart_sending",
        "true or false",
    ),
    ("utm a word", 'utm = "account"', 'utm = "on"', "options.utm", "account"),
    ("utm a number", 'utm = "account"', "utm = 1", "options.utm", "account"),
    (
        "platform options no table",
        '[platform_options.fake]\ncolour = "green"',
        "[platform_options]\nfake = 1",
        "platform_options.fake",
        "table",
    ),
    (
        "platform options with a date",
        'colour = "green"',
        "day = 2027-01-15",
        "platform_options.fake",
        "texts",
    ),
    (
        "platform options not finite",
        'colour = "green"',
        "deep = [{ x = nan }]",
        "platform_options.fake",
        "texts",
    ),
    ("html not there", '"mail.html"', '"gone.html"', "html", "folder"),
    ("html a folder", '"mail.html"', '"."', "html", "Name a file"),
    ("html of nothing", '"mail.html"', '""', "html", "Name a file"),
    ("html no possible path", '"mail.html"', '"a\\u0000b"', "html", "folder"),
    ("text not there", '"mail.txt"', '"gone.txt"', "text", "folder"),
    ("store a list", 'store = "shop"', "store = []", "store", "text in quotes"),
    ("no TOML", "[sender]", "[sender", "file", "Correct the file"),
    ("too deep", "[sender]", "deep = " + "[" * 5000 + "\n[sender]", "file", "Correct the file"),
    ("a key twice", "[sender]", 'id = "again"\n[sender]', "file", "Correct the file"),
]


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_mistake_is_named_with_what_to_do(folder, old, new, field, remedy):
    assert old in FULL
    with pytest.raises(CampaignRejected) as caught:
        load(folder, FULL.replace(old, new, 1))
    assert caught.value.field == field
    assert remedy in caught.value.remedy
    assert caught.value.title


def test_html_that_is_not_utf8_is_refused(folder):
    (folder / "mail.html").write_bytes("<p>Hällo</p>".encode("latin-1"))
    with pytest.raises(InvalidCampaign, match="not UTF-8") as caught:
        load(folder, FULL)
    assert (caught.value.field, caught.value.remedy) == ("html", "Save it as UTF-8 and try again.")


def test_html_that_nobody_could_send_is_not_even_read(folder):
    with (folder / "mail.html").open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(InvalidCampaign, match=r"larger than 4.5 MB"):
        load(folder, FULL)


def test_a_campaign_file_that_is_not_there_is_said_so(folder):
    with pytest.raises(InvalidCampaign, match="cannot be read") as caught:
        load_campaign(folder / "gone.toml", id_pattern=lambda name: "x")
    assert caught.value.field == "file"


# --- whatever anybody writes: a campaign, or one clear error ------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2027-01-15T09:00", "UTC", "mail.html", "..", "id:", "list:x", "a@example.com"])
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
    | st.times()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


def toml(value):
    """A value as TOML, or None where it has none."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(one):08x}" for one in value) + '"'
    if isinstance(value, list):
        items = [toml(item) for item in value]
        return None if None in items else f"[{', '.join(items)}]"
    if isinstance(value, dict):
        pairs = [(toml(key), toml(item)) for key, item in value.items()]
        good = all(item is not None for _, item in pairs)
        return "{" + ", ".join(f"{key} = {item}" for key, item in pairs) + "}" if good else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return None if value is None else str(value).lower()


tables = st.fixed_dictionaries(
    {},
    optional={
        key: st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS[key], values)) | values
        if KEYS.get(key)
        else st.just({"html": "mail.html", "connector": "fake"}.get(key, "x")) | values
        for key in KEYS[""]
    },
)


@settings(max_examples=300)
@given(tables)
def test_any_values_make_a_campaign_or_one_clear_error(tmp_path_factory, written):
    folder = tmp_path_factory.getbasetemp()
    (folder / "mail.html").write_text("<p>Hello</p>", encoding="utf-8")
    lines = [f"{key} = {content}" for key, value in written.items() if (content := toml(value)) is not None]
    result = attempt(folder, "\n".join(lines))
    assert isinstance(result, Campaign) or (result.title and result.remedy and result.field)


def attempt(folder, content):
    try:
        return load(folder, content)
    except GlowtifyError as error:
        return error


@settings(max_examples=200)
@given(st.text())
def test_any_text_makes_a_campaign_or_one_clear_error(tmp_path_factory, written):
    with pytest.raises(CampaignRejected) as caught:
        load(tmp_path_factory.getbasetemp(), written.encode("utf-8", "replace").decode())
    assert caught.value.remedy
