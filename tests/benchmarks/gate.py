"""The gate in the database by itself: how much of each account's limits is used, and what a place costs.

Alone: ``python tests/benchmarks/gate.py``; with ``--short`` there are few accounts, for two minutes. The use
is measured in virtual time against a platform that counts arrivals itself, by rolling windows, and answers
429; so it is the same on every machine. What a place costs is measured in real time, by processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from rich.console import Console
from rich.table import Table
from sqlalchemy import literal

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from databases import postgresql_url

from glowtify_adapters.persistence import Database, SqlGate
from glowtify_adapters.persistence.clock import UtcDateTime
from glowtify_core.ports.clock import SystemClock
from glowtify_core.ports.pacing import Window
from glowtify_core.testing.clock import VirtualClock

TARGET = 0.95
DOCUMENTED = ((10, 1.0), (150, 60.0))
"""Requests in seconds: Klaviyo's limits of the endpoints that publishing asks the most."""

LIMITS = tuple(Window(*window) for window in DOCUMENTED)
ROOMY = (Window(150, 1), Window(150, 60))
"""So many places a row: as publishing has them."""

PATIENT = timedelta(hours=1)
NO_WAIT = timedelta()
PROCESSES = 4
KEYS = 200
TRAVEL = (0.02, 0.06)
"""Seconds of a request's way to the platform, at least and at most; the same back."""


@dataclass
class Platform:
    """One account there; counts what arrives by rolling windows, and nothing that it refuses."""

    accepted: int = 0
    refused: int = 0
    last: float = 0.0
    arrived: dict[float, deque[float]] = field(default_factory=dict)

    def take(self, now: float) -> None:
        """A request arrives."""
        for most, seconds in DOCUMENTED:
            arrived = self.arrived.setdefault(seconds, deque())
            while arrived and now - arrived[0] >= seconds:
                arrived.popleft()
            if len(arrived) >= most:
                self.refused += 1
                return
        for arrived in self.arrived.values():
            arrived.append(now)
        self.accepted += 1
        self.last = now


@dataclass(frozen=True)
class Use:
    """Of one account's limits: what was used of the ideal, and how often the platform said 429."""

    share: float
    refused: int


def use_limits(where: Path | str, *, accounts: int, minutes: int) -> list[Use]:
    """Let every account have more work than it may do, given to workers of several processes.

    Each process has a gate and a database of its own, as processes have; all are on one virtual clock.
    """
    clock = VirtualClock()
    platforms = {f"account {number}": Platform() for number in range(accounts)}
    requests = minutes * DOCUMENTED[-1][0]
    with ExitStack() as stack:
        gates = []
        for _ in range(PROCESSES):
            database = Database(where)
            stack.callback(database.close)
            gates.append(SqlGate(database, clock, now=lambda: literal(clock.now(), UtcDateTime())))
        clock.run(
            [
                partial(_work, gate, clock, platform, key=key, number=number, requests=requests // PROCESSES)
                for key, platform in platforms.items()
                for number, gate in enumerate(gates)
            ]
        )
    return [Use(ideal(one.accepted) / one.last, one.refused) for one in platforms.values()]


def ideal(requests: int) -> float:
    """Seconds from the first to the last of so many, with every window full all the time."""
    times: list[float] = []
    for _ in range(requests):
        room = [times[-most] + seconds for most, seconds in DOCUMENTED if len(times) >= most]
        times.append(max(room, default=0.0))
    return times[-1]


def _work(
    gate: SqlGate, clock: VirtualClock, platform: Platform, *, key: str, number: int, requests: int
) -> None:
    way = Random(f"{key}, process {number}")
    for _ in range(requests):
        gate.acquire(key, LIMITS, budget=PATIENT)
        clock.sleep(way.uniform(*TRAVEL))
        platform.take(clock.monotonic())
        clock.sleep(way.uniform(*TRAVEL))


def ask(where: str, name: str, *, keys: int, times: int) -> float:
    """Milliseconds that a place takes when there is room, after one that does not count."""
    database = Database(where)
    gate = SqlGate(database, SystemClock())
    gate.acquire("first", (), budget=NO_WAIT)
    begun = time.perf_counter()
    for number in range(times):
        gate.acquire(f"{name} {number % keys}", ROOMY, budget=NO_WAIT)
    spent = time.perf_counter() - begun
    database.close()
    return spent / times * 1000


def ask_at_once(where: str, times: int) -> tuple[float, float]:
    """The same in several processes over many keys: milliseconds of the median process, places a second."""
    command = [sys.executable, __file__, "--ask", where, str(times)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    spent = [float(process.communicate()[0]) for process in processes]
    return statistics.median(spent), sum(1000 / one for one in spent)


@contextmanager
def places() -> Iterator[dict[str, str]]:
    """Databases by name; PostgreSQL only where one answers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {"SQLite": f"sqlite:///{folder / 'gate.db'}"}
        try:
            found["PostgreSQL"] = stack.enter_context(postgresql_url())
        except pytest.skip.Exception as none:
            Console(stderr=True).print(f"without PostgreSQL: {none}")
        yield found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="few accounts, two minutes, few places")
    parser.add_argument("--ask", nargs=2, metavar=("DATABASE", "TIMES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        print(ask(options.ask[0], "shared", keys=KEYS, times=int(options.ask[1])))  # noqa: T201 - read by the process that asked
        return
    accounts, minutes, times = (5, 2, 200) if options.short else (200, 3, 2000)
    with places() as found:
        console = Console(width=110)
        console.print(_used(found["SQLite"], accounts, minutes))
        console.print(_spent(found, times))


def _used(where: str, accounts: int, minutes: int) -> Table:
    uses = use_limits(where, accounts=accounts, minutes=minutes)
    shares, refused = [use.share for use in uses], sum(use.refused for use in uses)
    table = Table(
        "accounts",
        "minutes",
        "least used",
        "median",
        "429s",
        title=f"Use of each account's limits by {PROCESSES} gates (target: at least {TARGET:.0%}, no 429)",
    )
    style = "" if min(shares) >= TARGET and not refused else "bold red"
    numbers = (f"{min(shares):.1%}", f"{statistics.median(shares):.1%}", str(refused))
    table.add_row(str(accounts), str(minutes), *numbers, style=style)
    return table


def _spent(found: dict[str, str], times: int) -> Table:
    table = Table(
        "database",
        "one process, one key",
        f"one process, {KEYS} keys",
        f"{PROCESSES} processes, {KEYS} keys",
        "places a second",
        title="Milliseconds that a place takes when there is room",
    )
    for name, where in found.items():
        single = ask(where, "one", keys=1, times=150)
        many = ask(where, "many", keys=KEYS, times=times)
        together, rate = ask_at_once(where, times)
        table.add_row(name, f"{single:.2f}", f"{many:.2f}", f"{together:.2f}", f"{rate:.0f}")
    return table


if __name__ == "__main__":
    main()
