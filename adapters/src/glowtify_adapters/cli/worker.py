"""``worker``."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import click

from glowtify_adapters.cli.errors import DONE, INTERRUPTED
from glowtify_adapters.cli.options import output_options
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.observing.logs import set_up_logs

if TYPE_CHECKING:
    from types import FrameType

PATIENCE = timedelta(seconds=30)
"""How long a worker that is told to stop goes on with what is under way."""

GRACE = timedelta(seconds=5)
"""How much longer it may take to end."""

_log = logging.getLogger("glowtify.worker")


@click.command()
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    help="Jobs at a time, of one account eight at most.",
)
@click.option(
    "--log",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How each piece of work is logged on standard error.",
)
@output_options
@click.pass_obj
def worker(terminal: Terminal, concurrency: int, form: Literal["text", "json"]) -> int:
    """Do the work that nobody waits for, until Ctrl+C or SIGTERM.

    Hands over, moves and cancels what was left with --background, carries on what was interrupted, follows
    scheduled campaigns until they are sent, and collects their figures. Run any number of workers, on any
    number of machines that share a PostgreSQL database; none is needed where nothing is left to them.
    """
    stop = threading.Event()
    level = logging.DEBUG if terminal.debug else logging.INFO
    with (
        set_up_logs(form, level, hidden=terminal.hidden),
        open_app(terminal) as app,
        _told_to_stop(stop),
        _ended_in_time(stop),
    ):
        engine = app.work.engine(concurrency=concurrency)
        _log.info("Working, %d at a time. Ctrl+C stops.", concurrency)
        engine.run(stop, patience=PATIENCE)
        _log.info("Stopped. What is left, another worker or the next one carries on.")
    return DONE


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """Let signals end the work in good order; a second Ctrl+C ends it at once."""

    def handle(number: int, _frame: FrameType | None) -> None:
        stop.set()
        _log.info("Finishing what is under way, %d s at most.", PATIENCE.seconds)
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ended_in_time(stop: threading.Event) -> Iterator[None]:
    """End the process though work in it does not: DBOS, and its threads, wait for a database that is gone.

    Whatever is left undone at any moment, another worker carries on.
    """
    before, ended = set(threading.enumerate()), threading.Event()

    def watch() -> None:
        stop.wait()
        if not ended.wait((PATIENCE + GRACE).total_seconds()):
            _log.warning("Stopped with work under way. Another worker or the next one carries on.")
            os._exit(DONE)

    threading.Thread(target=watch, name="glowtify-end", daemon=True).start()
    try:
        yield
        for thread in set(threading.enumerate()) - before:
            if not thread.daemon:
                thread.join()  # the interpreter would do so later, and for ever
    finally:
        ended.set()
        stop.set()
