"""What a piece of work costs: its time, or what the database did for it, which no other load changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

FETCHED = (
    "SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0), pg_stat_force_next_flush()"
    " FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
)
"""Pages of tables and indexes that PostgreSQL looked at since the end of the transaction before."""


class Measure(Protocol):
    """Adds up what happens inside a ``with``."""

    spent: float

    def __enter__(self) -> object: ...
    def __exit__(self, *_: object) -> None: ...


class Stopwatch:
    """Seconds."""

    def __init__(self) -> None:
        self.spent = 0.0

    def __enter__(self) -> Self:
        self._begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.spent += time.perf_counter() - self._begun


class Effort:
    """Steps of SQLite's machine, or pages that PostgreSQL fetched; the same in every run.

    Made by :func:`counting`.
    """

    def __init__(self) -> None:
        self.spent = 0.0
        self._on = False

    def __enter__(self) -> Self:
        self._on = True
        return self

    def __exit__(self, *_: object) -> None:
        self._on = False

    def add(self, count: float) -> None:
        """Count, if it is time."""
        if self._on:
            self.spent += count


@contextmanager
def counting(engine: Engine) -> Iterator[Effort]:
    """Count what one thread has an engine's database do."""
    effort = Effort()
    if engine.dialect.name == "sqlite":
        listeners = {"checkout": _each_step(effort), "checkin": _no_more}
    else:
        with engine.connect() as connection:  # counts from here on
            connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        listeners = dict.fromkeys(("commit", "rollback"), _pages(effort))
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield effort
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def _each_step(effort: Effort) -> Any:
    def step() -> None:
        effort.add(1)

    return lambda connection, *_: connection.set_progress_handler(step, 1)


def _no_more(connection: Any, *_: object) -> None:
    if connection is not None:
        connection.set_progress_handler(None, 0)


def _pages(effort: Effort) -> Any:
    def ended(connection: Connection) -> None:
        with connection.connection.cursor() as cursor:
            ((pages, _),) = cursor.execute(FETCHED).fetchall()
        effort.add(float(pages))

    return ended
