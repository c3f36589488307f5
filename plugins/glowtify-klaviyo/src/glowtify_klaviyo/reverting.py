"""Klaviyo's two actions on a send job, cancel and revert, and the words for what they run into."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.client import Action
from glowtify_klaviyo.mapping import DRAFT
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.watching import AT_ONCE, FOR_A_MINUTE, Seen, Watcher

OLD_TIME = "old_time"
"""The step that writes down the old time, so that it can be put back after a crash too."""

Reached = Callable[[Seen], bool]
"""Whether a campaign shows what an action is for."""


def act(
    watcher: Watcher,
    journal: Journal,
    campaign_id: str,
    action: Action,
    reached: Reached,
) -> PlatformError | None:
    """Ask for an action; the refusal, if there was one, which proves nothing: read the campaign.

    What Klaviyo answers in which state is not documented. An action that was asked for just now, or whose
    answer was lost, is given time to show before it is asked for again: a second revert that takes effect
    late could undo the next send job.
    """

    def shows() -> bool:
        return reached(watcher.wait(campaign_id, reached, AT_ONCE))

    def ask() -> str:
        try:
            watcher.client.send_job_action(campaign_id, action, ready=journal.check)
        except OutcomeUnknown:
            with suppress(PlatformError):  # a read that fails tells nothing of the action
                if shows():
                    return campaign_id
            raise
        return campaign_id

    if asked_last(journal, action) and shows():
        return None
    journal.forget(action)
    try:
        journal.run(Step(action, StepKind.REPEATABLE, ask))
    except (RequestRejected, StateConflict, RemoteNotFound) as refused:
        return refused
    return None


def revert(watcher: Watcher, journal: Journal, record: CampaignRecord) -> Seen:
    """Take a scheduled campaign back to a draft, confirmed by reading; None when it is gone.

    Raises:
        StateConflict: Klaviyo refused; it is still scheduled as it was.
        OutcomeUnknown: it took the request, and does not show a draft.
        PlatformError: without effect where the action itself was refused, partly done after it.
    """
    if record.status == DRAFT:
        return record
    refused = act(watcher, journal, record.id, "revert", is_draft_or_gone)
    with leaving(Effect.NONE if refused else Effect.PARTIAL):
        seen = watcher.wait(record.id, is_draft_or_gone, (0.0,) if refused else FOR_A_MINUTE)
    if is_draft_or_gone(seen):
        return seen
    if refused:
        raise not_taken(seen, refused, "Klaviyo refused to take it back")
    raise undecided(seen)


def asked_last(journal: Journal, action: str) -> bool:
    """Whether nothing was asked of Klaviyo since this action was, as after a crash."""
    asked = [step.age for step in journal.steps(action)]
    others = [step.age for step in journal.steps() if step.name not in {action, OLD_TIME}]
    return bool(asked) and (not others or min(asked) <= min(others))


def is_draft_or_gone(seen: Seen) -> bool:
    """Whether nothing will be sent."""
    return seen is None or seen.status == DRAFT


def not_taken(seen: Seen, refused: PlatformError, title: str) -> StateConflict:
    """Klaviyo refused, and the campaign stands as it did."""
    status = seen.status if seen else "gone"
    return StateConflict(
        title,
        effect=Effect.NONE,
        detail=refused.detail,
        remedy=f"In Klaviyo it still is {status!r}, at the time it had. Cancel it, or look at it there.",
        request_id=refused.request_id,
    )


def sent_already(record: CampaignRecord) -> StateConflict:
    """Nothing can be taken back any more."""
    if record.status == "Sent":
        return StateConflict(
            "This e-mail has been sent", effect=Effect.NONE, remedy="What is sent cannot be taken back."
        )
    return StateConflict(
        "This e-mail is being sent",
        effect=Effect.NONE,
        detail=f"Klaviyo shows it as {record.status!r}.",
        remedy="Cancel with --stop-sending to keep it from those who have not got it yet.",
    )


def undecided(seen: Seen) -> OutcomeUnknown:
    """Klaviyo took the request, and the campaign does not show it."""
    status = seen.status if seen else "gone"
    return OutcomeUnknown(
        "Klaviyo has not carried this out yet",
        effect=Effect.UNKNOWN,
        detail=f"It shows the e-mail as {status!r}.",
        remedy="Run `glowtify repair` in a minute; it looks again.",
    )
