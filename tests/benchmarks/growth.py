"""What one publication costs as the journal grows to a million campaigns.

``make scale ARGS=growth`` takes a quarter of an hour and 20 GB of disk; with ``--short`` it stops at 20,000
campaigns. Times are medians on this machine. *Work* is what the database itself counts, steps of
SQLite's machine or pages that PostgreSQL fetches: ``test_growth.py`` asserts that.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from board import Board, place
from chores import Chore, Chores
from effort import Measure, Stopwatch, counting
from yearbook import Yearbook

from glowtify_adapters.persistence import Database

SHORT, LONG = (1_000, 20_000), (1_000, 10_000, 100_000, 1_000_000)
TARGET = 1.5
"""At most so many times the cost at the smallest size."""

TARGETS = f"Target: at most {TARGET} times as much as at the smallest size, for claims, status and lists."

COUNTED = {"sqlite": "steps", "postgresql": "pages"}
ROUNDS, WARM_UP, COUNTS = 100, 10, 9


@dataclass(frozen=True)
class Costs:
    """What each chore costs at one size: medians.

    Attributes:
        size: campaigns in the database.
        seconds: of the clock; empty where they were not asked for.
        work: as the database counts it.
        filled: seconds that filling it took.
    """

    size: int
    seconds: Mapping[str, float]
    work: Mapping[str, float]
    filled: float


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One for each database."""
    for kind in options.database:
        with place(kind) as where:
            yield board(kind, list(grow(where, SHORT if options.short else LONG)))


def grow(where: Path | str, sizes: Sequence[int], *, rounds: int = ROUNDS) -> Iterator[Costs]:
    """Fill a database step by step, and measure at each."""
    book = Yearbook(where, biggest=max(sizes))
    try:
        for size in sizes:
            with Stopwatch() as filling:
                book.grow(size)
            with _opened(where) as database:
                chores = Chores(database, book).all()
                work = _counted(database, chores)
                yield Costs(size, _timed(chores, rounds), work, filling.spent)
    finally:
        book.close()


def board(kind: str, costs: Sequence[Costs]) -> Board:
    """Milliseconds at each size; the largest against the smallest, in time and in work."""
    first, last = costs[0], costs[-1]
    result = Board(
        f"Cost as the journal grows, {kind}: milliseconds at so many campaigns, and {COUNTED[kind]}",
        "what",
        *(f"{cost.size:,}" for cost in costs),
        "times",
        COUNTED[kind],
        "times",
        notes=[TARGETS, f"Medians of {ROUNDS}; filling took {sum(cost.filled for cost in costs):.0f} s."],
    )
    for name in last.seconds:
        alike = name if name in first.seconds else "list a store's newest 50"
        slower = last.seconds[name] / first.seconds[alike]
        harder = last.work[name] / first.work[alike]
        times = [f"{cost.seconds[name] * 1000:.2f}" if name in cost.seconds else "" for cost in costs]
        result.row(
            name,
            *times,
            f"{slower:.2f}",
            f"{last.work[name]:,.0f}",
            f"{harder:.2f}",
            good=slower <= TARGET,
        )
    return result


def _timed(chores: Mapping[str, Chore], rounds: int) -> Mapping[str, float]:
    """Median seconds of each, in turns so that drift meets all alike."""
    spent: dict[str, list[float]] = {name: [] for name in chores}
    for number in range(rounds and rounds + WARM_UP):
        for name, chore in chores.items():
            watch = Stopwatch()
            chore(watch)
            if number >= WARM_UP:
                spent[name].append(watch.spent)
    return {name: statistics.median(times) for name, times in spent.items() if times}


def _counted(database: Database, chores: Mapping[str, Chore]) -> Mapping[str, float]:
    """Median work of each."""
    with counting(database._ready()) as effort:
        return {name: statistics.median(_each(chore, effort)) for name, chore in chores.items()}


def _each(chore: Chore, effort: Measure) -> Iterator[float]:
    for _ in range(COUNTS):
        before = effort.spent
        chore(effort)
        yield effort.spent - before


@contextmanager
def _opened(where: Path | str) -> Iterator[Database]:
    database = Database(where)
    try:
        yield database
    finally:
        database.close()
