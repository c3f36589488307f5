"""A step that creates and commits at once may have left something too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INDEX = "ix_glowtify_steps_in_doubt"
_IN_DOUBT = sa.text(
    "kind IN ('create', 'create_and_commit') AND begun_at IS NOT NULL AND (remote_id IS NULL OR begins > 1)"
)


def upgrade() -> None:
    """Make the index of what is in doubt anew, with that kind."""
    op.drop_index(_INDEX, "glowtify_steps")
    op.create_index(
        _INDEX, "glowtify_steps", ["begun_at"], sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT
    )
