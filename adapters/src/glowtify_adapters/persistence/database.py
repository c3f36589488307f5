"""The database: opened at first use, set up so that no update is lost, and speaking of failures plainly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Engine, Table, make_url
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from glowtify_adapters.persistence import postgresql, sqlite
from glowtify_adapters.persistence.failures import in_plain_words, refuse_url
from glowtify_adapters.persistence.schema import bring_up_to_date


class Dialect(Protocol):
    """What a module says about its kind of database."""

    DRIVER: str
    READING: Mapping[str, Any]

    def exists(self, url: URL) -> bool:
        """Whether opening it would make nothing."""
        ...

    def open_engine(self, url: URL, patience: timedelta) -> Engine:
        """Ready to begin transactions, on a database that may still be empty."""
        ...

    def take_turns(self, connection: Connection) -> None:
        """Let no other process that does the same be in its transaction."""
        ...


DIALECTS: Mapping[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}
"""By SQLAlchemy's name."""


INSERTS: Mapping[str, Callable[[Table], Any]] = {
    "sqlite": insert_into_sqlite,
    "postgresql": insert_into_postgresql,
}
"""Those that can leave alone what is there, without an error in the server's log."""


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
            yield connection.execution_options(**DIALECTS[connection.dialect.name].READING)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it stands at the end, or nothing; on SQLite one at a time.

        Raises:
            RepositoryError, ConfigurationError: with a remedy, for whatever the database does. Where it fell
                silent at the very end, the transaction may stand all the same.
        """
        with self._plainly(), self._ready().begin() as connection:
            yield connection

    @contextmanager
    def as_it_is(self, *, reading: bool = True) -> Iterator[Connection]:
        """A transaction on whatever tables are there, none included; nothing of it stands at the end.

        Raises:
            RepositoryError, ConfigurationError: as above.
        """
        with self._plainly():
            url, dialect = _find(self._where)
            engine = dialect.open_engine(url, self._patience)
            try:
                with engine.connect() as connection:
                    yield connection.execution_options(**(dialect.READING if reading else {}))
            finally:
                engine.dispose()

    @property
    def exists(self) -> bool:
        """Whether its file is there; a server's is taken to be.

        Raises:
            ConfigurationError: the URL cannot be used.
        """
        url, dialect = _find(self._where)
        return dialect.exists(url)

    def close(self) -> None:
        """Let go of its connections; the next use opens it anew."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def __str__(self) -> str:
        """The file, or the URL without what may be secret."""
        if isinstance(self._where, Path):
            return str(self._where)
        return make_url(self._where).set(query={}).render_as_string(hide_password=True)

    def _ready(self) -> Engine:
        with self._lock:
            if self._engine is None:
                url, dialect = _find(self._where)
                engine = dialect.open_engine(url, self._patience)
                try:
                    bring_up_to_date(engine, dialect.take_turns)
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
    insert = INSERTS[connection.dialect.name](table).values(row).on_conflict_do_nothing()
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


def put(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Insert a row, or give the one with this key these values."""
    if not insert_if_absent(connection, table, {**key, **values}):
        connection.execute(table.update().filter_by(**key).values(values))


def _find(where: Path | str) -> tuple[URL, Dialect]:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where)), sqlite
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        refuse_url("It is not a database URL.")  # the library's message would repeat the value
    dialect = DIALECTS.get(url.get_backend_name())
    if dialect is None or url.get_driver_name() != dialect.DRIVER:
        refuse_url(f"We do not know how to work with {url.drivername}.")
    return url, dialect
