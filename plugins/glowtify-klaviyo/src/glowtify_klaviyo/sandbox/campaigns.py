"""Endpoints of campaigns: list, create, read, change, delete, clone."""

from __future__ import annotations

from copy import deepcopy

from glowtify_klaviyo.sandbox import bodies, drafts, jsonapi, senders, walk
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import at_odds
from glowtify_klaviyo.sandbox.filters import COMPARISONS, Rule, attribute, refuse
from glowtify_klaviyo.sandbox.limits import M
from glowtify_klaviyo.sandbox.models import DRAFT
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
    drafts.check_name(state, wanted["name"])
    drafts.check_audiences(state, audiences)
    sender = (definition.get("content") or {}).get("from_email")
    place = "/data/attributes/campaign-messages/data/0/attributes/definition/content/from_email"
    senders.check(state, "create", sender, place)
    return jsonapi.one(call, "campaign", drafts.make(state, wanted, definition, audiences), status=201)


def update_campaign(call: Call) -> Answer:
    """Change a Draft; a new name overwrites the label of its message."""
    state, wanted = call.state, call.attributes
    drafts.check_same_id(call)
    campaign = state.campaign(call.id)
    drafts.check_editable(state, campaign)
    if wanted.get("name") is not None:
        drafts.check_name(state, wanted["name"])
    if wanted.get("audiences"):
        given = {side: people for side, people in wanted["audiences"].items() if people is not None}
        drafts.check_audiences(state, {**campaign.audiences, **given})
    drafts.apply_changes(state, campaign, wanted)
    return jsonapi.one(call, "campaign", campaign)


def delete_campaign(call: Call) -> Answer:
    """Delete a campaign that is not about to be sent."""
    state = call.state
    campaign = state.campaign(call.id)
    status = campaign.status(state.clock.now())
    between = status != DRAFT and not walk.is_final(status)
    if between and state.guesses.delete_of_scheduled == "refuse":
        raise at_odds(state.guesses.conflict_status, f"A campaign with status '{status}' cannot be deleted.")
    drafts.remove(state, campaign)
    return Answer(204)


def clone_campaign(call: Call) -> Answer:
    """Copy a campaign to a new Draft, its planned time moved to now."""
    state = call.state
    source = state.campaign(call.data["id"])
    name = call.attributes.get("new_name") or f"Copy of {source.name}"
    drafts.check_name(state, name)
    message = state.messages[source.message_id]
    definition = {"channel": source.channel, "label": name, "content": message.content, **message.extras}
    clone = drafts.make(state, {"name": name}, deepcopy(definition), deepcopy(source.audiences))
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
