"""Endpoints of send jobs and recipient estimations. A job's id is its campaign's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from glowtify_klaviyo.sandbox import bodies, senders, walk
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import Refusal, at_odds, invalid, not_found
from glowtify_klaviyo.sandbox.jsonapi import sparse
from glowtify_klaviyo.sandbox.limits import M
from glowtify_klaviyo.sandbox.models import DRAFT, Campaign, Job
from glowtify_klaviyo.sandbox.query import self_link
from glowtify_klaviyo.sandbox.state import State

JOB, ESTIMATION_JOB = "campaign-send-job", "campaign-recipient-estimation-job"
ESTIMATION = "campaign-recipient-estimation"
OUT_OF_DATE = "No results or results were out of date. Schedule a new estimation."


def send_campaign(call: Call) -> Answer:
    """Accept a send job: the one call after which mail goes out."""
    state = call.state
    campaign = state.campaign(call.data["id"])
    _check_ready(state, campaign)
    message = state.messages[campaign.message_id]
    later = senders.authorised(state, "later", message.content.get("from_email"))
    complete = not _missing(state, campaign)
    walk.schedule(state, campaign, ending=None if later and complete else "Cancelled: Misconfigured")
    return _answer(call, JOB, campaign.id, {"status": "queued"}, status=202)


def get_send_job(call: Call) -> Answer:
    """Read how far the job (not the delivery) has come."""
    campaign = call.state.campaign(call.id)
    job = _job(call.state, campaign)
    status = "complete"
    if job.cancelled:
        status = "cancelled"
    elif campaign.status(call.state.clock.now()) in {DRAFT, walk.QUEUED, walk.ADDING}:
        status = "processing"
    return _answer(call, JOB, campaign.id, {"status": status})


def update_send_job(call: Call) -> Answer:
    """Cancel for good, or revert to a Draft."""
    state = call.state
    if call.data["id"] != call.id:
        raise invalid(f"'{call.data['id']}' is not the id of this resource.", pointer="/data/id")
    campaign = state.campaign(call.id)
    _job(state, campaign)
    action = call.attributes["action"]
    status = campaign.status(state.clock.now())
    if action == "cancel" and status == walk.CANCELLED and state.guesses.cancel_of_cancelled == "accept":
        return Answer(204)
    _check_stoppable(state, campaign, action, status)
    (walk.stop if action == "cancel" else walk.revert)(state, campaign)
    return Answer(204)


def refresh_estimation(call: Call) -> Answer:
    """Begin to count the recipients."""
    campaign = call.state.campaign(call.data["id"])
    campaign.estimated_at = call.state.clock.now()
    return _answer(call, ESTIMATION_JOB, campaign.id, {"status": "processing"}, status=202)


def get_estimation_job(call: Call) -> Answer:
    """Read whether the count is complete; 404 while there is nothing to see."""
    campaign = call.state.campaign(call.id)
    _check_estimated(call.state, campaign)
    return _answer(call, ESTIMATION_JOB, campaign.id, {"status": "complete"})


def get_estimation(call: Call) -> Answer:
    """Read the count of recipients."""
    campaign = call.state.campaign(call.id)
    _check_estimated(call.state, campaign)
    count = len(walk.recipients(call.state, campaign))
    return _answer(call, ESTIMATION, campaign.id, {"estimated_recipient_count": count})


def _answer(call: Call, kind: str, own: str, attributes: dict[str, Any], *, status: int = 200) -> Answer:
    data = {
        "type": kind,
        "id": own,
        "attributes": sparse(attributes, call.query.fields.get(kind)),
        "links": {"self": f"{call.origin}/api/{kind}s/{own}/"},
    }
    return Answer(
        status, {"data": data, "links": {"self": self_link(call.origin, call.path, call.query.pairs)}}
    )


def _job(state: State, campaign: Campaign) -> Job:
    """Return the campaign's job; without one it is as unknown as the campaign's own 404 says, or at odds."""
    if campaign.job is not None:
        return campaign.job
    if state.guesses.draft_job == "missing":
        raise not_found(f"A send job for campaign with id '{campaign.id}' does not exist.")
    raise _odds(state, f"Campaign {campaign.id} has status 'Draft' and no send job.")


def _odds(state: State, detail: str) -> Refusal:
    return at_odds(state.guesses.conflict_status, detail)


def _missing(state: State, campaign: Campaign) -> list[str]:
    """What a campaign that is to be sent still lacks."""
    message = state.messages[campaign.message_id]
    if message.channel != "email":
        return []
    parts = {
        "template": message.template_id,
        "subject": message.content.get("subject"),
        "sender": message.content.get("from_email"),
    }
    return [part for part, value in parts.items() if not value]


def _check_ready(state: State, campaign: Campaign) -> None:
    status = campaign.status(state.clock.now())
    if campaign.job is not None and (walk.is_final(status) or state.guesses.second_send_job == "refuse"):
        raise _odds(state, f"Campaign {campaign.id} already has a send job; its status is '{status}'.")
    missing = [part for part in _missing(state, campaign) if part in state.guesses.send_job_requires]
    if missing:
        raise _odds(state, f"Campaign {campaign.id} cannot be sent: no {', no '.join(missing)}.")
    message = state.messages[campaign.message_id]
    senders.check(state, "send_job", message.content.get("from_email"), "/data/")
    past = walk.planned(state, campaign) < state.clock.now() and not walk.is_local(campaign)
    if past and campaign.send_strategy["method"] != "immediate" and state.guesses.past_datetime == "refuse":
        raise invalid("The datetime of the campaign lies in the past.", pointer="/data/")


def _check_stoppable(state: State, campaign: Campaign, action: str, status: str) -> None:
    guesses = state.guesses
    refused_in = guesses.cancel_refused_in if action == "cancel" else guesses.revert_refused_in
    if walk.is_final(status) or status in refused_in:
        raise _odds(state, f"Cannot {action} campaign {campaign.id}: its status is '{status}'.")
    locked = timedelta(seconds=guesses.locked_before_send)
    if locked and campaign.send_time and campaign.send_time - state.clock.now() < locked:
        raise _odds(state, f"Cannot {action} campaign {campaign.id}: it is about to be sent.")


def _check_estimated(state: State, campaign: Campaign) -> None:
    guess = state.guesses.estimation
    wait = timedelta(seconds=state.pace.estimation if guess == "walk" else 0)
    asked = campaign.estimated_at
    if guess == "missing" or asked is None or state.clock.now() < asked + wait:
        raise not_found(OUT_OF_DATE)


READ, WRITE = ("campaigns:read",), ("campaigns:write",)

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/campaign-send-jobs",
        handle=send_campaign,
        scopes=WRITE,
        limit=M,
        types=(JOB,),
        body=bodies.SEND_JOB,
    ),
    Endpoint(
        method="GET",
        path="/api/campaign-send-jobs/{id}",
        handle=get_send_job,
        scopes=READ,
        limit=M,
        types=(JOB,),
    ),
    Endpoint(
        method="PATCH",
        path="/api/campaign-send-jobs/{id}",
        handle=update_send_job,
        scopes=WRITE,
        limit=M,
        body=bodies.UPDATE_SEND_JOB,
    ),
    Endpoint(
        method="POST",
        path="/api/campaign-recipient-estimation-jobs",
        handle=refresh_estimation,
        scopes=WRITE,
        limit=M,
        types=(ESTIMATION_JOB,),
        body=bodies.ESTIMATION_JOB,
    ),
    Endpoint(
        method="GET",
        path="/api/campaign-recipient-estimation-jobs/{id}",
        handle=get_estimation_job,
        scopes=READ,
        limit=M,
        types=(ESTIMATION_JOB,),
    ),
    Endpoint(
        method="GET",
        path="/api/campaign-recipient-estimations/{id}",
        handle=get_estimation,
        scopes=READ,
        limit=M,
        types=(ESTIMATION,),
    ),
)
