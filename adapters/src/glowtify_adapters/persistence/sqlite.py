"""What SQLite needs so that no update is lost: without it 90 of 120 were, and without an error."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.failures import refuse_url

DRIVER = "pysqlite"
"""SQLAlchemy's name of the driver that this module is written for."""

READING: Mapping[str, Any] = {"glowtify_reading": True}
"""Execution options of a connection that will not write."""

RETRY_EVERY = 0.01
"""Seconds between two tries to switch a new file to its write-ahead log."""


def exists(url: URL) -> bool:
    """Whether the file is there.

    Raises:
        ConfigurationError: the URL names no file.
    """
    return _file(url).exists()


def open_engine(url: URL, patience: timedelta) -> Engine:
    """Connections that are durable and patient; every writing transaction takes its turn at the start.

    Raises:
        ConfigurationError: the URL names no file.
        OSError: the file cannot be made.
    """
    _make_file(url)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # so that only the BEGIN below begins
        connection.execute(f"PRAGMA busy_timeout = {round(patience.total_seconds() * 1000)}")
        _use_write_ahead_log(connection, patience)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = READING.items() <= connection.get_execution_options().items()
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def take_turns(connection: Connection) -> None:
    """Nothing is left to do: whoever writes has taken its turn at BEGIN."""
    del connection


def _make_file(url: URL) -> None:
    """Make the file before SQLite does, for its owner alone: it holds whole e-mails."""
    path = _file(url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        refuse_url("A database in memory would forget what is scheduled.")
    return Path(url.database)


def _use_write_ahead_log(connection: sqlite3.Connection, patience: timedelta) -> None:
    """Processes that make one new file at once fail here without a wait: ``busy_timeout`` does not apply."""
    until = time.monotonic() + patience.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(RETRY_EVERY)
        else:
            return
