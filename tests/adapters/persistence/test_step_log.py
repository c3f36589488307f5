"""The step log in a database; what every store promises is in test_contract.py."""

from __future__ import annotations

from datetime import timedelta

import pytest
from databases import plan_of
from sqlalchemy import select, update

from glowtify_adapters.persistence import SqlCampaigns
from glowtify_adapters.persistence.campaigns import SqlClaim
from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.journal import SqlStepLog
from glowtify_adapters.persistence.tables import step_in_doubt, steps
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import StepKind

HOUR = timedelta(hours=1)
LITERAL = {"literal_binds": True}


@pytest.fixture
def claim(repo: SqlCampaigns, publication: Publication, campaign: Campaign):
    claim = repo.claim(publication.key)
    claim.add(publication, campaign)
    yield claim
    claim.release()


@pytest.fixture
def log(claim: SqlClaim, publication: Publication) -> SqlStepLog:
    return claim.log(publication.id, "publish")


def test_age_is_never_negative_when_the_clock_is_set_back(log, database):
    log.begin("campaign", StepKind.CREATE)
    with database.writing() as connection:
        connection.execute(update(steps).values(begun_at=db_now(HOUR)))
    assert log.steps()[0].age == timedelta()


def test_doubts_are_found_by_their_index(log, database):
    """Or each repair would read the whole journal."""
    query = select(steps.c.publication_id).where(step_in_doubt, steps.c.begun_at > db_now(-HOUR))
    with database.writing() as connection:
        statement = query.compile(connection, compile_kwargs=LITERAL)
        assert "ix_glowtify_steps_in_doubt" in "".join(plan_of(connection, str(statement)))
