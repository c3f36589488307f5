"""What waits, and for whom: counted without reading the whole journal, however long it has grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import String

from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.tables import claims, publications
from glowtify_core.domain.publication import MAX_ATTEMPTS
from glowtify_core.domain.state import PublicationState

MOST = 10_000
"""Due publications are counted up to here."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work that is due and in nobody's hands.

    Attributes:
        count: publications, :data:`MOST` at most.
        since: when the longest of them became due; None where there are none.
    """

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits.

    Attributes:
        due: everything that is due.
        operations: the open operations among that, which nobody but a worker or `repair` carries on.
        tried_out, unknown, attention: publications that are not closed and wait for a person, by store:
            because every try of theirs failed, because nobody knows how they stand, for another reason.
    """

    due: Waiting
    operations: Waiting
    tried_out: Mapping[str, int]
    unknown: Mapping[str, int]
    attention: Mapping[str, int]


class SqlBacklog:
    """Counts what waits in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, now: datetime, store: str | None = None) -> Backlog:
        """Count, for one store if given.

        Args:
            now: by which something is due, aware.
            store: whose; None: everybody's.
        """
        of_store = [] if store is None else [publications.c.store == store]
        open_ = and_(~publications.c.closed, _closing_of_last(publications.c.operations) == "null")
        with self._database.reading() as connection:
            return Backlog(
                _waiting(connection, publications.c.due_at, publications.c.due_at <= now, *of_store),
                _waiting(connection, publications.c.position, publications.c.due_at <= now, open_, *of_store),
                *_for_people(connection, open_, *of_store),
            )


def _waiting(connection: Connection, order: ColumnElement[Any], *which: ColumnElement[bool]) -> Waiting:
    """Count, among the first ones of an order that an index has, those that are in nobody's hands."""
    columns = (publications.c.store, publications.c.campaign_id, publications.c.due_at)
    some = select(*columns).where(*which).order_by(order).limit(MOST).subquery()
    same = and_(claims.c.store == some.c.store, claims.c.campaign_id == some.c.campaign_id)
    free = or_(claims.c.expires_at.is_(None), claims.c.expires_at <= db_now())
    query = select(func.count(), func.min(some.c.due_at)).join_from(some, claims, same).where(free)
    return Waiting(*connection.execute(query).one())


def _for_people(
    connection: Connection, open_: ColumnElement[bool], *which: ColumnElement[bool]
) -> list[Mapping[str, int]]:
    unknown = publications.c.state == PublicationState.UNKNOWN.value
    tried_out = and_(~unknown, open_, publications.c.attempts >= MAX_ATTEMPTS)
    attention = and_(~unknown, ~open_, publications.c.attention != "")
    kinds = (tried_out, unknown, attention)
    counts = [func.count().filter(kind).label(f"kind{number}") for number, kind in enumerate(kinds)]
    query = (
        select(publications.c.store, *counts)
        .where(~publications.c.closed, or_(*kinds), *which)
        .group_by(publications.c.store)
        .order_by(publications.c.store)
    )
    rows = connection.execute(query).all()
    return [{row[0]: row[number] for row in rows if row[number]} for number in range(1, len(kinds) + 1)]


class _closing_of_last(FunctionElement[str]):  # noqa: N801 - reads as a function in SQL
    """The JSON type of the last operation's ``closed_at``: ``null`` while it is open."""

    type = String()
    inherit_cache = True


@compiles(_closing_of_last, "sqlite")
def _sqlite(element: _closing_of_last, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_type({compiler.process(element.clauses, **options)}, '$[#-1].closed_at')"


@compiles(_closing_of_last, "postgresql")
def _postgresql(element: _closing_of_last, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_typeof({compiler.process(element.clauses, **options)} -> -1 -> 'closed_at')"
