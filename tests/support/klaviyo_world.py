"""A Klaviyo connector over a sandbox on one clock that moves only when somebody sleeps or moves it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fakes import MemoryCampaigns, OpenGate

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import RateLimited
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.memory import MemoryClaim
from glowtify_klaviyo.platform import KlaviyoPlatform
from glowtify_klaviyo.sandbox import Sandbox

MARKER = "glabcd1234"
HTML = "<html><body><p>Hi {{ first_name }}</p><a href='{% unsubscribe_link %}'>Leave</a></body></html>"
SETTLE = timedelta(seconds=10)


def klaviyo_campaign(**changes: Any) -> Campaign:
    """A campaign that nothing is wrong with."""
    wanted = Campaign(
        key=CampaignKey("default", "epic-1"),
        connector="klaviyo",
        name="Winter sale",
        subject="Everything must go",
        sender=Sender("shop@example.com", "Acme"),
        html=HTML,
        include=(AudienceRef("LIST01"),),
        schedule=SendAt.at(datetime(2027, 1, 15, 9, 0), "UTC"),  # noqa: DTZ001 - a wall time
    )
    return replace(wanted, **changes)


class SandboxClock:
    """The sandbox's time; sleeping moves it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._elapsed = 0.0
        self.behind = timedelta()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._sandbox.state.clock.now() - self.behind

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
            self.move(timedelta(seconds=seconds))

    def move(self, by: timedelta) -> None:
        self._elapsed += by.total_seconds()
        self._sandbox.advance(by)


class World:
    """One store's account at the sandbox, and the journal of one publication."""

    def __init__(self, sandbox: Sandbox, *, key: str = "full") -> None:
        self.sandbox = sandbox
        self.clock = SandboxClock(sandbox)
        self.repo = MemoryCampaigns(self.clock)
        self.claim: MemoryClaim = self.repo.claim(CampaignKey("default", "epic-1"), take_over=True)  # type: ignore[assignment]  # taken over
        self.account = AccountInfo(
            sandbox.ready["account_id"], "Acme", "America/Toronto", "USD", sender_email="shop@example.com"
        )
        self.platform = self.connected(key)
        sandbox.clear_requests()

    def connected(self, key: str = "full", **settings: Any) -> KlaviyoPlatform:
        return KlaviyoPlatform(
            ConnectorContext(
                account=self.account,
                credentials={"api_key": Secret(self.sandbox.keys[key])},
                clock=self.clock,
                gate=OpenGate(),
                settings={"base_url": self.sandbox.base_url, **settings},
            )
        )

    def journal(self, operation: str = "publish") -> StepRunner:
        log = self.claim.log("publication-1", operation)
        return StepRunner(log, operation=operation, clock=self.clock, settle=SETTLE, marker=MARKER)

    def campaign(self, **changes: Any) -> Campaign:
        """A campaign for a week ahead, to the first list of the seed."""
        ours = {
            "text": "Hi {{ first_name }}",
            "include": (self.list_ref(0),),
            "schedule": self.in_(days=7),
        }
        return klaviyo_campaign(**{**ours, **changes})

    def in_(self, **delta: float) -> SendAt:
        when = (self.clock.now() + timedelta(**delta)).replace(second=0, microsecond=0, tzinfo=None)
        return SendAt.at(when, "UTC")

    def list_ref(self, index: int) -> AudienceRef:
        return AudienceRef(self.sandbox.ready["lists"][index]["id"], AudienceKind.LIST)

    def segment_ref(self, index: int) -> AudienceRef:
        return AudienceRef(self.sandbox.ready["segments"][index]["id"], AudienceKind.SEGMENT)

    @property
    def calls(self) -> list[str]:
        """Method and first parts of the path of every request so far."""
        return [f"{one.method} {'/'.join(one.path.split('/')[2:3])}" for one in self.sandbox.requests]

    def count(self, call: str) -> int:
        return Counter(self.calls)[call]

    def ours(self) -> list[Any]:
        """The sandbox's campaigns that bear our marker."""
        return [c for c in self.sandbox.state.campaigns.values() if c.name.endswith(MARKER)]

    def templates(self) -> list[Any]:
        """The sandbox's library templates that bear our marker."""
        return [t for t in self.sandbox.state.templates.values() if t.name.endswith(MARKER)]

    def only(self) -> Any:
        (campaign,) = self.ours()
        return campaign

    def statuses(self) -> list[str]:
        """Klaviyo's word for each of our campaigns, now."""
        now = self.sandbox.state.clock.now()
        for campaign in self.ours():
            campaign.settle(now)
        return [campaign.status(now) for campaign in self.ours()]

    def published(self, **changes: Any) -> RemoteRef:
        """Publish a campaign, and forget the requests; where it is."""
        ref = self.platform.publish(self.campaign(**changes), journal=self.journal()).ref
        self.sandbox.clear_requests()
        return ref

    def staged(self, operation: str = "publish") -> RemoteRef:
        """Go as far as the send job, which gets no answer yet; where the draft is."""
        self.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=900, count=None)
        with suppress(RateLimited):
            self.platform.publish(self.campaign(), journal=self.journal(operation))
        self.sandbox.clear_faults()
        self.sandbox.clear_requests()
        return RemoteRef("klaviyo", (("campaign", self.only().id),))
