"""The page speaks French throughout: every sentence of its own, and what the core and Klaviyo say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sayings
from browsing import Client

from glowtify_adapters.web.hearing import Heard
from glowtify_adapters.web.languages import choose

FRENCH, HEARD = sayings.catalogue("fr.po"), sayings.catalogue("fr.said.po")
NAMES = re.compile(r"\{(\w+)\}")

CODE = re.compile(r"`[^`]*`|\{%.*?%\}|&#\d+;|https?:\S*|\w:\w|\d:\d|\"[^\"]*\"")
"""What is no French in a French sentence."""


def test_every_sentence_of_the_page_has_its_french() -> None:
    said = sayings.of_templates() | sayings.of_pages()
    assert {text for text in said if re.search(r"\w", NAMES.sub("", text))} - set(FRENCH) == set()


def test_no_french_is_left_of_what_nobody_says_any_more() -> None:
    assert set(FRENCH) - sayings.of_templates() - sayings.in_pages() == set()


def test_what_the_core_and_klaviyo_say_has_its_french() -> None:
    heard = {sayings.NAME.sub("{}", text) for text in (*HEARD, *FRENCH)}
    assert {text for text in sayings.errors() if text not in heard} == set()


def test_no_french_is_left_of_what_they_do_not_say_any_more() -> None:
    """Some sentences are put together from parts, and words such as those for abilities are codes there."""
    said = "\n".join(sayings.inside())
    for english in HEARD:
        parts = [part for part in NAMES.split(english)[::2] if part.strip(" .,:")]
        assert all(part in said for part in parts) or english.replace(" ", "_") in said, english


@pytest.mark.parametrize("catalogue", [FRENCH, HEARD])
def test_the_same_values_stand_in_both_languages(catalogue: dict[str, str]) -> None:
    for english, french in catalogue.items():
        assert french, english
        assert set(NAMES.findall(french)) <= set(NAMES.findall(english)), english
        left_out = set(NAMES.findall(english)) - set(NAMES.findall(french))
        assert left_out <= {"campaign", "same", "connector", "where", "audiences"}, english


@pytest.mark.parametrize("catalogue", [FRENCH, HEARD])
def test_french_is_written_as_in_quebec(catalogue: dict[str, str]) -> None:
    """Curly apostrophes and pointed quotes; a space that does not break before colons, none before ; ! ?."""
    for french in catalogue.values():
        text = CODE.sub("x", french)
        assert not re.search(r"\w'\w|[“”]", text), french
        assert not re.search(r"[^\xa0]:|[^\xa0]»|«[^\xa0]|\s[;!?]", text), french
        assert not re.search(r"\be-mail", text, re.IGNORECASE), french


def test_what_is_heard_may_hold_values_and_other_sentences() -> None:
    heard = Heard(
        {
            "The {name} is gone": "Parti : {name}",
            "The {name} is gone for {days} days": "Parti pour {days} jours : {name}",
            "{remedy} It waits.": "{remedy} Ça attend.",
            "key": "clé",
            "lock": "serrure",
            "{% if %} in {place}": "{% if %} dans {place}",
        }
    )
    assert heard("The key is gone") == "Parti : clé"
    assert heard("The key, lock, door is gone") == "Parti : clé, serrure, door"
    assert heard("The key is gone for 3 days") == "Parti pour 3 jours : clé"
    assert heard("The key is gone It waits.") == "Parti : clé Ça attend."
    assert heard("{% if %} in {braces} (.*)") == "{% if %} dans {braces} (.*)"
    assert heard("Something else") == "Something else"


@pytest.mark.parametrize(
    ("accepted", "chosen", "code", "number"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "", "fr", "1\xa0234,5"),
        ("fr", "", "fr", "1\u202f234,5"),
        ("de-DE,de;q=0.9", "", "en", "1,234.5"),
        ("en-GB", "fr", "fr", "1\u202f234,5"),
        ("fr-CA,en-CA;q=0.5", "en", "en", "1,234.5"),
        ("", "", "en", "1,234.5"),
        ("fr-XX-nonsense", "", "fr", "1\u202f234,5"),
        ("*;q=0.5, ,;;", "tlh", "en", "1,234.5"),
    ],
)
def test_language_and_region_are_the_browser_s_or_the_person_s(
    accepted: str, chosen: str, code: str, number: str
) -> None:
    tongue = choose(accepted, chosen)
    assert tongue.code == code
    assert tongue.number(Decimal("1234.5")) == number


def test_dates_and_money_are_those_of_quebec() -> None:
    tongue, zone = choose("fr-CA", ""), ZoneInfo("America/Toronto")
    noon = datetime(2027, 1, 15, 17, tzinfo=UTC)
    assert tongue.date(noon, zone) == "vendredi 15 janvier 2027"
    assert " ".join(tongue.time(noon, zone).split()) == "12 h 00"
    assert tongue.money(Decimal("1234.50"), "CAD") == "1\xa0234,50\xa0$"
    assert tongue.percent(0.125) == "12,5\xa0%"
    assert tongue.number(None) == "—"


def test_the_page_speaks_the_browser_s_language_until_another_is_chosen(client: Client) -> None:
    french = {"accept-language": "fr-CA"}
    page = client.get("/connectors", headers=french).text
    assert '<html lang="fr">' in page
    assert "<h1>Connecteurs</h1>" in page
    client.submit("/language", language="en", back="/connectors", headers=french)
    assert "<h1>Connectors</h1>" in client.get("/connectors", headers=french).text
