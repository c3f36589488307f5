"""The page in the reader's language: words from a catalogue, dates and numbers by locale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_datetime, format_time, get_timezone_name
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from glowtify_adapters.web.hearing import Heard

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français"}
"""What the page speaks, each in its own word."""

NOTHING = "—"
"""Stands for a figure that nobody gave; never 0."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language, with the words and the locale of those who read it.

    Attributes:
        code: of :data:`LANGUAGES`.
        locale: for dates and numbers, such as ``fr_CA``.
    """

    code: str
    locale: Locale
    _words: Mapping[str, str] = field(repr=False)
    _heard: Heard = field(repr=False)

    def say(self, text: str, /, **values: object) -> str:
        """The text in this language, its ``{names}`` filled in; as it is where nobody has translated it.

        Without values it may also be what the core or a connector has said.
        """
        said = self._words.get(text)
        if values:
            return (said or text).format(**values)
        return said or self._heard(text)

    def date(self, instant: datetime, zone: ZoneInfo, form: str = "full") -> str:
        """A day, such as "Friday, 15 January 2027"."""
        return format_date(instant.astimezone(zone), form, locale=self.locale)

    def time(self, instant: datetime, zone: ZoneInfo) -> str:
        """A time of day."""
        return self.clock(instant.astimezone(zone))

    def instant(self, instant: datetime, zone: ZoneInfo, form: str = "medium") -> str:
        """A day and a time."""
        return format_datetime(instant, form, tzinfo=zone, locale=self.locale)

    def wall(self, wall: datetime) -> str:
        """A day and a time on somebody's wall, of no zone."""
        return f"{format_date(wall, 'full', locale=self.locale)}, {self.clock(wall)}"

    def clock(self, wall: datetime) -> str:
        """A time of day on somebody's wall, in one piece."""
        return format_time(wall.time(), "short", locale=self.locale).replace(" ", "\xa0")

    def zone(self, zone: str) -> str:
        """A zone's name."""
        return get_timezone_name(ZoneInfo(zone), locale=self.locale)

    def number(self, value: float | Decimal | None) -> str:
        """A number, or a dash."""
        return NOTHING if value is None else format_decimal(value, locale=self.locale)

    def percent(self, value: float | None, decimal: str = "0") -> str:
        """A share between 0 and 1, with one decimal (``#``: if there is one), or a dash."""
        form = self.locale.percent_formats[None].pattern.replace("##0", f"##0.{decimal}")
        return NOTHING if value is None else format_percent(value, form, locale=self.locale)

    def money(self, amount: Decimal | None, currency: str) -> str:
        """An amount of money, or a dash."""
        return NOTHING if amount is None else format_currency(amount, currency, locale=self.locale)


def choose(accepted: str, chosen: str) -> Tongue:
    """The language that was chosen, else the first that the browser asks for and we have.

    Args:
        accepted: the header ``Accept-Language``; also decides on the region, such as that of ``fr-CA``.
        chosen: by the person; empty when they have not.
    """
    asked = [part.partition(";")[0].strip() for part in accepted.split(",")]
    code = chosen if chosen in LANGUAGES else _negotiated(asked)
    region = next((one for one in asked if "-" in one and one.split("-")[0].lower() == code), code)
    return _tongue(code, region)


def _negotiated(asked: list[str]) -> str:
    found = negotiate_locale([one for one in asked if one], list(LANGUAGES), sep="-")
    return (found or "en").split("-")[0]


@cache
def _tongue(code: str, region: str) -> Tongue:
    try:
        locale = Locale.parse(region, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(code)
    return Tongue(code, locale, _catalogue(code), _hearing(code))


@cache
def _hearing(code: str) -> Heard:
    return Heard(_catalogue(f"{code}.said"))


@cache
def _catalogue(name: str) -> Mapping[str, str]:
    """Words by what they are in English; none where there is no such catalogue."""
    path = files("glowtify_adapters.web") / "languages" / f"{name}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
