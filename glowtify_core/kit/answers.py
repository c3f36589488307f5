"""A platform's answers, and what a refusal means by its status alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    Retry,
    StateConflict,
)
from glowtify_core.kit.redaction import sanitise
from glowtify_core.ports.pacing import Window

_REQUEST_ID = re.compile(r"(.+-)?req(uest)?-?id", re.IGNORECASE)
"""What platforms call the header that names a request to their support."""

_LONGEST_PAUSE = timedelta(days=366)
"""A pause longer than that is nonsense, and might not fit a date."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What we know of a platform's endpoint.

    Attributes:
        name: names its limits: requests of one name share the windows.
        limits: the platform's documented windows.
        scopes: what a credential needs for it.
        write: whether a request changes anything.
    """

    name: str
    limits: tuple[Window, ...] = ()
    scopes: tuple[str, ...] = ()
    write: bool = False

    @property
    def lost(self) -> Effect:
        """The effect of a request whose answer was lost."""
        return Effect.UNKNOWN if self.write else Effect.NONE


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: nothing of the request, so nothing secret.

    Attributes:
        status: HTTP status.
        headers: by name, in any case.
        body: parsed JSON; None when the answer was empty or is no JSON.
        readable: False when there was a body that is no JSON.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    readable: bool = True

    @property
    def date(self) -> datetime | None:
        """The platform's time of day, aware, to the second."""
        return http_date(self.headers.get("Date"))

    @property
    def request_id(self) -> str:
        """What the platform's support asks for, from whichever header has it; empty without one."""
        named = (value for name, value in self.headers.items() if _REQUEST_ID.fullmatch(name))
        return sanitise(next(named, ""), 64)

    @property
    def retry_after(self) -> timedelta | None:
        """The pause asked for, as seconds or as a date; None when absent, zero or nonsense."""
        return parse_pause(self.headers.get("Retry-After"), now=self.date)

    @property
    def server_failed(self) -> bool:
        """Whether the platform is at fault, so that nobody knows what a write did."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self.status == HTTPStatus.REQUEST_TIMEOUT


def by_status(answer: Answer, endpoint: Endpoint, **facts: Any) -> PlatformError:
    """The error for an answer of 400 and above, by its status.

    Args:
        answer: what came back.
        endpoint: what was asked; decides what a lost write may have left behind.
        facts: ``title``, ``detail``, ``code``, ``field``, ``remedy``, ``request_id``, where more is known.
    """
    facts = {"request_id": answer.request_id, **facts}
    if answer.server_failed:
        facts = {"title": "The platform is not available", "retry_after": answer.retry_after, **facts}
        return unavailable(endpoint, **facts)
    kind, title, remedy = _BY_STATUS.get(answer.status, _REJECTED)
    facts = {"title": title, "remedy": remedy, "code": "", **facts}
    if kind is RateLimited:
        facts["retry_after"] = answer.retry_after
    if kind is RequestRejected and not facts["code"]:
        facts["code"] = f"http_{answer.status}"
    return kind(facts.pop("title"), effect=Effect.NONE, **facts)


def unavailable(endpoint: Endpoint, *, title: str, sent: bool = True, **facts: Any) -> PlatformError:
    """The error for a platform that failed: a write that was sent may have happened all the same."""
    if endpoint.write and sent:
        facts = {"remedy": "It may have happened: look before doing it again.", **facts}
        return OutcomeUnknown(title, effect=Effect.UNKNOWN, **facts)
    facts = {"remedy": "Try again in a few minutes.", **facts}
    return PlatformUnavailable(title, effect=Effect.NONE, **facts)


def malformed(detail: str, *, write: bool) -> MalformedResponse:
    """The error for an answer that cannot be read; of a write nobody knows then what it did."""
    return MalformedResponse(
        "The platform's answer cannot be read",
        detail=detail,
        remedy="Try again later; if it stays so, update the connector.",
        effect=Effect.UNKNOWN if write else Effect.NONE,
        retry=Retry.RECONCILE_FIRST if write else Retry.NEVER,
    )


_REJECTED: tuple[type[PlatformError], str, str] = (
    RequestRejected,
    "The platform refused this",
    "Correct what the detail names and try again.",
)
_BY_STATUS: Mapping[int, tuple[type[PlatformError], str, str]] = {
    401: (AuthenticationFailed, "Invalid credential", "Connect again with a valid one."),
    403: (PermissionDenied, "Not permitted", "Connect again with a credential that may do this."),
    404: (
        RemoteNotFound,
        "Not found on the platform",
        "It was removed there, or belongs to another account.",
    ),
    409: (StateConflict, "Its state does not allow this", "Look at it on the platform."),
    429: (RateLimited, "Too many requests for now", "Wait, then try again."),
}


def parse_pause(text: str | None, *, now: datetime | None = None) -> timedelta | None:
    """A pause given as seconds or as an HTTP date; None when absent, zero, past or nonsense.

    Args:
        text: the header's value.
        now: the platform's time of day; ours when None.
    """
    asked = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,15}(\.[0-9]+)?", asked):
        pause = timedelta(seconds=min(float(asked), _LONGEST_PAUSE.total_seconds()))
    elif until := http_date(asked):
        pause = min(until - (now or datetime.now(UTC)), _LONGEST_PAUSE)
    else:
        return None
    return pause if pause > timedelta() else None


def http_date(text: str | None) -> datetime | None:
    """The instant of an HTTP date, aware; None when absent or nonsense."""
    try:
        instant = parsedate_to_datetime(text or "")
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
