"""How a command on one campaign ends: what is shown, and the exit code."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from glowtify_adapters.cli.documents import publication_document
from glowtify_adapters.cli.errors import (
    DONE,
    OUTCOME_UNKNOWN,
    REFUSED_THERE,
    error_document,
    problem_document,
    problem_exit_code,
)
from glowtify_adapters.cli.words import instant, long_time, seen_url, state_word
from glowtify_adapters.plain import plain
from glowtify_core.domain.errors import Effect, GlowtifyError, OutcomeUnknown
from glowtify_core.domain.publication import CancelledBy, Publication
from glowtify_core.domain.state import PublicationState

if TYPE_CHECKING:
    from rich.console import Console

    from glowtify_adapters.app import App
    from glowtify_adapters.cli.terminal import Terminal
    from glowtify_core.domain.campaign import CampaignKey
    from glowtify_core.domain.publication import Problem

HANDED_OVER = frozenset(
    {
        PublicationState.SCHEDULED,
        PublicationState.SUBMITTING,
        PublicationState.SENDING,
        PublicationState.SENT,
    }
)
"""What publishing and rescheduling are to come to."""

TAKEN_BACK = frozenset({PublicationState.CANCELLED})
"""What cancelling and editing are to come to."""

STYLES = {
    PublicationState.SCHEDULED: "bold green",
    PublicationState.SENT: "bold green",
    PublicationState.SENDING: "bold green",
    PublicationState.CANCELLED: "bold",
    PublicationState.FAILED: "bold red",
    PublicationState.MISSING: "bold red",
    PublicationState.UNKNOWN: "bold red",
}
MORE = {
    PublicationState.SUBMITTING: "accepted, not yet confirmed; `glowtify status` shows when it is",
    PublicationState.UNKNOWN: "it may or may not be scheduled",
}


@contextmanager
def about(terminal: Terminal, app: App, key: CampaignKey) -> Iterator[None]:
    """Let the JSON of an error say which campaign it is about, and how its latest publication stands."""
    terminal.subject = {"campaign_id": key.campaign_id, "store": key.store}
    try:
        yield
    except Exception:
        with suppress(GlowtifyError):  # the error itself is what has to be told
            if latest := app.campaigns.repo.latest(key):
                terminal.subject = publication_document(latest)
        raise


def end(
    terminal: Terminal,
    publication: Publication,
    word: str = "",
    *,
    asked: Collection[PublicationState],
    refused: Problem | None = None,
    **more: Any,
) -> int:
    """Show a publication and return the exit code that fits how it stands.

    Args:
        word: what else to say about it.
        asked: the states in which what was asked for has happened.
        refused: why the platform did not do what was asked for, though nothing failed.
        more: further keys of the JSON document.
    """
    code, error = _error(publication, asked, refused)
    document = {**publication_document(publication), **more, **({"error": error} if error else {})}
    terminal.result(document, lambda out: show_publication(out, publication, word))
    return code


def end_later(terminal: Terminal, publication: Publication, **more: Any) -> int:
    """Show what was written down for a worker, and return the exit code."""
    document = {**publication_document(publication), **more, "queued": True}
    terminal.result(document, lambda out: _show_queued(out, publication))
    return DONE


def show_publication(out: Console, publication: Publication, word: str = "") -> None:
    """One publication, in full."""
    state = publication.state
    head = f"{state_word(state)}: {plain(publication.name)} ({publication.key.campaign_id})"
    out.print(head, style=STYLES.get(state, "bold yellow"))
    problem = publication.problem
    remote = publication.remote
    rows = [
        ("", MORE.get(state, "")),
        ("When", long_time(publication.schedule)),
        ("Sent", instant(remote.sent_at) if remote and remote.sent_at else ""),
        ("Look", seen_url(publication)),
        ("Attention", publication.attention),
        ("Problem", f"{problem.title}: {problem.detail}".rstrip(": ") if problem else ""),
        ("To do", problem.remedy if problem else ""),
        ("", word),
    ]
    for label, value in rows:
        if value:
            out.print(f"  {label:<11}{plain(value)}")


def _show_queued(out: Console, publication: Publication) -> None:
    operation = publication.open_operation
    schedule = (operation and operation.schedule) or publication.schedule
    out.print(f"Queued: {plain(publication.name)} ({publication.key.campaign_id})", style="bold yellow")
    out.print(f"  {'When':<11}{plain(long_time(schedule))}")
    out.print(f"  {'':<11}written down; `glowtify worker` does it, and `glowtify status` shows how it stands")


def _error(
    publication: Publication, asked: Collection[PublicationState], refused: Problem | None
) -> tuple[int, dict[str, Any] | None]:
    """What stands in the way of calling it done."""
    if publication.state is PublicationState.UNKNOWN:
        unknown = OutcomeUnknown(
            "The outcome is not known",
            effect=Effect.UNKNOWN,
            detail=publication.attention,
            remedy="Nothing is sent twice. Run `glowtify repair` in a minute; it looks again.",
        )
        return OUTCOME_UNKNOWN, error_document(unknown)
    if refused:
        return problem_exit_code(refused), problem_document(refused)
    if publication.state not in asked:
        return REFUSED_THERE, error_document(_not_done(publication))
    return DONE, None


def _not_done(publication: Publication) -> GlowtifyError:
    """What happened in place of what was asked for."""
    by_platform = publication.cancelled_by is CancelledBy.PLATFORM
    return GlowtifyError(
        "The platform cancelled it" if by_platform else f"It is {publication.state}",
        code="not_done",
        detail=publication.attention,
        remedy="`glowtify status` shows how it stands.",
    )
