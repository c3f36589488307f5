"""Looking at a database leaves it as it was: not made, not migrated, not written."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy
from databases import only_postgresql, only_sqlite, postgresql_url
from fakes import FakeClock
from sqlalchemy import make_url, text

from glowtify_adapters.persistence import Database
from glowtify_adapters.persistence.inspection import inspect, try_writing
from glowtify_adapters.persistence.schema import CURRENT, refuse_newer
from glowtify_adapters.persistence.tables import VERSION_TABLE
from glowtify_core.domain.errors import ConfigurationError, RepositoryError
from glowtify_core.ports.clock import SystemClock

IMPATIENT = timedelta(milliseconds=50)


def tables(database):
    with database.as_it_is() as connection:
        return sqlalchemy.inspect(connection).get_table_names()


def set_revision(database, revision):
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    database.close()


@pytest.fixture
def migrated_here(database):
    with database.reading():
        pass
    database.close()
    return database


def test_it_says_what_it_is_and_that_its_tables_are_ours(migrated_here, where):
    found = inspect(migrated_here, SystemClock())
    assert found.kind == ("PostgreSQL" if isinstance(where, str) else "SQLite")
    assert (found.revision, found.current) == (CURRENT, True)
    assert found.round_trip >= timedelta()
    assert abs(found.ahead) < timedelta(minutes=1)


def test_its_clock_is_compared_with_ours(migrated_here):
    clock = FakeClock(SystemClock().now() - timedelta(hours=1))
    assert abs(inspect(migrated_here, clock).ahead - timedelta(hours=1)) < timedelta(minutes=1)


@only_sqlite
def test_a_file_that_is_not_there_is_not_made(where):
    assert inspect(Database(where), SystemClock()) is None
    assert not where.exists()


def test_no_database_in_memory(tmp_path):
    with pytest.raises(ConfigurationError, match="GLOWTIFY_DATABASE_URL"):
        inspect(Database("sqlite://"), SystemClock())


@only_sqlite
def test_an_empty_file_stays_empty(where):
    where.touch()
    database = Database(where)
    found = inspect(database, SystemClock())
    try_writing(database)
    assert (found.revision, found.current) == (None, False)
    assert tables(database) == []


def test_an_empty_server_stays_empty():
    with postgresql_url() as url:
        database = Database(url)
        assert inspect(database, SystemClock()).revision is None
        try_writing(database)
        assert tables(database) == []


def test_earlier_tables_are_not_migrated(migrated_here):
    set_revision(migrated_here, "0001")
    assert inspect(migrated_here, SystemClock()).revision == "0001"
    try_writing(migrated_here)
    assert inspect(migrated_here, SystemClock()).current is False


def test_a_newer_revision_is_known_as_such():
    refuse_newer(CURRENT)
    refuse_newer(None)
    with pytest.raises(ConfigurationError, match="newer version"):
        refuse_newer("9999")


@only_sqlite
def test_while_another_writes_it_can_be_looked_at_and_not_written(where, migrated_here):
    other = sqlite3.connect(where, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        impatient = Database(where, patience=IMPATIENT)
        assert inspect(impatient, SystemClock()).current
        with pytest.raises(RepositoryError, match="busy"):
            try_writing(impatient)
    finally:
        other.close()


@only_postgresql
def test_a_server_that_can_only_be_read_is_said_to_be(where, migrated_here):
    url = make_url(where)
    options = f"{url.query.get('options', '')} -c default_transaction_read_only=on".strip()
    url = url.update_query_dict({"options": options})
    with pytest.raises(RepositoryError, match="cannot be written"):
        try_writing(Database(url.render_as_string(hide_password=False)))
