"""The whole application over two Klaviyo accounts on one clock that moves only by sleeping, and who did what.

Requests are answered in-process. The store is kept in memory: with SQLite a publish takes four times as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes import MemoryCampaigns, MemoryConnections, MemoryCredentials
from inprocess import in_process
from klaviyo_world import SandboxClock, klaviyo_campaign
from wiring import wired

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import CredentialRef, Secret
from glowtify_klaviyo.sandbox import Guesses, Sandbox
from glowtify_klaviyo.sandbox import models as remote
from glowtify_klaviyo.sandbox.walk import PACES, is_final, planned

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STORE, KLAVIYO = "default", "klaviyo"
SHORTEST_LEAD = timedelta(minutes=3, seconds=45)
"""How far ahead of its time a send job leaves at the latest: 5 minutes less the longest wait of a call."""


class Crash(BaseException):
    """The process dies here."""


class Fate:
    """Counts the boundaries of the work: before and after each request and each write of the store."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.dead = False

    def pass_by(self, *_: Any) -> None:
        """One boundary; whoever is dead stays dead."""
        if self.left is not None and not self.dead:
            self.left -= 1
            self.dead = self.left <= 0
        if self.dead:
            raise Crash

    @contextmanager
    def strikes(self, boundary: int | None) -> Iterator[None]:
        """Die at that boundary, if it comes; a new process then goes on."""
        self.left = boundary
        try:
            yield
        except Crash:
            pass
        finally:
            self.left, self.dead = None, False


class Mortal:
    """Stands for a part of the store: its writes are boundaries, and the dead leave their claims behind."""

    WRITES = frozenset({"add", "save", "begin", "record", "clear"})

    def __init__(self, part: Any, fate: Fate) -> None:
        self._part = part
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        if name in {"claim", "log"}:
            return self._giving_mortals(value)
        if name == "release":
            return lambda: None if self._fate.dead else value()
        return self._bounded(value) if name in self.WRITES else value

    def _giving_mortals(self, give: Callable[..., Any]) -> Callable[..., Any]:
        def given(*args: Any, **options: Any) -> Any:
            part = give(*args, **options)
            return part and Mortal(part, self._fate)

        return given

    def _bounded(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*args: Any, **options: Any) -> Any:
            self._fate.pass_by()
            result = write(*args, **options)
            self._fate.pass_by()
            return result

        return written


class Ledger:
    """What was done at one account, and by whom: told by requests and by the account, not by our store.

    Attributes:
        made: the campaigns that our requests created, by id, with their markers.
        templates: the templates that they created.
        jobs: the stamps of the send jobs that are ours, as nobody else has changed them.
        wrongs: what no request may do, and one did.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.state = sandbox.state
        self.made: dict[str, str] = {}
        self.templates: set[str] = set()
        self.jobs: set[datetime] = set()
        self.wrongs: list[str] = []

    def watch(self, moment: str, request: Any) -> None:
        """Look at a request of ours, before it leaves and after its effect."""
        if request.method == "GET":
            return
        path = request.path_url.split("?")[0].removeprefix("/api/").split("/")
        if moment == "before":
            self._before(request.method, path, request)
            self._known = {*self.state.campaigns}, {*self.state.templates}
        else:
            self._after(path, request)

    def _before(self, method: str, path: list[str], request: Any) -> None:
        kind, object_id = path[0], path[1] if len(path) > 1 else None
        if kind == "campaigns" and object_id:
            campaign = self.state.campaigns.get(object_id)
            self._law(object_id in self.made, f"{method} of a campaign that is not ours")
            self._law(
                campaign is None or campaign.status(self.now) == remote.DRAFT, f"{method} of what is no draft"
            )
        if kind == "templates" and object_id:
            self._law(object_id in self.templates, f"{method} of a template that is not ours")
        if kind == "campaign-send-jobs":
            campaign_id = object_id or json.loads(request.body)["data"]["id"]
            self._law(campaign_id in self.made, f"{method} of a send job that is not ours")
            campaign = self.state.campaigns.get(campaign_id)
            self._earlier = campaign.job if campaign else None
            if campaign and method == "POST":
                self._law(not self._stands(campaign), "a second send job")
                lead = planned(self.state, campaign) - self.now
                self._law(lead >= SHORTEST_LEAD, f"a send job {lead} before its time")

    def _after(self, path: list[str], request: Any) -> None:
        campaigns, templates = self._known
        if path == ["campaigns"]:
            marker = json.loads(request.body)["data"]["attributes"]["name"].rpartition(" ")[2]
            self.made |= dict.fromkeys(self.state.campaigns.keys() - campaigns, marker)
        if path == ["templates"]:
            self.templates |= self.state.templates.keys() - templates
        if path == ["campaign-send-jobs"]:
            campaign = self.state.campaigns.get(json.loads(request.body)["data"]["id"])
            if campaign and campaign.job and campaign.job is not self._earlier:
                self.jobs.add(campaign.job.accepted)

    def _stands(self, campaign: remote.Campaign) -> bool:
        """Whether a send job of ours, that nobody took back, is its own already."""
        campaign.settle(self.now)
        job = campaign.job
        return job is not None and job.accepted in self.jobs and not job.cancelled

    def _law(self, holds: bool, wrong: str) -> None:
        if not holds:
            self.wrongs.append(wrong)

    @property
    def now(self) -> datetime:
        return self.state.clock.now()

    def campaigns(self, marker: str | None = None) -> list[remote.Campaign]:
        """What is there of that which we made, or of one publication."""
        found = [self.state.campaigns.get(i) for i, own in self.made.items() if marker in (None, own)]
        for campaign in filter(None, found):
            campaign.settle(self.now)
        return [campaign for campaign in found if campaign]

    def ours(self, campaign: remote.Campaign) -> list[remote.Wave]:
        """The mail that has gone or will go out of it by a send job of ours."""
        return list(campaign.job.waves) if campaign.job and campaign.job.accepted in self.jobs else []

    def live(self, campaign: remote.Campaign) -> bool:
        """Whether it will be sent, or was sent to everybody, by a send job of ours."""
        return bool(self.ours(campaign)) and not (campaign.job and campaign.job.cancelled)

    def left(self, publications: Collection[Publication]) -> list[str]:
        """The drafts and library templates of ours that belong to none of these, nor to work of theirs."""
        known = {one.ref.id("campaign") for one in publications if one.ref}
        busy = tuple(one.marker for one in publications if one.open_operation)
        drafts = [one for one in self.campaigns() if one.status(self.now) == remote.DRAFT]
        templates = [one for one in self.state.library() if one.id in self.templates]
        unknown = [*(one for one in drafts if one.id not in known), *templates]
        return [one.name for one in unknown if not one.name.endswith(busy)]

    def person(self, campaign: remote.Campaign, action: str, **given: Any) -> None:
        """Somebody acts in Klaviyo's app; the job that they change is theirs from then on."""
        self.sandbox.act(campaign.id, action, **given)
        if action in {"cancel_during_send", "end_as", "reschedule"} and campaign.job:
            self.jobs.discard(campaign.job.accepted)


class HouseClock(SandboxClock):
    """The time of several accounts."""

    def __init__(self, sandboxes: list[Sandbox]) -> None:
        super().__init__(sandboxes[0])
        self._others = sandboxes[1:]

    def move(self, by: timedelta) -> None:
        super().move(by)
        for sandbox in self._others:
            sandbox.advance(by)


@dataclass
class WatchedAccount:
    """One account: where it is, what it looks like connected, and what was done at it."""

    sandbox: Sandbox
    connection: Connection | None = None
    ledger: Ledger = field(init=False)


def _accounts() -> list[WatchedAccount]:
    return [WatchedAccount(Sandbox(port=number, seed=number, now=START, campaigns=2)) for number in (1, 2)]


class House:
    """Every use case, connected to the first account.

    Attributes:
        app: the application, as a process of ours has it.
        accounts: the store's own, and another.
        fate: when a process of ours dies.
    """

    ACCOUNTS = _accounts()  # set back for every house: an account is dear to make, and dearer to connect

    def __init__(self, walk: str = "quick") -> None:
        self.fate = Fate()
        self.accounts = self.ACCOUNTS
        self.sandbox = self.accounts[0].sandbox
        self.clock = HouseClock([account.sandbox for account in self.accounts])
        self.repo = MemoryCampaigns(self.clock)
        self.connections, self.credentials = MemoryConnections(), MemoryCredentials()
        self.app = wired(
            self._factory(),
            clock=self.clock,
            repo=Mortal(self.repo, self.fate),
            connections=self.connections,
            credentials=self.credentials,
        ).app()
        for account in reversed(self.accounts):
            account.ledger = Ledger(account.sandbox)
            self.connect(account)
        for account in self.accounts:
            account.sandbox.reset()
            account.sandbox.state.pace = PACES[walk]  # type: ignore[index]  # quick or real
            account.ledger = Ledger(account.sandbox)
        self.ledger = self.accounts[0].ledger

    def _factory(self) -> Callable[[ConnectorContext], Any]:
        """Platforms of whichever account a connection names."""

        def watched(account: WatchedAccount) -> Callable[..., None]:
            def watch(moment: Any, request: Any) -> None:
                if moment == "after":  # what has taken effect is written down, whoever dies then
                    account.ledger.watch(moment, request)
                self.fate.pass_by()
                if moment == "before":
                    account.ledger.watch(moment, request)

            return watch

        made = {one.sandbox.base_url: in_process(one.sandbox, watched(one)) for one in self.accounts}
        return lambda context: made[context.settings["base_url"]](context)

    def connect(self, account: WatchedAccount) -> None:
        """Connect the store to an account; what connecting learns is remembered."""
        secrets = {"api_key": Secret(account.sandbox.api_key)}
        if account.connection is None:
            settings = {"base_url": account.sandbox.base_url}
            account.connection = self.app.connections.connect(
                STORE, KLAVIYO, secrets, settings=settings, other_account=True
            )
        self.credentials.put(CredentialRef(STORE, KLAVIYO), secrets)
        self.connections.save(account.connection)

    def disconnect(self) -> None:
        self.app.connections.disconnect(STORE, KLAVIYO)

    def campaign(self, name: str, schedule: SendAt, **changes: Any) -> Campaign:
        """An e-mail to the account's first list."""
        newsletter = AudienceRef(self.sandbox.ready["lists"][0]["id"], AudienceKind.LIST)
        ours = {"key": CampaignKey(STORE, name), "name": name, "subject": "First", "include": (newsletter,)}
        return klaviyo_campaign(**{**ours, "schedule": schedule, **changes})

    def in_(self, **delta: float) -> SendAt:
        """A time so far from now, to the minute."""
        when = (self.clock.now() + timedelta(**delta)).replace(second=0, microsecond=0, tzinfo=None)
        return SendAt.at(when, "UTC")

    def publications(self) -> list[Publication]:
        return list(self.repo.publications.values())

    def behave(self, **guesses: Any) -> None:
        """Klaviyo does this from now on, where nobody knows what it does; by default as the sandbox does."""
        self.sandbox.configure(guesses={**_defaults(), **guesses})


def _defaults() -> Mapping[str, Any]:
    return {name: getattr(Guesses(), name) for name in Guesses.__dataclass_fields__}


def open_to_change(campaign: remote.Campaign, now: datetime) -> bool:
    """Whether a person in the app can still do something about it."""
    return not is_final(campaign.status(now)) and not campaign.gone_out(now)
