"""How the database is opened, shared and migrated, and what it says when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, literal, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.clock import UtcDateTime, db_now
from glowtify_adapters.persistence.schema import CURRENT
from glowtify_adapters.persistence.tables import metadata, steps
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import ConfigurationError, RepositoryError

IMPATIENT = timedelta(milliseconds=50)


@pytest.fixture
def open_at():
    """Opens a database, and closes it at the end."""
    opened = []

    def open_at(where, patience=IMPATIENT):
        database = Database(where, patience=patience)
        opened.append(database)
        return database

    yield open_at
    for database in opened:
        database.close()


def read(database):
    with database.reading() as connection:
        return connection.scalar(text("SELECT 1"))


def test_no_update_is_lost_between_threads(database):
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))

    def increment(_):
        for _ in range(30):
            with database.writing() as connection:
                value = connection.scalar(text("SELECT value FROM counter"))
                connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(increment, range(4)))
    with database.reading() as connection:
        assert connection.scalar(text("SELECT value FROM counter")) == 120


@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_sqlite_is_set_to_lose_nothing(database, setting, value):
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {setting}").scalar() == value


def test_readers_do_not_wait_for_a_writer(tmp_path, open_at):
    database = open_at(tmp_path / "a.db")
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE half_done (value INTEGER)"))
        assert read(database) == 1


def test_a_failed_transaction_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(text("CREATE TABLE half_done (value INTEGER)")).rowcount / 0
    with database.reading() as connection:
        assert not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'half_done'")).all()


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


def test_the_database_clock_on_postgresql_is_that_of_the_statement():
    sql = str(select(db_now(timedelta(seconds=15))).compile(dialect=postgresql.dialect()))
    assert "clock_timestamp() + make_interval(secs => " in sql


def test_instants_come_back_in_utc_whatever_their_zone(database):
    there = datetime(2027, 1, 15, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    with database.reading() as connection:
        back = connection.scalar(select(literal(there, UtcDateTime)))
    assert back == there
    assert back.tzinfo is UTC


def test_a_naive_datetime_is_refused(database):
    with database.reading() as connection, pytest.raises(StatementError, match="names no instant"):
        connection.scalar(select(literal(datetime(2027, 1, 15), UtcDateTime)))  # noqa: DTZ001 - the point


# --- Migrations ---------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "glowtify_version"})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_what_an_earlier_schema_held_is_kept(tmp_path, open_at, revision):
    file = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", "glowtify_adapters.persistence:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(
            text(
                "INSERT INTO glowtify_steps"
                " (publication_id, operation, name, kind, since, begun_at, remote_id)"
                " VALUES ('p', 'publish', 'campaign', 'create', '2026-12-01', '2026-12-01', '01K')"
            )
        )
    engine.dispose()
    with open_at(file).reading() as connection:
        (step,) = connection.execute(select(steps)).all()
    assert (step.name, step.remote_id, step.begins) == ("campaign", "01K", 1)


def test_the_newest_migration_is_the_one_that_the_code_expects():
    config = Config()
    config.set_main_option("script_location", "glowtify_adapters.persistence:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [CURRENT]


def test_opening_again_changes_nothing_and_does_not_even_load_alembic(database, tmp_path, python):
    read(database)
    with sqlite3.connect(tmp_path / "glowtify.db") as connection:
        before = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    connection.close()
    process = python("SqlCampaigns(database).find(); print('alembic' in sys.modules)")
    assert process.communicate()[0] == "False\n"
    with sqlite3.connect(tmp_path / "glowtify.db") as connection:
        assert connection.execute("SELECT sql FROM sqlite_master").fetchall() == before
    connection.close()


def test_processes_that_make_the_database_at_once_agree(python, repo):
    code = (
        "print('ready', flush=True); sys.stdin.readline()\n"
        "claim = SqlCampaigns(database).claim(CampaignKey('default', 'spring'))\n"
        "print(bool(claim), flush=True); sys.stdin.readline()\n"
    )
    processes = [python(code) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.stdout.readline() for process in processes) == ["False\n"] * 3 + ["True\n"]
    assert repo.claim(CampaignKey("default", "spring")) is None


def test_a_database_of_a_newer_version_is_refused_untouched(tmp_path, open_at):
    path = tmp_path / "a.db"
    first = open_at(path)
    with first.writing() as connection:
        connection.execute(text("UPDATE glowtify_version SET version_num = '9999'"))
    first.close()
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="newer version") as refused:
        read(open_at(path))
    assert "Upgrade" in refused.value.remedy
    assert path.read_bytes() == before


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
    "url", ["nonsense", "://", "nonsense://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_names_no_usable_database_is_refused(open_at, url):
    with pytest.raises(ConfigurationError, match="GLOWTIFY_DATABASE_URL") as refused:
        read(open_at(url))
    assert refused.value.remedy


def test_the_password_of_a_url_is_never_shown(open_at):
    database = open_at("nonsense://me:hunter2@localhost/glowtify")
    assert "hunter2" not in str(database)
    with pytest.raises(ConfigurationError) as refused:
        read(database)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_url_of_a_file_works_like_its_path(tmp_path, open_at):
    assert read(open_at(f"sqlite:///{tmp_path}/url.db")) == 1
    assert (tmp_path / "url.db").exists()


def test_what_is_written_never_shows_in_an_error(database):
    canary = "canary"[::-1]  # so that the line of code in the traceback does not hold it
    with pytest.raises(RepositoryError) as failed, database.writing() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": canary})
    assert canary not in "".join(traceback.format_exception(failed.value))
