"""How much of every account's limits the whole stack uses: 20 accounts that have more work than they can do.

``make scale ARGS=limits``; with ``--short`` there are 2. Use cases, journal and gate in the database,
connector and sandbox are the real ones, and a queue with as many lanes an account as the engine has stands
for it. Time is virtual: the machine's speed does not matter, and a request takes none.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import fakes
from board import Board, place
from klaviyo_accounts import Account
from sqlalchemy import literal
from wiring import wired

from glowtify_adapters.engine.durable import EVERY, LANES, POLL
from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections, SqlGate
from glowtify_adapters.persistence.clock import UtcDateTime
from glowtify_core.application.background import Background, Job
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.clock import VirtualClock
from glowtify_klaviyo.platform import KlaviyoPlatform
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
    firm = Firm(where, accounts, **sandbox)
    try:
        return firm.publish(campaigns=minutes * 150 + 10 * LANES, seconds=minutes * 60)
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


class Firm:
    """Stores, each with an account of its own, over one database, and workers that do what is due."""

    def __init__(self, where: Path | str, accounts: int, **sandbox: Any) -> None:
        self._clock = VirtualClock(fakes.START)
        self._accounts = [Account(number, self._clock, **sandbox) for number in range(1, accounts + 1)]
        self._database = Database(where)
        self._repo = SqlCampaigns(self._database)
        container = wired(
            self._platform,
            clock=self._clock,
            repo=self._repo,
            connections=SqlConnections(self._database),
            gate=SqlGate(self._database, self._clock, now=lambda: literal(self._clock.now(), UtcDateTime())),
        )
        self._app = container.app()
        self._background = container.background()
        for account in self._accounts:
            key = {"api_key": Secret(account.sandbox.api_key)}
            self._app.connections.connect(account.store, "klaviyo", key)
        self._clock.sleep(120)  # so that connecting has left every window

    def publish(self, *, campaigns: int, seconds: float) -> Sequence[Use]:
        """Leave so many campaigns of each account to the workers; what they did in that time."""
        for account in self._accounts:
            self._leave(account, campaigns)
            account.sandbox.clear_requests()
        end = self._clock.now() + timedelta(seconds=seconds)
        queue = Queue(self._clock, self._background, seconds)
        names = [account.sandbox.ready["account_id"] for account in self._accounts]
        self._clock.run([queue.sweep, *queue.lanes(names)])
        return [_use(account, end, seconds) for account in self._accounts]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _leave(self, account: Account, campaigns: int) -> None:
        audience = AudienceRef(account.sandbox.ready["lists"][0]["id"])
        for number in range(campaigns):
            key = CampaignKey(account.store, f"{account.store}-epic-{number}")
            campaign = fakes.campaign(connector="klaviyo", key=key, include=(audience,))
            self._app.campaigns.publish(campaign, later=True)

    def _platform(self, context: ConnectorContext) -> KlaviyoPlatform:
        secret = context.credentials["api_key"].reveal()
        return next(one for one in self._accounts if one.sandbox.api_key == secret).factory(context)


class Queue:
    """Stands for the engine's, on a virtual clock: lanes of an account, each with a job at a time."""

    def __init__(self, clock: VirtualClock, background: Background, seconds: float) -> None:
        self._clock = clock
        self._background = background
        self._end = clock.monotonic() + seconds
        self._waiting: defaultdict[tuple[str, int], deque[Job]] = defaultdict(deque)
        self._queued: set[str] = set()

    def sweep(self) -> None:
        """Queue what is due; what waits or runs already is not queued again."""
        while self._clock.monotonic() < self._end:
            for job in self._background.hand_out():
                if job.id not in self._queued:
                    self._queued.add(job.id)
                    self._waiting[job.account, crc32(job.id.encode()) % LANES].append(job)
            self._clock.sleep(EVERY)

    def lanes(self, accounts: Iterable[str]) -> list[Callable[[], None]]:
        """What works: so many jobs of each account at a time."""
        return [partial(self._work, account, lane) for account in accounts for lane in range(LANES)]

    def _work(self, account: str, lane: int) -> None:
        waiting = self._waiting[account, lane]
        while self._clock.monotonic() < self._end:
            if waiting:
                job = waiting.popleft()
                self._background.perform(job)
                self._queued.remove(job.id)
            self._clock.sleep(POLL)


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
