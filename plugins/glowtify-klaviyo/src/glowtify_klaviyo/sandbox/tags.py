"""Endpoints of tags and of tagging campaigns."""

from __future__ import annotations

from glowtify_klaviyo.sandbox import bodies, ids, jsonapi
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import invalid, unknown_tag_group
from glowtify_klaviyo.sandbox.filters import Rule, attribute
from glowtify_klaviyo.sandbox.limits import S
from glowtify_klaviyo.sandbox.models import Campaign, Tag

MOST_TAGS, MOST_PER_CAMPAIGN = 500, 100


def get_tags(call: Call) -> Answer:
    """List tags, fifty a page."""
    shown, links = jsonapi.page(call, call.state.tags.values())
    return jsonapi.many(call, "tag", shown, links=links)


def get_tag(call: Call) -> Answer:
    """Read one tag."""
    return jsonapi.one(call, "tag", call.state.tag(call.id))


def create_tag(call: Call) -> Answer:
    """Make a tag in the default group."""
    state = call.state
    group = ((call.data.get("relationships") or {}).get("tag-group") or {}).get("data")
    if group and group["id"] != state.tag_group:
        raise unknown_tag_group(group["id"])
    if len(state.tags) >= MOST_TAGS:
        raise invalid(f"This account has reached the limit of {MOST_TAGS} tags.", pointer="/data")
    tag = Tag(ids.uuid(state.rng), call.attributes["name"])
    state.tags[tag.id] = tag
    return jsonapi.one(call, "tag", tag, status=201)


def get_campaign_ids(call: Call) -> Answer:
    """List the ids of the campaigns that carry a tag."""
    tag = call.state.tag(call.id)
    tagged = [campaign for campaign in call.state.campaigns.values() if tag.id in campaign.tags]
    return jsonapi.identifiers(call, "campaign", tagged)


def tag_campaigns(call: Call) -> Answer:
    """Put a tag on campaigns."""
    tag = call.state.tag(call.id)
    campaigns = _named(call)
    for campaign in campaigns:
        if tag.id not in campaign.tags and len(campaign.tags) >= MOST_PER_CAMPAIGN:
            raise invalid(f"A campaign takes at most {MOST_PER_CAMPAIGN} tags.", pointer="/data")
    for campaign in campaigns:
        campaign.tags = [other for other in campaign.tags if other != tag.id] + [tag.id]
    return Answer(204)


def untag_campaigns(call: Call) -> Answer:
    """Take a tag off campaigns."""
    tag = call.state.tag(call.id)
    for campaign in _named(call):
        campaign.tags = [other for other in campaign.tags if other != tag.id]
    return Answer(204)


def get_tags_of_campaign(call: Call) -> Answer:
    """List the tags of a campaign: not paged, the group as links only."""
    answer = jsonapi.many(call, "tag", _tags(call))
    for data in (answer.document or {})["data"]:
        del data["relationships"]["tag-group"]["data"]
    return answer


def get_tag_ids_of_campaign(call: Call) -> Answer:
    """List the ids of the tags of a campaign."""
    return jsonapi.identifiers(call, "tag", _tags(call))


def _tags(call: Call) -> list[Tag]:
    return [call.state.tags[tag] for tag in call.state.campaign(call.id).tags]


def _named(call: Call) -> list[Campaign]:
    return [call.state.campaign(entry["id"]) for entry in call.body["data"]]


READ, WRITE = ("tags:read",), ("campaigns:write", "tags:write")
CAMPAIGN_READ = ("campaigns:read", "tags:read")

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/tags",
        handle=get_tags,
        scopes=READ,
        limit=S,
        types=("tag", "tag-group"),
        include=("tag-group",),
        filters={"name": Rule(("equals", "contains", "starts-with", "ends-with"), attribute("name"))},
        sort=("id", "name"),
        page=(50, 50),
    ),
    Endpoint(
        method="POST",
        path="/api/tags",
        handle=create_tag,
        scopes=("tags:read", "tags:write"),
        limit=S,
        types=("tag",),
        body=bodies.CREATE_TAG,
    ),
    Endpoint(
        method="GET",
        path="/api/tags/{id}",
        handle=get_tag,
        scopes=READ,
        limit=S,
        types=("tag", "tag-group"),
        include=("tag-group",),
    ),
    Endpoint(
        method="GET",
        path="/api/tags/{id}/relationships/campaigns",
        handle=get_campaign_ids,
        scopes=CAMPAIGN_READ,
        limit=S,
    ),
    Endpoint(
        method="POST",
        path="/api/tags/{id}/relationships/campaigns",
        handle=tag_campaigns,
        scopes=WRITE,
        limit=S,
        body=bodies.TAGGED_CAMPAIGNS,
    ),
    Endpoint(
        method="DELETE",
        path="/api/tags/{id}/relationships/campaigns",
        handle=untag_campaigns,
        scopes=WRITE,
        limit=S,
        body=bodies.TAGGED_CAMPAIGNS,
    ),
    Endpoint(
        method="GET",
        path="/api/campaigns/{id}/tags",
        handle=get_tags_of_campaign,
        scopes=CAMPAIGN_READ,
        limit=S,
        types=("tag",),
    ),
    Endpoint(
        method="GET",
        path="/api/campaigns/{id}/relationships/tags",
        handle=get_tag_ids_of_campaign,
        scopes=CAMPAIGN_READ,
        limit=S,
    ),
)
