"""A command for each test that publishes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine, opened


@pytest.fixture
def command(tmp_path: Path) -> Iterator[CommandLine]:
    """A command of one's own."""
    with opened(tmp_path) as command:
        yield command
