"""Waiting until a request whose answer was lost has arrived, or never will."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from glowtify_core.domain.errors import Effect, PlatformError
from glowtify_core.ports.campaigns import StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.connectors import ConnectorContext

SETTLE = timedelta(seconds=10)
"""How long a platform may take to show what was asked of it, where the settings say nothing else."""


@dataclass(frozen=True, slots=True)
class Settling:
    """Knows how long a platform may take to show what was asked of it.

    Attributes:
        clock: to wait by.
        time: that long.
    """

    clock: Clock
    time: timedelta = SETTLE

    @classmethod
    def of(cls, context: ConnectorContext) -> Self:
        """As the installation has set it: ``settle_seconds``."""
        seconds = context.settings.get("settle_seconds")
        return cls(context.clock, SETTLE if seconds is None else timedelta(seconds=seconds))

    def wait_out(self, steps: Iterable[StepRecord]) -> None:
        """Wait until what these steps have begun shows; nothing is waited for where all are recorded."""
        lost = [step.age for step in steps if step.remote_id is None]
        if lost:
            self.clock.sleep((self.time - min(lost)).total_seconds())

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Let a request arrive whose answer was lost, before its error leads to anything else.

        For what takes a campaign back: asked again it succeeds at once, and the first request, if it came
        only then, would undo the scheduling that follows.
        """
        try:
            yield
        except PlatformError as problem:
            if problem.effect is Effect.UNKNOWN:
                self.clock.sleep(self.time.total_seconds())
            raise
