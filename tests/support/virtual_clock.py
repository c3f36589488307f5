"""Time that passes only while everybody sleeps: a minute of waiting costs what happens in it.

Workers are threads of which one runs at a time, the next to wake when it sleeps or ends; those due together
run in the order in which they lay down. So a run is the same every time, however fast the machine is.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


class VirtualClock:
    """A :class:`~glowtify_core.ports.clock.Clock` for many threads. No lock may be held while sleeping."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            turn = self._lie_down(seconds)
            self._wake_next()
            turn.wait()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do the jobs at once, each in a thread; their results, or the first error in their order."""
        errors: dict[int, BaseException] = {}
        done: dict[int, T] = {}

        def work(number: int, job: Callable[[], T], turn: Event) -> None:
            turn.wait()
            try:
                done[number] = job()
            except BaseException as error:  # noqa: BLE001 - raised by run()
                errors[number] = error
            finally:
                self._wake_next()

        threads = [
            Thread(target=work, args=(number, job, self._lie_down(0)), daemon=True)
            for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()
        for number in sorted(errors):
            raise errors[number]
        return [done[number] for number in range(len(jobs))]

    def _lie_down(self, seconds: float) -> Event:
        turn = Event()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), turn))
        return turn

    def _wake_next(self) -> None:
        if self._sleepers:
            wake, _, turn = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, wake)
            turn.set()
