"""What one publication costs as the journal grows to a million campaigns.

``make scale ARGS=growth`` takes a quarter of an hour and 20 GB of disk; with ``--short`` it stops at 20,000
campaigns. Times are medians on this machine, of all sizes in turn. *Work* is what the database itself counts:
steps of SQLite's machine, pages that PostgreSQL fetches. ``test_scale.py`` asserts that.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

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


@dataclass
class Grown:
    """A database of one size.

    Attributes:
        size: campaigns in it.
        database: it.
        chores: what is done with it.
        filled: seconds that filling it took.
    """

    size: int
    database: Database
    chores: Mapping[str, Chore]
    filled: float

    def work(self) -> Mapping[str, float]:
        """What each chore has the database do: medians."""
        with counting(self.database._ready()) as effort:
            return {name: statistics.median(_each(chore, effort)) for name, chore in self.chores.items()}


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One for each database."""
    for kind in options.database:
        with ExitStack() as stack:
            sizes = SHORT if options.short else LONG
            yield _board(kind, [stack.enter_context(grown(kind, size)) for size in sizes])


@contextmanager
def grown(kind: str, size: int) -> Iterator[Grown]:
    """A database with so many campaigns."""
    with place(kind) as where:
        with Stopwatch() as filling:
            book = Yearbook(where, size)
        database = Database(where)
        try:
            yield Grown(size, database, Chores(database, book).all(), filling.spent)
        finally:
            database.close()


def _board(kind: str, all_: Sequence[Grown]) -> Board:
    """Milliseconds at each size; the largest against the smallest, in time and in work."""
    board = Board(
        f"Cost as the journal grows, {kind}: milliseconds at so many campaigns, and {COUNTED[kind]}",
        "what",
        *(f"{one.size:,}" for one in all_),
        "times",
        COUNTED[kind],
        "times",
        notes=[TARGETS, f"Medians of {ROUNDS}; filling took {sum(one.filled for one in all_):.0f} s."],
    )
    work = [one.work() for one in all_]
    seconds = _timed(all_)
    for name in all_[0].chores:
        times = [seconds[one.size, name] for one in all_]
        slower, harder = times[-1] / times[0], work[-1][name] / work[0][name]
        board.row(
            name,
            *(f"{time * 1000:.2f}" for time in times),
            f"{slower:.2f}",
            f"{work[-1][name]:,.0f}",
            f"{harder:.2f}",
            good=slower <= TARGET,
        )
    return board


def _timed(all_: Sequence[Grown]) -> Mapping[tuple[int, str], float]:
    """Median seconds of each chore at each size, in turns so that drift meets all alike."""
    spent: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for number in range(ROUNDS + WARM_UP):
        for name in all_[0].chores:
            for one in (*all_[number % len(all_) :], *all_[: number % len(all_)]):
                watch = Stopwatch()
                one.chores[name](watch)
                if number >= WARM_UP:
                    spent[one.size, name].append(watch.spent)
    return {what: statistics.median(times) for what, times in spent.items()}


def _each(chore: Chore, effort: Measure) -> Iterator[float]:
    for _ in range(COUNTS):
        before = effort.spent
        chore(effort)
        yield effort.spent - before
