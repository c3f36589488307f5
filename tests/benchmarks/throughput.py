"""Publications a second through the whole stack: 1, 2 and 4 real workers on the engine, over HTTP.

``make scale ARGS=throughput``. So many accounts that no limit holds anything up, and a sandbox without
limits: what is measured is our own cost, on a machine that the sandbox, the workers and the database share.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from board import Board, place
from crew import busy, cpu, crew, handed_over_at, wait_for

WORKERS = (1, 2, 4)
ACCOUNTS = 60
CONCURRENCY = 64
"""Jobs at a time in a worker: each waits for 2 s after its send job before it asks whether it was taken."""

MIDDLE = slice(0.1, 0.9)
"""Of the publications: the rate is theirs, without the run's beginning and end."""


@dataclass(frozen=True)
class Rate:
    """What so many workers came to.

    Attributes:
        workers: processes.
        a_second: publications.
        ours, sandbox: CPU seconds a publication.
        machine: how much of its CPU was used.
    """

    workers: int
    a_second: float
    ours: float
    sandbox: float
    machine: float


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One table for both databases."""
    campaigns = 240 if options.short else 1200
    board = Board(
        f"Publications a second: {campaigns} campaigns of {ACCOUNTS} accounts, {CONCURRENCY} jobs a worker",
        "workers",
        "a second",
        "times one worker's",
        "workers' CPU a publication",
        "sandbox's",
        "machine busy",
        notes=[
            "Workers, sandbox and database share this machine's cores. Over HTTP, walk quick, limits off."
        ],
    )
    for kind in options.database:
        rates: list[Rate] = []
        for workers in WORKERS:
            with place(kind) as where:
                rates.append(measure(where, workers, campaigns))
            board.row(*_cells(kind, rates[-1], rates[0]))
    yield board


def measure(where: Path | str, workers: int, campaigns: int) -> Rate:
    """Let so many workers hand over so many campaigns."""
    with crew(where) as there:
        stores = there.open_accounts(ACCOUNTS)
        for number in range(campaigns):
            there.leave(stores[number % ACCOUNTS], f"epic-{number}")
        machine = busy()
        there.hire(workers, concurrency=CONCURRENCY)
        begun = cpu(*there.workers), cpu(*there.sandboxes)
        first = len(there.done())
        wait_for(lambda: len(there.done()) == campaigns, every=0.5)
        spent = cpu(*there.workers) - begun[0], cpu(*there.sandboxes) - begun[1]
        used, all_ = (after - before for after, before in zip(busy(), machine, strict=True))
        times = [handed_over_at(one) for one in there.done()]
    early, late = int(campaigns * MIDDLE.start), int(campaigns * MIDDLE.stop)
    done = campaigns - first
    return Rate(
        workers=workers,
        a_second=(late - early) / (times[late] - times[early]),
        ours=spent[0] / done,
        sandbox=spent[1] / done,
        machine=used / all_,
    )


def _cells(kind: str, rate: Rate, alone: Rate) -> tuple[str, ...]:
    return (
        f"{kind}, {rate.workers}",
        f"{rate.a_second:.1f}",
        f"{rate.a_second / alone.a_second:.2f}",
        f"{rate.ours * 1000:.0f} ms",
        f"{rate.sandbox * 1000:.0f} ms",
        f"{rate.machine:.0%}",
    )
