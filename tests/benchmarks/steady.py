"""Whether a worker's memory stays flat: an hour of publishing, tracking and collecting, in virtual time.

``make scale ARGS=steady``. One process and SQLite; the sandbox is in it and forgets what was sent. Measured
are what the interpreter has allocated, and what the process holds of the machine's memory.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import linear_regression

from board import Board, place
from firm import Firm
from klaviyo_accounts import Account

from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState

MINUTE = 60.0
AHEAD, FORGOTTEN = timedelta(minutes=8), timedelta(minutes=16)
"""When campaigns are sent after they were published, and when after that the sandbox forgets them."""

WARM_UP = 30
"""Minutes until as many are forgotten as are published."""

TARGET = 0.05
"""At most so much more allocated at the end than after the warm-up."""

KIB = 1024.0


@dataclass(frozen=True)
class Held:
    """What a process holds at a moment.

    Attributes:
        minute: of the work.
        published: campaigns so far.
        allocated: KiB by the interpreter.
        resident: KiB of the machine.
    """

    minute: float
    published: int
    allocated: float
    resident: float


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One table."""
    minutes, every, a_minute = (40, 5, 4) if options.short else (WARM_UP + 60, 10, 40)
    with place("sqlite") as where:
        held = watch(where, minutes=minutes, every=every, a_minute=a_minute)
    warm = [one for one in held if one.minute >= WARM_UP]
    first, last = warm[0], warm[-1]
    published = last.published - first.published
    title = f"Memory over {last.minute - first.minute:.0f} min of simulated work, {published:,} campaigns"
    board = Board(title, "minute", "sent so far", "allocated, MiB", "resident, MiB")
    board.notes += [
        f"Target: at most {TARGET:.0%} more allocated than at minute {WARM_UP}.",
        f"KiB a campaign since: allocated {_slope(warm, 'allocated')}, resident {_slope(warm, 'resident')}.",
    ]
    for one in held:
        more = one.allocated / first.allocated - 1
        board.row(
            f"{one.minute:.0f}",
            f"{one.published:,}",
            f"{one.allocated / KIB:.1f}",
            f"{one.resident / KIB:.1f}",
            good=one.minute < first.minute or more <= TARGET,
        )
    yield board


def watch(where: Path | str, *, minutes: int, every: int, a_minute: int) -> Sequence[Held]:
    """Work for so long, and look at the memory every so many minutes."""
    held: list[Held] = []
    firm = Firm(where, 1)
    (account,) = firm.accounts

    def publish() -> None:
        for number in range(minutes * a_minute):
            when = (firm.clock.now() + AHEAD).replace(second=0, microsecond=0, tzinfo=None)
            firm.leave(account, f"epic-{number}", SendAt.at(when, "UTC"))
            firm.clock.sleep(MINUTE / a_minute)

    def look() -> None:
        for minute in range(1, minutes + 1):
            firm.clock.sleep(MINUTE)
            forget(account)
            if minute % every == 0:
                gc.collect()
                published = len(firm.repo.find(states=[PublicationState.SENT]))
                allocated, _ = tracemalloc.get_traced_memory()
                held.append(Held(minute, published, allocated / KIB, _resident()))

    tracemalloc.start()
    try:
        firm.work(minutes * MINUTE, publish, look)
    finally:
        tracemalloc.stop()
        firm.close()
    return held


def _slope(held: Sequence[Held], what: str) -> str:
    """KiB a campaign."""
    published, kib = [one.published for one in held], [getattr(one, what) for one in held]
    return f"{linear_regression(published, kib).slope:+.2f}"


def forget(account: Account, after: timedelta = FORGOTTEN) -> None:
    """Let the sandbox, which is in this process too, remember nothing of what was sent so long ago."""
    state = account.sandbox.state
    account.sandbox.clear_requests()
    then = state.clock.now() - after
    old = [one for one in state.campaigns.values() if any(one.gone_out(then))]
    for campaign in old:
        del state.campaigns[campaign.id]
        for message in [one for one in state.messages.values() if one.campaign_id == campaign.id]:
            del state.messages[message.id]
            state.templates.pop(message.template_id or "", None)


def _resident() -> float:
    """KiB, once the C library has given back what it holds free, where it can."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / KIB
