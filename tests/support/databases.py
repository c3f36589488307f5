"""The databases that stores are tested on: a file of SQLite, and a PostgreSQL server's.

``where`` is a place of its own for each test, on both. PostgreSQL is the server that answers at
``GLOWTIFY_TEST_POSTGRES_URL``, or on this machine; its user must be allowed to create databases.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from glowtify_adapters.persistence import Database
from glowtify_adapters.persistence.tables import VERSION_TABLE, metadata

SERVER = os.environ.get("GLOWTIFY_TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"

only_sqlite = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("where", ["postgresql"], indirect=True)


@contextmanager
def postgresql_url() -> Iterator[str]:
    """The URL of a new and empty database, dropped at the end; both take PostgreSQL half a second.

    Where no PostgreSQL answers, the test is skipped; in CI it fails.
    """
    if silence := _silence():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(silence)
    name = f"glowtify_test_{secrets.token_hex(6)}"
    _run(SERVER, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(SERVER, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_url() -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """Gives URLs of new places that have our tables, empty: schemas of one database, used again and again."""
    with postgresql_url() as url:
        migrations = _migrate(url)
        as_made = _emptied(url, "public")
        spare: list[str] = []

        @contextmanager
        def migrated_url() -> Iterator[str]:
            schema = f"test_{secrets.token_hex(6)}"  # another name each time, so that no latecomer finds it
            if spare:
                _run(url, f"ALTER SCHEMA {spare.pop()} RENAME TO {schema}")
            else:
                _run(url, f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; {migrations}")
            options = {"options": f"-c search_path={schema}"}
            yield make_url(url).update_query_dict(options).render_as_string(hide_password=False)
            if _emptied(url, schema) == as_made:
                spare.append(schema)
            else:
                _run(url, f"DROP SCHEMA {schema} CASCADE")

        yield migrated_url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where a test's database is: a path that does not exist yet, or a URL."""
    if request.param == "sqlite":
        yield tmp_path / "glowtify.db"
    else:
        with request.getfixturevalue("migrated_url")() as url:
            yield url


def url_of(where: Path | str) -> str:
    """The URL of a place."""
    return f"sqlite:///{where}" if isinstance(where, Path) else where


@contextmanager
def unguarded(where: Path | str) -> Iterator[Engine]:
    """A place as any other program opens it: nothing is migrated, nothing is set."""
    engine = create_engine(url_of(where), poolclass=NullPool)
    yield engine
    engine.dispose()


def plan_of(connection: Connection, statement: str, parameters: Any = ()) -> list[str]:
    """How the database would run a statement, were there many rows; a line a part."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row.detail for row in plan]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return list(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


def read_through(connection: Connection, statement: str, parameters: Any = ()) -> list[str]:
    """The parts of its plan that read a whole table."""
    whole = re.compile(r"SCAN (?!.*INDEX)|.*Seq Scan")
    return [part for part in plan_of(connection, statement, parameters) if whole.match(part)]


def _migrate(url: str) -> str:
    """Migrate, and tell what was run: running it again in one go takes a fraction of the time."""
    ran: list[str] = []

    def note(connection, cursor, statement, parameters, *_) -> None:
        if statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")):
            assert not parameters
            ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    database = Database(url)
    with database.reading():
        pass
    database.close()
    event.remove(Engine, "before_cursor_execute", note)
    return "; ".join(ran)


def _emptied(url: str, schema: str) -> Sequence[object]:
    """Delete every row of ours; what is there then: the revision and the names of all relations, if any."""
    tables = [table.name for table in reversed(metadata.sorted_tables)]
    version = f"SELECT version_num FROM {schema}.{VERSION_TABLE}"
    names = f"SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1"
    try:
        _run(url, "; ".join(f"DELETE FROM {schema}.{table}" for table in tables))
        with _engine(url).connect() as connection:
            return [connection.exec_driver_sql(query).scalars().all() for query in (version, names)]
    except ProgrammingError:
        return []


def _run(url: str, statements: str) -> None:
    with _engine(url).connect() as connection:
        connection.execution_options(no_parameters=True).exec_driver_sql(statements)


@cache
def _engine(url: str) -> Engine:
    return create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args={"connect_timeout": 10}
    )


@cache
def _silence() -> str:
    """Why no PostgreSQL can be used; empty when one can."""
    try:
        _run(SERVER, "SELECT 1")
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        reason = str(getattr(problem, "orig", problem)).partition("\n")[0]
        return f"no PostgreSQL answers; set GLOWTIFY_TEST_POSTGRES_URL: {reason}"
    return ""
