"""The tables. What changes here needs a migration beside it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    or_,
)

from glowtify_adapters.persistence.clock import UtcDateTime
from glowtify_core.ports.campaigns import StepKind

PREFIX = "glowtify_"
"""Starts every table's name: a host may keep its own tables in the same database."""

VERSION_TABLE = f"{PREFIX}version"
"""Where alembic notes the schema's revision."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

_Position = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there
_Document = JSON(none_as_null=True)

publications = Table(
    f"{PREFIX}publications",
    metadata,
    Column("position", _Position, primary_key=True),  # the order of opening, whatever clocks said
    Column("id", String(64), nullable=False, unique=True),
    Column("store", String(255), nullable=False),
    Column("campaign_id", String(64), nullable=False),
    Column("connector", String(255), nullable=False),
    Column("account_id", String(255), nullable=False),
    Column("marker", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("schedule", _Document, nullable=False),
    Column("state", String(32), nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("operations", _Document, nullable=False),
    Column("remote", _Document),
    Column("cancelled_by", String(32)),
    Column("drift", _Document, nullable=False),
    Column("attention", Text, nullable=False),
    Column("problem", _Document),
    Column("attempts", Integer, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("due_at", UtcDateTime),  # when it is to be looked at again though nobody asks; None never
)
Index(None, publications.c.store, publications.c.campaign_id, publications.c.position)
Index(None, publications.c.store, publications.c.position)
Index(None, publications.c.campaign_id)
Index(None, publications.c.state)
Index(
    f"ix_{publications.name}_unfinished",  # few, however long the journal grows
    publications.c.position,
    sqlite_where=~publications.c.closed,
    postgresql_where=~publications.c.closed,
)
Index(
    f"ix_{publications.name}_due",  # few as well: what was sent a year ago is looked at no more
    publications.c.due_at,
    sqlite_where=publications.c.due_at.is_not(None),
    postgresql_where=publications.c.due_at.is_not(None),
)
Index(
    f"uq_{publications.name}_open",  # at most one publication of a campaign is not closed
    publications.c.store,
    publications.c.campaign_id,
    unique=True,
    sqlite_where=~publications.c.closed,
    postgresql_where=~publications.c.closed,
)

contents = Table(
    f"{PREFIX}contents",  # apart, so that listing publications reads no HTML
    metadata,
    Column("publication_id", ForeignKey(publications.c.id), primary_key=True),
    Column("document", _Document, nullable=False),
)

claims = Table(
    f"{PREFIX}claims",
    metadata,
    Column("store", String(255), primary_key=True),
    Column("campaign_id", String(64), primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("holder", String(255)),  # for people; None once released
    Column("expires_at", UtcDateTime),  # by the database's clock; None once released
)

steps = Table(
    f"{PREFIX}steps",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("publication_id", ForeignKey(publications.c.id), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),  # the first begin
    Column("begun_at", UtcDateTime),  # the last begin; None for a step that was cleared
    Column("begins", Integer, nullable=False, server_default="1"),  # since it was last cleared
    Column("remote_id", Text),
    UniqueConstraint("publication_id", "operation", "name"),
)
CREATING = tuple(kind.value for kind in StepKind if kind.creates)
"""The kinds of steps that make something."""

step_in_doubt = and_(
    steps.c.kind.in_([literal_column(f"'{kind}'") for kind in CREATING]),
    steps.c.begun_at.is_not(None),
    or_(steps.c.remote_id.is_(None), steps.c.begins > literal_column("1")),
)
"""Few, however long the journal grows; see StepRecord.in_doubt."""
Index(
    f"ix_{steps.name}_in_doubt",
    steps.c.begun_at,
    sqlite_where=step_in_doubt,
    postgresql_where=step_in_doubt,
)

connections = Table(
    f"{PREFIX}connections",
    metadata,
    Column("store", String(255), primary_key=True),
    Column("connector", String(255), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("account", _Document, nullable=False),
    Column("settings", _Document, nullable=False),
    Column("problem", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("checked_at", UtcDateTime),
)

credentials = Table(
    f"{PREFIX}credentials",
    metadata,
    Column("store", String(255), primary_key=True),
    Column("platform", String(255), primary_key=True),
    Column("key_id", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # nonce, then what AES-GCM made of the values
)

figures = Table(
    f"{PREFIX}figures",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("publication_id", ForeignKey(publications.c.id), nullable=False),
    Column("first_read_at", UtcDateTime, nullable=False),
    Column("last_read_at", UtcDateTime, nullable=False),  # read again and again, and they were the same
    Column("document", _Document, nullable=False),
)
Index(None, figures.c.publication_id, figures.c.position)

paces = Table(
    f"{PREFIX}paces",
    metadata,
    Column("key", Text, primary_key=True),  # platform account and endpoint
    Column("places", _Document, nullable=False),  # given to requests, oldest first; see pacing.py
    Column("longest_count", Integer, nullable=False),  # the longest of its windows: so many requests
    Column("longest_seconds", Double, nullable=False),  # in so long
    Column("blocked_until", Double, nullable=False),  # seconds since 1970, by the database's clock
    Column("idle_at", Double, nullable=False, index=True),  # from then on forgetting the row changes nothing
)

workers = Table(
    f"{PREFIX}workers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
