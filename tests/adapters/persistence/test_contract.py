"""The stores in a database keep the promises of their ports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections
from glowtify_adapters.persistence.tables import claims, steps
from glowtify_core.testing import CampaignRepoContract, ConnectionRepoContract

DATED = {claims: ("expires_at",), steps: ("since", "begun_at")}
"""What is compared with the database's clock, which nobody can move."""


class TestSqlCampaigns(CampaignRepoContract):
    @pytest.fixture
    def repo(self, database):
        return SqlCampaigns(database)

    @pytest.fixture
    def other_repo(self, where):
        other = Database(where)
        yield SqlCampaigns(other)
        other.close()

    @pytest.fixture
    def pass_time(self, database):
        def pass_time(by: timedelta) -> None:
            """Moves what is stored back, instead of waiting; renewing takes longer than a test to begin."""
            with database.writing() as connection:
                for table, columns in DATED.items():
                    for row in connection.execute(select(table)).mappings().all():
                        moved = {name: row[name] - by for name in columns if row[name]}
                        key = {column.name: row[column.name] for column in table.primary_key}
                        connection.execute(table.update().filter_by(**key).values(moved))

        return pass_time


class TestSqlConnections(ConnectionRepoContract):
    @pytest.fixture
    def repo(self, database):
        return SqlConnections(database)
