"""Instants in the database, and the database's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Dialect, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware going in, aware and in UTC coming out, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC.

        Raises:
            ValueError: it is naive.
        """
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime names no instant")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads like the SQL function that it stands for
    """The database's time of day when the statement runs, plus ``after``; to the millisecond or better.

    Whoever compares the clocks of several workers compares this one.
    """

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, after: timedelta = timedelta()) -> None:
        super().__init__(literal(after.total_seconds()))


class db_began(db_now):  # noqa: N801 - the same
    """The same when the statement began, which PostgreSQL can look up in an index; for reading alone."""

    inherit_cache = True


@compiles(db_now, "sqlite")
def _sqlite(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    """Same width as the instants that SQLAlchemy writes as text, so that they compare."""
    seconds = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


@compiles(db_now, "postgresql")
def _postgresql(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    """The time of the statement; ``now()`` would be that of the transaction's begin."""
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(db_began, "postgresql")
def _postgresql_began(element: db_began, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"(statement_timestamp() + make_interval(secs => {seconds}))"
