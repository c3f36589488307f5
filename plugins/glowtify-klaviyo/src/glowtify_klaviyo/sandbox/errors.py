"""Refusals: every 4xx of the sandbox, with the members and wording that recordings show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

RATE_LIMIT_DOCS = "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling#rate-limits"
DENIED = "You do not have permission to perform this action."
BAD_CREDENTIALS = "Incorrect authentication credentials."


@dataclass(frozen=True, slots=True)
class Problem:
    """One error object: what is wrong and where."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    @property
    def source(self) -> dict[str, str]:
        """The JSON:API source member."""
        places = {"pointer": self.pointer, "parameter": self.parameter}
        return {kind: place for kind, place in places.items() if place is not None}


@dataclass(eq=False)
class Refusal(Exception):
    """An answer of the 4xx or 5xx family.

    ``bare`` leaves out ``links`` and ``meta``, which 401, 403 and 404 do not carry.
    """

    status: int
    code: str
    title: str
    problems: list[Problem]
    headers: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False

    def document(self, new_id: Callable[[], str]) -> dict[str, Any]:
        """Return the body; ``new_id`` gives each error its id."""
        return {"errors": [self._error(problem, new_id()) for problem in self.problems]}

    def _error(self, problem: Problem, error_id: str) -> dict[str, Any]:
        error = {
            "id": error_id,
            "status": self.status,
            "code": self.code,
            "title": self.title,
            "detail": problem.detail,
            "source": problem.source,
        }
        return error if self.bare else {**error, "links": dict(self.links), "meta": {}}


def invalid(detail: str, *, pointer: str | None = None, parameter: str | None = None) -> Refusal:
    """Refuse one thing in the request: 400."""
    return invalid_all([Problem(detail, pointer, parameter)])


def invalid_all(problems: list[Problem]) -> Refusal:
    """Refuse several things at once: 400, one error object each."""
    return Refusal(400, "invalid", "Invalid input.", problems)


def not_found(detail: str) -> Refusal:
    """Refuse an unknown id or path: 404."""
    return Refusal(404, "not_found", "Not found.", [Problem(detail, "/data/")], bare=True)


def unknown_tag_group(group_id: str) -> Refusal:
    """Refuse a tag for a group that is not there; tags come from a service with a code of its own."""
    problem = Problem(f"Tag group with id {group_id} does not exist.", "/data/")
    return Refusal(404, "tag_service_error", "Tag Service Error", [problem], bare=True)


def unauthenticated(code: str) -> Refusal:
    """Refuse a missing or wrong key: 401."""
    return Refusal(401, code, BAD_CREDENTIALS, [Problem(BAD_CREDENTIALS, "/data/")], bare=True)


def denied(detail: str = DENIED) -> Refusal:
    """Refuse for want of a scope: 403. Klaviyo is not known to name the scope, nor does this."""
    return Refusal(403, "permission_denied", DENIED, [Problem(detail, "/data/")], bare=True)


def at_odds(status: int, detail: str) -> Refusal:
    """Refuse what does not fit the object's state: 409 unless a guess says otherwise."""
    if status == 400:  # noqa: PLR2004 -- the status is the guess
        return invalid(detail, pointer="/data")
    return Refusal(status, "conflict", "Conflict.", [Problem(detail, "/data")])


def method_not_allowed(method: str, allowed: str) -> Refusal:
    """Refuse a method that the path does not know: 405."""
    problem = Problem(f'Method "{method}" not allowed.', "/data/")
    return Refusal(405, "method_not_allowed", "Method not allowed.", [problem], {"allow": allowed}, bare=True)


def unsupported_media(content_type: str) -> Refusal:
    """Refuse a body of another content type: 415."""
    problem = Problem(f'Unsupported media type "{content_type}" in request.', "/data/")
    return Refusal(415, "unsupported_media_type", "Unsupported media type.", [problem], bare=True)


def too_large() -> Refusal:
    """Refuse a body over 5 MB: 413."""
    problem = Problem("The request body is larger than 5 MB.", "/data/")
    return Refusal(413, "payload_too_large", "Payload too large.", [problem], bare=True)


def gone(revision: str) -> Refusal:
    """Refuse a retired revision when falling forward was opted out of: 410."""
    problem = Problem(f"Revision {revision} is retired.", "/data/")
    return Refusal(410, "gone", "Revision retired.", [problem], bare=True)


def throttled(wait: int, *, retry_after: bool = True) -> Refusal:
    """Refuse for rate: 429. ``wait`` is in whole seconds."""
    unit = "second" if wait == 1 else "seconds"
    problem = Problem(f"Request was throttled. Expected available in {wait} {unit}.", "/data")
    headers = {"retry-after": str(wait)} if retry_after else {}
    return Refusal(
        429, "throttled", "Request was throttled.", [problem], headers, links={"type": RATE_LIMIT_DOCS}
    )


def server_error(status: int) -> Refusal:
    """Fail as a 5xx does."""
    problem = Problem("A server error occurred.", "/data/")
    return Refusal(status, "server_error", "Server error.", [problem])
