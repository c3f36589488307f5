"""One run of the ``glowtify`` command in a process of its own: what the fork server runs in each child."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from boundaries import Act, Boundaries

from glowtify_adapters.cli import main
from glowtify_core.ports.clock import SystemClock


@dataclass(frozen=True)
class Order:
    """What one process is to do.

    Attributes:
        home: its ``GLOWTIFY_HOME``.
        arguments: of the command.
        output: path without suffix; ``.out``, ``.err`` and ``.trace`` are written.
        environment: further variables.
        acts: boundary -> what happens to the process there.
        clock: how far its clock is off.
        patience: of a worker that is told to stop, where not the usual one.
    """

    home: Path
    arguments: Sequence[str]
    output: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    acts: Mapping[str, Act] = field(default_factory=dict)
    clock: timedelta = timedelta()
    patience: timedelta | None = None


def work(order: Order) -> None:
    """Run one command and end the process with its exit code."""
    _set_up(order)
    if order.patience is not None:
        vars(import_module("glowtify_adapters.cli.worker"))["PATIENCE"] = order.patience
    Boundaries(order.output.with_suffix(".trace"), order.acts).watch()
    sys.exit(main(list(order.arguments)))


def race(order: Order, threads: int, seed: int) -> None:
    """Run the command on every file of ``arguments``, from several threads, each in an order of its own."""
    _set_up(order)
    command, *files = order.arguments
    codes: list[int] = []

    def publish_all(number: int) -> None:
        shuffled = random.Random(seed * threads + number).sample(files, len(files))
        codes.extend(main([command, file, "--json"]) for file in shuffled)

    workers = [threading.Thread(target=publish_all, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sys.exit(max(codes))


def _set_up(order: Order) -> None:
    threading.Thread(target=_end_with_the_arena, daemon=True).start()
    os.environ.update({"GLOWTIFY_HOME": str(order.home), **order.environment})
    for stream, suffix in ((1, ".out"), (2, ".err")):
        file = os.open(order.output.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, stream)
        os.close(file)
    if order.clock:
        _move_clock(order.clock)


def _end_with_the_arena() -> None:
    """Whoever started us may be killed itself, and a worker would work for ever."""
    arena = multiprocessing.parent_process()
    assert arena
    arena.join()
    os._exit(1)


def _move_clock(offset: timedelta) -> None:
    now = SystemClock.now

    def elsewhere(self: SystemClock) -> datetime:
        return now(self) + offset

    SystemClock.now = elsewhere  # type: ignore[method-assign]  # this process alone
