"""What the step log promises to the runner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.dialects import sqlite

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.campaigns import SqlClaim
from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.journal import SqlStepLog
from glowtify_adapters.persistence.tables import step_in_doubt, steps
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import CampaignNotFound, ClaimLost
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Recorded, StepKind

HOUR = timedelta(hours=1)
LITERAL = {"literal_binds": True}
CREATING = [kind for kind in StepKind if kind.creates]


@pytest.fixture
def claim(repo: SqlCampaigns, publication: Publication, campaign: Campaign):
    claim = repo.claim(publication.key)
    claim.add(publication, campaign)
    yield claim
    claim.release()


@pytest.fixture
def log(claim: SqlClaim, publication: Publication) -> SqlStepLog:
    return claim.log(publication.id, "publish")


@pytest.fixture
def an_hour_passes(database: Database) -> Callable[[], None]:
    """Moves what was written an hour back, instead of waiting for it."""

    def move() -> None:
        with database.writing() as connection:
            connection.execute(update(steps).values(since=db_now(-HOUR), begun_at=db_now(-HOUR)))

    return move


def test_nothing_is_known_of_a_step_that_was_not_begun(log):
    assert log.steps() == []


def test_a_begun_step_has_no_id_and_is_young(log):
    log.begin("campaign", StepKind.CREATE)
    (step,) = log.steps()
    assert (step.operation, step.name, step.kind, step.remote_id) == (
        "publish",
        "campaign",
        StepKind.CREATE,
        None,
    )
    assert timedelta() <= step.age < HOUR
    assert step.since.utcoffset() == timedelta()


def test_a_later_begin_keeps_since_and_restarts_age(log, an_hour_passes):
    log.begin("campaign", StepKind.CREATE)
    an_hour_passes()
    (before,) = log.steps()
    assert before.age >= HOUR
    log.begin("campaign", StepKind.CREATE)
    (after,) = log.steps()
    assert after.since == before.since
    assert after.age < HOUR


def test_age_is_never_negative_when_the_clock_is_set_back(log, database):
    log.begin("campaign", StepKind.CREATE)
    with database.writing() as connection:
        connection.execute(update(steps).values(begun_at=db_now(HOUR)))
    assert log.steps()[0].age == timedelta()


def test_the_first_recorded_id_stands(log):
    log.begin("campaign", StepKind.CREATE)
    assert log.record("campaign", "01A").remote_id == "01A"
    assert log.record("campaign", "01B").remote_id == "01A"
    assert log.steps()[0].remote_id == "01A"


@pytest.mark.parametrize("kind", CREATING)
def test_recording_what_was_created_needs_no_fence(log, repo, publication, kind):
    log.begin("campaign", kind)
    repo.claim(publication.key, take_over=True).release()
    assert log.record("campaign", "01A") == Recorded("01A", replaced=True)
    assert [step.remote_id for step in log.steps()] == ["01A"]


def test_recording_what_was_never_begun_is_refused(log):
    with pytest.raises(CampaignNotFound):
        log.record("campaign", "01A")


@pytest.mark.parametrize("kind", [StepKind.REPEATABLE, StepKind.COMMIT])
def test_what_creates_nothing_is_recorded_only_under_the_fence(log, repo, publication, kind):
    log.begin("send", kind)
    assert log.record("send", "01A") == Recorded("01A")
    log.begin("again", kind)
    repo.claim(publication.key, take_over=True).release()
    assert log.record("again", "01A") == Recorded("01A", replaced=True)
    assert [step.remote_id for step in log.steps()] == ["01A", None]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_cleared_step_is_as_if_it_had_never_been_begun(log, an_hour_passes, recorded):
    log.begin("campaign", StepKind.CREATE)
    if recorded:
        log.record("campaign", "01A")
    an_hour_passes()
    log.clear("campaign")
    assert log.steps() == []
    log.begin("campaign", StepKind.REPEATABLE)
    (step,) = log.steps()
    assert step.kind is StepKind.REPEATABLE
    assert step.remote_id is None
    assert step.age < HOUR
    log.clear("campaign")


def test_since_starts_anew_after_a_clear(log, an_hour_passes):
    log.begin("campaign", StepKind.CREATE)
    an_hour_passes()
    (before,) = log.steps()
    log.clear("campaign")
    log.begin("campaign", StepKind.CREATE)
    assert log.steps()[0].since > before.since


def test_clearing_what_was_never_begun_does_nothing(log):
    log.clear("campaign")
    assert log.steps() == []


def test_an_id_that_comes_after_a_clear_is_kept(log):
    log.begin("campaign", StepKind.CREATE)
    log.clear("campaign")
    assert log.record("campaign", "01A").remote_id == "01A"
    assert [(step.name, step.remote_id) for step in log.steps()] == [("campaign", "01A")]


@pytest.mark.parametrize("write", ["begin", "clear"])
def test_begin_and_clear_need_the_fence(log, repo, publication, write):
    repo.claim(publication.key, take_over=True).release()
    with pytest.raises(ClaimLost):
        log.begin("campaign", StepKind.CREATE) if write == "begin" else log.clear("campaign")


def test_a_claim_can_be_checked(log, repo, publication):
    log.check()
    repo.claim(publication.key, take_over=True).release()
    with pytest.raises(ClaimLost):
        log.check()


def test_steps_of_every_operation_are_seen_oldest_first(claim, log, publication):
    cancel = claim.log(publication.id, "cancel")
    for name in ("template", "campaign"):
        log.begin(name, StepKind.CREATE)
    cancel.begin("cancel", StepKind.REPEATABLE)
    log.begin("template", StepKind.CREATE)
    expected = [("publish", "template"), ("publish", "campaign"), ("cancel", "cancel")]
    for view in (log, cancel):
        assert [(step.operation, step.name) for step in view.steps()] == expected


def test_a_name_is_one_step_in_each_operation(claim, log, publication):
    again = claim.log(publication.id, "reschedule-1")
    log.begin("send", StepKind.COMMIT)
    log.record("send", "01A")
    again.begin("send", StepKind.COMMIT)
    again.record("send", "01B")
    assert [step.remote_id for step in log.steps()] == ["01A", "01B"]


def test_steps_of_other_publications_are_not_seen(claim, log, publication, repo, campaign_of):
    log.begin("campaign", StepKind.CREATE)
    assert claim.log("another", "publish").steps() == []


def test_recording_tells_when_the_publication_was_closed_meanwhile(claim, log, publication):
    log.begin("campaign", StepKind.CREATE)
    assert not log.record("campaign", "01A").closed
    claim.save(publication.moved_to(PublicationState.FAILED).finish(publication.opened_at))
    assert log.record("campaign", "01A").closed


def test_begins_are_counted_until_the_step_is_cleared(log):
    log.begin("campaign", StepKind.CREATE)
    log.begin("campaign", StepKind.CREATE)
    assert log.steps()[0].begins == 2
    log.clear("campaign")
    log.begin("campaign", StepKind.CREATE)
    assert log.steps()[0].begins == 1


def in_doubt(repo: SqlCampaigns, **conditions: str) -> list[str]:
    return [one.id for one in repo.in_doubt(within=2 * HOUR, **conditions)]


@pytest.mark.parametrize("kind", CREATING)
def test_what_creates_is_in_doubt_until_it_is_recorded(log, repo, publication, kind):
    assert in_doubt(repo) == []
    log.begin("campaign", kind)
    assert in_doubt(repo) == [publication.id]
    assert in_doubt(repo, store="default") == [publication.id]
    assert in_doubt(repo, store="north") == []
    log.record("campaign", "01K")
    assert in_doubt(repo) == []


def test_a_create_that_was_begun_again_stays_in_doubt_once_it_is_recorded(log, repo, publication):
    for _ in range(2):
        log.begin("campaign", StepKind.CREATE)
    log.record("campaign", "01K")
    assert log.steps()[0].in_doubt
    assert in_doubt(repo) == [publication.id]


def test_what_makes_nothing_or_had_no_effect_is_not_in_doubt(log, repo):
    log.begin("send", StepKind.COMMIT)
    log.begin("campaign", StepKind.CREATE)
    log.clear("campaign")
    assert in_doubt(repo) == []


def test_a_doubt_ends_with_the_time_that_is_asked_about(log, repo, an_hour_passes, publication):
    log.begin("campaign", StepKind.CREATE)
    an_hour_passes()
    assert in_doubt(repo) == [publication.id]
    assert repo.in_doubt(within=HOUR / 2) == []


def test_doubts_are_found_by_their_index(log, database):
    """Or each repair would read the whole journal."""
    query = select(steps.c.publication_id).where(step_in_doubt, steps.c.begun_at > db_now(-HOUR))
    plan = text(f"EXPLAIN QUERY PLAN {query.compile(dialect=sqlite.dialect(), compile_kwargs=LITERAL)}")
    with database.reading() as connection:
        assert "ix_glowtify_steps_in_doubt" in str(connection.execute(plan).all())
