"""A database for sealed credentials, and what somebody finds in it who has the disk or a dump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import unguarded
from sqlalchemy import MetaData, select

from glowtify_adapters.persistence import Database


@pytest.fixture
def database(where: Path | str) -> Iterator[Database]:
    database = Database(where)
    yield database
    database.close()


@pytest.fixture
def at_rest(where: Path | str) -> Callable[[], bytes]:
    """All that the database keeps: its files, or what a dump of the server's would hold."""

    def at_rest() -> bytes:
        if isinstance(where, Path):
            return b"".join(file.read_bytes() for file in where.parent.glob(f"{where.name}*"))
        found = MetaData()
        with unguarded(where) as engine, engine.connect() as connection:
            found.reflect(connection)
            rows = [row for table in found.tables.values() for row in connection.execute(select(table))]
        values = [value for row in rows for value in row]
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)

    return at_rest
