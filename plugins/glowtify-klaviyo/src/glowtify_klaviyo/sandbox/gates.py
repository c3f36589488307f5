"""The checks that every request passes before its handler: key, revision, rate, content type, scopes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from glowtify_klaviyo.sandbox.endpoint import Endpoint
from glowtify_klaviyo.sandbox.errors import (
    Problem,
    Refusal,
    denied,
    gone,
    invalid_all,
    too_large,
    unauthenticated,
    unsupported_media,
)
from glowtify_klaviyo.sandbox.models import Key
from glowtify_klaviyo.sandbox.state import State

SCHEME = "Klaviyo-API-Key "
SERVED = ("2025-07-15", "2025-10-15", "2026-01-15", "2026-04-15", "2026-07-15")
NOT_SIMULATED = ("2025-01-15", "2025-04-15", "2026-10-15")
REVISION = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
OPT_OUT = "x-klaviyo-revision-fall-forward-opt-out"
MEDIA_TYPES = ("application/vnd.api+json", "application/json")
LARGEST_BODY = 5 * 1024 * 1024

FINDERS: dict[str, Callable[[State, str], Any]] = {
    "campaigns": State.campaign,
    "campaign-messages": State.message,
    "campaign-send-jobs": State.campaign,
    "campaign-recipient-estimation-jobs": State.campaign,
    "campaign-recipient-estimations": State.campaign,
    "templates": State.template,
    "metrics": State.metric,
    "tags": State.tag,
    "lists": lambda state, own: state.audience("list", own),
    "segments": lambda state, own: state.audience("segment", own),
}


def key_of(state: State, authorization: str | None) -> Key | None:
    """Return the key that a request carries, revoked ones included."""
    return state.keys.get((authorization or "").removeprefix(SCHEME).strip())


def authenticate(state: State, authorization: str | None) -> frozenset[str]:
    """Return the scopes of the key; raises the 401 for a missing, unknown or revoked one."""
    if not authorization:
        raise unauthenticated("not_authenticated")
    key = key_of(state, authorization) if authorization.startswith(SCHEME) else None
    if key is None or key.scopes is None:
        raise unauthenticated("authentication_failed")
    return key.scopes


def revision(headers: Mapping[str, str]) -> str:
    """Return the revision to apply; raises for one that is missing, retired or not simulated."""
    asked = headers.get("revision", "")
    if asked in SERVED:
        return asked
    if REVISION.fullmatch(asked) and asked < NOT_SIMULATED[0] and headers.get(OPT_OUT) == "1":
        raise gone(asked)
    if not asked:
        raise _bad_revision("A revision header is required.")
    if asked in NOT_SIMULATED or (REVISION.fullmatch(asked) and asked < NOT_SIMULATED[0]):
        raise _bad_revision(f"Revision {asked} is not simulated.")
    raise _bad_revision(f"'{asked}' is not a valid revision.")


def throttle(state: State, endpoint: Endpoint, query: str) -> dict[str, str]:
    """Count the request and return the rate-limit headers; raises the 429."""
    asked = {part for name, value in parse_qsl(query) if "fields[" in name for part in value.split(",")}
    costly = [limit for name, limit in endpoint.costly.items() if name in asked]
    limit = costly[0] if costly else endpoint.limit
    name = f"{endpoint.method} {endpoint.path} {limit.header if costly else ''}".rstrip()
    return state.windows.take(name, limit, state.clock.now(), retry_after=state.guesses.retry_after_sent)


def media_type(content_type: str | None, body: bytes, endpoint: Endpoint) -> None:
    """Refuse a body of another type than JSON:API or JSON, or of more than 5 MB."""
    if endpoint.body is None:
        return
    if len(body) > LARGEST_BODY:
        raise too_large()
    if (content_type or "").partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise unsupported_media(content_type or "")


def permit(state: State, endpoint: Endpoint, scopes: frozenset[str], ids: Mapping[str, str]) -> None:
    """Refuse for want of a scope; whether an unknown id comes first is a guess."""
    if set(endpoint.scopes) <= scopes:
        return
    finder = FINDERS.get(endpoint.segments[1])
    if state.guesses.scope_checked == "after_lookup" and ids and finder:
        finder(state, ids["id"])
    raise denied()


def _bad_revision(detail: str) -> Refusal:
    return invalid_all([Problem(detail, "/data/", "revision")])
