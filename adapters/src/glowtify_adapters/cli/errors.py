"""The one place that turns errors into words, JSON and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignNotFound,
    CampaignRejected,
    ConfigurationError,
    Effect,
    GlowtifyError,
    MalformedResponse,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RepositoryError,
)

if TYPE_CHECKING:
    from glowtify_core.domain.publication import Problem

DONE: Final = 0
UNDECIDED: Final = 1
USAGE: Final = 2
REFUSED_HERE: Final = 3
REFUSED_THERE: Final = 4
OUTCOME_UNKNOWN: Final = 5
INTERRUPTED: Final = 130

EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        DONE: "done, also when accepted and not yet confirmed",
        UNDECIDED: "nothing was decided (busy, database, platform unreachable): run it again",
        USAGE: "the command line is wrong",
        REFUSED_HERE: "refused before any request: mend the campaign or the set-up",
        REFUSED_THERE: "the platform refused",
        OUTCOME_UNKNOWN: "the outcome is unknown: run glowtify repair",
    }
)

_BY_CLASS: tuple[tuple[type[GlowtifyError], int], ...] = (
    (OutcomeUnknown, OUTCOME_UNKNOWN),
    (RateLimited, UNDECIDED),
    (PlatformUnavailable, UNDECIDED),
    (MalformedResponse, UNDECIDED),
    (PlatformError, REFUSED_THERE),
    (CampaignNotFound, REFUSED_HERE),
    (RepositoryError, UNDECIDED),
    (CampaignRejected, REFUSED_HERE),
    (ConfigurationError, REFUSED_HERE),
)

_LEFT_IN_DOUBT = (RateLimited, PlatformUnavailable)
"""Stopped on the way: what was begun may stand, which only repair finds out."""

_PROBLEM_REFUSED_THERE = frozenset(
    {AuthenticationFailed.default_code, PermissionDenied.default_code, "reschedule_refused"}
)
_PROBLEM_LEFT_IN_DOUBT = frozenset(kind.default_code for kind in _LEFT_IN_DOUBT)
_PROBLEM_REFUSED_HERE = frozenset(
    {"not_connected", "credentials_missing", "connector_not_found", "unsupported", "scopes_insufficient"}
)


class Unexpected(GlowtifyError):
    """An error that nobody raised on purpose; what it left behind, nobody knows."""

    default_code = "internal"
    effect = Effect.UNKNOWN


def exit_code(error: GlowtifyError) -> int:
    """How the process ends after this error."""
    if isinstance(error, PlatformError) and error.effect is Effect.UNKNOWN:
        return OUTCOME_UNKNOWN
    if isinstance(error, _LEFT_IN_DOUBT) and error.effect is Effect.PARTIAL:
        return OUTCOME_UNKNOWN
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), UNDECIDED)


def problem_exit_code(problem: Problem) -> int:
    """The same for an error that was kept with a publication: of its class only the code is left."""
    if problem.effect is Effect.UNKNOWN:
        return OUTCOME_UNKNOWN
    if problem.effect is Effect.PARTIAL and problem.code in _PROBLEM_LEFT_IN_DOUBT:
        return OUTCOME_UNKNOWN
    if problem.code in _PROBLEM_REFUSED_THERE:
        return REFUSED_THERE
    return REFUSED_HERE if problem.code in _PROBLEM_REFUSED_HERE else UNDECIDED


def error_document(error: GlowtifyError) -> dict[str, Any]:
    """An error as JSON: every key is always there, null where it says nothing."""
    document: dict[str, Any] = {
        "title": error.title,
        "code": error.code,
        "remedy": error.remedy,
        "effect": str(getattr(error, "effect", Effect.NONE)),
        "detail": error.detail,
        "field": error.field,
        "retry": None,
        "retry_after": None,
        "renews_at": None,
        "request_id": None,
        "missing": [],
    }
    if isinstance(error, PlatformError):
        document |= {
            "retry": str(error.retry),
            "retry_after": error.retry_after.total_seconds() if error.retry_after else None,
            "renews_at": error.renews_at.isoformat() if error.renews_at else None,
            "request_id": error.request_id or None,
        }
    if isinstance(error, PermissionDenied):
        document["missing"] = list(error.missing)
    return document


def problem_document(problem: Problem) -> dict[str, Any]:
    """The same for an error that was kept with a publication."""
    error = GlowtifyError(problem.title, remedy=problem.remedy, code=problem.code, detail=problem.detail)
    return error_document(error) | {"effect": str(problem.effect)}


def unexpected(error: BaseException) -> Unexpected:
    """What is said of it; its own words stay out, since they may quote anything."""
    return Unexpected(
        "Something went wrong inside Glowtify",
        detail=type(error).__name__,
        remedy="Run it again with --debug to see where; what was begun, `glowtify repair` finishes.",
    )
