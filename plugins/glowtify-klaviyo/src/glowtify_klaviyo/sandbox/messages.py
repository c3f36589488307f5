"""Endpoints of campaign messages, the assigning of templates included."""

from __future__ import annotations

from glowtify_klaviyo.sandbox import bodies, drafts, jsonapi, senders
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import invalid, not_found
from glowtify_klaviyo.sandbox.limits import M
from glowtify_klaviyo.sandbox.resources import flat_message_attributes, template_attributes
from glowtify_klaviyo.sandbox.templates import copy_for, exact_times

NO_IMAGE = "Image relationships are only supported for push and SMS messages"


def get_message(call: Call) -> Answer:
    """Read one message."""
    return jsonapi.one(call, "campaign-message", call.state.message(call.id))


def update_message(call: Call) -> Answer:
    """Replace the whole content of a message: what is left out is cleared."""
    state = call.state
    drafts.check_same_id(call)
    message = state.message(call.id)
    drafts.check_editable(state, state.campaign(message.campaign_id))
    if "image" in (call.data.get("relationships") or {}) and message.channel == "email":
        raise invalid(NO_IMAGE, pointer="/data/relationships/images/")
    definition = call.attributes.get("definition")
    if definition is not None:
        if definition["channel"] != message.channel:
            pointer = "/data/attributes/definition/channel"
            raise invalid(f"The channel of this message is '{message.channel}'.", pointer=pointer)
        given = definition.get("content") or {}
        place = "/data/attributes/definition/content/from_email"
        senders.check(state, "message_patch", given.get("from_email"), place)
        message.label = definition.get("label")
        message.content = drafts.content(state, message.channel, given)
    message.updated_at = state.clock.stamp()
    return jsonapi.one(call, "campaign-message", message)


def assign_template(call: Call) -> Answer:
    """Copy a template for this message alone; answers in the old flat shape, the copy included."""
    state = call.state
    message = state.message(call.data["id"])
    source = state.template(call.data["relationships"]["template"]["data"]["id"])
    drafts.check_editable(state, state.campaign(message.campaign_id))
    state.templates.pop(message.template_id or "", None)
    copy = copy_for(state, source, message.id)
    message.template_id = copy.id
    answer = jsonapi.one(
        call, "campaign-message", message, attributes=flat_message_attributes(state, message)
    )
    document = answer.document or {}
    relationships = document["data"]["relationships"]
    del relationships["image"]
    relationships["template"] = {"data": {"type": "template", "id": copy.id}, **relationships["template"]}
    shown = {**template_attributes(state, copy), **exact_times(copy)}
    links = document.pop("links")
    document["included"] = [jsonapi.resource(call, "template", copy, attributes=shown)]
    document["links"] = links
    return answer


def get_campaign(call: Call) -> Answer:
    """Read the campaign of a message."""
    return jsonapi.one(call, "campaign", call.state.campaign(call.state.message(call.id).campaign_id))


def get_campaign_id(call: Call) -> Answer:
    """Read the id of the campaign of a message."""
    return jsonapi.one_identifier(call, "campaign", call.state.message(call.id).campaign_id)


def get_template(call: Call) -> Answer:
    """Read the copy that this message uses, with its HTML."""
    message = call.state.message(call.id)
    if message.template_id is None:
        raise not_found(f"A template for message with id '{message.id}' does not exist.")
    return jsonapi.one(call, "template", call.state.template(message.template_id))


def get_template_id(call: Call) -> Answer:
    """Read the id of the copy that this message uses."""
    return jsonapi.one_identifier(call, "template", call.state.message(call.id).template_id)


def get_image(call: Call) -> Answer:
    """Refuse: e-mails have no image of their own, and the other channels have none here."""
    message = call.state.message(call.id)
    if message.channel == "email":
        raise invalid(NO_IMAGE, pointer="/data/relationships/images/")
    raise not_found(f"An image for message with id '{message.id}' does not exist.")


BASE = "/api/campaign-messages/{id}"
READ, WRITE = ("campaigns:read",), ("campaigns:write",)
READ_TEMPLATE = ("campaigns:read", "templates:read")
READ_IMAGE = ("campaigns:read", "images:read")

ENDPOINTS = (
    Endpoint(
        method="GET",
        path=BASE,
        handle=get_message,
        scopes=READ,
        limit=M,
        types=("campaign-message", "campaign", "image", "template:plain"),
        include=("campaign", "image", "template"),
    ),
    Endpoint(
        method="PATCH",
        path=BASE,
        handle=update_message,
        scopes=WRITE,
        limit=M,
        types=("campaign-message",),
        body=bodies.UPDATE_MESSAGE,
    ),
    Endpoint(
        method="POST",
        path="/api/campaign-message-assign-template",
        handle=assign_template,
        scopes=WRITE,
        limit=M,
        types=("campaign-message:flat",),
        body=bodies.ASSIGN_TEMPLATE,
    ),
    Endpoint(
        method="GET",
        path=f"{BASE}/campaign",
        handle=get_campaign,
        scopes=READ,
        limit=M,
        types=("campaign",),
    ),
    Endpoint(
        method="GET", path=f"{BASE}/relationships/campaign", handle=get_campaign_id, scopes=READ, limit=M
    ),
    Endpoint(
        method="GET",
        path=f"{BASE}/template",
        handle=get_template,
        scopes=READ_TEMPLATE,
        limit=M,
        types=("template:plain",),
    ),
    Endpoint(
        method="GET",
        path=f"{BASE}/relationships/template",
        handle=get_template_id,
        scopes=READ_TEMPLATE,
        limit=M,
    ),
    *(
        Endpoint(method="GET", path=f"{BASE}/{part}", handle=get_image, scopes=READ_IMAGE, limit=M)
        for part in ("image", "relationships/image")
    ),
)
