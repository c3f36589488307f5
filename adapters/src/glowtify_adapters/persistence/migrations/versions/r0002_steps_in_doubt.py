"""How often a step was begun, and a short way to those that may have left something."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_IN_DOUBT = sa.text("kind = 'create' AND begun_at IS NOT NULL AND (remote_id IS NULL OR begins > 1)")


def upgrade() -> None:
    """Count begins; what was begun before counts as begun once."""
    op.add_column("glowtify_steps", sa.Column("begins", sa.Integer, nullable=False, server_default="1"))
    op.create_index(
        "ix_glowtify_steps_in_doubt",
        "glowtify_steps",
        ["begun_at"],
        sqlite_where=_IN_DOUBT,
        postgresql_where=_IN_DOUBT,
    )
