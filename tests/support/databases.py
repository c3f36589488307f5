"""The databases that stores are tested on: a file of SQLite, and a PostgreSQL server's.

``where`` is a place of its own for each test, on both. PostgreSQL is the server that answers at
``GLOWTIFY_TEST_POSTGRES_URL``, or on this machine; its user must be allowed to create databases.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from glowtify_adapters.persistence import Database

SERVER = os.environ.get("GLOWTIFY_TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"

only_sqlite = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("where", ["postgresql"], indirect=True)


@contextmanager
def postgresql_url(template: str = "template0") -> Iterator[str]:
    """The URL of a new database, dropped at the end: empty, or a copy of ``template``.

    Where no PostgreSQL answers, the test is skipped; in CI it fails.
    """
    if silence := _silence():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(silence)
    name = f"glowtify_test_{secrets.token_hex(6)}"
    # Copying files makes dropping cheap: both together take half as long as by the write-ahead log.
    _run(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY FILE_COPY")
    try:
        yield _server().url.set(database=name).render_as_string(hide_password=False)
    finally:
        _run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated() -> Iterator[str]:
    """The name of a PostgreSQL database that has our tables and no rows, to be copied."""
    with postgresql_url() as url:
        database = Database(url)
        with database.reading() as connection:
            name = connection.scalar(text("SELECT current_database()"))
        database.close()
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where a test's database is: a path that does not exist yet, or a URL."""
    if request.param == "sqlite":
        yield tmp_path / "glowtify.db"
    else:
        with postgresql_url(request.getfixturevalue("migrated")) as url:
            yield url


@cache
def _server() -> Engine:
    patience = {"connect_timeout": 10}
    return create_engine(SERVER, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=patience)


def _run(statement: str) -> None:
    with _server().connect() as connection:
        connection.execute(text(statement))


@cache
def _silence() -> str:
    """Why no PostgreSQL can be used; empty when one can."""
    try:
        _run("SELECT 1")
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        reason = str(getattr(problem, "orig", problem)).partition("\n")[0]
        return f"no PostgreSQL answers; set GLOWTIFY_TEST_POSTGRES_URL: {reason}"
    return ""
