"""The database: opened at first use, set up so that no update is lost, and speaking of failures plainly."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import URL, Engine, Table, create_engine, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from glowtify_adapters.persistence import sqlite
from glowtify_adapters.persistence.failures import in_plain_words
from glowtify_adapters.persistence.schema import bring_up_to_date
from glowtify_core.domain.errors import ConfigurationError


class Database:
    """Transactions on one database.

    Args:
        where: a file for SQLite (its folder is made when missing), or an SQLAlchemy URL.
        patience: how long to wait for another process's write, before saying that the database is busy.
    """

    def __init__(self, where: Path | str, *, patience: timedelta = timedelta(seconds=10)) -> None:
        self._where = where
        self._patience = patience
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the database at one moment; waits for no writer.

        Raises:
            RepositoryError, ConfigurationError: with a remedy, for whatever the database does.
        """
        with self._plainly(), self._ready().connect() as connection:
            yield connection.execution_options(**{sqlite.READING: True})

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it stands at the end, or nothing; on SQLite one at a time.

        Raises:
            RepositoryError, ConfigurationError: with a remedy, for whatever the database does.
        """
        with self._plainly(), self._ready().begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of its connections; the next use opens it anew."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def __str__(self) -> str:
        """The file, or the URL without its password."""
        if isinstance(self._where, Path):
            return str(self._where)
        return make_url(self._where).render_as_string(hide_password=True)

    def _ready(self) -> Engine:
        with self._lock:
            if self._engine is None:
                engine = _open(self._where, self._patience)
                try:
                    bring_up_to_date(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise in_plain_words(error, str(self)) from error


def insert_if_absent(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(row))
    except IntegrityError:
        return False
    return True


def put(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Insert a row, or give the one with this key these values."""
    if not insert_if_absent(connection, table, {**key, **values}):
        connection.execute(table.update().filter_by(**key).values(values))


def _open(where: Path | str, patience: timedelta) -> Engine:
    url = URL.create("sqlite", database=str(where)) if isinstance(where, Path) else _parse(where)
    on_sqlite = url.get_backend_name() == "sqlite"
    if on_sqlite:
        _file_of(url)
    try:
        engine = create_engine(url, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as problem:
        _refuse_url(f"No driver is installed for {url.drivername}.", problem)
    if on_sqlite:
        sqlite.set_up(engine, patience)
    return engine


def _parse(text: str) -> URL:
    try:
        return make_url(text)
    except ArgumentError:
        _refuse_url("It is not a database URL.", None)  # the library's message would repeat the value


def _file_of(url: URL) -> None:
    """Make the file before SQLite does, for its owner alone: it holds whole e-mails."""
    if not url.database or url.database == ":memory:":
        _refuse_url("A database in memory would forget what is scheduled.", None)
    path = Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _refuse_url(detail: str, cause: Exception | None) -> NoReturn:
    raise ConfigurationError(
        "GLOWTIFY_DATABASE_URL cannot be used",
        detail=detail,
        remedy="Leave it unset for a file under GLOWTIFY_HOME, or write it like sqlite:////folder/glowtify.db.",
        code="database_url",
    ) from cause
