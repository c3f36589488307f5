"""Figures in the database: one row for as long as they stayed the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, select
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.tables import figures as table
from glowtify_adapters.persistence.tables import publications
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.ports.figures import Reading


class SqlFigures:
    """A :class:`~glowtify_core.ports.figures.FiguresRepo` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, figures: Mapping[str, CampaignMetrics]) -> None:
        """Keep figures that were just read, of publications that are there, in four statements at most."""
        if not figures:
            return
        changed: list[dict[str, Any]] = []
        unchanged: list[dict[str, Any]] = []
        with self._database.writing() as connection:
            there = _lock(connection, figures)
            newest = {row["publication_id"]: row for row in connection.execute(_newest(there)).mappings()}
            for publication_id in there:
                metrics, row = figures[publication_id], newest.get(publication_id)
                if row is None or _differ(row, metrics):
                    changed.append(_to_row(publication_id, metrics))
                elif metrics.as_of > row["last_read_at"]:
                    unchanged.append({"at": row["position"], "read_at": metrics.as_of})
            if changed:
                connection.execute(table.insert(), changed)
            if unchanged:
                moved = table.update().where(table.c.position == bindparam("at"))
                connection.execute(moved.values(last_read_at=bindparam("read_at")), unchanged)

    def latest(self, publication_ids: Collection[str]) -> Mapping[str, CampaignMetrics]:
        """The newest figures of each, in one statement; those without any are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(_newest(publication_ids)).mappings().all()
        return {row["publication_id"]: _metrics(row) for row in rows}

    def history(self, publication_id: str) -> Sequence[Reading]:
        """Everything that was read, oldest first."""
        query = select(table).filter_by(publication_id=publication_id).order_by(table.c.position)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Reading(row["first_read_at"], _metrics(row)) for row in rows]


def _lock(connection: Connection, publication_ids: Collection[str]) -> Sequence[str]:
    """Those that are there, held until the end, so that one worker at a time compares and writes."""
    query = select(publications.c.id).where(publications.c.id.in_(publication_ids))
    return connection.scalars(query.order_by(publications.c.id).with_for_update(key_share=True)).all()


def _newest(publication_ids: Collection[str]) -> Select[Any]:
    last = (
        select(func.max(table.c.position))
        .where(table.c.publication_id.in_(publication_ids))
        .group_by(table.c.publication_id)
    )
    return select(table).where(table.c.position.in_(last))


def _differ(row: RowMapping, metrics: CampaignMetrics) -> bool:
    """Whether these are other figures than the newest ones, and not older than they."""
    if metrics.as_of < row["last_read_at"]:
        return False
    return replace(metrics, as_of=row["last_read_at"]) != _metrics(row)


def _to_row(publication_id: str, metrics: CampaignMetrics) -> dict[str, Any]:
    """Columns of ``figures``; what nobody gave is left out of the document."""
    given = {name: value for name, value in asdict(metrics).items() if value is not None}
    del given["as_of"]
    if metrics.revenue:
        given["revenue"]["amount"] = str(metrics.revenue.amount)  # JSON's numbers would round it
    return {
        "publication_id": publication_id,
        "first_read_at": metrics.as_of,
        "last_read_at": metrics.as_of,
        "document": given,
    }


def _metrics(row: RowMapping) -> CampaignMetrics:
    given = dict(row["document"])
    if money := given.pop("revenue", None):
        given["revenue"] = Revenue(**{**money, "amount": Decimal(money["amount"])})
    return CampaignMetrics(row["last_read_at"], **given)
