"""What waits is counted: due work that nobody holds, and what waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from glowtify_adapters.persistence import backlog
from glowtify_adapters.persistence.backlog import SqlBacklog, Waiting
from glowtify_core.domain.publication import MAX_ATTEMPTS, open_publication
from glowtify_core.domain.state import PublicationState

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
NOTHING = Waiting(0, None)


@pytest.fixture
def keep(repo, campaign_of):
    """Stores a publication as a worker would, opened so long before NOW, and lets go of it."""

    def keep(campaign_id, *, age=timedelta(), store="default", held=False, finished=False, **changes):
        campaign = campaign_of(campaign_id, store=store)
        publication = open_publication(campaign, account_id="AcCt01", now=NOW - age)
        publication = replace(publication, **changes)
        claim = repo.claim(campaign.key)
        claim.add(publication.finish(NOW - age) if finished else publication, campaign)
        if not held:
            claim.release()
        return claim

    return keep


@pytest.fixture
def count(database):
    return SqlBacklog(database).count


def test_nothing_waits_in_an_empty_journal(count):
    found = count(NOW)
    assert (found.due, found.operations) == (NOTHING, NOTHING)
    assert (found.tried_out, found.unknown, found.attention) == ({}, {}, {})


def test_open_operations_wait_since_they_were_opened(keep, count):
    keep("a", age=timedelta(minutes=20))
    keep("b", age=timedelta(minutes=5))
    assert count(NOW).operations == Waiting(2, NOW - timedelta(minutes=20))
    assert count(NOW).due == count(NOW).operations


def test_what_somebody_holds_does_not_wait(keep, count):
    claim = keep("a", held=True)
    assert count(NOW).due == NOTHING
    claim.release()
    assert count(NOW).due.count == 1


def test_what_is_not_due_yet_does_not_wait(keep, count, repo):
    keep("a")
    repo.plan({repo.find()[0].id: NOW + timedelta(seconds=1)})
    assert count(NOW).due == NOTHING


def test_what_is_only_to_be_looked_at_is_no_operation(keep, count):
    keep("a", age=timedelta(days=1), finished=True, state=PublicationState.SCHEDULED)
    found = count(NOW)
    assert (found.due.count, found.operations) == (1, NOTHING)


def test_what_waits_for_a_person_is_told_by_store_and_reason(keep, count):
    keep("a", attempts=MAX_ATTEMPTS, attention="5 tries failed")
    keep("b", attempts=MAX_ATTEMPTS, store="shop-b", attention="5 tries failed")
    keep("c", state=PublicationState.UNKNOWN, attention="Nobody knows.")
    keep("d", state=PublicationState.STAGED, finished=True, attention="Unscheduled.")
    keep("e", attention="The publish is not finished.")  # a worker's, not a person's
    keep("f", state=PublicationState.FAILED, finished=True, attention="Not scheduled.")  # closed
    found = count(NOW)
    assert found.tried_out == {"default": 1, "shop-b": 1}
    assert (found.unknown, found.attention) == ({"default": 1}, {"default": 1})


def test_one_store_can_be_asked_about(keep, count):
    keep("a")
    keep("b", store="shop-b", attempts=MAX_ATTEMPTS)
    assert (count(NOW, "shop-b").operations, count(NOW, "shop-b").tried_out) == (NOTHING, {"shop-b": 1})
    assert (count(NOW, "default").operations.count, count(NOW, "default").tried_out) == (1, {})


def test_counting_ends_where_it_is_enough(keep, count, monkeypatch):
    monkeypatch.setattr(backlog, "MOST", 2)
    for number in range(3):
        keep(f"c{number}", age=timedelta(minutes=number))
    assert count(NOW).due == Waiting(2, NOW - timedelta(minutes=2))
