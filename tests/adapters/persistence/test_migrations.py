"""How a database comes to the tables of this version, from nothing and from every earlier one."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import unguarded
from sqlalchemy import MetaData, Table, inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateTable

from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.keys import GivenKeys
from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections
from glowtify_adapters.persistence.schema import CURRENT
from glowtify_adapters.persistence.tables import VERSION_TABLE, metadata
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.ports.credentials import CredentialRef, Secret
from glowtify_core.testing.stores.samples import FULL_CONNECTION, FULL_PUBLICATION, campaign_for

ALEMBIC = Config()
ALEMBIC.set_main_option("script_location", "glowtify_adapters.persistence:migrations")
SCRIPTS = ScriptDirectory.from_config(ALEMBIC)
EARLIER = [script.revision for script in SCRIPTS.walk_revisions() if script.revision != CURRENT]

KEY = FULL_PUBLICATION.key
REF = CredentialRef("default", "klaviyo")
API_KEY = {"api_key": Secret("pk_0123456789")}


def differences(connection: Connection) -> list[object]:
    """What alembic would change, to come to the tables of the code."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return compare_metadata(context, metadata)


def schema_of(connection: Connection) -> list[str]:
    """The tables as they are, and their indexes."""
    found = MetaData()
    found.reflect(connection)
    tables = [str(CreateTable(table)) for table in found.sorted_tables]
    return tables + sorted(str(index.name) for table in found.sorted_tables for index in table.indexes)


def test_the_migrations_make_exactly_the_tables_of_the_code(new, open_at):
    with open_at(new).reading() as connection:
        assert differences(connection) == []


def test_the_newest_migration_is_the_one_that_the_code_expects():
    assert SCRIPTS.get_heads() == [CURRENT]


# --- What an earlier version held -----------------------------------------------------------------------


@pytest.fixture
def full(open_at, tmp_path):
    """A database with something in each of the first tables."""
    database = open_at(tmp_path / "full.db")
    claim = SqlCampaigns(database).claim(KEY)
    claim.add(FULL_PUBLICATION, campaign_for(KEY))
    log = claim.log(FULL_PUBLICATION.id, "publish")
    log.begin("campaign", StepKind.CREATE)
    log.record("campaign", "01K")
    log.begin("template", StepKind.CREATE)
    claim.release()
    SqlConnections(database).save(FULL_CONNECTION)
    credentials_in(database).put(REF, API_KEY)
    return database


def credentials_in(database: Database) -> EncryptedCredentials:
    return EncryptedCredentials(database, GivenKeys([Secret("11" * 32)]))


def copy_what_fits(source: Database, old: Connection) -> None:
    """Fill an old schema with rows of today, as far as it has their tables and columns."""
    with source.reading() as connection:
        for table in metadata.sorted_tables:
            if not inspect(old).has_table(table.name):
                continue
            there = Table(table.name, MetaData(), autoload_with=old)
            for row in connection.execute(select(table)).mappings():
                known = {name: value for name, value in row.items() if name in there.columns}
                old.execute(there.insert().values(known))


@pytest.mark.parametrize("revision", EARLIER)
def test_what_an_earlier_version_held_is_kept(new, open_at, full, revision):
    with unguarded(new) as engine, engine.begin() as connection:
        ALEMBIC.attributes["connection"] = connection
        command.upgrade(ALEMBIC, revision)
        copy_what_fits(full, connection)
    database = open_at(new)
    with database.reading() as connection:
        assert differences(connection) == []
    before, after = SqlCampaigns(full), SqlCampaigns(database)
    assert after.find() == before.find() == [FULL_PUBLICATION]
    assert after.content(FULL_PUBLICATION.id) == campaign_for(KEY)
    assert SqlConnections(database).all() == [FULL_CONNECTION]
    assert credentials_in(database).get(REF) == API_KEY
    claim = after.claim(KEY)
    assert claim.fence == 2
    steps = claim.log(FULL_PUBLICATION.id, "publish").steps()
    assert [(step.name, step.remote_id, step.begins) for step in steps] == [
        ("campaign", "01K", 1),
        ("template", None, 1),
    ]
    claim.release()


# --- Opening --------------------------------------------------------------------------------------------


def test_opening_again_changes_nothing_and_does_not_even_load_alembic(database, where, python):
    with database.reading() as connection:
        before = schema_of(connection)
    process = python("SqlCampaigns(database).find(); print('alembic' in sys.modules)")
    assert process.communicate()[0] == "False\n"
    with unguarded(where) as engine, engine.connect() as connection:
        assert schema_of(connection) == before


def test_processes_that_make_the_database_at_once_agree(new, python, open_at):
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
    assert SqlCampaigns(open_at(new)).claim(KEY) is None


def test_a_failed_migration_leaves_nothing(new, open_at, monkeypatch):
    upgrade = command.upgrade

    def fail_at_the_end(*arguments) -> None:
        upgrade(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(command, "upgrade", fail_at_the_end)
    with pytest.raises(ZeroDivisionError), open_at(new).reading():
        pass
    with unguarded(new) as engine, engine.connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_database_of_a_newer_version_is_refused_untouched(where, open_at):
    first = open_at(where)
    with first.writing() as connection:
        connection.execute(text("UPDATE glowtify_version SET version_num = '9999'"))
        before = schema_of(connection)
    first.close()
    with pytest.raises(ConfigurationError, match="newer version") as refused, open_at(where).reading():
        pass
    assert "Upgrade" in refused.value.remedy
    with unguarded(where) as engine, engine.connect() as connection:
        assert schema_of(connection) == before
        assert connection.scalar(text("SELECT version_num FROM glowtify_version")) == "9999"
