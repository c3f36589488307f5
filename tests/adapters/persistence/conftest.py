"""A database of its own for each test, and something to keep in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import unguarded, url_of
from sqlalchemy import MetaData

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.publication import Publication, open_publication
from glowtify_core.domain.schedule import SendAt

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
IMPATIENT = timedelta(milliseconds=50)

Where = Path | str


@pytest.fixture
def new(where: Where) -> Where:
    """The same place, where nothing was ever made."""
    if isinstance(where, str):
        with unguarded(where) as engine:
            found = MetaData()
            found.reflect(engine)
            found.drop_all(engine)
    return where


@pytest.fixture
def open_at() -> Iterator[Callable[..., Database]]:
    """Opens a database, and closes it at the end."""
    opened: list[Database] = []

    def open_at(where: Where, patience: timedelta = IMPATIENT) -> Database:
        database = Database(where, patience=patience)
        opened.append(database)
        return database

    yield open_at
    for database in opened:
        database.close()


@pytest.fixture
def database(where: Where) -> Iterator[Database]:
    database = Database(where)
    yield database
    database.close()


@pytest.fixture
def repo(database: Database) -> SqlCampaigns:
    return SqlCampaigns(database)


@pytest.fixture
def campaign_of() -> Callable[..., Campaign]:
    def build(campaign_id: str = "spring", store: str = "default", connector: str = "klaviyo") -> Campaign:
        return Campaign(
            key=CampaignKey(store, campaign_id),
            connector=connector,
            name="Spring",
            subject="Spring is here",
            sender=Sender("shop@example.com", "The Shop"),
            html="<p>Grüße 🌷</p>",
            include=(AudienceRef("Y6nRLr"),),
            schedule=SendAt.at(datetime(2027, 3, 1, 9), "America/Toronto"),  # noqa: DTZ001 - a wall time
        )

    return build


@pytest.fixture
def campaign(campaign_of: Callable[..., Campaign]) -> Campaign:
    return campaign_of()


@pytest.fixture
def publication(campaign: Campaign) -> Publication:
    return open_publication(campaign, account_id="AcCt01", now=NOW)


@pytest.fixture
def python(where: Where) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts Python processes that find the database as ``database``; kills what is left of them."""
    started: list[subprocess.Popen[str]] = []
    prelude = (
        "import os, sys; from datetime import timedelta\n"
        "from glowtify_adapters.persistence import Database, SqlCampaigns\n"
        "from glowtify_core.domain.campaign import CampaignKey\n"
        "database = Database(os.environ['GLOWTIFY_DATABASE_URL'])\n"
    )

    def start(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", prelude + code],
            env={**os.environ, "GLOWTIFY_DATABASE_URL": url_of(where)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
