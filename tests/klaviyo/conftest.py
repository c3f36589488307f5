"""One sandbox for all tests of the connector, set back before each; its clock moves only when told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from klaviyo_world import World

from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def local_klaviyo() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def world(local_klaviyo: Sandbox) -> Iterator[World]:
    local_klaviyo.reset()
    made = World(local_klaviyo)
    yield made
    made.platform.close()
