"""Each class of error has its exit code, and every error the same JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from glowtify_adapters.cli import errors
from glowtify_core.domain import errors as domain
from glowtify_core.domain.errors import Effect
from glowtify_core.domain.publication import Problem

PLATFORM = {"effect": Effect.NONE}

CLASSES = [
    (domain.ConfigurationError, {}, 3),
    (domain.ConnectorNotFound, {}, 3),
    (domain.ConnectorConflict, {}, 3),
    (domain.ContractMismatch, {}, 3),
    (domain.CredentialsMissing, {}, 3),
    (domain.CampaignRejected, {}, 3),
    (domain.InvalidCampaign, {}, 3),
    (domain.ScheduleRejected, {}, 3),
    (domain.Unsupported, {}, 3),
    (domain.CampaignNotFound, {}, 3),
    (domain.RepositoryError, {}, 1),
    (domain.ClaimLost, {}, 1),
    (domain.PublicationBusy, {}, 1),
    (domain.RateLimited, PLATFORM, 1),
    (domain.PlatformUnavailable, PLATFORM, 1),
    (domain.MalformedResponse, PLATFORM, 1),
    (domain.PlatformError, PLATFORM, 4),
    (domain.AuthenticationFailed, PLATFORM, 4),
    (domain.PermissionDenied, PLATFORM, 4),
    (domain.RequestRejected, PLATFORM, 4),
    (domain.RemoteNotFound, PLATFORM, 4),
    (domain.StateConflict, PLATFORM, 4),
    (domain.OutcomeUnknown, {"effect": Effect.UNKNOWN}, 5),
    (domain.OutcomeUnknown, PLATFORM, 5),
    (domain.PlatformUnavailable, {"effect": Effect.UNKNOWN}, 5),
    (domain.PlatformUnavailable, {"effect": Effect.PARTIAL}, 5),
    (domain.RateLimited, {"effect": Effect.PARTIAL}, 5),
    (domain.RateLimited, {"effect": Effect.UNKNOWN}, 5),
    (domain.RequestRejected, {"effect": Effect.PARTIAL}, 4),
    (domain.GlowtifyError, {}, 1),
]


def subclasses(cls):
    yield cls
    for below in cls.__subclasses__():
        yield from subclasses(below)


@pytest.mark.parametrize(("cls", "more", "code"), CLASSES)
def test_every_class_of_error_has_its_exit_code(cls, more, code):
    assert errors.exit_code(cls("title", **more)) == code


def test_no_class_of_error_is_left_out_above():
    ours = {cls for cls in subclasses(domain.GlowtifyError) if cls.__module__ == domain.__name__}
    assert ours == {cls for cls, _, _ in CLASSES}


@pytest.mark.parametrize(
    ("code", "effect", "expected"),
    [
        ("auth_invalid", Effect.NONE, 4),
        ("permission_denied", Effect.NONE, 4),
        ("reschedule_refused", Effect.PARTIAL, 4),
        ("not_connected", Effect.NONE, 3),
        ("platform_unavailable", Effect.NONE, 1),
        ("platform_unavailable", Effect.UNKNOWN, 5),
        ("platform_unavailable", Effect.PARTIAL, 5),
        ("rate_limited", Effect.PARTIAL, 5),
    ],
)
def test_a_kept_problem_ends_the_command_as_its_error_would(code, effect, expected):
    assert errors.problem_exit_code(Problem("title", code, effect=effect)) == expected


def test_the_json_of_an_error_has_every_key_even_when_it_says_little():
    assert errors.error_document(domain.InvalidCampaign("No subject")) == {
        "title": "No subject",
        "code": "invalid_campaign",
        "remedy": "",
        "effect": "none",
        "detail": "",
        "field": None,
        "retry": None,
        "retry_after": None,
        "renews_at": None,
        "request_id": None,
        "missing": [],
    }


def test_the_json_of_a_platforms_error_says_what_the_platform_said():
    error = domain.PermissionDenied(
        "Scopes insufficient",
        effect=Effect.PARTIAL,
        remedy="Make a new key.",
        detail="no lists",
        field="data.0",
        retry_after=timedelta(minutes=1),
        renews_at=datetime(2027, 1, 5, tzinfo=UTC),
        request_id="r-1",
    )
    error.missing = ("lists:read",)
    assert errors.error_document(error) == {
        "title": "Scopes insufficient",
        "code": "permission_denied",
        "remedy": "Make a new key.",
        "effect": "partial",
        "detail": "no lists",
        "field": "data.0",
        "retry": "after_user_action",
        "retry_after": 60.0,
        "renews_at": "2027-01-05T00:00:00+00:00",
        "request_id": "r-1",
        "missing": ["lists:read"],
    }


def test_an_unexpected_error_shows_its_kind_and_none_of_its_words():
    shown = errors.error_document(errors.unexpected(ValueError("a-secret-value")))
    assert shown["detail"] == "ValueError"
    assert shown["effect"] == "unknown"
    assert "a-secret-value" not in str(shown)
