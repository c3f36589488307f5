"""What an error says about the operation that it ends, and about its publication."""

from __future__ import annotations

from dataclasses import replace

from glowtify_core.application.work import Work
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    Effect,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.publication import Problem, Publication
from glowtify_core.domain.state import PublicationState

Refusal = PlatformError | CampaignRejected
"""What ends a try of an operation: the platform's word, or the connector's own before it asked."""

_FOR_GOOD = (
    AuthenticationFailed,
    CampaignRejected,
    PermissionDenied,
    RequestRejected,
    RemoteNotFound,
    StateConflict,
)
_PASSING = (RateLimited, PlatformUnavailable)


def undecided(problem: Refusal) -> bool:
    """Whether nobody knows what has happened."""
    return isinstance(problem, PlatformError) and problem.effect is Effect.UNKNOWN


def final(problem: Refusal) -> bool:
    """Whether trying the same again cannot help."""
    return isinstance(problem, _FOR_GOOD) and not undecided(problem)


def done_before(problem: Refusal) -> bool:
    """Whether something was done that stands, and that a read need not show yet."""
    return isinstance(problem, PlatformError) and problem.effect is not Effect.NONE


def with_problem(publication: Publication, problem: Refusal) -> Publication:
    """The publication with what a person is shown of an error."""
    return replace(publication, problem=Problem.of(problem))


def counted(publication: Publication, problem: Refusal) -> Publication:
    """One more try, unless waiting is all that it takes."""
    if isinstance(problem, _PASSING) or undecided(problem):
        return publication
    return replace(publication, attempts=publication.attempts + 1)


def unknown(work: Work, publication: Publication) -> Publication:
    """In UNKNOWN where the table allows it, else as it is: what we know already is worth more.

    What the platform last said no longer counts when that campaign was taken away to be made anew.
    """
    if work.lost and not work.new(publication.ref):
        publication = replace(publication, remote=None)
    try:
        return publication.moved_to(PublicationState.UNKNOWN)
    except ValueError:
        return publication
