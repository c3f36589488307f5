"""The whole application over one database and many Klaviyo accounts, in virtual time: workers do what is due.

Use cases, journal, figures and gate are the real ones, in the database; a queue with as many lanes an account
as the engine has stands for it. A request takes no time, and what is measured does not depend on the machine.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import fakes
from klaviyo_accounts import Account
from sqlalchemy import literal
from wiring import wired

from glowtify_adapters.engine.durable import EVERY, LANES, POLL
from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections, SqlGate
from glowtify_adapters.persistence.clock import UtcDateTime
from glowtify_adapters.persistence.figures import SqlFigures
from glowtify_core.application.background import Background, Job, JobKind
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.schedule import Schedule
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.clock import VirtualClock
from glowtify_klaviyo.platform import KlaviyoPlatform


class Firm:
    """Stores, each with an account of its own, over one database, and workers that do what is due.

    Attributes:
        accounts: with their sandboxes, all on :attr:`clock`.
        repo: where everything is.
    """

    def __init__(self, where: Path | str, accounts: int, **sandbox: Any) -> None:
        self.clock = VirtualClock(fakes.START)
        self.accounts = [Account(number, self.clock, **sandbox) for number in range(1, accounts + 1)]
        self._database = Database(where)
        self.repo = SqlCampaigns(self._database)
        container = wired(
            self._platform,
            clock=self.clock,
            repo=self.repo,
            connections=SqlConnections(self._database),
            gate=SqlGate(self._database, self.clock, now=lambda: literal(self.clock.now(), UtcDateTime())),
        )
        container.figures_repo.override(SqlFigures(self._database))
        self._app = container.app()
        self._background = container.background()
        for account in self.accounts:
            key = {"api_key": Secret(account.sandbox.api_key)}
            self._app.connections.connect(account.store, "klaviyo", key)
        self.clock.sleep(120)  # so that connecting has left every window

    def leave(self, account: Account, name: str, schedule: Schedule | None = None) -> None:
        """Write a campaign down for the workers."""
        audience = AudienceRef(account.sandbox.ready["lists"][0]["id"])
        campaign = fakes.campaign(
            connector="klaviyo",
            key=CampaignKey(account.store, f"{account.store}-{name}"),
            include=(audience,),
            **({"schedule": schedule} if schedule else {}),
        )
        self._app.campaigns.publish(campaign, later=True)

    def work(self, seconds: float, *besides: Callable[[], Any]) -> None:
        """Let the workers do what is due for so long, while others do something else."""
        queue = Queue(self.clock, self._background, seconds)
        names = [account.sandbox.ready["account_id"] for account in self.accounts]
        self.clock.run([queue.sweep, *queue.lanes(names), *besides])

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _platform(self, context: ConnectorContext) -> KlaviyoPlatform:
        secret = context.credentials["api_key"].reveal()
        return next(one for one in self.accounts if one.sandbox.api_key == secret).factory(context)


class Queue:
    """Stands for the engine's, on a virtual clock: lanes of an account, each with a job at a time."""

    def __init__(self, clock: VirtualClock, background: Background, seconds: float) -> None:
        self._clock = clock
        self._background = background
        self._end = clock.monotonic() + seconds
        self._waiting: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._queued: set[str] = set()

    def sweep(self) -> None:
        """Queue what is due; what waits or runs already is not queued again."""
        while self._clock.monotonic() < self._end:
            for job in self._background.hand_out():
                if job.id not in self._queued:
                    self._queued.add(job.id)
                    self._waiting[job.lane(LANES)].append(job)
            self._clock.sleep(EVERY)

    def lanes(self, accounts: Iterable[str]) -> list[Callable[[], None]]:
        """What works, in every lane of these accounts."""
        lanes = [*map(str, range(LANES)), JobKind.COLLECT]
        return [partial(self._work, f"klaviyo:{account}:{lane}") for account in accounts for lane in lanes]

    def _work(self, lane: str) -> None:
        waiting = self._waiting[lane]
        while self._clock.monotonic() < self._end:
            if waiting:
                job = waiting.popleft()
                self._background.perform(job)
                self._queued.remove(job.id)
            self._clock.sleep(POLL)
