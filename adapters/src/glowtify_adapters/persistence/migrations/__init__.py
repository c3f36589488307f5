"""Alembic's migrations. There are no downgrades: restore a backup."""
