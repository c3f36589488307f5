"""How each kind of object looks on the wire: attributes and relationships as recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glowtify_klaviyo.sandbox import walk
from glowtify_klaviyo.sandbox.clock import iso, whole_second
from glowtify_klaviyo.sandbox.models import (
    DRAFT,
    Account,
    Audience,
    Campaign,
    Message,
    Metric,
    Tag,
    Template,
)
from glowtify_klaviyo.sandbox.profiles import Profile
from glowtify_klaviyo.sandbox.state import State

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: the kind at its other end, how to find it, whether ``data`` is always told.

    ``find`` returns a list for a to-many relationship, an object or None for a to-one.
    """

    kind: str = ""
    find: Callable[[State, Any], Any] = lambda _state, _item: []
    always: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of resource."""

    kind: str
    path: str
    attributes: Callable[[State, Any], Json]
    relations: Mapping[str, Relation] = field(default_factory=dict)


def campaign_attributes(state: State, campaign: Campaign) -> Json:
    """Return a campaign's attributes as they are now."""
    now = state.clock.now()
    status = campaign.status(now)
    return {
        "name": campaign.name,
        "status": status,
        "archived": campaign.archived,
        "audiences": campaign.audiences,
        "send_options": campaign.send_options,
        "tracking_options": campaign.tracking_options,
        "send_strategy": campaign.send_strategy,
        "created_at": iso(campaign.created_at),
        "scheduled_at": None if status == DRAFT else iso(campaign.scheduled_at),
        "updated_at": iso(campaign.updated_at(now)),
        "send_time": None if status == DRAFT else iso(campaign.send_time),
    }


def message_attributes(state: State, message: Message) -> Json:
    """Return a message's attributes with its definition."""
    definition: Json = {"channel": message.channel}
    if message.channel == "email":
        definition["label"] = message.label
    if message.channel == "mobile_push":
        definition["notification_type"] = "standard"
    definition["content"] = message.content
    return {"definition": {**definition, **message.extras}, **_message_times(state, message)}


def flat_message_attributes(state: State, message: Message) -> Json:
    """Return a message's attributes in the old flat shape, which the assign answer has kept."""
    times = _message_times(state, message)
    return {
        "label": message.label,
        "channel": message.channel,
        "content": message.content,
        "send_times": times.pop("send_times"),
        "render_options": None,
        **times,
    }


def _message_times(state: State, message: Message) -> Json:
    campaign = state.campaign(message.campaign_id)
    times = []
    if campaign.status(state.clock.now()) != DRAFT and campaign.send_time:
        times = [{"datetime": iso(campaign.send_time), "is_local": walk.is_local(campaign)}]
    return {
        "send_times": times,
        "created_at": iso(message.created_at),
        "updated_at": iso(message.updated_at),
    }


def template_attributes(_state: State, template: Template) -> Json:
    """Return a template's attributes as later reads show them: times in whole seconds."""
    return {
        "name": template.name,
        "editor_type": template.editor_type,
        "html": template.html,
        "text": template.text,
        "amp": template.amp,
        "created": iso(whole_second(template.created)),
        "updated": iso(whole_second(template.updated)),
    }


def _account_attributes(_state: State, account: Account) -> Json:
    return account.attributes


def _list_attributes(_state: State, audience: Audience) -> Json:
    return {
        "name": audience.name,
        "created": iso(audience.created),
        "updated": iso(audience.updated),
        "opt_in_process": audience.opt_in_process,
    }


def _segment_attributes(_state: State, audience: Audience) -> Json:
    return {
        "name": audience.name,
        "definition": audience.definition,
        "created": iso(audience.created),
        "updated": iso(audience.updated),
        "is_active": audience.is_active,
        "is_processing": audience.is_processing,
        "is_starred": audience.is_starred,
    }


def _metric_attributes(_state: State, metric: Metric) -> Json:
    return {
        "name": metric.name,
        "created": iso(metric.created),
        "updated": iso(metric.created),
        "integration": metric.integration,
    }


def _slot_attributes(state: State, slot: str) -> Json:
    mapped = state.mapped_metrics[slot] is not None
    return {"updated": iso(state.clock.started if mapped else state.clock.now())}


def _tag_attributes(_state: State, tag: Tag) -> Json:
    return {"name": tag.name}


def _group_attributes(_state: State, _group: str) -> Json:
    return {"name": "Default Tag Group", "exclusive": False, "default": True}


def _profile_attributes(_state: State, profile: Profile) -> Json:
    empty = ("address1", "address2", "city", "country", "latitude", "longitude", "region", "zip")
    return {
        "email": profile.email,
        "phone_number": None,
        "external_id": None,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "organization": None,
        "locale": None,
        "title": None,
        "image": None,
        "created": iso(profile.created),
        "updated": iso(profile.created),
        "last_event_date": None,
        "location": {**dict.fromkeys(empty), "timezone": profile.zone, "ip": None},
        "properties": {},
    }


def _campaign_tags(state: State, campaign: Campaign) -> list[Tag]:
    return [state.tags[tag] for tag in campaign.tags]


def _slot_metric(state: State, slot: str) -> Metric | None:
    mapped = state.mapped_metrics[slot]
    return state.metrics[mapped] if mapped else None


_AUDIENCE_RELATIONS = {
    "profiles": Relation("profile"),
    "tags": Relation("tag"),
    "flow-triggers": Relation("flow"),
}

LOOKS: dict[str, Look] = {
    look.kind: look
    for look in (
        Look("account", "accounts", _account_attributes),
        Look("list", "lists", _list_attributes, _AUDIENCE_RELATIONS),
        Look("segment", "segments", _segment_attributes, _AUDIENCE_RELATIONS),
        Look(
            "campaign",
            "campaigns",
            campaign_attributes,
            {
                "campaign-messages": Relation(
                    "campaign-message", lambda state, item: [state.messages[item.message_id]], always=True
                ),
                "tags": Relation("tag", _campaign_tags),
            },
        ),
        Look(
            "campaign-message",
            "campaign-messages",
            message_attributes,
            {
                "campaign": Relation(
                    "campaign", lambda state, item: state.campaign(item.campaign_id), always=True
                ),
                "template": Relation("template", lambda state, item: state.templates.get(item.template_id)),
                "image": Relation("image", lambda _state, _item: None),
            },
        ),
        Look("template", "templates", template_attributes),
        Look("metric", "metrics", _metric_attributes, {"flow-triggers": Relation("flow")}),
        Look(
            "mapped-metric",
            "mapped-metrics",
            _slot_attributes,
            {"metric": Relation("metric", _slot_metric, always=True)},
        ),
        Look(
            "tag",
            "tags",
            _tag_attributes,
            {
                "tag-group": Relation("tag-group", lambda state, _item: state.tag_group, always=True),
                **{name: Relation() for name in ("lists", "segments", "campaigns", "flows")},
            },
        ),
        Look("tag-group", "tag-groups", _group_attributes, {"tags": Relation("tag")}),
        Look(
            "profile",
            "profiles",
            _profile_attributes,
            {
                "lists": Relation("list"),
                "segments": Relation("segment"),
                "push-tokens": Relation("push-token"),
                "conversations": Relation("conversation"),
            },
        ),
    )
}


def identity(item: Any) -> str:
    """Return an object's id; slots of mapped metrics and tag groups are their ids."""
    return item if isinstance(item, str) else str(item.id)
