"""How much of every account's limits the whole stack uses: 20 accounts that have more work than they can do.

``make scale ARGS=limits``; with ``--short`` there are 2. In virtual time: the machine does not matter.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from board import Board, place
from firm import Firm
from klaviyo_accounts import Account

from glowtify_adapters.engine.durable import LANES
from glowtify_klaviyo.sandbox.routes import find

TARGET = 0.95
SEND = "POST /api/campaign-send-jobs"
SCENES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Scheduled at once", {}),
    ("24 s until Scheduled", {"walk": "real"}),
)
"""What Klaviyo does after a send job; operators report the second."""


@dataclass(frozen=True)
class Use:
    """What an account was asked in a time in which there was always more to do.

    Attributes:
        calls: requests by endpoint.
        shares: of what each endpoint's limits allow in that time.
        refused: answers of 429.
    """

    calls: Counter[str]
    shares: Mapping[str, float]
    refused: int

    @property
    def busiest(self) -> str:
        """The endpoint that holds up the others."""
        return max(self.shares, key=lambda name: self.shares[name])

    @property
    def share(self) -> float:
        """Of what the busiest endpoint allows."""
        return self.shares[self.busiest]


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One table: in virtual time every database is as fast, so that the first is enough."""
    accounts, minutes = (2, 1) if options.short else (20, 4)
    board = Board(
        f"Use of each account's limits: {accounts} accounts, for {minutes} min, {LANES} lanes an account",
        "what Klaviyo does",
        "least used",
        "median",
        "429s",
        "busiest endpoint, calls a campaign",
        "requests a campaign",
        "campaigns a minute",
        notes=[f"Target: at least {TARGET:.0%}, no 429. Virtual time; database: {options.database[0]}."],
    )
    for name, sandbox in SCENES:
        with place(options.database[0]) as where:
            uses = use_limits(where, accounts, minutes, **sandbox)
        least = min(uses, key=lambda use: use.share)
        refused, campaigns = sum(use.refused for use in uses), least.calls[SEND]
        board.row(
            name,
            f"{least.share:.1%}",
            f"{statistics.median(use.share for use in uses):.1%}",
            str(refused),
            f"{least.busiest}: {least.calls[least.busiest] / campaigns:.1f}",
            f"{least.calls.total() / campaigns:.1f}",
            f"{campaigns / minutes:.0f}",
            good=least.share >= TARGET and not refused,
        )
    yield board


def use_limits(where: Path | str, accounts: int, minutes: int, **sandbox: Any) -> Sequence[Use]:
    """What each account was asked while it had more campaigns waiting than it can take."""
    seconds = minutes * 60.0
    firm = Firm(where, accounts, **sandbox)
    try:
        for number in range(minutes * 150 + 10 * LANES):
            for account in firm.accounts:
                firm.leave(account, f"epic-{number}")
        for account in firm.accounts:
            account.sandbox.clear_requests()
        end = firm.clock.now() + timedelta(seconds=seconds)
        firm.work(seconds)
        return [_use(account, end, seconds) for account in firm.accounts]
    finally:
        firm.close()


def allowed(windows: Mapping[int, int], seconds: float) -> int:
    """The most calls in so many seconds, when rolling windows (seconds: calls) are used to the full."""
    times: list[float] = []
    while True:
        free = [times[-count] + length for length, count in windows.items() if len(times) >= count]
        at = max([times[-1] if times else 0.0, *free])
        if at >= seconds:
            return len(times)
        times.append(at)


def _use(account: Account, end: datetime, seconds: float) -> Use:
    log = [entry for entry in account.sandbox.requests if entry.time < end]
    calls: Counter[str] = Counter()
    windows: dict[str, Mapping[int, int]] = {}
    for entry in log:
        endpoint, *_ = find(entry.method, entry.path)
        name = f"{endpoint.method} {endpoint.path}"
        calls[name] += 1
        windows[name] = endpoint.limit.windows
    shares = {name: count / allowed(windows[name], seconds) for name, count in calls.items()}
    return Use(calls, shares, sum(entry.status == 429 for entry in log))
