"""Connections come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from glowtify_adapters.persistence import Database, SqlConnections
from glowtify_core.domain.connection import AccountInfo, Connection, ConnectionState

FULL = Connection(
    store="default",
    connector="klaviyo",
    state=ConnectionState.PARTIALLY_CONNECTED,
    account=AccountInfo(
        id="AcCt01",
        name="The Shop",
        zone="America/Toronto",
        currency="CAD",
        locale="en-CA",
        sender_name="Shop",
        sender_email="shop@example.com",
        granted=frozenset({"campaigns:read", "campaigns:write"}),
        missing=frozenset({"metrics:read"}),
        not_proven=frozenset({"templates:write"}),
        notes=("Create a list first",),
        test_account=True,
    ),
    settings={"base_url": "http://127.0.0.1:1234", "conversion_metric": "Placed Order"},
    problem="A scope is missing",
    remedy="Make a new key",
    checked_at=datetime(2026, 12, 1, 8, tzinfo=UTC),
)
BARE = Connection(
    "default", "klaviyo", ConnectionState.CONNECTED, AccountInfo("AcCt01", "The Shop", "UTC", "EUR")
)


@pytest.fixture
def repo(database: Database) -> SqlConnections:
    return SqlConnections(database)


@pytest.mark.parametrize("connection", [FULL, BARE], ids=["full", "bare"])
def test_every_field_comes_back(repo, connection):
    repo.save(connection)
    assert repo.get("default", "klaviyo") == connection


def test_there_is_one_connection_a_store_and_connector(repo):
    repo.save(FULL)
    repo.save(BARE)
    assert repo.all() == [BARE]


def test_what_was_never_saved_is_none(repo):
    repo.save(FULL)
    assert repo.get("default", "mailchimp") is None
    assert repo.get("second", "klaviyo") is None


def test_all_are_sorted_and_can_be_narrowed_to_a_store(repo):
    saved = [replace(BARE, store=store, connector=name) for store in "ba" for name in ("z", "y")]
    for connection in saved:
        repo.save(connection)
    assert [(found.store, found.connector) for found in repo.all()] == [
        ("a", "y"),
        ("a", "z"),
        ("b", "y"),
        ("b", "z"),
    ]
    assert [found.connector for found in repo.all("b")] == ["y", "z"]


def test_deleting_forgets_one_and_minds_nothing(repo):
    repo.save(FULL)
    repo.save(replace(BARE, store="second"))
    repo.delete("default", "klaviyo")
    repo.delete("default", "klaviyo")
    assert [found.store for found in repo.all()] == ["second"]
