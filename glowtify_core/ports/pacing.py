"""Pacing: staying within a platform's limits before it has to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``count`` requests in any ``seconds`` seconds."""

    count: int
    seconds: float


class RateGate(Protocol):
    """Lets requests through at the pace that a platform allows. Safe to share between threads."""

    def acquire(self, key: str, limits: Sequence[Window], *, budget: timedelta) -> None:
        """Wait for a place in every window of ``key`` (platform account and endpoint).

        First come, first served.

        Raises:
            RateLimited: the wait would be longer than ``budget``; nothing was taken.
            RepositoryError: our records cannot be written, so that nobody may go.
        """
        ...

    def block(self, key: str, wait: timedelta) -> None:
        """Let nothing through for ``wait``, those who wait already included: the platform said so.

        Raises:
            RepositoryError: our records cannot be written, so that others may not know of it.
        """
        ...
