"""One connector, the platform that a script plays for it, and a host that uses it, on one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.publication import Publication, open_publication
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.campaigns import StepRecord
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.ports.credentials import Credentials, Secret
from glowtify_core.ports.pacing import Window
from glowtify_core.ports.platform import EmailPlatform
from glowtify_core.testing.clock import FakeClock
from glowtify_core.testing.stage.host import SETTLE, MemoryHost
from glowtify_core.testing.stage.script import Fate, Mail, PlatformScript
from glowtify_core.testing.stage.wire import Died, Wire

NINE = SendAt.at(datetime(2027, 1, 15, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
"""When the suite's e-mails are due: eleven days after the clock begins."""
LATER = SendAt.at(datetime(2027, 1, 20, 18, 30), "America/Toronto")  # noqa: DTZ001 - a wall time
"""Where they are moved to."""
EPIC = "epic-1"
HTML = "<html><head><title>Hi</title></head><body><p>Grüße 🌷 &amp; more</p></body></html>"

PREHEADER = "Until Sunday only: everything that is left of winter, for half of what it was. Come & see."

MakeScript = Callable[[FakeClock], PlatformScript]


class Turns:
    """A gate that lets everything through, and tells of each request that has waited for its turn there."""

    def __init__(self) -> None:
        self.taken = 0
        self.waiting: Callable[[int], object] = bool

    def acquire(self, key: str, limits: Sequence[Window], *, budget: timedelta) -> None:
        """Let it through, once it was told of."""
        self.taken += 1
        self.waiting(self.taken)

    def block(self, key: str, wait: timedelta) -> None:
        """Nobody is kept waiting here."""


class World:
    """Everything that a contract test looks at.

    Attributes:
        host: a Glowtify host, connected with the script's credentials.
        wire: what was asked of the platform, and what is to break.
        gate: where requests wait for their turn.
        script: the platform itself.
    """

    def __init__(self, manifest: ConnectorManifest, make_script: MakeScript) -> None:
        self.manifest = manifest
        self.clock = FakeClock()
        self.script = make_script(self.clock)
        self.wire = Wire(self.script, self.clock)
        self.gate = Turns()
        self.host = MemoryHost(manifest, self.clock, settings=self.script.settings, gate=self.gate)
        self.seen: dict[str, Mail] = {}
        self.most_live = 0
        self.wire.watchers.append(lambda _: self.look())

    @contextmanager
    def entered(self) -> Iterator[World]:
        """Requests reach the script, and the store is connected."""
        with self.wire.installed():
            self.host.connect_with(self.secrets)
            self.wire.forget()
            yield self

    @property
    def secrets(self) -> Credentials:
        """The script's credentials, as a store keeps them."""
        return {name: Secret(value) for name, value in self.script.credentials.items()}

    @property
    def key(self) -> CampaignKey:
        """The campaign that the suite publishes."""
        return CampaignKey(self.host.store, EPIC)

    def campaign(self, **changes: Any) -> Campaign:
        """An e-mail that nothing is wrong with, for nine o'clock in Toronto on 15 January 2027."""
        wanted = Campaign(
            key=self.key,
            connector=self.manifest.name,
            name="Winter sale",
            subject="Everything must go: 50 % off «now» 🌷",
            sender=Sender("shop@example.com", "The Shop", "answers@example.com"),
            preheader=PREHEADER,
            html=HTML,
            text="Hello",
            include=(self.script.audience,),
            schedule=NINE,
            language=next(reversed(self.manifest.languages), None),
        )
        return replace(wanted, **changes)

    @property
    def publication(self) -> Publication:
        """The campaign's newest publication."""
        found = self.host.repo.latest(self.key)
        assert found, "nothing was ever published"
        return found

    def steps(self) -> Sequence[StepRecord]:
        """What the journal knows of the newest publication; nothing before there is one."""
        found = self.host.repo.latest(self.key)
        return self.host.repo.steps(found.id) if found else ()

    def journal(self, operation: str) -> StepRunner:
        """A journal of the newest publication, for calling the connector directly."""
        claim = self.host.repo.claim(self.key, take_over=True)
        assert claim
        publication = self.publication
        return StepRunner(
            claim.log(publication.id, operation),
            operation=operation,
            clock=self.clock,
            settle=SETTLE,
            marker=publication.marker,
        )

    def opened(self, operation: str) -> StepRunner:
        """The journal of a publication that was opened and has begun nothing."""
        claim = self.host.repo.claim(self.key)
        assert claim
        campaign = self.campaign()
        claim.add(open_publication(campaign, account_id="any", now=self.clock.now()), campaign)
        claim.release()
        return self.journal(operation)

    @contextmanager
    def platform(self) -> Iterator[EmailPlatform]:
        """The connector, opened for the connected account."""
        with self.host.platforms.connected(self.host.store, self.manifest.name) as connected:
            yield connected.platform

    # --- the truth ---

    def look(self) -> Sequence[Mail]:
        """What the platform holds now; remembered, so that nothing that was there for a moment is missed."""
        mails = self.script.mails()
        self.seen |= {mail.id: mail for mail in mails}
        self.most_live = max(self.most_live, sum(mail.live for mail in mails))
        return mails

    @property
    def live(self) -> Sequence[Mail]:
        """The e-mails that people get, or have got."""
        return [mail for mail in self.look() if mail.live]

    @property
    def drafts(self) -> Sequence[Mail]:
        """The e-mails that nobody gets."""
        return [mail for mail in self.look() if mail.fate is Fate.DRAFT]

    def only(self) -> Mail:
        """The one e-mail that people get."""
        live = self.live
        assert len(live) == 1, f"{len(live)} e-mails would be sent: {live}"
        return live[0]

    # --- time and accidents ---

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, here and on the platform; what was under way arrives."""
        self.clock.move(by)
        self.wire.catch_up()

    def pass_until(self, moment: datetime) -> None:
        """Let time pass until then."""
        self.pass_time(moment - self.clock.now())

    def another_worker(self) -> MemoryHost:
        """A second process over the same stores."""
        return MemoryHost(self.manifest, self.clock, settings=self.script.settings, beside=self.host)

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """A process that may die at a request: what it had written by then stands, and a new one begins."""
        written = self.host.repo.snapshot()

        def keep(_: object) -> None:
            nonlocal written
            written = self.host.repo.snapshot()

        self.wire.watchers.append(keep)
        try:
            yield
        except Died:
            self.host.repo.restore(written)
            self.wire.live()
            self.host = self.another_worker()
        finally:
            self.wire.watchers.remove(keep)
