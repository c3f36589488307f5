"""What the control interface does: settings, and what a person can do in Klaviyo's own app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any, Literal

from glowtify_klaviyo.sandbox import drafts, html, profiles, seed, walk
from glowtify_klaviyo.sandbox.faults import Fault
from glowtify_klaviyo.sandbox.guesses import SENDER_STAGES, Guesses
from glowtify_klaviyo.sandbox.models import Campaign, Job, Template, Wave
from glowtify_klaviyo.sandbox.resources import campaign_attributes
from glowtify_klaviyo.sandbox.state import State
from glowtify_klaviyo.sandbox.vocabulary import STATUSES

Json = dict[str, Any]
EXAMPLES = 3


def fault_as_json(fault: Fault) -> Json:
    """Return a fault with how often its pattern was seen."""
    return asdict(fault)


def sent(state: State) -> list[Json]:
    """Return what has been sent to whom since the start: one entry a campaign, history left out."""
    now = state.clock.now()
    return [
        _delivery(state, campaign, waves)
        for campaign in state.campaigns.values()
        if not campaign.history and (waves := campaign.gone_out(now))
    ]


def _delivery(state: State, campaign: Campaign, waves: list[Wave]) -> Json:
    people = [number for wave in waves for number in wave.people]
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "subject": state.messages[campaign.message_id].content.get("subject"),
        "when": waves[0].at.isoformat(),
        "until": waves[-1].at.isoformat(),
        "recipients": len(people),
        "examples": [profiles.address(number) for number in people[:EXAMPLES]],
    }


def settings(state: State) -> Json:
    """Return what can be switched while running."""
    return {
        "guesses": asdict(state.guesses),
        "limits": "documented" if state.windows.enforced else "off",
        "sender_trouble": sorted(state.sender_trouble),
        "endings": state.endings,
        "account": state.account.attributes,
        "mapped_metrics": state.mapped_metrics,
    }


def change_settings(state: State, given: Json) -> None:
    """Switch what ``given`` names; see :func:`settings` for the names. Raises ValueError for others."""
    unknown = set(given) - set(settings(state))
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    for name, value in given.get("guesses", {}).items():
        _change_guess(state, name, value)
    if "limits" in given:
        state.windows.enforced = given["limits"] == "documented"
    if "sender_trouble" in given:
        _check_known(given["sender_trouble"], SENDER_STAGES)
        state.sender_trouble = set(given["sender_trouble"])
    if "endings" in given:
        _check_known(given["endings"].values(), STATUSES)
        state.endings = dict(given["endings"])
    state.account.attributes.update(given.get("account", {}))
    for slot, metric in given.get("mapped_metrics", {}).items():
        _check_known([slot], list(state.mapped_metrics))
        state.mapped_metrics[slot] = state.metric(metric).id if metric else None


def _change_guess(state: State, name: str, value: Any) -> None:
    _check_known([name], [field.name for field in fields(Guesses)])
    setattr(state.guesses, name, tuple(value) if isinstance(value, list) else value)


def _check_known(given: Any, known: Sequence[str]) -> None:
    for value in given:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")


def describe(state: State, campaign: Campaign) -> Json:
    """Return a campaign with what is to come."""
    job = campaign.job
    return {
        "id": campaign.id,
        **campaign_attributes(state, campaign),
        "phases": [[at.isoformat(), status] for at, status in job.phases] if job else [],
        "waves": [[wave.at.isoformat(), len(wave.people)] for wave in job.waves] if job else [],
    }


def act(state: State, campaign_id: str, action: str, **given: Any) -> Json:
    """Act on a campaign as a person in the app, who may do what the API refuses.

    Actions: ``cancel``; ``cancel_during_send`` (``share`` of the recipients got it); ``revert``;
    ``reschedule`` (``datetime``); ``edit`` (attributes as in PATCH, ``content``, ``html``); ``archive``
    (``archived``); ``end_as`` (``status``, at its send time or, with ``now``, at once); ``delete``.
    """
    campaign = state.campaign(campaign_id)
    if action == "delete":
        drafts.remove(state, campaign)
        return {"id": campaign_id, "deleted": True}
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is none of {', '.join([*ACTIONS, 'delete'])}")
    ACTIONS[action](state, campaign, **given)
    campaign.settle(state.clock.now())
    return describe(state, campaign)


def _cancel(state: State, campaign: Campaign) -> None:
    _with_job(state, campaign)
    walk.stop(state, campaign, lag=0)


def _cancel_during_send(state: State, campaign: Campaign, *, share: float = 0.5) -> None:
    job, now = _with_job(state, campaign), state.clock.now()
    people = walk.recipients(state, campaign)
    job.waves = [Wave(now, people[: max(1, int(len(people) * share))])]
    walk.stop(state, campaign, lag=0, status=state.guesses.cancelled_while_sending)


def _revert(state: State, campaign: Campaign) -> None:
    _with_job(state, campaign)
    walk.revert(state, campaign, lag=0)


def _reschedule(state: State, campaign: Campaign, *, datetime: str) -> None:
    campaign.send_strategy = drafts.strategy({**campaign.send_strategy, "datetime": datetime})
    campaign.edited_at = state.clock.stamp()
    walk.schedule(state, campaign)


def _edit(state: State, campaign: Campaign, **given: Any) -> None:
    message = state.messages[campaign.message_id]
    content, page = given.pop("content", {}), given.pop("html", None)
    drafts.apply_changes(state, campaign, given)
    message.content.update(content)
    if page is not None and message.template_id:
        state.templates[message.template_id].html = html.normalise(page)
    message.updated_at = state.clock.stamp()


def _archive(state: State, campaign: Campaign, *, archived: bool = True) -> None:
    campaign.archived = archived
    campaign.edited_at = state.clock.stamp()


def _end_as(state: State, campaign: Campaign, *, status: str, now: bool = False) -> None:
    _check_known([status], STATUSES)
    if now:
        _with_job(state, campaign)
        walk.stop(state, campaign, lag=0, status=status)
        return
    campaign.ending = status
    if campaign.job:
        accepted = campaign.scheduled_at
        walk.schedule(state, campaign, ending=status)
        campaign.scheduled_at = accepted


def _with_job(state: State, campaign: Campaign) -> Job:
    """Return the job, making one for a Draft: in the app one press does both."""
    if campaign.job is None:
        walk.schedule(state, campaign)
    if campaign.job is None:
        raise LookupError(f"campaign {campaign.id} has no send job")
    return campaign.job


ACTIONS: dict[str, Callable[..., Any]] = {
    "cancel": _cancel,
    "cancel_during_send": _cancel_during_send,
    "revert": _revert,
    "reschedule": _reschedule,
    "edit": _edit,
    "archive": _archive,
    "end_as": _end_as,
}


def put_audience(
    state: State,
    *,
    kind: Literal["list", "segment"] = "list",
    name: str,
    members: int = 0,
    age_seconds: float = 0,
    is_active: bool = True,
    is_processing: bool = False,
) -> Json:
    """Add a list or segment of ``members`` people, made ``age_seconds`` ago."""
    created = (state.clock.now() - timedelta(seconds=age_seconds)).replace(microsecond=0)
    audience = seed.add_audience(state, kind, name, range(members), created)
    audience.is_active, audience.is_processing = is_active, is_processing
    return {"id": audience.id, "kind": kind, "name": name, "members": members}


def fill_library(state: State, count: int) -> Json:
    """Add small templates until the library holds ``count``."""
    created = state.clock.now()
    while len(state.library()) < count:
        for _ in range(count - len(state.library())):
            own = state.short_id()
            state.templates[own] = Template(own, f"Filler {own}", "CODE", "", None, None, created, created)
    return {"templates": len(state.library())}
