from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from glowtify_klaviyo.sandbox import Sandbox

MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def _served() -> Iterator[Sandbox]:
    with Sandbox(now=MONDAY) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_served: Sandbox) -> Sandbox:
    """The sandbox at its beginning, its clock standing on a Monday morning."""
    _served.reset()
    return _served
