"""What PostgreSQL needs so that no update is lost, and nobody waits for ever for a server that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Engine, create_engine, func, select
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.failures import refuse_url

DRIVER = "psycopg"
"""SQLAlchemy's name of the driver that this module is written for."""

MILLISECOND = timedelta(milliseconds=1)

READING: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options of a connection that will not write: what it sees is of one moment."""

WATCHFUL = {
    "connect_timeout": "10",  # seconds, as the others; the usual ones are hours
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",  # milliseconds that what was sent may stay unacknowledged
}
"""How the end of a server is noticed that can say nothing any more; the URL may say otherwise."""

LONGEST_PAUSE = timedelta(seconds=15)
"""After so long in the middle of a transaction its session is ended: whoever is stopped there, or lost, would
hold up all others with its locks. Ours take milliseconds."""

TURNS = 0x676C6F77
"""Our advisory lock in a database that may be a host's: "glow"."""


def exists(url: URL) -> bool:
    """Always: we make no database on a server."""
    del url
    return True


def open_engine(url: URL, patience: timedelta) -> Engine:
    """Connections that are tried before each use, and wait so long for another transaction's lock.

    Raises:
        ConfigurationError: the driver is not installed.
    """
    limits = {"lock_timeout": patience, "idle_in_transaction_session_timeout": LONGEST_PAUSE}
    options = (*(f"-c {name}={at // MILLISECOND}" for name, at in limits.items()), *_given(url, "options"))
    try:
        return create_engine(
            url.set(query={**WATCHFUL, **url.query, "options": " ".join(options)}),
            isolation_level="READ COMMITTED",  # a statement that waited for a lock sees what is there then
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as problem:
        refuse_url(
            "The driver for PostgreSQL is not installed.",
            'Install it: pip install "glowtify-adapters[postgres]".',
            problem,
        )


def take_turns(connection: Connection) -> None:
    """Wait until no other process's transaction that took its turn here is under way."""
    connection.execute(select(func.pg_advisory_xact_lock(TURNS)))


def _given(url: URL, name: str) -> tuple[str, ...]:
    return tuple(url.normalized_query.get(name, ()))
