"""``worker``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.errors import DONE
from glowtify_adapters.cli.options import output_options
from glowtify_adapters.cli.terminal import Terminal, open_app

if TYPE_CHECKING:
    from types import FrameType

PATIENCE = timedelta(seconds=30)
"""How long a worker that is told to stop goes on with what is under way."""


@click.command()
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    help="Jobs at a time, of one account eight at most.",
)
@output_options
@click.pass_obj
def worker(terminal: Terminal, concurrency: int) -> int:
    """Do the work that nobody waits for, until Ctrl+C or SIGTERM.

    Hands over, moves and cancels what was left with --background, carries on what was interrupted, follows
    scheduled campaigns until they are sent, and collects their figures. Run any number of workers, on any
    number of machines that share a PostgreSQL database; none is needed where nothing is left to them.
    """
    stop = threading.Event()
    with open_app(terminal) as app, _told_to_stop(terminal, stop):
        engine = app.work.engine(concurrency=concurrency)
        terminal.note(f"Working, {concurrency} at a time. Ctrl+C stops.")
        engine.run(stop, patience=PATIENCE)
    terminal.note("Stopped. What is left, another worker or the next one carries on.")
    return DONE


@contextmanager
def _told_to_stop(terminal: Terminal, stop: threading.Event) -> Iterator[None]:
    """Let signals end the work in good order; a second Ctrl+C ends it at once."""

    def handle(number: int, _frame: FrameType | None) -> None:
        stop.set()
        terminal.note(f"Finishing what is under way, {PATIENCE.seconds} s at most.")
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
