"""When each publication is due, figures over time, pacing and workers: what several machines share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INSTANT = sa.DateTime(timezone=True)
_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Add them; what may still change, or was sent, is due at once."""
    op.add_column("glowtify_publications", sa.Column("due_at", _INSTANT))
    op.execute("UPDATE glowtify_publications SET due_at = opened_at WHERE NOT closed OR state = 'sent'")
    op.create_index(
        "ix_glowtify_publications_due",
        "glowtify_publications",
        ["due_at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    op.create_index("ix_glowtify_publications_store_position", "glowtify_publications", ["store", "position"])
    _figures()
    op.create_table(
        "glowtify_paces",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("places", sa.JSON, nullable=False),
        sa.Column("longest_count", sa.Integer, nullable=False),
        sa.Column("longest_seconds", sa.Double, nullable=False),
        sa.Column("blocked_until", sa.Double, nullable=False),
        sa.Column("idle_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_glowtify_paces"),
    )
    op.create_index("ix_glowtify_paces_idle_at", "glowtify_paces", ["idle_at"])
    op.create_table(
        "glowtify_workers",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_glowtify_workers"),
    )


def _figures() -> None:
    op.create_table(
        "glowtify_figures",
        sa.Column("position", _POSITION, nullable=False),
        sa.Column("publication_id", sa.String(64), nullable=False),
        sa.Column("first_read_at", _INSTANT, nullable=False),
        sa.Column("last_read_at", _INSTANT, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_glowtify_figures"),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["glowtify_publications.id"],
            name="fk_glowtify_figures_publication_id_glowtify_publications",
        ),
    )
    op.create_index(
        "ix_glowtify_figures_publication_id_position", "glowtify_figures", ["publication_id", "position"]
    )
