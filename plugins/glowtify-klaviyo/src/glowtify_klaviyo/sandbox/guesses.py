"""What nobody public has shown: every behaviour of the sandbox that is a guess, each with its switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SENDER_STAGES = ("create", "message_patch", "send_job", "later")


@dataclass(slots=True)
class Guesses:
    """One field a guess; the table in ``docs/reference/sandbox.md`` says what each decides.

    A tuple of statuses names campaign statuses by their exact spelling. Times are seconds of sandbox time.
    """

    conflict_status: int = 409
    scope_checked: Literal["first", "after_lookup"] = "first"
    unknown_audience_status: int = 400
    template_limit_status: int = 400
    template_limit: int = 1000
    name_limit: int = 255
    audience_limit: int | None = None
    any_limit: int | None = None
    archived_listed: bool = False
    collection_lag: float = 0.0
    job_lag: float = 0.0
    action_lag: float | None = None
    send_job_requires: tuple[str, ...] = ("template", "subject", "sender")
    second_send_job: Literal["refuse", "accept"] = "refuse"
    past_datetime: Literal["send_now", "refuse"] = "send_now"
    recipients_chosen: Literal["schedule", "send"] = "schedule"
    cancel_refused_in: tuple[str, ...] = ()
    revert_refused_in: tuple[str, ...] = ()
    locked_before_send: float = 0.0
    cancel_of_cancelled: Literal["refuse", "accept"] = "refuse"
    draft_job: Literal["missing", "at_odds"] = "missing"
    cancelled_while_sending: str = "Cancelled During Send"
    delete_of_scheduled: Literal["refuse", "accept"] = "refuse"
    edit_of_scheduled: Literal["refuse", "accept"] = "refuse"
    foreign_sender_refused_at: tuple[str, ...] = ("create", "message_patch", "send_job")
    estimation: Literal["walk", "complete", "missing"] = "walk"
    retry_after_sent: bool = True
    live_template_statuses: bool = False
    report_rounding: Literal["day", "hour"] = "day"
    report_page: int = 1000
