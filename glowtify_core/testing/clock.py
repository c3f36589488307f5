"""Clocks that nobody waits for: one that stands still, and one on which many threads sleep."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

START = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
"""When the suite's clocks begin: a Monday in winter, seven in the morning in Toronto."""


class FakeClock:
    """Stands still until somebody sleeps or moves it; a :class:`~glowtify_core.ports.clock.Clock`.

    Attributes:
        at: the time of day, aware, in UTC.
        slept: seconds of each sleep so far.
    """

    def __init__(self, start: datetime = START) -> None:
        self.at = start
        self.slept: list[float] = []
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The time of day."""
        return self.at

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move on by that long at once; not at all when ``seconds`` is not positive."""
        if seconds > 0:
            self.slept.append(seconds)
            self.move(timedelta(seconds=seconds))

    def move(self, by: timedelta) -> None:
        """Let time pass without anybody sleeping."""
        self.at += by
        self._elapsed += by.total_seconds()


class VirtualClock:
    """Time that passes only while everybody sleeps: a minute of waiting costs what happens in it.

    A :class:`~glowtify_core.ports.clock.Clock` for many threads, of which one runs at a time: the next to
    wake when it sleeps or ends. Those due together run in the order in which they lay down. So a run is the
    same every time, however fast the machine is. No lock may be held while sleeping.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let the others go on until then; not at all when ``seconds`` is not positive."""
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
