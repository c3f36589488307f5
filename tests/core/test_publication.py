"""States, operations, names and drift of a publication."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import fakes
import pytest

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.publication import CancelledBy, OperationKind, open_publication
from glowtify_core.domain.remote import (
    Drift,
    RemoteCampaign,
    RemoteRef,
    clean_name,
    content_drift,
    find_drift,
    new_marker,
    remote_name,
)
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import TRANSITIONS, PublicationState

S = PublicationState
REF = RemoteRef("fake", (("campaign", "C1"),))
LATER = fakes.START + timedelta(minutes=5)


def opened(state: PublicationState = S.OPENED):
    publication = open_publication(fakes.campaign(), account_id="ACC001", now=fakes.START)
    return replace(publication, state=state)


def remote(state: PublicationState = S.SCHEDULED, **changes):
    return RemoteCampaign(REF, state, state.value, **changes)


@pytest.mark.parametrize(("one", "other"), list(product(S, S)))
def test_a_state_moves_as_the_table_says_and_not_otherwise(one, other):
    if one is other or other in TRANSITIONS[one]:
        assert opened(one).moved_to(other).state is other
    else:
        with pytest.raises(ValueError, match=f"from {one} to {other}"):
            opened(one).moved_to(other)


@pytest.mark.parametrize(("one", "other"), list(product(S, S)))
def test_what_the_platform_says_and_cannot_follow_ends_in_unknown(one, other):
    seen = opened(one).seen(remote(other), LATER)
    assert seen.checked_at == LATER
    if one.final:
        assert seen == replace(opened(one), id=seen.id, marker=seen.marker, checked_at=LATER)
    elif one is other or other in TRANSITIONS[one]:
        assert seen.state is other
    else:
        assert seen.state is S.UNKNOWN


def test_the_final_states_are_those_that_nothing_follows():
    assert {state for state in S if state.final} == {S.SENT, S.CANCELLED, S.FAILED, S.MISSING}


def test_from_every_other_state_unknown_and_an_end_can_follow():
    for state in S:
        if not state.final:
            assert state is S.UNKNOWN or S.UNKNOWN in TRANSITIONS[state]
            assert S.CANCELLED in TRANSITIONS[state]


def test_operations_are_named_by_kind_and_count():
    publication = opened()
    for kind in (OperationKind.RESCHEDULE, OperationKind.CANCEL, OperationKind.RESCHEDULE):
        publication = publication.begin(kind, LATER)
    names = [operation.name for operation in publication.operations]
    assert names == ["publish", "reschedule-1", "cancel-1", "reschedule-2"]
    assert [operation.closed_at is None for operation in publication.operations] == [False] * 3 + [True]
    assert publication.open_operation == publication.operations[-1]


def test_a_new_operation_starts_with_no_tries():
    assert replace(opened(), attempts=4).begin(OperationKind.CANCEL, LATER).attempts == 0


def test_a_publication_is_closed_when_it_is_final_and_nothing_is_open():
    assert not opened(S.CANCELLED).closed
    assert opened(S.CANCELLED).finish(LATER).closed
    assert not opened(S.SCHEDULED).finish(LATER).closed


def test_finishing_keeps_the_time_when_an_operation_was_closed():
    assert opened().finish(fakes.START).finish(LATER).operations[0].closed_at == fakes.START


@pytest.mark.parametrize(
    ("kind", "reason", "by"),
    [
        (None, "", CancelledBy.PERSON),
        (None, "No Recipients", CancelledBy.PLATFORM),
        (OperationKind.CANCEL, "", CancelledBy.US),
        (OperationKind.EDIT, "", CancelledBy.PERSON),  # the edit itself tells when it was its doing
        (OperationKind.RESCHEDULE, "", CancelledBy.PERSON),
    ],
)
def test_who_cancelled_is_told_by_what_we_are_doing(kind, reason, by):
    publication = opened(S.SCHEDULED).finish(LATER)
    if kind:
        publication = publication.begin(kind, LATER)
    assert publication.seen(remote(S.CANCELLED, reason=reason), LATER).cancelled_by is by


def test_a_cancel_that_was_refused_long_ago_is_not_what_ended_it():
    refused = opened(S.SCHEDULED).begin(OperationKind.CANCEL, LATER).finish(LATER)
    assert refused.seen(remote(S.CANCELLED), LATER).cancelled_by is CancelledBy.PERSON


def test_each_publication_has_its_own_id_and_marker():
    assert opened().id != opened().id
    assert opened().marker != opened().marker


@pytest.mark.parametrize("name", ["Winter sale", "x" * 300, "x" * 99 + " y", "glow up", "Sale glitter00"])
def test_a_remote_name_ends_in_the_whole_marker_and_reads_clean(name):
    marker = new_marker()
    full = remote_name(name, marker)
    assert full.endswith(f" {marker}")
    assert len(full) <= 111
    assert clean_name(full) == name[:100].rstrip()


def test_only_a_marker_at_the_end_is_taken_off():
    assert clean_name("gl12345678 sale") == "gl12345678 sale"
    assert clean_name("Winter gl1234567") == "Winter gl1234567"
    assert clean_name("Wintergl12345678") == "Wintergl12345678"


WANTED = fakes.campaign(exclude=(AudienceRef("SEGM02"),))
SAME = remote(
    scheduled_for=WANTED.schedule.instant,
    included=frozenset({"LIST01"}),
    excluded=frozenset({"SEGM02"}),
    subject=WANTED.subject,
    sender_email=WANTED.sender.email,
)
WALL = datetime(2027, 1, 15, 9, 0)  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({}, set()),
        ({"scheduled_for": WANTED.schedule.instant + timedelta(milliseconds=900)}, set()),
        ({"scheduled_for": WANTED.schedule.instant + timedelta(minutes=1)}, {Drift.TIME}),
        ({"scheduled_for": None}, set()),
        ({"scheduled_for": None, "recipient_wall": WALL}, {Drift.TIME}),
        ({"included": frozenset({"LIST01", "LIST02"})}, {Drift.AUDIENCE}),
        ({"excluded": frozenset()}, {Drift.AUDIENCE}),
        ({"included": None, "excluded": None, "subject": None, "sender_email": None}, set()),
        ({"subject": "Buy now"}, {Drift.SUBJECT}),
        ({"sender_email": "b@example.com", "subject": "Buy now"}, {Drift.SENDER, Drift.SUBJECT}),
    ],
)
def test_drift_is_what_the_platform_says_differently(changes, drift):
    assert find_drift(WANTED, replace(SAME, **changes)) == drift


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({"scheduled_for": None, "recipient_wall": WALL}, set()),
        ({"scheduled_for": None, "recipient_wall": WALL.replace(hour=10)}, {Drift.TIME}),
        ({}, {Drift.TIME}),
    ],
)
def test_drift_of_a_recipient_local_time(changes, drift):
    wanted = WANTED.moved_to(SendAtRecipientTime.at(WALL))
    assert find_drift(wanted, replace(SAME, **changes)) == drift


@pytest.mark.parametrize(
    ("handed_over", "now", "before", "drift"),
    [
        ("as written", "as written", set(), set()),
        ("as written", "another", set(), {Drift.CONTENT}),
        ("as written", "another", {Drift.TIME}, {Drift.CONTENT}),
        ("as written", None, {Drift.CONTENT, Drift.TIME}, {Drift.CONTENT}),
        ("as written", "as written", {Drift.CONTENT}, set()),
        (None, "another", set(), set()),
        (None, "another", {Drift.CONTENT}, {Drift.CONTENT}),
    ],
)
def test_content_drift_stands_until_the_content_is_read_again(handed_over, now, before, drift):
    assert content_drift(remote(content=handed_over), now, frozenset(before)) == drift


def test_nothing_handed_over_has_not_changed():
    assert content_drift(None, "something", frozenset()) == set()


def test_the_content_that_was_handed_over_stays_known():
    publication = opened().seen(remote(content="as written"), LATER)
    assert publication.remote.content == "as written"
    for told in (None, "another"):
        publication = publication.seen(remote(S.SCHEDULED, content=told), LATER)
        assert (publication.state, publication.remote.content) == (S.SCHEDULED, "as written")


def test_a_ref_names_the_same_campaign_whatever_parts_it_knows():
    more = RemoteRef("fake", (("campaign", "C1"), ("message", "M1")))
    assert REF.same_campaign(more)
    assert not REF.same_campaign(RemoteRef("fake", (("campaign", "C2"),)))
    assert not REF.same_campaign(RemoteRef("other", (("campaign", "C1"),)))
    assert not REF.same_campaign(None)
    assert more.id("message") == "M1"
    assert REF.id("message") is None
