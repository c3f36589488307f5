"""A home that lasts as long as a command: a sandbox's account, connected, with campaigns in every state."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from glowtify_adapters.cli.control import Control
from glowtify_adapters.cli.sandbox import sandbox_kit
from glowtify_adapters.cli.story.mails import ACCOUNT, LISTS, MAILS, Fate, Mail
from glowtify_adapters.cli.story.stage import environment
from glowtify_adapters.cli.terminal import open_app
from glowtify_core.domain.audience import AudienceName
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.credentials import Secret

if TYPE_CHECKING:
    from glowtify_adapters.app import App
    from glowtify_adapters.cli.terminal import Terminal
    from glowtify_core.ports.connectors import Sandbox

CONNECTOR, STORE = "klaviyo", "default"

ZONE = "America/Toronto"

LEAD = timedelta(days=4)
"""How long before its time an e-mail is published."""

READINGS = [timedelta(hours=hours) for hours in (0, 3, 24, 72, 168, 336)]
"""The ages at which somebody looks at what was sent."""


@contextmanager
def lively_home(terminal: Terminal) -> Iterator[None]:
    """Point ``GLOWTIFY_HOME`` at a new one, connected to a sandbox of its own, until the block ends.

    The person's other settings are left out of it, but for those of the page.
    """
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="glowtify-"))
        others = [name for name in os.environ if _is_theirs(name)]
        settings = {"GLOWTIFY_HOME": home, "GLOWTIFY_SETTLE_SECONDS": "1"}
        stack.enter_context(environment({**dict.fromkeys(others), **settings}))
        with open_app(terminal) as app:
            kit = sandbox_kit(app.connections.directory.manifest(CONNECTOR))
        sandbox = stack.enter_context(kit.start())
        with terminal.working("Making an account with campaigns in every state"):
            _live(sandbox, datetime.now(UTC))
        yield


def _is_theirs(name: str) -> bool:
    return name.startswith("GLOWTIFY_") and not name.startswith("GLOWTIFY_WEB_")


class _Clock:
    """The story's time: stands still, and takes the sandbox's along wherever it goes."""

    def __init__(self, control: Control, now: datetime) -> None:
        self._control = control
        self.go(now)

    def go(self, moment: datetime) -> None:
        """Be at an instant."""
        self._now = moment
        self._control.post("clock", {"set": moment.isoformat()})

    def now(self) -> datetime:
        """The story's present."""
        return self._now

    def monotonic(self) -> float:
        """The same in seconds."""
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Waiting costs no time here."""
        self.go(self._now + timedelta(seconds=seconds))


def _live(sandbox: Sandbox, today: datetime) -> None:
    """Go through the weeks until today, moment by moment."""
    from glowtify_adapters.container import Container
    from glowtify_adapters.settings import Settings

    control = Control(sandbox.control_url)
    control.post("settings", {"account": ACCOUNT})
    clock = _Clock(control, today + timedelta(days=MAILS[0].day - 1) - LEAD)
    app = Container(settings=Settings.read(), clock=clock, gate=RollingGate(clock)).app()
    try:
        story = _Story(app, control, today)
        story.begin(sandbox)
        for moment in story.moments():
            clock.go(moment)
            story.go_on(moment)
        clock.go(today)
        story.end()
        clock.go(datetime.now(UTC))
    finally:
        app.close()


class _Story:
    """What happens to the account.

    Args:
        app: over the story's clock.
        control: the sandbox's.
        today: the last day of the story, with its time.
    """

    def __init__(self, app: App, control: Control, today: datetime) -> None:
        self._app = app
        self._control = control
        self._today = today
        self._unpublished = list(MAILS)

    def begin(self, sandbox: Sandbox) -> None:
        """The account is connected."""
        for name, members in LISTS.items():
            self._control.post("audiences", {"name": name, "members": members, "age_seconds": 300 * 86_400})
        key = {"api_key": Secret(sandbox.api_key)}
        self._app.connections.connect(STORE, CONNECTOR, key, settings={"base_url": sandbox.base_url})

    def moments(self) -> list[datetime]:
        """When something happens: an e-mail is published, or somebody looks at those that were sent."""
        published = {self._instant(mail) - LEAD for mail in MAILS}
        looks = {self._instant(mail) + age for mail in MAILS for age in READINGS}
        return sorted(moment for moment in published | looks if moment < self._today)

    def go_on(self, now: datetime) -> None:
        """Publish what is to be published by now, and see how the others are."""
        due = [one for one in self._unpublished if self._instant(one) - LEAD <= now]
        for mail in due:
            self._publish(mail)
        for mail in [one for one in MAILS if one.fate is Fate.STOPPED and self._instant(one) == now]:
            self._meet_fate(mail)
        if not due:
            self._look()

    def end(self) -> None:
        """Publish the rest, let everything happen to the account that can, and look once more."""
        for mail in list(self._unpublished):
            self._publish(mail)
        for mail in [one for one in MAILS if one.fate not in _EARLY]:
            self._meet_fate(mail)
        self._look(content=True)
        self._app.connections.connect.check_now(STORE, CONNECTOR)

    def _look(self, *, content: bool = False) -> None:
        latest = self._app.campaigns.latest(STORE)
        self._app.performance(self._app.campaigns.track(latest, content=content))

    def _publish(self, mail: Mail) -> None:
        self._unpublished.remove(mail)
        refused = ["create"] if mail.fate is Fate.REFUSED else []
        self._control.post("settings", {"sender_trouble": refused})
        with suppress(PlatformError):
            self._app.campaigns.publish(self._campaign(mail))
        if mail.fate is Fate.EMPTY:
            self._meet_fate(mail)

    def _meet_fate(self, mail: Mail) -> None:
        """What a person does, here or in the platform's own app."""
        key = CampaignKey(STORE, mail.id)
        if mail.fate is Fate.CANCELLED:
            self._app.campaigns.cancel(key)
        elif mail.fate is Fate.TAKEN_BACK:
            self._app.campaigns.cancel.edit(key)
        elif mail.fate is Fate.MOVED:
            moved = self._instant(mail) + timedelta(hours=26)
            self._act(mail, action="reschedule", datetime=moved.isoformat())
        elif mail.fate in _THERE:
            self._act(mail, **_THERE[mail.fate])

    def _act(self, mail: Mail, **action: object) -> None:
        """Do something to it in the platform's own app."""
        ref = self._app.campaigns.latest(STORE, [mail.id])[0].ref
        if ref:
            self._control.post(f"campaigns/{dict(ref.ids)['campaign']}", action)

    def _campaign(self, mail: Mail) -> Campaign:
        wall = self._wall(mail)
        sender = "hello@elsewhere.example" if mail.fate is Fate.REFUSED else "shop@example.com"
        return Campaign(
            key=CampaignKey(STORE, mail.id),
            connector=CONNECTOR,
            name=mail.name,
            subject=mail.subject,
            preheader="Une lettre par mois, pas plus" if mail.french else "One letter a month, no more",
            sender=Sender(sender, "Boutique Exemple" if mail.french else "Example Shop"),
            html=files(__package__).joinpath("newsletter.html").read_text(encoding="utf-8"),
            include=tuple(map(AudienceName, mail.to)),
            schedule=SendAtRecipientTime.at(wall) if mail.local else SendAt.at(wall, ZONE),
            language="fr-CA" if mail.french else "en-CA",
        )

    def _wall(self, mail: Mail) -> datetime:
        day = (self._today.astimezone(ZoneInfo(ZONE)) + timedelta(days=mail.day)).replace(tzinfo=None)
        hour = day.hour if mail.hour is None else mail.hour
        return day.replace(hour=hour, minute=0, second=0, microsecond=0)

    def _instant(self, mail: Mail) -> datetime:
        return self._wall(mail).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


_THERE: Mapping[Fate, Mapping[str, object]] = {
    Fate.EMPTY: {"action": "end_as", "status": "Cancelled: No Recipients"},
    Fate.STOPPED: {"action": "cancel_during_send", "share": 0.4},
    Fate.CANCELLED_THERE: {"action": "cancel"},
    Fate.EDITED: {"action": "edit", "content": {"subject": "Samples and seconds, now on Sunday too"}},
    Fate.REVERTED: {"action": "revert"},
    Fate.DELETED: {"action": "delete"},
    Fate.UNCLEAR: {"action": "end_as", "status": "Unknown", "now": True},
}
"""What happens in the platform's own app."""

_EARLY = {Fate.EMPTY, Fate.STOPPED}
"""Fates that are met before today."""
