"""How figures are kept in a database; what every store of them promises is in the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from glowtify_adapters.persistence.documents import publication_to_row
from glowtify_adapters.persistence.figures import SqlFigures
from glowtify_adapters.persistence.tables import figures, publications
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import open_publication
from glowtify_core.testing import FiguresRepoContract

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def stored(database, campaign_of):
    """Stores so many publications; their ids."""

    def store(count):
        made = [
            open_publication(campaign_of(f"epic-{number}"), account_id="AcCt01", now=NOW)
            for number in range(count)
        ]
        with database.writing() as connection:
            connection.execute(publications.insert(), [publication_to_row(one) for one in made])
        return [one.id for one in made]

    return store


@pytest.fixture
def statements(database):
    """Every statement from now on that does something."""
    sent = []
    with database.reading() as connection:
        engine = connection.engine

    def note(*args):
        if not args[2].startswith("BEGIN"):
            sent.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


class TestSqlFigures(FiguresRepoContract):
    @pytest.fixture
    def repo(self, database):
        return SqlFigures(database)

    @pytest.fixture
    def ids(self, stored):
        return stored(2)


def test_a_thousand_campaigns_take_few_statements(database, stored, statements):
    repo, ids = SqlFigures(database), stored(1000)
    for hours, counts in enumerate((1, 1, 2)):
        read = {one: CampaignMetrics(NOW + hours * HOUR, delivered=counts) for one in ids}
        statements.clear()
        repo.record(read)
        assert len(statements) <= 4
        statements.clear()
        assert repo.latest(ids) == read
        assert len(statements) == 1


def test_figures_that_stay_the_same_take_no_room(database, stored):
    repo, (one,) = SqlFigures(database), stored(1)
    for hours in range(100):
        repo.record({one: CampaignMetrics(NOW + hours * HOUR, delivered=5)})
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(figures)) == 1


def test_figures_of_a_publication_that_is_not_there_are_left_out(database, stored):
    repo, (one,) = SqlFigures(database), stored(1)
    metrics = CampaignMetrics(NOW, delivered=5)
    repo.record({one: metrics, "nothing": metrics})
    assert repo.latest([one, "nothing"]) == {one: metrics}
