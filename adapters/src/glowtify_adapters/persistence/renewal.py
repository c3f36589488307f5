"""Keeps claims alive while their owners wait for a platform: one thread a process, none without claims."""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import timedelta
from typing import Protocol

from glowtify_core.domain.errors import ClaimLost, GlowtifyError

_log = logging.getLogger(__name__)


class Renewable(Protocol):
    """A claim, as far as this module cares."""

    @property
    def length(self) -> timedelta:
        """How long a renewal lasts."""
        ...

    def renew(self) -> None:
        """Extend it by its full length.

        Raises:
            ClaimLost: it is somebody else's now.
        """
        ...


class Renewer:
    """Renews every claim it holds when a third of its length has gone by."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Hold nothing: a forked child has neither the thread nor its parent's claims."""
        self._changed = threading.Condition()
        self._due: dict[Renewable, float] = {}
        self._thread: threading.Thread | None = None

    def hold(self, claim: Renewable) -> None:
        """Renew this claim from now on."""
        with self._changed:
            self._due[claim] = time.monotonic() + _third(claim)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="glowtify-claims", daemon=True)
                self._thread.start()
            self._changed.notify()

    def drop(self, claim: Renewable) -> None:
        """Renew it no longer."""
        with self._changed:
            self._due.pop(claim, None)
            self._changed.notify()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to renew and no thread."""
        with self._changed:
            return self._thread is None

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._due:
                    self._thread = None
                    return
                claim, due = min(self._due.items(), key=lambda item: item[1])
                if (early := due - time.monotonic()) > 0:
                    self._changed.wait(early)
                    continue
            self._renew(claim)

    def _renew(self, claim: Renewable) -> None:
        """Renew one claim outside the lock; a failed try is repeated soon, a lost claim is not."""
        pause = _third(claim)
        try:
            claim.renew()
        except ClaimLost:
            self.drop(claim)
            return
        except GlowtifyError as problem:
            _log.warning("A claim could not be renewed and is tried again: %s", problem)
            pause /= 4
        with self._changed:
            if claim in self._due:  # unless it was released meanwhile
                self._due[claim] = time.monotonic() + pause


def _third(claim: Renewable) -> float:
    return claim.length.total_seconds() / 3


renewer = Renewer()
"""The process's one renewer."""

if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork either
    os.register_at_fork(after_in_child=renewer.reset)
