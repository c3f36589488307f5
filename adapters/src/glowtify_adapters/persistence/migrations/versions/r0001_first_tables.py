"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)
_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make publications, their contents, claims and steps, connections and credentials."""
    _publications()
    op.create_table(
        "glowtify_contents",
        sa.Column("publication_id", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("publication_id", name="pk_glowtify_contents"),
        _of_publication("glowtify_contents"),
    )
    op.create_table(
        "glowtify_claims",
        sa.Column("store", sa.String(255), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(255)),
        sa.Column("expires_at", _INSTANT),
        sa.PrimaryKeyConstraint("store", "campaign_id", name="pk_glowtify_claims"),
    )
    op.create_table(
        "glowtify_steps",
        sa.Column("position", _POSITION, nullable=False),
        sa.Column("publication_id", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("begun_at", _INSTANT),
        sa.Column("remote_id", sa.Text),
        sa.PrimaryKeyConstraint("position", name="pk_glowtify_steps"),
        _of_publication("glowtify_steps"),
        sa.UniqueConstraint(
            "publication_id", "operation", "name", name="uq_glowtify_steps_publication_id_operation_name"
        ),
    )
    op.create_table(
        "glowtify_connections",
        sa.Column("store", sa.String(255), nullable=False),
        sa.Column("connector", sa.String(255), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("account", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
        sa.Column("checked_at", _INSTANT),
        sa.PrimaryKeyConstraint("store", "connector", name="pk_glowtify_connections"),
    )
    op.create_table(
        "glowtify_credentials",
        sa.Column("store", sa.String(255), nullable=False),
        sa.Column("platform", sa.String(255), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("store", "platform", name="pk_glowtify_credentials"),
    )


def _publications() -> None:
    table = "glowtify_publications"
    op.create_table(
        table,
        sa.Column("position", _POSITION, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("store", sa.String(255), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("connector", sa.String(255), nullable=False),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("marker", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("schedule", sa.JSON, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("operations", sa.JSON, nullable=False),
        sa.Column("remote", sa.JSON),
        sa.Column("cancelled_by", sa.String(32)),
        sa.Column("drift", sa.JSON, nullable=False),
        sa.Column("attention", sa.Text, nullable=False),
        sa.Column("problem", sa.JSON),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("checked_at", _INSTANT),
        sa.PrimaryKeyConstraint("position", name=f"pk_{table}"),
        sa.UniqueConstraint("id", name=f"uq_{table}_id"),
    )
    for columns in (["store", "campaign_id", "position"], ["campaign_id"], ["state"]):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    still_open = ~sa.column("closed", sa.Boolean)
    op.create_index(
        f"ix_{table}_unfinished",
        table,
        ["position"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index(
        f"uq_{table}_open",
        table,
        ["store", "campaign_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _of_publication(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["publication_id"],
        ["glowtify_publications.id"],
        name=f"fk_{table}_publication_id_glowtify_publications",
    )
