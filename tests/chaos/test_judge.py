"""The judge of the crash matrix can tell: each kind of failure is seen as what it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from judge import Case, Expected, Held, judge

AT = datetime(2027, 1, 15, 9, tzinfo=UTC)
LATER = datetime(2027, 1, 22, 9, tzinfo=UTC)
LIVE = ("C1", "Scheduled", AT, True)
SCHEDULED = {"state": "scheduled", "remote": {"campaign": "C1"}}


def verdict(said, found, went_out, expected=Expected.SCHEDULED):
    ended = judge(Case("mail", expected, [AT], 1, said), found, went_out)
    return ended.once, ended.twice, ended.lost, ended.orphans


def test_scheduled_once_and_said_so():
    assert verdict(SCHEDULED, Held([LIVE], jobs=1), [AT]) == (True, False, False, 0)


@pytest.mark.parametrize(
    ("found", "went_out"),
    [
        (Held([LIVE, ("C2", "Scheduled", AT, True)], jobs=2), [AT, AT]),
        (Held([LIVE], jobs=2), [AT]),
        (Held([LIVE], jobs=1, doubled=1), [AT]),
        (Held([LIVE], jobs=1), [AT, AT]),
    ],
)
def test_two_campaigns_or_two_send_jobs_are_twice(found, went_out):
    assert verdict(SCHEDULED, found, went_out) == (False, True, False, 0)


@pytest.mark.parametrize(
    ("said", "found", "went_out"),
    [
        (SCHEDULED, Held(), []),
        (SCHEDULED, Held([("C1", "Scheduled", LATER, True)], jobs=1), [LATER]),
        (SCHEDULED, Held([("C1", "Scheduled", AT, False)], jobs=1), [AT]),
        (SCHEDULED, Held([("C2", "Scheduled", AT, True)], jobs=1), [AT]),
        ({**SCHEDULED, "state": "failed"}, Held([LIVE], jobs=1), [AT]),
        ({**SCHEDULED, "state": "unknown"}, Held([LIVE], jobs=1), [AT]),
        ({**SCHEDULED, "operation": "publish"}, Held([LIVE], jobs=1), [AT]),
        ({}, Held(), []),
    ],
)
def test_not_what_was_asked_for_or_not_what_is_said_is_lost(said, found, went_out):
    assert verdict(said, found, went_out) == (False, False, True, 0)


def test_what_is_taken_back_must_neither_be_held_nor_go_out():
    cancelled = {"state": "cancelled"}
    assert verdict(cancelled, Held(jobs=1), [], Expected.TAKEN_BACK) == (True, False, False, 0)
    assert verdict(cancelled, Held([LIVE], jobs=1), [AT], Expected.TAKEN_BACK) == (False, False, True, 0)
    assert verdict(SCHEDULED, Held(jobs=1), [], Expected.TAKEN_BACK) == (False, False, True, 0)


@pytest.mark.parametrize(
    ("state", "went_out", "once"),
    [
        ("sent", [AT], True),
        ("failed", [], True),
        ("failed", [AT], False),
        ("scheduled", [], False),
        ("unknown", [], False),
        ("sent", [LATER], False),
    ],
)
def test_where_both_ends_are_right_the_truth_must_be_told(state, went_out, once):
    assert verdict({"state": state}, Held(jobs=1), went_out, Expected.TRUTH_TOLD)[0] is once


def test_drafts_and_templates_that_stay_are_counted():
    assert verdict(SCHEDULED, Held([LIVE], ["draft C2", "template T1"], jobs=1), [AT]) == (
        True,
        False,
        False,
        2,
    )


def test_a_draft_that_is_said_to_be_there_is_no_orphan():
    said = {"state": "staged", "remote": {"campaign": "C1"}}
    found = Held((), ["draft C1", "draft C2"], jobs=1)
    assert verdict(said, found, [], Expected.TRUTH_TOLD) == (True, False, False, 1)
