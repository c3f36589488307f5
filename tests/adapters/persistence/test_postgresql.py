"""What only PostgreSQL does: a server that may go away, locks a row, and gives a code with each failure."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from breaking import breaking_proxy
from databases import only_postgresql, unguarded
from sqlalchemy import inspect, make_url, select, text

from glowtify_adapters.persistence import SqlCampaigns, postgresql
from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.tables import claims
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import ConfigurationError, RepositoryError

pytestmark = only_postgresql

KEY = CampaignKey("default", "spring")


def show(connection, name):
    return connection.scalar(text(f"SHOW {name}"))


def changed(where, **parts):
    """A URL with other parts; ``query`` is added to."""
    url = make_url(where).update_query_dict(parts.pop("query", {})).set(**parts)
    return url.render_as_string(hide_password=False)


def set_to(where, setting):
    """A URL whose sessions have a setting of the server's."""
    return changed(where, query={"options": f"{make_url(where).query['options']} -c {setting}"})


def fences(database):
    with database.reading() as connection:
        return connection.scalars(select(claims.c.fence)).all()


def test_a_reader_sees_one_moment_and_cannot_write(database):
    with database.reading() as connection:
        assert show(connection, "transaction_isolation") == "repeatable read"
        assert show(connection, "transaction_read_only") == "on"
        before = connection.scalar(select(claims.c.fence))
        SqlCampaigns(database).claim(KEY).release()
        assert connection.scalar(select(claims.c.fence)) == before is None


def test_a_writer_sees_what_others_wrote_whatever_the_server_is_set_to(where, open_at):
    database = open_at(set_to(where, "default_transaction_isolation=serializable"))
    fences(database)  # what a reading leaves behind in the pool does not matter either
    with database.writing() as connection:
        assert show(connection, "transaction_isolation") == "read committed"
        assert show(connection, "transaction_read_only") == "off"


def test_the_options_of_the_url_are_kept_beside_ours(where, open_at):
    with open_at(where, patience=timedelta(seconds=7)).reading() as connection:
        assert show(connection, "lock_timeout") == "7s"
        assert show(connection, "idle_in_transaction_session_timeout") == "15s"
        assert show(connection, "search_path") in where


def test_the_database_clock_is_that_of_the_statement(database):
    with database.writing() as connection:
        first, second = (connection.scalar(select(db_now())) for _ in range(2))
    assert first < second


# --- A server that goes away ----------------------------------------------------------------------------


@pytest.fixture
def proxy(where):
    url = make_url(where)
    with breaking_proxy(url.host or "127.0.0.1", url.port or 5432) as proxy:
        yield proxy


@pytest.fixture
def far(where, proxy, open_at):
    """The same database behind the proxy, already in use."""
    url = changed(where, host="127.0.0.1", port=proxy.port, query={"sslmode": "disable"})
    database = open_at(url, patience=timedelta(seconds=10))
    assert fences(database) == []
    return database


def test_after_a_broken_connection_the_next_use_works(far, proxy):
    proxy.cut()
    assert fences(far) == []


def test_while_the_server_is_away_that_is_said_and_once_it_is_back_all_works(far, proxy, where):
    proxy.away = True
    proxy.cut()
    for _ in range(2):
        with pytest.raises(RepositoryError, match="The database cannot be opened") as failed:
            SqlCampaigns(far).claim(KEY)
        assert failed.value.code == "database_unavailable"
        assert make_url(where).database in failed.value.remedy
        assert "server" in failed.value.remedy
    proxy.away = False
    SqlCampaigns(far).claim(KEY).release()


def end_the_session(proxy, connection):
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.mark.parametrize("end", [lambda proxy, connection: proxy.cut(), end_the_session])
def test_a_transaction_that_is_cut_leaves_nothing(far, proxy, end):
    def cut_in_the_middle():
        with far.writing() as connection:
            connection.execute(claims.insert().values(store="default", campaign_id="spring", fence=1))
            end(proxy, connection)
            connection.execute(text("SELECT 1"))

    with pytest.raises(RepositoryError) as failed:
        cut_in_the_middle()
    assert failed.value.code == "database_unavailable"
    assert fences(far) == []


def test_a_commit_whose_answer_is_lost_never_looks_like_success(far, proxy):
    proxy.swallow = b"COMMIT\0"
    with pytest.raises(RepositoryError) as failed:
        SqlCampaigns(far).claim(KEY)
    assert failed.value.code == "database_unavailable"
    proxy.swallow = b""
    assert fences(far) == [1]  # it stands, and runs out like the claim of a worker that died
    assert SqlCampaigns(far).claim(KEY) is None


# --- Failures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("08006", "database_unavailable"),
        ("57P01", "database_unavailable"),
        ("57014", "database_busy"),
        ("40P01", "database_busy"),
        ("53300", "database_busy"),
        ("53100", "database_unwritable"),
        ("58030", "database_unwritable"),
        ("42501", "database_unwritable"),
        ("XX001", "database_damaged"),
        ("22000", "database"),
    ],
)
def test_failures_are_sorted_by_their_code(database, state, code):
    fail = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}', DETAIL = 'a row'; END $$"
    with pytest.raises(RepositoryError) as failed, database.writing() as connection:
        connection.execute(text(fail))
    assert failed.value.code == code
    assert failed.value.detail == "no"
    assert failed.value.remedy


def test_a_row_that_another_program_holds_is_busy(where, open_at):
    SqlCampaigns(open_at(where)).claim(KEY).release()
    with unguarded(where) as engine, engine.begin() as holder:
        holder.execute(select(claims).with_for_update())
        with pytest.raises(RepositoryError) as busy:
            SqlCampaigns(open_at(where)).claim(KEY)
    assert busy.value.code == "database_busy"


def test_a_database_that_may_only_be_read_is_one_clear_error(where, open_at):
    database = open_at(set_to(where, "default_transaction_read_only=on"))
    with pytest.raises(RepositoryError) as failed:
        SqlCampaigns(database).claim(KEY)
    assert failed.value.code == "database_unwritable"


@pytest.mark.parametrize(
    "wrong", [{"database": "no_such_database"}, {"username": "nobody_here"}, {"host": "127.0.0.1", "port": 1}]
)
def test_what_cannot_be_reached_is_one_clear_error(where, open_at, wrong):
    database = open_at(changed(where, **wrong))
    with pytest.raises(RepositoryError) as failed:
        fences(database)
    assert failed.value.code == "database_unavailable"


def test_processes_that_migrate_take_turns(new, open_at):
    """One that finds another at it waits, and here loses patience."""
    with unguarded(new) as engine, engine.begin() as other:
        postgresql.take_turns(other)
        with pytest.raises(RepositoryError) as busy:
            fences(open_at(new))
        assert busy.value.code == "database_busy"
        assert not inspect(other).has_table(claims.name)
    assert fences(open_at(new)) == []


def test_without_its_driver_it_is_said_what_to_install(where, open_at, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match="driver") as refused:
        fences(open_at(where))
    assert 'pip install "glowtify-adapters[postgres]"' in refused.value.remedy
