"""Klaviyo's endpoints as documented for revision 2026-07-15: limits an account and endpoint, and scopes."""

from __future__ import annotations

from dataclasses import dataclass

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.kit.answers import Endpoint
from glowtify_core.ports.pacing import Window

BASE_URL = "https://a.klaviyo.com"
REVISION = "2026-07-15"


def _limits(a_second: int, a_minute: int) -> tuple[Window, ...]:
    return Window(a_second, 1), Window(a_minute, 60)


_XS, _S, _M, _L = _limits(1, 15), _limits(3, 60), _limits(10, 150), _limits(75, 750)


def _read(name: str, limits: tuple[Window, ...], scope: str) -> Endpoint:
    return Endpoint(name, limits, (scope,))


def _write(name: str, limits: tuple[Window, ...], scope: str) -> Endpoint:
    return Endpoint(name, limits, (scope,), write=True)


ACCOUNTS = _read("get_accounts", _XS, "accounts:read")
LISTS = _read("get_lists", _L, "lists:read")
LIST_SIZE = _read("get_list:profile_count", _XS, "lists:read")
SEGMENTS = _read("get_segments", _L, "segments:read")
SEGMENT_SIZE = _read("get_segment:profile_count", _XS, "segments:read")
PROFILES = _read("get_profiles", _L, "profiles:read")

TEMPLATES = _read("get_templates", _L, "templates:read")
CREATE_TEMPLATE = _write("create_template", _L, "templates:write")
PATCH_TEMPLATE = _write("update_template", _L, "templates:write")
DELETE_TEMPLATE = _write("delete_template", _L, "templates:write")

CAMPAIGNS = _read("get_campaigns", _M, "campaigns:read")
GET_CAMPAIGN = _read("get_campaign", _M, "campaigns:read")
CREATE_CAMPAIGN = _write("create_campaign", _M, "campaigns:write")
PATCH_CAMPAIGN = _write("update_campaign", _M, "campaigns:write")
DELETE_CAMPAIGN = _write("delete_campaign", _M, "campaigns:write")

GET_MESSAGE = _read("get_campaign_message", _M, "campaigns:read")
PATCH_MESSAGE = _write("update_campaign_message", _M, "campaigns:write")
ASSIGN_TEMPLATE = _write("assign_template_to_campaign_message", _M, "campaigns:write")

CREATE_SEND_JOB = _write("send_campaign", _M, "campaigns:write")
PATCH_SEND_JOB = _write("cancel_campaign_send", _M, "campaigns:write")

METRICS = _read("get_metrics", _M, "metrics:read")
MAPPED_METRIC = _read("get_mapped_metric", _S, "metrics:read")
VALUES_REPORT = Endpoint(
    "query_campaign_values", (Window(1, 1), Window(2, 60), Window(225, 86400)), ("campaigns:read",)
)
"""A POST that changes nothing: it may be repeated like a read."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Where audiences of a kind are; ``fields`` leaves out what may be large."""

    path: str
    endpoint: Endpoint
    size: Endpoint
    fields: str


COLLECTIONS = {
    AudienceKind.LIST: Collection("/api/lists", LISTS, LIST_SIZE, "name,created"),
    AudienceKind.SEGMENT: Collection("/api/segments", SEGMENTS, SEGMENT_SIZE, "name,created,is_active"),
}
