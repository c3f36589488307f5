"""The private keys of the sandbox's account and what each may do."""

from __future__ import annotations

from random import Random

from glowtify_klaviyo.sandbox.ids import private_key
from glowtify_klaviyo.sandbox.models import Key

AREAS = ("accounts", "campaigns", "images", "lists", "metrics", "profiles", "segments", "tags", "templates")
READ_SCOPES = frozenset(f"{area}:read" for area in AREAS)
WRITE_SCOPES = frozenset({"campaigns:write", "tags:write", "templates:write"})
FULL = READ_SCOPES | WRITE_SCOPES

SCOPES: dict[str, frozenset[str] | None] = {
    "full": FULL,
    "read-only": READ_SCOPES,
    "without-metrics": FULL - {"metrics:read"},
    "without-templates": FULL - {"templates:read", "templates:write"},
    "without-accounts": FULL - {"accounts:read"},
    "without-campaigns": FULL - {"campaigns:read", "campaigns:write"},
    "without-lists": FULL - {"lists:read"},
    "without-segments": FULL - {"segments:read"},
    "without-audiences": FULL - {"lists:read", "segments:read"},
    "without-profiles": FULL - {"profiles:read"},
    "revoked": None,
}


def build(rng: Random) -> dict[str, Key]:
    """Return the keys by their value."""
    keys = [Key(name, private_key(rng), scopes) for name, scopes in SCOPES.items()]
    return {key.value: key for key in keys}
