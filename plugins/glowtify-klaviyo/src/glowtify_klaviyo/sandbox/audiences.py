"""Endpoints of lists and segments, their members, and profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from glowtify_klaviyo.sandbox import jsonapi
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.filters import COMPARISONS, Rule, attribute
from glowtify_klaviyo.sandbox.limits import XS, L, M
from glowtify_klaviyo.sandbox.models import Audience
from glowtify_klaviyo.sandbox.profiles import Profile, suppressed

Kind = Literal["list", "segment"]
PATHS: dict[Kind, str] = {"list": "/api/lists", "segment": "/api/segments"}
ANY_EQUALS = ("any", "equals")
SORT = ("created", "id", "name", "updated")
MARKETING = "subscriptions.email.marketing"
SUPPRESSED_AT = (f"{MARKETING}.suppression.timestamp", f"{MARKETING}.list_suppressions.timestamp")
SUPPRESSED_WHY = tuple(
    f"{MARKETING}.{part}"
    for part in ("suppression.reason", "list_suppressions.reason", "list_suppressions.list_id")
)


def get_audiences(call: Call) -> Answer:
    """List lists or segments, ten a page."""
    kind = _kind(call)
    items = [audience for audience in call.state.audiences.values() if audience.kind == kind]
    shown, links = jsonapi.page(call, items, born=lambda audience: audience.created)
    if links["prev"] is None and any(
        (condition.operator, condition.attribute) == ("any", "id") for condition in call.query.filter
    ):
        links["prev"] = jsonapi.cursor_link(call, f"<Filters: {dict(call.query.pairs)['filter']}>")
    return jsonapi.many(call, kind, shown, links=links)


def get_audience(call: Call) -> Answer:
    """Read one list or segment; with its count when asked for."""
    kind = _kind(call)
    audience = call.state.audience(kind, call.id)
    answer = jsonapi.one(call, kind, audience)
    fields = call.query.fields.get(kind, ())
    if answer.document and ("profile_count" in call.query.additional or "profile_count" in fields):
        answer.document["data"]["attributes"]["profile_count"] = _count(audience)
    return answer


def get_members(call: Call) -> Answer:
    """List the profiles of a list or segment."""
    shown, links = jsonapi.page(call, _members(call), default_sort="joined_group_at")
    answer = jsonapi.many(call, "profile", shown, links=links)
    for data, profile in zip((answer.document or {})["data"], shown, strict=True):
        chosen = call.query.fields.get("profile")
        if chosen is None or "joined_group_at" in chosen:
            data["attributes"]["joined_group_at"] = profile.joined_group_at.isoformat()
        del data["relationships"]["conversations"]
        _add_subscriptions(call, data, profile)
    return answer


def get_member_ids(call: Call) -> Answer:
    """List the ids of the profiles of a list or segment."""
    shown, links = jsonapi.page(call, _members(call), default_sort="joined_group_at")
    return jsonapi.identifiers(call, "profile", shown, links=links)


def get_profiles(call: Call) -> Answer:
    """List the account's profiles."""
    shown, links = jsonapi.page(call, call.state.people.values())
    answer = jsonapi.many(call, "profile", shown, links=links)
    for data, profile in zip((answer.document or {})["data"], shown, strict=True):
        _add_subscriptions(call, data, profile)
    return answer


def get_profile(call: Call) -> Answer:
    """Read one profile."""
    profile = call.state.profile(call.id)
    answer = jsonapi.one(call, "profile", profile)
    _add_subscriptions(call, (answer.document or {})["data"], profile)
    return answer


def _kind(call: Call) -> Kind:
    return "list" if call.endpoint.path.startswith(PATHS["list"]) else "segment"


def _count(audience: Audience) -> int:
    return 0 if audience.is_processing else len(audience.members)


def _members(call: Call) -> list[Profile]:
    audience = call.state.audience(_kind(call), call.id)
    everyone = list(call.state.people.values())
    return [everyone[number] for number in audience.members]


def _nothing(_item: Profile, _now: datetime) -> None:
    """What no profile of the sandbox has."""


def _add_subscriptions(call: Call, data: dict[str, Any], profile: Profile) -> None:
    if "subscriptions" not in call.query.additional:
        return
    allowed = not suppressed(profile.number)
    marketing: dict[str, Any] = {
        "can_receive_email_marketing": allowed,
        "consent": "SUBSCRIBED" if allowed else "UNSUBSCRIBED",
        "consent_timestamp": profile.created.isoformat(),
        "last_updated": profile.created.isoformat(),
        "method": "FORM_ID",
        "method_detail": "",
        "custom_method_detail": None,
        "double_optin": False,
        "suppression": [],
        "list_suppressions": [],
    }
    data["attributes"]["subscriptions"] = {
        "email": {"marketing": marketing},
        "sms": None,
        "mobile_push": None,
    }


def _audience_endpoints(kind: Kind) -> tuple[Endpoint, ...]:
    path, scope = PATHS[kind], f"{kind}s:read"
    common: dict[str, Any] = {"method": "GET", "limit": L}
    include = ("flow-triggers", "tags")
    filters = {
        "name": Rule(ANY_EQUALS, attribute("name")),
        "id": Rule(ANY_EQUALS, attribute("id")),
        "created": Rule(("greater-than",), attribute("created"), "moment"),
        "updated": Rule(("greater-than",), attribute("updated"), "moment"),
    }
    member_filters = {
        "email": Rule(ANY_EQUALS, attribute("email")),
        "phone_number": Rule(ANY_EQUALS, _nothing),
        "push_token": Rule(ANY_EQUALS, _nothing),
        "_kx": Rule(("equals",), _nothing),
        "joined_group_at": Rule(COMPARISONS, attribute("joined_group_at"), "moment"),
    }
    if kind == "segment":
        filters["is_active"] = Rule(ANY_EQUALS, attribute("is_active"), "flag")
        filters["is_starred"] = Rule(("equals",), attribute("is_starred"), "flag", applied=False)
        member_filters["profile_id"] = Rule(ANY_EQUALS, attribute("id"))
    members: dict[str, Any] = {
        **common,
        "scopes": (scope, "profiles:read"),
        "filters": member_filters,
        "sort": ("joined_group_at",),
        "page": (20, 100),
    }
    return (
        Endpoint(
            path=path,
            handle=get_audiences,
            scopes=(scope,),
            types=(kind, "tag", "flow"),
            include=include,
            filters=filters,
            sort=SORT,
            page=(10, 10),
            **common,
        ),
        Endpoint(
            path=f"{path}/{{id}}",
            handle=get_audience,
            scopes=(scope,),
            types=(f"{kind}:counted", "tag", "flow"),
            include=include,
            additional={kind: ("profile_count",)},
            costly={"profile_count": XS},
            **common,
        ),
        Endpoint(
            path=f"{path}/{{id}}/profiles",
            handle=get_members,
            types=("profile:member",),
            additional={"profile": ("subscriptions", "predictive_analytics")},
            costly={"predictive_analytics": M},
            **members,
        ),
        Endpoint(path=f"{path}/{{id}}/relationships/profiles", handle=get_member_ids, **members),
    )


ENDPOINTS = (
    *_audience_endpoints("list"),
    *_audience_endpoints("segment"),
    Endpoint(
        method="GET",
        path="/api/profiles",
        handle=get_profiles,
        scopes=("profiles:read",),
        limit=L,
        types=("profile", "conversation", "push-token"),
        include=("conversations", "push-tokens"),
        additional={"profile": ("subscriptions", "predictive_analytics")},
        costly={"predictive_analytics": M},
        filters={
            "id": Rule(ANY_EQUALS, attribute("id")),
            "email": Rule(ANY_EQUALS, attribute("email")),
            "phone_number": Rule(ANY_EQUALS, _nothing),
            "external_id": Rule(ANY_EQUALS, _nothing),
            "_kx": Rule(("equals",), _nothing),
            "created": Rule(("greater-than", "less-than"), attribute("created"), "moment"),
            "updated": Rule(("greater-than", "less-than"), attribute("created"), "moment"),
            **dict.fromkeys(SUPPRESSED_AT, Rule(COMPARISONS, _nothing, "moment")),
            **dict.fromkeys(SUPPRESSED_WHY, Rule(("equals",), _nothing)),
        },
        sort=("created", "email", "id", "updated", *SUPPRESSED_AT),
        page=(20, 100),
    ),
    Endpoint(
        method="GET",
        path="/api/profiles/{id}",
        handle=get_profile,
        scopes=("profiles:read",),
        limit=L,
        types=("profile", "conversation", "list", "push-token", "segment"),
        include=("conversations", "lists", "push-tokens", "segments"),
        additional={"profile": ("subscriptions", "predictive_analytics")},
        costly={"predictive_analytics": M},
    ),
)
