"""How the database is opened and shared, and what it says when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from databases import only_sqlite
from sqlalchemy import column, inspect, literal, select, table, text
from sqlalchemy.exc import StatementError

from glowtify_adapters.persistence import SqlCampaigns
from glowtify_adapters.persistence.clock import UtcDateTime, db_now
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import ConfigurationError, GlowtifyError, RepositoryError


def read(database):
    with database.reading() as connection:
        return connection.scalar(text("SELECT 1"))


def test_no_update_is_lost_between_threads(database):
    counter = table("counter", column("value"))
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(counter.insert().values(value=0))

    def increment(_):
        for _ in range(30):
            with database.writing() as connection:
                value = connection.scalar(select(counter.c.value).with_for_update())
                connection.execute(counter.update().values(value=value + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(increment, range(4)))
    with database.reading() as connection:
        assert connection.scalar(select(counter.c.value)) == 120


@only_sqlite
@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_sqlite_is_set_to_lose_nothing(database, setting, value):
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {setting}").scalar() == value


def test_readers_do_not_wait_for_a_writer(where, open_at):
    database = open_at(where)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE half_done (value INTEGER)"))
        assert read(database) == 1


def test_a_failed_transaction_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(text("CREATE TABLE half_done (value INTEGER)")).rowcount / 0
    with database.reading() as connection:
        assert not inspect(connection).has_table("half_done")


def test_a_closed_database_opens_again(database):
    read(database)
    database.close()
    assert read(database) == 1


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path, open_at):
    read(open_at(tmp_path / "new" / "a?b#c%d.db"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").iterdir()} == {0}
    assert (tmp_path / "new" / "a?b#c%d.db").exists()


# --- The clock ----------------------------------------------------------------------------------------


def test_the_database_clock_is_aware_and_near_ours(database):
    with database.reading() as connection:
        now, later = connection.execute(select(db_now(), db_now(timedelta(minutes=5)))).one()
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
    assert timedelta(minutes=5) <= later - now < timedelta(minutes=6)


def test_the_database_clock_compares_with_instants_from_python(database):
    before, after = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    in_between = db_now().between(literal(before, UtcDateTime), literal(after, UtcDateTime))
    with database.reading() as connection:
        assert connection.scalar(select(in_between))


def test_instants_come_back_in_utc_whatever_their_zone(database):
    there = datetime(2027, 1, 15, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    with database.reading() as connection:
        back = connection.scalar(select(literal(there, UtcDateTime)))
    assert back == there
    assert back.tzinfo is UTC


def test_a_naive_datetime_is_refused(database):
    with database.reading() as connection, pytest.raises(StatementError, match="names no instant"):
        connection.scalar(select(literal(datetime(2027, 1, 15), UtcDateTime)))  # noqa: DTZ001 - the point


# --- Failures -----------------------------------------------------------------------------------------


def damage(path):
    path.write_bytes(b"no database at all" * 100)


def occupy_with_a_folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "code"), [(damage, "database_damaged"), (occupy_with_a_folder, "database_unavailable")]
)
def test_a_database_that_cannot_be_read_is_one_clear_error(tmp_path, open_at, spoil, code):
    path = tmp_path / "a.db"
    spoil(path)
    with pytest.raises(RepositoryError) as failed:
        read(open_at(path))
    assert failed.value.code == code
    assert str(path) in failed.value.remedy


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path, open_at):
    (tmp_path / "file").touch()
    with pytest.raises(RepositoryError, match="cannot be opened"):
        read(open_at(tmp_path / "file" / "a.db"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everything")
def test_a_database_that_may_not_be_written_is_one_clear_error(tmp_path, open_at):
    path = tmp_path / "a.db"
    read(open_at(path))
    path.chmod(0o400)
    with pytest.raises(RepositoryError, match="cannot be written"):
        SqlCampaigns(open_at(path)).claim(CampaignKey("default", "spring"))


@pytest.mark.parametrize("new", [True, False], ids=["new", "made before"])
def test_a_database_that_another_program_holds_is_busy(tmp_path, open_at, new):
    path = tmp_path / "a.db"
    database = open_at(path)
    if not new:
        read(database)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(RepositoryError) as busy:
            SqlCampaigns(database).claim(CampaignKey("default", "spring"))
    finally:
        holder.close()
    assert busy.value.code == "database_busy"
    assert busy.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "://",
        "nonsense://host/name",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:////folder/glowtify.db",
        "postgres://host/name",
        "postgresql+asyncpg://host/name",
        "mysql://host/name",
    ],
)
def test_a_url_that_names_no_usable_database_is_refused(open_at, url):
    with pytest.raises(ConfigurationError, match="GLOWTIFY_DATABASE_URL") as refused:
        read(open_at(url))
    assert "postgresql://" in refused.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "nonsense://me:hunter2@localhost/glowtify",
        "postgresql://me:hunter2@127.0.0.1:1/glowtify?connect_timeout=1",
        "postgresql://127.0.0.1:1/glowtify?user=me&password=hunter2",
        "postgresql://me@127.0.0.1/glowtify?pasword=hunter2",
        "postgresql://me:hunter2@127.0.0.1:port/glowtify",
        "postgresql://me:hunter2/@127.0.0.1/glowtify",
    ],
)
def test_the_password_of_a_url_is_never_shown(open_at, url):
    database = open_at(url)
    with pytest.raises(GlowtifyError) as refused:
        read(database)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value)) + refused.value.remedy


def test_a_url_of_a_file_works_like_its_path(tmp_path, open_at):
    assert read(open_at(f"sqlite:///{tmp_path}/url.db")) == 1
    assert (tmp_path / "url.db").exists()


def test_what_is_written_never_shows_in_an_error(database):
    canary = "canary"[::-1]  # so that the line of code in the traceback does not hold it
    with pytest.raises(RepositoryError) as failed, database.writing() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": canary})
    assert canary not in "".join(traceback.format_exception(failed.value))
