"""Klaviyo accounts under their documented limits, and the core's use cases over them, in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import fakes
from inprocess import InProcess, in_process
from wiring import wired

from glowtify_core.application.publish_campaign import PublishCampaign
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import RateLimited
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.clock import VirtualClock
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.platform import KlaviyoPlatform
from glowtify_klaviyo.sandbox import Sandbox
from glowtify_klaviyo.sandbox.clock import Clock as SandboxClock
from glowtify_klaviyo.sandbox.routes import find

WORKERS = 24
"""Threads that publish for one account."""


MOST_PUT_OFF = 100
"""Pauses too long for one call that an account's workers sit out in all."""

HANDED_OVER = {PublicationState.SCHEDULED, PublicationState.SUBMITTING}


class _SharedTime(SandboxClock):
    """The sandbox's clock, moved by the virtual one."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        super().__init__(clock.now())

    def now(self) -> datetime:
        return self._clock.now() + self._offset


@dataclass(frozen=True)
class Pace:
    """How fast an account was served.

    Attributes:
        seconds: the platform's time from the first request to the end of the last publication.
        ideal: what the busiest endpoint's calls take when its limits are used to the full.
        busiest: that endpoint.
        refused: answers of 429.
        published: campaigns that were handed over.
        calls: requests by endpoint.
    """

    seconds: float
    ideal: float
    busiest: str
    refused: int
    published: int
    calls: Counter[str]

    @property
    def share(self) -> float:
        """Of what the limits allow."""
        return self.ideal / self.seconds


class Account:
    """One account at a sandbox, connected to a store of its own."""

    def __init__(self, number: int, clock: VirtualClock, **options: Any) -> None:
        self.sandbox = Sandbox(seed=number, now=clock.now(), limits="documented", **options)
        self.sandbox.state.clock = _SharedTime(clock)
        self.store = f"store-{number}"
        self.repo = fakes.MemoryCampaigns(clock)
        self.put_off = 0
        self.publish: PublishCampaign
        self._clock = clock
        self._factory = in_process(self.sandbox)

    def factory(self, context: ConnectorContext) -> KlaviyoPlatform:
        return self._factory(context)

    def jobs(self, campaigns: int, workers: int) -> list[Callable[[], Any]]:
        """What each of the workers does: its share of the campaigns, one after the other."""
        numbers = range(campaigns)
        return [partial(self._work, numbers[first::workers]) for first in range(workers)]

    def another_tool(self) -> KlaviyoClient:
        """A client of somebody else's, who has a key and a pace of their own."""
        key = {"api_key": Secret(self.sandbox.keys["read-only"])}
        client = open_client(ConnectorContext(None, key, self._clock, RollingGate(self._clock)))
        client.http.mount(InProcess(self.sandbox))
        return client

    def _work(self, numbers: Sequence[int]) -> list[Publication]:
        return [self._publish(number) for number in numbers]

    def _publish(self, number: int) -> Publication:
        campaign = fakes.campaign(
            connector="klaviyo",
            key=CampaignKey(self.store, f"epic-{number}"),
            include=(AudienceRef(self.sandbox.ready["lists"][0]["id"]),),
        )
        return self._insist(campaign)

    def _insist(self, campaign: Campaign) -> Publication:
        """Publish, and come back as a worker does when a pause was longer than one call waits."""
        while True:
            try:
                return self.publish(campaign).publication
            except RateLimited as refused:
                self.put_off += 1
                if self.put_off > MOST_PUT_OFF or refused.retry_after is None:
                    raise
                self._clock.sleep(refused.retry_after.total_seconds())

    def pace(self, seconds: float) -> Pace:
        """What the sandbox's log says."""
        log = self.sandbox.requests
        limits: dict[str, Any] = {}
        calls: Counter[str] = Counter()
        for entry in log:
            endpoint, *_ = find(entry.method, entry.path)
            name = f"{endpoint.method} {endpoint.path}"
            calls[name] += 1
            limits[name] = endpoint.limit.windows
        ideals = {name: ideal(count, limits[name]) for name, count in calls.items()}
        busiest = max(ideals, key=lambda name: ideals[name])
        refused = sum(entry.status == 429 for entry in log)
        handed_over = [p for p in self.repo.publications.values() if p.state in HANDED_OVER]
        return Pace(seconds, ideals[busiest], busiest, refused, len(handed_over), calls)


def ideal(calls: int, windows: dict[int, int]) -> float:
    """Seconds from the first to the last of so many calls, when rolling windows are used to the full."""
    times: list[float] = []
    for _ in range(calls):
        free = [times[-count] + length for length, count in windows.items() if len(times) >= count]
        times.append(max([times[-1] if times else 0.0, *free]))
    return times[-1]


class Fleet:
    """Accounts, each connected to a store of its own, in one process with one gate."""

    def __init__(self, accounts: int, **options: Any) -> None:
        self.clock = VirtualClock(fakes.START)
        self.accounts = [Account(number, self.clock, **options) for number in range(1, accounts + 1)]
        _wire(self.accounts, self.clock)
        self.clock.sleep(120)  # so that connecting has left every window
        for account in self.accounts:
            account.sandbox.clear_requests()

    def publish(
        self, campaigns: int, *, workers: int = WORKERS, besides: Sequence[Callable[[], Any]] = ()
    ) -> list[Pace]:
        """Publish so many campaigns of each account, all accounts at once, while others do something else."""
        begun = self.clock.monotonic()
        ended: dict[str, float] = {}

        def timed(account: Account, job: Callable[[], Any]) -> None:
            job()
            ended[account.store] = self.clock.monotonic()

        jobs = [
            partial(timed, account, job)
            for account in self.accounts
            for job in account.jobs(campaigns, workers)
        ]
        self.clock.run([*jobs, *besides])
        return [account.pace(ended[account.store] - begun) for account in self.accounts]


def publish_all(accounts: int, campaigns: int, **options: Any) -> list[Pace]:
    """How fast each account is served when all publish at once."""
    return Fleet(accounts, **options).publish(campaigns)


def _wire(accounts: Sequence[Account], clock: VirtualClock) -> None:
    by_key = {account.sandbox.api_key: account for account in accounts}

    def factory(context: ConnectorContext) -> KlaviyoPlatform:
        return by_key[context.credentials["api_key"].reveal()].factory(context)

    shared = {
        "connections": fakes.MemoryConnections(),
        "credentials": fakes.MemoryCredentials(),
        "gate": RollingGate(clock),
    }
    for account in accounts:
        app = wired(factory, clock=clock, repo=account.repo, **shared).app()
        app.connections.connect(account.store, "klaviyo", {"api_key": Secret(account.sandbox.api_key)})
        account.publish = app.campaigns.publish
