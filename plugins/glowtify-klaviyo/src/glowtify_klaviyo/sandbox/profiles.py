"""The people of the account: computed from their number, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from glowtify_klaviyo.sandbox.ids import ulid

POPULATION = 6000
FIRST_NAMES = ("Ada", "Bela", "Chen", "Dina", "Emre", "Fay", "Goran", "Hana", "Ines", "Jon", "Kim", "Lou")
LAST_NAMES = ("Archer", "Baker", "Cooper", "Dyer", "Fisher", "Mason", "Potter", "Smith", "Tailor", "Weaver")
ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Australia/Sydney",
    None,
)
SUPPRESSED_EVERY = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """A person, known by a number."""

    number: int
    id: str
    created: datetime

    @property
    def email(self) -> str:
        """The address, always at example.com."""
        return address(self.number)

    @property
    def first_name(self) -> str:
        """The first name."""
        return FIRST_NAMES[self.number % len(FIRST_NAMES)]

    @property
    def last_name(self) -> str:
        """The last name."""
        return LAST_NAMES[self.number % len(LAST_NAMES)]

    @property
    def joined_group_at(self) -> datetime:
        """When the person came into every list it is on: at once."""
        return self.created

    @property
    def zone(self) -> str | None:
        """The IANA zone, if Klaviyo knows it."""
        return zone(self.number)


def address(number: int) -> str:
    """Return the e-mail address of profile ``number``."""
    return f"customer{number:04d}@example.com"


def zone(number: int) -> str | None:
    """Return the zone of profile ``number``; None means the account's."""
    return ZONES[number % len(ZONES)]


def suppressed(number: int) -> bool:
    """Tell whether profile ``number`` takes no marketing mail."""
    return number % SUPPRESSED_EVERY == SUPPRESSED_EVERY - 1


def build(numbers: Sequence[int], seed: int, since: datetime) -> list[Profile]:
    """Return the profiles of these numbers; the same seed gives the same ids."""
    return [_profile(number, seed, since) for number in numbers]


def _profile(number: int, seed: int, since: datetime) -> Profile:
    created = (since - timedelta(days=500 - number % 400)).replace(microsecond=0)
    rng = Random(f"profile/{seed}/{number}")  # noqa: S311 -- sample data, no secret
    return Profile(number, ulid(created, rng), created)
