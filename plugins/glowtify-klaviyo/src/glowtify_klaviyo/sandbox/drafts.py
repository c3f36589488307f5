"""What a campaign may be: the checks on writes, and how a Draft is made, changed and removed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from glowtify_klaviyo.sandbox import ids, walk
from glowtify_klaviyo.sandbox.endpoint import Call
from glowtify_klaviyo.sandbox.errors import at_odds, invalid, not_found
from glowtify_klaviyo.sandbox.models import DRAFT, EMAIL_CONTENT, Campaign, Message
from glowtify_klaviyo.sandbox.state import State


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
    """Change what ``wanted`` names and leave the rest; a refusal changes nothing."""
    if wanted.get("tracking_options"):
        _check_tracking(wanted["tracking_options"])
    planned = strategy(wanted["send_strategy"]) if wanted.get("send_strategy") else campaign.send_strategy
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
        given = {name: value for name, value in wanted["tracking_options"].items() if value is not None}
        campaign.tracking_options.update(given)
    campaign.send_strategy = planned


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


def make(
    state: State, wanted: dict[str, Any], definition: dict[str, Any], audiences: dict[str, list[str]]
) -> Campaign:
    """Add a Draft with its one message."""
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
