"""Klaviyo's refusals in our words."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    Retry,
    StateConflict,
)
from glowtify_core.kit.answers import Answer, Endpoint
from glowtify_klaviyo import endpoints as at
from glowtify_klaviyo import errors

SHARED = Path(__file__).parents[2].parent / "shared"
PERMISSION = "You do not have permission to perform this action."


def answer(
    status: int, detail: str = "", *, code: str = "", pointer: str | None = None, **headers: str
) -> Answer:
    error: dict[str, Any] = {"id": "req-1", "code": code, "title": "T", "detail": detail, "source": {}}
    if pointer:
        error["source"] = {"pointer": pointer}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, {"errors": [error]})


def refused(status: int, detail: str = "", *, endpoint: Endpoint = at.CREATE_CAMPAIGN, **said: Any) -> Any:
    return errors.refusal(answer(status, detail, **said), endpoint)


def test_a_wrong_key_has_the_title_and_remedy_that_people_know() -> None:
    error = refused(401, "Incorrect authentication credentials.", code="authentication_failed")
    assert type(error) is AuthenticationFailed
    assert error.title == "Invalid API key"
    assert error.remedy == (
        "The key is wrong, expired, or revoked. Generate a new private key in Klaviyo and reconnect."
    )


@pytest.mark.parametrize("detail", ["", PERMISSION, "The key lacks the scope templates:write"])
def test_a_403_that_names_no_other_reason_is_a_missing_scope(detail: str) -> None:
    error = refused(403, detail, code="permission_denied", endpoint=at.CREATE_TEMPLATE)
    assert type(error) is PermissionDenied
    assert error.title == "Scopes insufficient"
    assert error.missing == ("templates:write",)
    assert "templates:write" in error.detail
    assert "Regenerate with full scopes: accounts:read, campaigns:read" in error.remedy


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("You must have Advanced KDP enabled to use this endpoint.", "permission_denied"),
        ("Mapped Metric `revenue` has reached the daily limit of updates (2).", "permission_denied"),
        ("Something else entirely", "permission_denied"),
        (PERMISSION, "other_code"),
    ],
)
def test_any_other_403_is_klaviyos_refusal_with_its_reason(detail: str, code: str) -> None:
    error = refused(403, detail, code=code)
    assert type(error) is RequestRejected
    assert (error.title, error.detail, error.code) == ("Klaviyo refused this", detail, code)


@pytest.mark.parametrize(
    "edge",
    [
        Answer(403, {"Content-Type": "text/html"}, readable=False),
        Answer(403, {"cf-mitigated": "challenge"}, {"errors": []}),
    ],
)
def test_a_page_of_the_network_edge_is_no_word_about_the_key(edge: Answer) -> None:
    error = errors.refusal(edge, at.CREATE_SEND_JOB)
    assert type(error) is PlatformUnavailable
    assert (error.effect, error.code) == (Effect.NONE, "network_edge")


@pytest.mark.parametrize("endpoint", [at.CREATE_CAMPAIGN, at.PATCH_MESSAGE, at.CREATE_SEND_JOB])
@pytest.mark.parametrize(
    ("status", "detail", "pointer"),
    [
        (400, "Invalid value", "/data/attributes/campaign-messages/data/0/attributes/content/from_email"),
        (400, "The sender is not verified", None),
        (403, "This sending domain is not authorized", None),
        (409, "Sender address cannot be used", None),
        (422, "from address is not allowed", None),
    ],
)
def test_sender_trouble_is_recognised_where_a_sender_is_given(
    endpoint: Endpoint, status: int, detail: str, pointer: str | None
) -> None:
    error = refused(status, detail, pointer=pointer, endpoint=endpoint, code="invalid")
    assert type(error) is RequestRejected
    assert (error.title, error.code) == ("Sender not authorized", "sender_not_authorized")
    assert error.detail == detail
    assert error.remedy == (
        "Your sender email isn't properly configured in Klaviyo."
        " Go to Klaviyo, Settings, Email, Sender configuration."
    )


def test_the_word_sender_elsewhere_is_no_sender_trouble() -> None:
    for error in (
        refused(400, "The sender is odd", code="invalid", endpoint=at.PATCH_CAMPAIGN),
        refused(400, "Invalid value", code="invalid", pointer="/data/attributes/name"),
        refused(404, "No sender", code="not_found", endpoint=at.CREATE_SEND_JOB),
        refused(429, "sender domain", code="throttled", endpoint=at.CREATE_SEND_JOB),
    ):
        assert error.title != "Sender not authorized"


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_a_thousand_templates_have_a_title_of_their_own(status: int) -> None:
    detail = "The account has reached the maximum of 1,000 templates"
    error = refused(status, detail, endpoint=at.CREATE_TEMPLATE, code="invalid")
    assert (error.title, error.code) == ("Too many templates in Klaviyo", "too_many_templates")
    assert "delete unused ones" in error.remedy
    assert refused(400, detail, code="invalid").code == "invalid"


def test_a_metric_without_values_is_recognisable() -> None:
    detail = "Passed in conversion metric does not support querying for values data"
    assert refused(400, detail, endpoint=at.VALUES_REPORT, code="invalid").code == "metric_without_values"


def test_a_retired_revision_asks_for_a_newer_connector() -> None:
    error = refused(410, "Revision is retired", code="gone")
    assert (type(error), error.code) == (RequestRejected, "revision_retired")
    assert "glowtify-klaviyo" in error.remedy


@pytest.mark.parametrize(("status", "kind"), [(404, RemoteNotFound), (409, StateConflict)])
def test_what_is_gone_or_in_another_state_has_its_class(status: int, kind: type[PlatformError]) -> None:
    error = refused(status, "A campaign with id 'X' does not exist.", code="whatever")
    assert type(error) is kind
    assert error.effect is Effect.NONE


@pytest.mark.parametrize("status", [405, 413, 414, 415, 418, 422])
def test_any_other_4xx_is_a_refusal_named_by_code_or_status(status: int) -> None:
    assert refused(status, "why", code="odd").code == "odd"
    error = errors.refusal(Answer(status, readable=False), at.CREATE_CAMPAIGN)
    assert (type(error), error.code, error.effect) == (RequestRejected, f"http_{status}", Effect.NONE)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
def test_a_failure_leaves_a_write_unknown_and_a_read_undone(status: int) -> None:
    write = refused(status, "sender domain limit", code="server_error")
    read = refused(status, endpoint=at.GET_CAMPAIGN)
    assert (type(write), write.effect, write.retry) == (OutcomeUnknown, Effect.UNKNOWN, Retry.RECONCILE_FIRST)
    assert (type(read), read.effect, read.retry) == (PlatformUnavailable, Effect.NONE, Retry.AUTO)


@pytest.mark.parametrize(
    ("headers", "code", "seconds"),
    [
        ({"Retry_After": "1"}, "rate_limited", 1),
        ({"Retry_After": "0"}, "rate_limited", None),
        ({}, "rate_limited", None),
        ({"Retry_After": "73473"}, "daily_limit", 73473),
        ({"ratelimit_remaining_daily": "0", "ratelimit_reset_daily": "69112"}, "daily_limit", 69112),
        ({"ratelimit_remaining_daily": "5", "ratelimit_reset_daily": "69112"}, "rate_limited", None),
    ],
)
def test_a_daily_limit_is_told_from_one_of_a_minute(headers: Any, code: str, seconds: int | None) -> None:
    error = refused(429, "Request was throttled.", code="throttled", endpoint=at.VALUES_REPORT, **headers)
    assert type(error) is RateLimited
    assert error.code == code
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/data/attributes/name", "name"),
        ("/data/attributes/audiences/included", "audiences.included"),
        ("/data/relationships/images/", "relationships.images"),
        ("/data/", None),
        ("/data", None),
        (None, None),
    ],
)
def test_a_pointer_becomes_a_field(pointer: str | None, field: str | None) -> None:
    assert refused(400, "no", code="invalid", pointer=pointer).field == field


def test_several_errors_are_shown_together() -> None:
    listed = [{"id": f"r{n}", "code": "invalid", "detail": f"reason {n}"} for n in range(3)]
    error = errors.refusal(Answer(400, {}, {"errors": [*listed, "odd", {}]}), at.CREATE_CAMPAIGN)
    assert error.detail == "reason 0; reason 1; reason 2"
    assert error.request_id == "r0"


def test_what_klaviyo_says_is_made_safe_to_show() -> None:
    error = refused(400, "\x1b[31mred\x1b[0m\n\u202eleft " + "x" * 9000, code="in\nvalid")
    assert error.detail.startswith("red left xxx")
    assert len(error.detail) == 500
    assert error.code == "in valid"


@pytest.mark.parametrize(
    "body",
    [None, [], "text", {}, {"errors": None}, {"errors": {}}, {"errors": [None]}, {"errors": [{"detail": 7}]}],
)
def test_a_body_of_any_shape_is_survived(body: Any) -> None:
    headers = {"x-klaviyo-req-id": "req-2"}
    error = errors.refusal(Answer(400, headers, body), at.CREATE_CAMPAIGN)
    assert type(error) is RequestRejected
    assert error.request_id == "req-2"
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__


RECORDED = {
    "get_accounts.401": (at.ACCOUNTS, "Invalid API key"),
    "update_mapped_metric.403": (at.MAPPED_METRIC, "Klaviyo refused this"),
    "get_campaign.404": (at.GET_CAMPAIGN, "Not found in Klaviyo"),
    "get_campaigns.400": (at.CAMPAIGNS, "Klaviyo refused this"),
    "get_mapped_metric.400": (at.MAPPED_METRIC, "Klaviyo refused this"),
    "update_campaign_message.400": (at.PATCH_MESSAGE, "Klaviyo refused this"),
    "delete_template.409": (at.DELETE_TEMPLATE, "Klaviyo does not allow this now"),
    "query_campaign_values.429": (at.VALUES_REPORT, "Klaviyo asks for a pause"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_refusals_are_understood(name: str) -> None:
    path = SHARED / "klaviyo-fixtures" / "live-2026-07-15" / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded answers are not beside this repository")
    recorded = json.loads(path.read_text())["response"]
    endpoint, title = RECORDED[name]
    error = errors.refusal(Answer(recorded["status"], recorded["headers"], recorded["body"]), endpoint)
    assert error.title == title
    assert error.detail == " ".join(recorded["body"]["errors"][0]["detail"].split())
    assert error.request_id == recorded["body"]["errors"][0]["id"]
