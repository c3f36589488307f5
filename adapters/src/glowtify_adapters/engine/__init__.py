"""Background work on a durable engine: DBOS, on a file of its own or in the PostgreSQL that is there."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from glowtify_core.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from glowtify_adapters.engine.durable import DurableEngine
    from glowtify_adapters.persistence.workers import SqlWorkers
    from glowtify_adapters.settings import Settings
    from glowtify_core.application.background import Background

FILE = "engine.db"
"""Beside the database's file, where that is one: DBOS keeps its own tables."""


def open_engine(
    background: Background,
    workers: SqlWorkers,
    settings: Settings,
    *,
    concurrency: int,
    name: str | None = None,
) -> DurableEngine:
    """The engine of this process; it does nothing until it is run.

    Args:
        background: finds and does the work.
        workers: who else is there.
        settings: say where the database is.
        concurrency: jobs at a time.
        name: the executor's id; None makes one up that no other process has.

    Raises:
        ConfigurationError: the extra is not installed.
    """
    try:
        from glowtify_adapters.engine.durable import DurableEngine
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "The engine is not installed",
            code="engine_missing",
            remedy='Run: pip install "glowtify-adapters[engine]"',
        ) from missing
    return DurableEngine(
        background,
        workers,
        url=partial(_ready_url, settings.database),
        name=name or f"{platform.node()}/{os.getpid()}/{secrets.token_hex(4)}",
        concurrency=concurrency,
        lost_after=timedelta(seconds=settings.claim_seconds),
    )


def file_of(database: Path | str) -> Path | None:
    """The engine's own file, given our database; None on a server, where its tables are beside ours."""
    if isinstance(database, Path):
        return database.with_name(FILE)
    url = make_url(database)
    return Path(url.database or "").with_name(FILE) if url.get_backend_name() == "sqlite" else None


def _ready_url(database: Path | str) -> str:
    """The engine's database, given ours; a file is made, for its owner alone."""
    path = file_of(database)
    if path is None:
        url = make_url(str(database)).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file; DBOS does not set it
    return f"sqlite:///{path}"
