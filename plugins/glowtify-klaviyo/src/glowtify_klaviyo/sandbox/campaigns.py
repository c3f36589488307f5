"""Endpoints of campaigns: list, create, read, change, delete, clone."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from glowtify_klaviyo.sandbox import bodies, ids, jsonapi, senders, walk
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import at_odds, invalid, not_found
from glowtify_klaviyo.sandbox.filters import COMPARISONS, Rule, attribute, refuse
from glowtify_klaviyo.sandbox.limits import M
from glowtify_klaviyo.sandbox.models import DRAFT, EMAIL_CONTENT, Campaign, Message
from glowtify_klaviyo.sandbox.state import State
from glowtify_klaviyo.sandbox.templates import copy_for
from glowtify_klaviyo.sandbox.vocabulary import CHANNELS, STATUSES

READ, WRITE = ("campaigns:read",), ("campaigns:write",)
CHANNEL_NEEDED = (
    "A channel filter is required to list campaigns. Please provide either "
    "equals(messages.channel,'email'), equals(messages.channel,'sms') or "
    "equals(messages.channel,'mobile_push')."
)


def get_campaigns(call: Call) -> Answer:
    """List campaigns of one channel."""
    asked = {condition.attribute for condition in call.query.filter}
    if "messages.channel" not in asked:
        raise refuse(CHANNEL_NEEDED)
    items = list(call.state.campaigns.values())
    for campaign in items:
        campaign.settle(call.state.clock.now())
    if "archived" not in asked and not call.state.guesses.archived_listed:
        items = [campaign for campaign in items if not campaign.archived]
    shown, links = jsonapi.page(call, items, default_sort="-updated_at", born=lambda item: item.created_at)
    return jsonapi.many(call, "campaign", shown, links=links)


def get_campaign(call: Call) -> Answer:
    """Read one campaign."""
    return jsonapi.one(call, "campaign", call.state.campaign(call.id))


def create_campaign(call: Call) -> Answer:
    """Make a Draft. Nothing is sent before a send job."""
    state, wanted = call.state, call.attributes
    definition = wanted["campaign-messages"]["data"][0]["attributes"]["definition"]
    audiences = {
        "included": wanted["audiences"]["included"],
        "excluded": wanted["audiences"].get("excluded") or [],
    }
    check_name(state, wanted["name"])
    check_audiences(state, audiences)
    sender = (definition.get("content") or {}).get("from_email")
    place = "/data/attributes/campaign-messages/data/0/attributes/definition/content/from_email"
    senders.check(state, "create", sender, place)
    return jsonapi.one(call, "campaign", _make(state, wanted, definition, audiences), status=201)


def update_campaign(call: Call) -> Answer:
    """Change a Draft; a new name overwrites the label of its message."""
    state, wanted = call.state, call.attributes
    check_same_id(call)
    campaign = state.campaign(call.id)
    check_editable(state, campaign)
    if wanted.get("name") is not None:
        check_name(state, wanted["name"])
    if wanted.get("audiences"):
        given = {side: people for side, people in wanted["audiences"].items() if people is not None}
        check_audiences(state, {**campaign.audiences, **given})
    apply_changes(state, campaign, wanted)
    return jsonapi.one(call, "campaign", campaign)


def delete_campaign(call: Call) -> Answer:
    """Delete a campaign that is not about to be sent."""
    state = call.state
    campaign = state.campaign(call.id)
    status = campaign.status(state.clock.now())
    between = status != DRAFT and not walk.is_final(status)
    if between and state.guesses.delete_of_scheduled == "refuse":
        raise at_odds(state.guesses.conflict_status, f"A campaign with status '{status}' cannot be deleted.")
    remove(state, campaign)
    return Answer(204)


def clone_campaign(call: Call) -> Answer:
    """Copy a campaign to a new Draft, its planned time moved to now."""
    state = call.state
    source = state.campaign(call.data["id"])
    name = call.attributes.get("new_name") or f"Copy of {source.name}"
    check_name(state, name)
    message = state.messages[source.message_id]
    definition = {"channel": source.channel, "label": name, "content": message.content, **message.extras}
    clone = _make(state, {"name": name}, deepcopy(definition), deepcopy(source.audiences))
    clone.send_options = deepcopy(source.send_options)
    clone.tracking_options = deepcopy(source.tracking_options)
    if source.channel == "email":
        clone.tracking_options["is_tracking_clicks"] = True
    clone.send_strategy = deepcopy(source.send_strategy)
    if "datetime" in clone.send_strategy:
        clone.send_strategy["datetime"] = clone.created_at.isoformat()
    if message.template_id:
        copy = copy_for(state, state.templates[message.template_id], clone.message_id)
        state.messages[clone.message_id].template_id = copy.id
    return jsonapi.one(call, "campaign", clone, status=201)


def get_messages(call: Call) -> Answer:
    """List the messages of a campaign: not paged."""
    campaign = call.state.campaign(call.id)
    return jsonapi.many(call, "campaign-message", [call.state.messages[campaign.message_id]])


def get_message_ids(call: Call) -> Answer:
    """List the ids of the messages of a campaign."""
    campaign = call.state.campaign(call.id)
    return jsonapi.identifiers(call, "campaign-message", [call.state.messages[campaign.message_id]])


def check_same_id(call: Call) -> None:
    """Refuse a body whose id is not the path's."""
    if call.data["id"] != call.id:
        raise invalid(f"'{call.data['id']}' is not the id of this resource.", pointer="/data/id")


def check_name(state: State, name: str) -> None:
    """Refuse an empty or over-long name."""
    if not name or len(name) > state.guesses.name_limit:
        detail = f"The name must have 1 to {state.guesses.name_limit} characters."
        raise invalid(detail, pointer="/data/attributes/name")


def check_audiences(state: State, audiences: dict[str, list[str]]) -> None:
    """Refuse unknown lists and segments, and an empty or over-long choice."""
    pointer = "/data/attributes/audiences"
    if not audiences["included"]:
        raise invalid("At least one audience must be included.", pointer=f"{pointer}/included")
    most = state.guesses.audience_limit
    if most is not None and len(audiences["included"]) > most:
        raise invalid(f"At most {most} audiences can be included.", pointer=f"{pointer}/included")
    for side, chosen in audiences.items():
        for audience in chosen:
            if audience not in state.audiences:
                detail = f"List or segment with id '{audience}' does not exist."
                status = state.guesses.unknown_audience_status
                raise invalid(detail, pointer=f"{pointer}/{side}") if status == 400 else not_found(detail)  # noqa: PLR2004 -- the status is the guess


def check_editable(state: State, campaign: Campaign) -> None:
    """Refuse a change of a campaign that is no Draft."""
    status = campaign.status(state.clock.now())
    if status != DRAFT and (state.guesses.edit_of_scheduled == "refuse" or walk.is_final(status)):
        raise at_odds(state.guesses.conflict_status, f"A campaign with status '{status}' cannot be changed.")


def apply_changes(state: State, campaign: Campaign, wanted: dict[str, Any]) -> None:
    """Change what ``wanted`` names and leave the rest."""
    campaign.edited_at = state.clock.stamp()
    if wanted.get("name") is not None:
        campaign.name = wanted["name"]
        message = state.messages[campaign.message_id]
        message.label, message.updated_at = campaign.name, campaign.edited_at
    for side, people in (wanted.get("audiences") or {}).items():
        if people is not None:
            campaign.audiences[side] = people
    if wanted.get("send_options"):
        campaign.send_options.update(_send_options(campaign.channel, wanted["send_options"]))
    if wanted.get("tracking_options"):
        _check_tracking(wanted["tracking_options"])
        given = {name: value for name, value in wanted["tracking_options"].items() if value is not None}
        campaign.tracking_options.update(given)
    if wanted.get("send_strategy"):
        campaign.send_strategy = strategy(wanted["send_strategy"])


def remove(state: State, campaign: Campaign) -> None:
    """Take a campaign out with its message and that message's copy of a template."""
    message = state.messages.pop(campaign.message_id)
    state.templates.pop(message.template_id or "", None)
    del state.campaigns[campaign.id]


def strategy(wanted: dict[str, Any] | None) -> dict[str, Any]:
    """Return a send strategy as answers show it: in UTC, with the options spelled out."""
    if wanted is None:
        return {"method": "immediate"}
    if "datetime" not in wanted:
        return dict(wanted)
    moment = datetime.fromisoformat(wanted["datetime"]).astimezone(UTC)
    shown = {**wanted, "datetime": moment.isoformat()}
    if wanted["method"] == "static":
        options = wanted.get("options") or {"is_local": False}
        at_once = options.get("send_past_recipients_immediately", False)
        local = {"is_local": True, "send_past_recipients_immediately": at_once}
        shown["options"] = local if options["is_local"] else {"is_local": False}
    return shown


def _make(
    state: State, wanted: dict[str, Any], definition: dict[str, Any], audiences: dict[str, list[str]]
) -> Campaign:
    tracking = wanted.get("tracking_options") or {}
    _check_tracking(tracking)
    channel, created = definition["channel"], state.clock.stamp()
    campaign = Campaign(
        id=ids.ulid(created, state.rng),
        name=wanted["name"],
        channel=channel,
        audiences=audiences,
        send_options=_send_options(channel, wanted.get("send_options") or {}),
        tracking_options=_tracking_options(channel, tracking),
        send_strategy=strategy(wanted.get("send_strategy")),
        message_id=ids.ulid(created, state.rng),
        created_at=created,
        edited_at=state.clock.stamp(),
    )
    extras = {
        name: value for name, value in definition.items() if name not in {"channel", "label", "content"}
    }
    state.campaigns[campaign.id] = campaign
    state.messages[campaign.message_id] = Message(
        id=campaign.message_id,
        campaign_id=campaign.id,
        channel=channel,
        label=definition.get("label") or wanted["name"],
        content=content(state, channel, definition.get("content")),
        created_at=created,
        updated_at=state.clock.stamp(),
        extras=extras,
    )
    return campaign


def content(state: State, channel: str, given: dict[str, Any] | None) -> dict[str, Any]:
    """Return the whole content of a message: what is not given is empty."""
    if channel != "email":
        return dict(given or {})
    empty: dict[str, Any] = {**dict.fromkeys(EMAIL_CONTENT), "subject": "", "preview_text": ""}
    if given is None:
        sender = state.account.attributes["contact_information"]["default_sender_name"]
        return {**empty, "from_label": sender}
    return {**empty, **given}


def _send_options(channel: str, wanted: dict[str, Any]) -> dict[str, Any]:
    smart = wanted.get("use_smart_sending")
    options = {"use_smart_sending": True if smart is None else smart}
    return {**options, "ignore_unsubscribes": False} if channel == "email" else options


def _tracking_options(channel: str, wanted: dict[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"add_tracking_params": False, "custom_tracking_params": []}
    if channel == "email":
        defaults |= {"is_tracking_clicks": True, "is_tracking_opens": True}
    return {name: default if wanted.get(name) is None else wanted[name] for name, default in defaults.items()}


def _check_tracking(wanted: dict[str, Any]) -> None:
    """Refuse custom parameters without the two that Klaviyo insists on."""
    custom = wanted.get("custom_tracking_params") or []
    if custom and not {"utm_source", "utm_medium"} <= {parameter["name"] for parameter in custom}:
        raise invalid(
            "Custom tracking params must include utm_source and utm_medium.",
            pointer="/data/attributes/tracking_options/custom_tracking_params",
        )


FILTERS = {
    "id": Rule(("any",), attribute("id")),
    "messages.channel": Rule(("equals",), attribute("channel"), choices=CHANNELS),
    "name": Rule(("contains",), attribute("name")),
    "status": Rule(("any", "equals"), lambda campaign, now: campaign.status(now), choices=STATUSES),
    "archived": Rule(("equals",), attribute("archived"), "flag"),
    "created_at": Rule(COMPARISONS, attribute("created_at"), "moment"),
    "scheduled_at": Rule(COMPARISONS, attribute("scheduled_at"), "moment"),
    "updated_at": Rule(COMPARISONS, lambda campaign, now: campaign.updated_at(now), "moment"),
}
PARTS = ("campaign", "campaign-message", "tag")
INCLUDE = ("campaign-messages", "tags")

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/campaigns",
        handle=get_campaigns,
        scopes=READ,
        limit=M,
        types=PARTS,
        include=INCLUDE,
        filters=FILTERS,
        sort=("created_at", "id", "name", "scheduled_at", "updated_at"),
        page=(100, 100),
    ),
    Endpoint(
        method="POST",
        path="/api/campaigns",
        handle=create_campaign,
        scopes=WRITE,
        limit=M,
        types=("campaign",),
        body=bodies.CREATE_CAMPAIGN,
    ),
    Endpoint(
        method="GET",
        path="/api/campaigns/{id}",
        handle=get_campaign,
        scopes=READ,
        limit=M,
        types=PARTS,
        include=INCLUDE,
    ),
    Endpoint(
        method="PATCH",
        path="/api/campaigns/{id}",
        handle=update_campaign,
        scopes=WRITE,
        limit=M,
        types=("campaign",),
        body=bodies.UPDATE_CAMPAIGN,
    ),
    Endpoint(method="DELETE", path="/api/campaigns/{id}", handle=delete_campaign, scopes=WRITE, limit=M),
    Endpoint(
        method="POST",
        path="/api/campaign-clone",
        handle=clone_campaign,
        scopes=WRITE,
        limit=M,
        types=("campaign",),
        body=bodies.CLONE_CAMPAIGN,
    ),
    Endpoint(
        method="GET",
        path="/api/campaigns/{id}/campaign-messages",
        handle=get_messages,
        scopes=READ,
        limit=M,
        types=("campaign-message", "campaign", "image", "template:plain"),
        include=("campaign", "image", "template"),
    ),
    Endpoint(
        method="GET",
        path="/api/campaigns/{id}/relationships/campaign-messages",
        handle=get_message_ids,
        scopes=READ,
        limit=M,
    ),
)
