"""The scopes of a Klaviyo key that Glowtify uses, by Klaviyo's real names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NEEDED = ("accounts:read", "campaigns:read", "campaigns:write", "templates:read", "templates:write")
"""Publishing does not work without these."""
LISTS = "lists:read"
SEGMENTS = "segments:read"
AUDIENCES = (LISTS, SEGMENTS)
"""Publishing needs one of them."""
METRICS = "metrics:read"
"""Performance needs it: reports name a conversion metric."""
PROFILES = "profiles:read"
"""Named by the product, used by nothing so far."""

FULL = tuple(sorted((*NEEDED, *AUDIENCES, METRICS)))
"""What a new key should have."""

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaigns": ("campaigns:read", "campaigns:write"),
        "audiences": AUDIENCES,
        "profiles": (PROFILES,),
        "templates": ("templates:read", "templates:write"),
        "metrics": (METRICS,),
        "accounts": ("accounts:read",),
    }
)
"""The product's word for each group of scopes."""

REMEDY = (
    "The API key doesn't have the scopes Glowtify needs. Regenerate with full scopes: "
    + ", ".join(FULL)
    + "."
)
