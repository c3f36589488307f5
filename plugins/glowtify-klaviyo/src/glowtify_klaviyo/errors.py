"""Klaviyo's refusals in our words: HTTP status and code decide, wording only where nothing else tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.kit.answers import Answer, Endpoint, parse_pause, unavailable
from glowtify_core.kit.documents import dig
from glowtify_core.kit.redaction import sanitise
from glowtify_klaviyo import endpoints as at
from glowtify_klaviyo import scopes

SENDER_NOT_AUTHORIZED = "sender_not_authorized"
TOO_MANY_TEMPLATES = "too_many_templates"
METRIC_WITHOUT_VALUES = "metric_without_values"
DAILY_LIMIT = "daily_limit"
NETWORK_EDGE = "network_edge"
REFUSED = "permission_denied"
"""The code of a :class:`RequestRejected` for a 403 that is a plan, an entitlement or a limit, no scope."""

SENDER_REMEDY = (
    "Your sender email isn't properly configured in Klaviyo."
    " Go to Klaviyo, Settings, Email, Sender configuration."
)

_SENDER = re.compile(r"from[_ ]?email|from address|\bsender\b|\bdomains?\b", re.IGNORECASE)
_SCOPE = re.compile(r"\bscopes?\b|do(es)? not have permission", re.IGNORECASE)
_PLAN = re.compile(r"\bKDP\b|\bplans?\b|\bupgrade\b|\bentitle|\bbilling\b|\blimit\b", re.IGNORECASE)
_TEMPLATE_LIMIT = re.compile(r"1,?000\b|\blimit\b|\bmaximum\b|\btoo many\b", re.IGNORECASE)
_NO_VALUES = re.compile(r"querying for values", re.IGNORECASE)

_BELIEVED = frozenset({401, 404, 409, 410})
"""Statuses that we act on: only with Klaviyo's own words."""

_A_DAY = 86_400
_LONGEST_MINUTE_PAUSE = timedelta(minutes=5)
"""A pause longer than that is not the one of a minute's window."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A refusal: what was asked, and what Klaviyo said about it."""

    answer: Answer
    endpoint: Endpoint
    codes: tuple[str, ...]
    detail: str
    pointers: tuple[str, ...]
    request_id: str
    listed: bool

    @classmethod
    def of(cls, answer: Answer, endpoint: Endpoint) -> _Case:
        errors = dig(answer.body, "errors")
        listed = [one for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []
        sources = [dig(one, "source", "pointer") or dig(one, "source", "parameter") for one in listed]
        ids = (*(one.get("id") for one in listed), answer.headers.get("x-klaviyo-req-id"))
        return cls(
            answer=answer,
            endpoint=endpoint,
            codes=tuple(sanitise(one["code"], 64) for one in listed if one.get("code")),
            detail=sanitise("; ".join(str(one["detail"]) for one in listed if one.get("detail"))),
            pointers=tuple(sanitise(source, 200) for source in sources if source),
            request_id=next((sanitise(one, 64) for one in ids if one), ""),
            listed=bool(listed),
        )

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def field(self) -> str | None:
        """The first pointer as a dotted path, without the levels that JSON:API adds."""
        path = self.pointers[0].strip("/").replace("/", ".") if self.pointers else ""
        return path.removeprefix("data.").removeprefix("attributes.") if path not in ("", "data") else None

    def asked(self, *endpoints: Endpoint) -> bool:
        return self.endpoint in endpoints

    def names(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.search(" ".join((self.detail, *self.pointers))))


def _foreign(case: _Case) -> bool:
    """Whether somebody in between answered: Klaviyo says why, and what a 404 means is believed elsewhere."""
    return case.status in _BELIEVED and not case.listed


def _edge(case: _Case) -> bool:
    return case.status == HTTPStatus.FORBIDDEN and (
        "cf-mitigated" in case.answer.headers or not case.answer.readable
    )


def _sender(case: _Case) -> bool:
    asked = case.asked(at.CREATE_CAMPAIGN, at.PATCH_MESSAGE, at.CREATE_SEND_JOB)
    return asked and case.status in (400, 403, 409, 422) and case.names(_SENDER)


def _scope_missing(case: _Case) -> bool:
    """Klaviyo has one code for a missing scope and for plans and limits: the detail names the latter."""
    refused = case.status == HTTPStatus.FORBIDDEN and "permission_denied" in case.codes
    return refused and (not case.detail or case.names(_SCOPE))


def _daily(case: _Case) -> bool:
    limited = any(window.seconds >= _A_DAY for window in case.endpoint.limits)
    long = (_pause(case) or timedelta()) > _LONGEST_MINUTE_PAUSE
    return case.status == HTTPStatus.TOO_MANY_REQUESTS and limited and long


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a kind of refusal is in our words; an empty code stands for Klaviyo's own."""

    applies: Callable[[_Case], bool]
    kind: type[PlatformError]
    title: str
    remedy: str
    code: str = ""


_RULES = (
    _Rule(
        lambda case: case.status == HTTPStatus.UNAUTHORIZED,
        AuthenticationFailed,
        "Invalid API key",
        "The key is wrong, expired, or revoked. Generate a new private key in Klaviyo and reconnect.",
        AuthenticationFailed.default_code,
    ),
    _Rule(
        _edge,
        PlatformUnavailable,
        "Blocked before it reached Klaviyo",
        "Klaviyo's network turned the request away; the key is not at fault. Try again later,"
        " or from another network.",
        NETWORK_EDGE,
    ),
    _Rule(_sender, RequestRejected, "Sender not authorized", SENDER_REMEDY, SENDER_NOT_AUTHORIZED),
    _Rule(
        lambda case: case.asked(at.CREATE_TEMPLATE) and case.names(_TEMPLATE_LIMIT),
        RequestRejected,
        "Too many templates in Klaviyo",
        "Klaviyo allows 1,000 templates; delete unused ones, then publish again.",
        TOO_MANY_TEMPLATES,
    ),
    _Rule(
        lambda case: case.asked(at.VALUES_REPORT) and case.names(_NO_VALUES),
        RequestRejected,
        "This metric has no values",
        "Choose another conversion metric, or read performance without revenue.",
        METRIC_WITHOUT_VALUES,
    ),
    _Rule(_scope_missing, PermissionDenied, "Scopes insufficient", scopes.REMEDY, "scopes_insufficient"),
    _Rule(
        lambda case: case.status == HTTPStatus.NOT_FOUND,
        RemoteNotFound,
        "Not found in Klaviyo",
        "It was removed there, or belongs to another account.",
        RemoteNotFound.default_code,
    ),
    _Rule(
        lambda case: case.status == HTTPStatus.CONFLICT,
        StateConflict,
        "Klaviyo does not allow this now",
        "Look at it in Klaviyo.",
        StateConflict.default_code,
    ),
    _Rule(
        lambda case: case.status == HTTPStatus.GONE,
        RequestRejected,
        "Klaviyo has retired the API that this connector speaks",
        "Update the connector: the package glowtify-klaviyo.",
        "revision_retired",
    ),
    _Rule(
        _daily,
        RateLimited,
        "Klaviyo's daily limit is used up",
        "Other tools on this account share it. Try again when it renews.",
        DAILY_LIMIT,
    ),
    _Rule(
        lambda case: case.status == HTTPStatus.TOO_MANY_REQUESTS,
        RateLimited,
        "Klaviyo asks for a pause",
        "Wait, then try again.",
        RateLimited.default_code,
    ),
    _Rule(
        lambda _: True,
        RequestRejected,
        "Klaviyo refused this",
        "See what Klaviyo says, correct it and try again.",
    ),
)
"""The first that applies decides."""


def refusal(answer: Answer, endpoint: Endpoint) -> PlatformError:
    """The error for an answer of 400 and above.

    Args:
        answer: Klaviyo's.
        endpoint: which one was asked; names the scope, and what a lost write may have done.
    """
    case = _Case.of(answer, endpoint)
    facts: dict[str, Any] = {
        "detail": case.detail,
        "field": case.field,
        "request_id": case.request_id,
        "retry_after": answer.retry_after,
    }
    if answer.server_failed:
        return unavailable(endpoint, title="Klaviyo is not available", **facts)
    if _foreign(case):
        return unavailable(endpoint, title="This answer is not Klaviyo's", **facts)
    rule = next(rule for rule in _RULES if rule.applies(case))
    code = rule.code or next(iter(case.codes), f"http_{answer.status}")
    error = rule.kind(rule.title, remedy=rule.remedy, code=code, effect=Effect.NONE, **facts)
    if isinstance(error, PermissionDenied):
        error.missing = endpoint.scopes
        error.detail = f"The key lacks {', '.join(endpoint.scopes)}."
    if isinstance(error, RateLimited):
        error.retry_after = _pause(case)
    return error


def names_a_plan(detail: str) -> bool:
    """Whether the detail of a 403 speaks of a plan or a limit, so that another key would not help."""
    return bool(_PLAN.search(detail))


def _pause(case: _Case) -> timedelta | None:
    """The pause asked for; a spent daily quota may tell it in a header of its own."""
    headers = case.answer.headers
    if case.answer.retry_after or headers.get("ratelimit-remaining-daily") != "0":
        return case.answer.retry_after
    return parse_pause(headers.get("ratelimit-reset-daily"))
