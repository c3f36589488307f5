"""A journal of as many campaigns as are asked for: copies, made by the database itself, of a real one.

One store's year is written first: a campaign that was really published, sent and reported, once every few
days. Every further store has the same year under ids of its own, so that a store stays as large as it was
while stores are added. One store is much larger, and one has everything that is not over.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fakes
from inprocess import in_process
from klaviyo_world import SandboxClock, klaviyo_campaign
from sqlalchemy import Engine, Integer, String, Table, cast, create_engine, event, func, literal, select
from sqlalchemy.engine import Connection
from wiring import wired

from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections
from glowtify_adapters.persistence.figures import SqlFigures
from glowtify_adapters.persistence.tables import claims, contents, figures, publications, steps
from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Sandbox

Row = dict[str, Any]
Rows = Mapping[Table, Sequence[Row]]

STORE = 100
"""Campaigns of a store, always."""

LIVE = 100
"""Publications of all stores together that are not over; half of them are due."""

LARGE, ALIVE, SAMPLE = "store-large", "store-alive", "store-0"
"""The store that is a tenth of everything, the one with what is not over, the one that is copied."""

HTML = "<html><body>" + "<p>Everything must go, {{ first_name }}.</p>" * 47 + "</body></html>"
"""Two kilobytes."""

_REST = {
    "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)",),
    "postgresql": ("VACUUM ANALYZE", "CHECKPOINT"),  # the first is done by itself a minute later
}

_TRUSTING = (
    "SELECT set_config('session_replication_role', 'replica', true)"
    " WHERE current_setting('is_superuser') = 'on'"
)

AT_ONCE = 500
"""Stores that are copied in one transaction."""


class Yearbook:
    """Fills a database.

    Args:
        where: a database without campaigns.
        size: campaigns that it is to have.

    Attributes:
        stores: ordinary stores, by number, from 0 on.
        large: campaigns of the large store.
        now: of those that measure; what is due by then is as much in a small journal as in a large one.
    """

    def __init__(self, where: Path | str, size: int) -> None:
        self.now = datetime.now(UTC)
        self.large = size // 10
        self.stores = (size - self.large - LIVE) // STORE
        scheduled, sent = _samples(where)
        engine = _filling(where)
        try:
            with engine.begin() as connection:
                _insert(connection, _alive(scheduled, self.now))
                _insert(connection, _year(sent, self.now))
            _copy(engine, 1, self.large // STORE, store=LARGE)
            for first in range(1, self.stores, AT_ONCE):
                _copy(engine, first, min(first + AT_ONCE, self.stores) - 1)
            _come_to_rest(engine)
        finally:
            engine.dispose()

    def key(self, store: int, campaign: int) -> CampaignKey:
        """A campaign of an ordinary store."""
        suffix = f"-{store}" if store else ""
        return CampaignKey(f"store-{store}", f"epic-{campaign}{suffix}")

    def publication_id(self, store: int, campaign: int) -> str:
        """Its only publication."""
        own = _own_id(campaign)
        return _md5(f"{own}{store}") if store else own


def _copy(engine: Engine, first: int, last: int, *, store: str | None = None) -> None:
    """Copy the sample store, once for each of these numbers."""
    numbers = select(literal(first, Integer).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < last))
    number = cast(numbers.c.number, String)
    if store:
        number = literal("large") + number
    new = {
        "id": func.md5(publications.c.id + number),
        "publication_id": func.md5(publications.c.id + number),
        "store": literal(store) if store else literal("store-") + number,
        "campaign_id": publications.c.campaign_id + "-" + number,
        "account_id": publications.c.account_id + number,
    }
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # what is copied refers to what is copied
            connection.exec_driver_sql(_TRUSTING)
        for table, joined in _joined().items():
            columns = [column for column in table.c if column.name != "position"]
            copied = (
                select(*(new.get(column.name, column) for column in columns))
                .select_from(joined.join(numbers, literal(value=True)))
                .where(publications.c.store == SAMPLE)
            )
            connection.execute(table.insert().from_select(columns, copied))


def _come_to_rest(engine: Engine) -> None:
    """Let what was filled come to rest, as a year's growth would be."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for rest in _REST[connection.dialect.name]:
            connection.exec_driver_sql(rest)
    os.sync()


def _joined() -> Mapping[Table, Any]:
    """What is copied of every table, with the publication that it belongs to."""
    same = (claims.c.store == publications.c.store) & (claims.c.campaign_id == publications.c.campaign_id)
    return {
        publications: publications,
        claims: claims.join(publications, same),
        contents: contents.join(publications),
        steps: steps.join(publications),
        figures: figures.join(publications),
    }


def _samples(where: Path | str) -> tuple[Rows, Rows]:
    """What a campaign leaves in every table: once it is scheduled, and once it was sent and reported."""
    database = Database(where)
    sandbox = Sandbox(now=fakes.START)
    clock = SandboxClock(sandbox)
    repo = SqlCampaigns(database)
    container = wired(
        in_process(sandbox),
        clock=clock,
        repo=repo,
        connections=SqlConnections(database),
    )
    container.figures_repo.override(SqlFigures(database))
    app = container.app()
    app.connections.connect(SAMPLE, "klaviyo", {"api_key": Secret(sandbox.api_key)})
    campaign = klaviyo_campaign(
        key=CampaignKey(SAMPLE, "epic"),
        html=HTML,
        include=(AudienceRef(sandbox.ready["lists"][0]["id"], AudienceKind.LIST),),
        schedule=SendAt.at((clock.now() + timedelta(days=1)).replace(tzinfo=None), "UTC"),
    )
    app.campaigns.publish(campaign)
    scheduled = _take(database)
    clock.move(timedelta(days=2))
    app.performance(app.campaigns.track(repo.find()))
    clock.move(timedelta(days=9))
    app.performance(repo.find(), anew=True)
    sent = _take(database)
    with database.writing() as connection:
        for table in (figures, steps, contents, claims, publications):
            connection.execute(table.delete())
    database.close()
    return scheduled, sent


def _take(database: Database) -> Rows:
    with database.reading() as connection:
        return {
            table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in _joined()
        }


def _year(sample: Rows, now: datetime) -> Rows:
    """A campaign every few days for a year; one in twenty was tried twice, one in twenty was cancelled."""
    rows: dict[Table, list[Row]] = {table: [] for table in sample}
    for number in range(STORE):
        copy = _copied(sample, number, now - timedelta(days=365 * (number + 1) / (STORE + 1)))
        (publication,) = copy[publications]
        publication |= {"store": SAMPLE, "due_at": now + timedelta(hours=1 + number)}
        if number % 20 == 7:
            publication |= {"state": "cancelled", "cancelled_by": "us", "due_at": None}
        if number % 20 == 3:
            copy[steps][0]["begins"] = 2
        for table, some in copy.items():
            rows[table] += some
    return rows


def _alive(sample: Rows, now: datetime) -> Rows:
    """Scheduled ones, half of them due, a few with a step in doubt."""
    rows: dict[Table, list[Row]] = {table: [] for table in sample}
    for number in range(LIVE):
        copy = _copied(sample, 10_000 + number, now - timedelta(minutes=number))
        (publication,) = copy[publications]
        due = now + timedelta(hours=1) if number % 2 else now - timedelta(minutes=number)
        publication |= {"store": ALIVE, "due_at": due}
        copy[claims][0]["store"] = ALIVE
        if number < 5:
            copy[steps][0] |= {"remote_id": None, "begun_at": now}
        for table, some in copy.items():
            rows[table] += some
    return rows


def _copied(sample: Rows, number: int, opened_at: datetime) -> Rows:
    """A sample's rows, under another id and at another time."""
    own = {
        "id": _own_id(number),
        "publication_id": _own_id(number),
        "campaign_id": f"epic-{number}",
        "opened_at": opened_at,
        "since": opened_at,
        "begun_at": opened_at,
        "checked_at": opened_at + timedelta(days=2),
    }
    return {
        table: [
            {name: own.get(name, value) for name, value in row.items() if name != "position"} for row in some
        ]
        for table, some in sample.items()
    }


def _insert(connection: Connection, rows: Rows) -> None:
    for table, some in rows.items():
        if some:
            connection.execute(table.insert(), some)


def _own_id(number: int) -> str:
    return _md5(f"publication {number}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _filling(where: Path | str) -> Engine:
    """Connections that fill fast, and would not survive a loss of power."""
    if isinstance(where, str):
        return create_engine(where)
    engine = create_engine(f"sqlite:///{where}")

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1500000")  # KiB
        connection.create_function("md5", 1, _md5, deterministic=True)

    return engine
