"""What an error means for what was done before it: a refused read undoes no write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glowtify_core.domain.errors import Effect, Phase, PlatformError


@contextmanager
def leaving(effect: Effect, phase: Phase | None = None) -> Iterator[None]:
    """What an error without effect of its own, such as a read's, leaves behind from here on."""
    try:
        yield
    except PlatformError as problem:
        if problem.effect is Effect.NONE:
            problem.having(effect=effect, phase=phase or problem.phase)
        raise
