"""Connecting: whose key it is, and which scopes it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import (
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PermissionDenied,
    Phase,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.documents import dig
from glowtify_klaviyo import endpoints as at
from glowtify_klaviyo import scopes
from glowtify_klaviyo.client import EMAIL, KlaviyoClient
from glowtify_klaviyo.documents import document
from glowtify_klaviyo.errors import REFUSED, names_a_plan
from glowtify_klaviyo.records import AccountRecord

NO_AUDIENCE = "Create a list or segment in Klaviyo first."
NO_PERFORMANCE = "Performance is off: the key lacks metrics:read."

_NOBODY = "NOPE01"
"""An id that no object has: a live account answered 404 for it, not 400."""
_ONE = {"page[size]": "1"}


@dataclass(frozen=True, slots=True)
class _Probe:
    """A request that shows whether the key has its endpoint's scope, and changes nothing."""

    endpoint: Endpoint
    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Any = None


def _nothing(kind: str) -> dict[str, Any]:
    """A PATCH that would change nothing, of no object."""
    return document(kind, _NOBODY, attributes={})


PROBES = (
    _Probe(at.LISTS, "GET", "/api/lists", _ONE),
    _Probe(at.SEGMENTS, "GET", "/api/segments", _ONE),
    _Probe(at.CAMPAIGNS, "GET", "/api/campaigns", {"filter": EMAIL, **_ONE}),
    _Probe(at.TEMPLATES, "GET", "/api/templates", _ONE),
    _Probe(at.METRICS, "GET", "/api/metrics"),
    _Probe(at.PROFILES, "GET", "/api/profiles", {"fields[profile]": "created", **_ONE}),
    _Probe(at.PATCH_CAMPAIGN, "PATCH", f"/api/campaigns/{_NOBODY}", body=_nothing("campaign")),
    _Probe(at.PATCH_TEMPLATE, "PATCH", f"/api/templates/{_NOBODY}", body=_nothing("template")),
)
"""Cheapest first. A write goes to no object and changes nothing. The order of Klaviyo's checks is not
documented, so of a write scope 403 is taken for missing, 404 or 400 for granted; the first real write has the
last word.
"""


@dataclass(slots=True)
class _Found:
    """What the probes have shown so far; ``audiences`` counts the lists and segments seen."""

    granted: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    not_proven: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    audiences: int = 0


def connect(client: KlaviyoClient) -> AccountInfo:
    """Ask who the account is and what the key may do; nothing is changed.

    Raises:
        AuthenticationFailed: titled "Invalid API key".
        PermissionDenied: titled "Scopes insufficient", naming every missing scope, when the key may not even
            say whose it is.
        PlatformError: Klaviyo cannot be reached, or asks for patience.
    """
    found = _Found()
    account = _account(client, found)
    for probe in PROBES:
        _try(client, probe, found)
    if account is None:
        raise _nameless(found)
    _advise(found)
    return AccountInfo(
        id=account.id,
        name=account.organization_name or account.id,
        zone=account.timezone,
        currency=account.preferred_currency,
        locale=account.locale or "",
        sender_name=account.default_sender_name or None,
        sender_email=account.default_sender_email or None,
        granted=frozenset(found.granted),
        missing=frozenset(found.missing),
        not_proven=frozenset(found.not_proven),
        notes=tuple(found.notes),
        test_account=account.test_account,
    )


def _account(client: KlaviyoClient, found: _Found) -> AccountRecord | None:
    """The account; None when the key lacks the scope for it."""
    scope = at.ACCOUNTS.scopes[0]
    try:
        account = client.account()
    except PermissionDenied:
        found.missing.add(scope)
        return None
    except RequestRejected as refused:
        if refused.code != REFUSED or names_a_plan(refused.detail):
            raise
        found.missing.add(scope)
        return None
    found.granted.add(scope)
    return account


def _try(client: KlaviyoClient, probe: _Probe, found: _Found) -> None:
    """Send one probe and note what it shows."""
    scope = probe.endpoint.scopes[0]
    write = probe.endpoint.write
    try:
        answer = client.http.call(
            probe.method, probe.path, endpoint=probe.endpoint, params=probe.params, body=probe.body
        )
    except PermissionDenied:
        found.missing.add(scope)
    except RemoteNotFound:
        (found.granted if write else found.not_proven).add(scope)
    except RequestRejected as refused:
        _weigh(refused, scope, found, write=write)
    except (StateConflict, OutcomeUnknown, MalformedResponse):
        found.not_proven.add(scope)
    else:
        found.granted.add(scope)
        if scope in scopes.AUDIENCES:
            listed = dig(answer.body, "data")
            found.audiences += len(listed) if isinstance(listed, list) else 0


_BAD_REQUEST = frozenset({"invalid", "http_400"})


def _weigh(refused: RequestRejected, scope: str, found: _Found, *, write: bool) -> None:
    """In a probe a 403 is a missing scope unless it names a plan; a 400 of a write came past that check."""
    if refused.code in _BAD_REQUEST:
        (found.granted if write else found.not_proven).add(scope)
    elif refused.code == REFUSED and not names_a_plan(refused.detail):
        found.missing.add(scope)
    else:
        found.not_proven.add(scope)
        found.notes.append(f"Klaviyo refused a check of {scope}: {refused.detail or refused.code}")


def _advise(found: _Found) -> None:
    if not found.audiences and found.granted & set(scopes.AUDIENCES):
        found.notes.append(NO_AUDIENCE)
    if scopes.METRICS in found.missing:
        found.notes.append(NO_PERFORMANCE)


def _nameless(found: _Found) -> PermissionDenied:
    error = PermissionDenied(
        "Scopes insufficient",
        code="scopes_insufficient",
        detail=f"The key lacks {', '.join(sorted(found.missing))}.",
        remedy=scopes.REMEDY,
        effect=Effect.NONE,
        phase=Phase.CONNECT,
    )
    error.missing = tuple(sorted(found.missing))
    return error
