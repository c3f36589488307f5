"""A gate that never waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from glowtify_core.ports.pacing import Window


class OpenGate:
    """A :class:`~glowtify_core.ports.pacing.RateGate` that lets everything through."""

    def acquire(self, key: str, limits: Sequence[Window], *, budget: timedelta) -> None:
        """Go at once."""

    def block(self, key: str, wait: timedelta) -> None:
        """Block nothing."""
