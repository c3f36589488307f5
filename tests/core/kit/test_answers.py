"""Answers: the pause they ask for, their time of day, and what their status means."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

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
    StateConflict,
)
from glowtify_core.kit.answers import Answer, Endpoint, by_status

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)
DATE = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("1", 1),
        (" 30 ", 30),
        ("73473", 73473),
        ("0.5", 0.5),
        ("Mon, 23 Nov 2026 10:00:42 GMT", 42),
        ("Monday, 23-Nov-26 10:00:42 GMT", 42),
        ("999999999999999", 366 * 86400),
    ],
)
def test_a_pause_comes_as_seconds_or_as_a_date(value: str, pause: float) -> None:
    answer = Answer(429, {"Retry-After": value, "Date": DATE})
    assert answer.retry_after == timedelta(seconds=pause)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "0",
        "-5",
        "soon",
        "1e9",
        "nan",
        "1, 2",
        "Mon, 23 Nov 2026 09:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "٣",
    ],
)
def test_a_pause_that_is_absent_zero_past_or_nonsense_is_none(value: str | None) -> None:
    headers = {"Date": DATE, **({} if value is None else {"Retry-After": value})}
    assert Answer(429, headers).retry_after is None


@pytest.mark.parametrize("apart", [timedelta(hours=-3), timedelta(seconds=-2), timedelta(hours=3)])
def test_a_date_is_measured_by_the_platforms_clock_however_far_ours_is_from_it(apart: timedelta) -> None:
    theirs = datetime.now(UTC) + apart
    headers = {
        "Date": format_datetime(theirs, usegmt=True),
        "Retry-After": format_datetime(theirs + timedelta(seconds=42), usegmt=True),
    }
    assert Answer(429, headers).retry_after == timedelta(seconds=42)


def test_a_date_without_the_platforms_own_is_measured_by_our_clock() -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    pause = Answer(429, {"Retry-After": f"{until:%a, %d %b %Y %H:%M:%S} GMT"}).retry_after
    assert pause is not None
    assert timedelta(minutes=58) < pause <= timedelta(hours=1)


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Mon, 99 Nov 2026 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"]
)
def test_an_unreadable_date_is_none(value: str) -> None:
    assert Answer(200, {"Date": value}).date is None
    assert Answer(200, {"Date": DATE}).date == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejected),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, RemoteNotFound),
        (409, StateConflict),
        (422, RequestRejected),
        (429, RateLimited),
    ],
)
@pytest.mark.parametrize("endpoint", [READ, WRITE])
def test_a_refusal_has_no_effect(status: int, kind: type[PlatformError], endpoint: Endpoint) -> None:
    error = by_status(Answer(status), endpoint, detail="why")
    assert type(error) is kind
    assert (error.effect, error.detail) == (Effect.NONE, "why")
    assert error.remedy
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
def test_a_failure_leaves_a_write_unknown_and_a_read_undone(status: int) -> None:
    written, read = by_status(Answer(status), WRITE), by_status(Answer(status), READ)
    assert (type(written), written.effect) == (OutcomeUnknown, Effect.UNKNOWN)
    assert (type(read), read.effect) == (PlatformUnavailable, Effect.NONE)


@pytest.mark.parametrize("endpoint", [READ, WRITE])
def test_a_failure_tells_the_pause_that_the_platform_names(endpoint: Endpoint) -> None:
    assert by_status(Answer(503, {"Retry-After": "9"}), endpoint).retry_after == timedelta(seconds=9)
    assert by_status(Answer(503), endpoint).retry_after is None


def test_a_refusal_without_a_code_is_named_by_its_status() -> None:
    assert by_status(Answer(414), READ).code == "http_414"
    assert by_status(Answer(400), READ, code="invalid").code == "invalid"
    assert by_status(Answer(429, {"Retry-After": "9"}), READ).retry_after == timedelta(seconds=9)
