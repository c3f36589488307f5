"""Identifiers of the right form, from a seeded generator, so that two runs give the same ones."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import datetime
from random import Random
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_FIRST = "QRSTUVWXY"
SHORT_REST = string.ascii_letters + string.digits


def ulid(moment: datetime, rng: Random) -> str:
    """Return the 26 characters of a ULID: campaigns, messages, profiles."""
    number = (int(moment.timestamp() * 1000) << 80) | rng.getrandbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def short(rng: Random, taken: Callable[[str], bool] = lambda _candidate: False) -> str:
    """Return 6 characters as lists, segments, templates and metrics have, not yet ``taken``."""
    while True:
        candidate = rng.choice(SHORT_FIRST) + "".join(rng.choices(SHORT_REST, k=5))
        if not taken(candidate):
            return candidate


def uuid(rng: Random) -> str:
    """Return a random UUID: tags, reports, errors, requests."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def private_key(rng: Random) -> str:
    """Return a value of the form of a private key."""
    return f"pk_{rng.getrandbits(136):034x}"
