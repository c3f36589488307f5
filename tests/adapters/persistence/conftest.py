"""A database of its own for each test, and something to keep in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.publication import Publication, open_publication
from glowtify_core.domain.schedule import SendAt

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "glowtify.db")
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
def python(database: Database) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts Python processes that find the database as ``database``; kills what is left of them."""
    started: list[subprocess.Popen[str]] = []
    prelude = (
        "import sys; from datetime import timedelta; from pathlib import Path\n"
        "from glowtify_adapters.persistence import Database, SqlCampaigns\n"
        "from glowtify_core.domain.campaign import CampaignKey\n"
        "database = Database(Path(sys.argv[1]))\n"
    )

    def start(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", prelude + code, str(database)],
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
