"""Stories replayed from cassettes; with ``--record-mode=rewrite`` they are told to the sandbox and recorded.

With ``--live`` besides, they are told to a Klaviyo test account; see docs/how-to/record-cassettes.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import fakes
import pytest
from fakes import FakeClock, OpenGate
from klaviyo_live import check_account

from glowtify_core.domain.audience import AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign, Sender
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.clock import Clock, SystemClock
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Credentials
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.cassettes.journals import Journals
from glowtify_core.testing.cassettes.recorder import Recorder, Recording
from glowtify_core.testing.cassettes.scrubbing import Allowlist, known_fields
from glowtify_core.testing.cassettes.stable_ids import PlatformId
from glowtify_klaviyo import bodies, schemas
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

START = fakes.START
FIRST_DUE = START + timedelta(days=10)
"""The day on which the first of the stories' e-mails would be sent."""
ACCOUNT = AccountInfo(
    "ACC001",
    "Example Shop",
    "Europe/Berlin",
    "EUR",
    sender_name="Example Shop",
    sender_email="shop@example.com",
)
LONG_AGO = "2026-01-01T00:00:00+00:00"
JSON_API = {"data", "type", "id", "attributes", "relationships", "included", "links", "next"}
REFUSALS = {"errors", "code", "detail", "source", "pointer", "parameter"}
NESTED = {"action", "contact_information", "definition", "integration"}
FIGURES = {
    "bounced",
    "campaign_id",
    "campaign_message_id",
    "clicks",
    "clicks_unique",
    "conversion_value",
    "conversions",
    "delivered",
    "opens",
    "opens_unique",
    "recipients",
    "send_channel",
    "spam_complaints",
    "unsubscribe_uniques",
}
IDS = {"id", "included", "excluded"}
ALLOW = Allowlist(
    host="a.klaviyo.com",
    headers={"accept", "retry-after", "revision", "x-klaviyo-revision-fall-forward-opt-out"},
    fields=known_fields(schemas, bodies) | JSON_API | REFUSALS | NESTED | FIGURES,
    stand_ins={
        "organization_name": "Example Shop",
        "default_sender_name": "Example Shop",
        "default_sender_email": "shop@example.com",
        "from_label": "Example Shop",
        "from_email": "shop@example.com",
        "reply_to_email": "shop@example.com",
        "cc_email": "shop@example.com",
        "bcc_email": "shop@example.com",
        "created": LONG_AGO,
        "created_at": LONG_AGO,
        "scheduled_at": LONG_AGO,
    },
    ids=(
        PlatformId("[A-Za-z0-9]{6}|01[0-9A-HJKMNP-TV-Z]{24}", fields=IDS),
        PlatformId("[0-9a-f-]{36}", fields=IDS, like="00000000-0000-4000-8000-{number:012}"),
        PlatformId(fields={"page[cursor]"}, like="cursor{number}"),
    ),
    keys=(r"pk_[A-Za-z0-9_-]{6,}", r"Klaviyo-API-Key\s"),
)


@pytest.fixture(scope="session")
def recording() -> Recording:
    cassettes = Path(__file__).parents[2] / "cassettes" / "klaviyo"
    return Recording(manifest=MANIFEST, cassettes=cassettes, allow=ALLOW)


@pytest.fixture(scope="session")
def live_account_check(live_credentials: Credentials) -> AccountInfo:
    clock = SystemClock()
    with closing(opened(ACCOUNT, live_credentials, clock)) as platform:
        return check_account(
            platform, chosen=os.environ.get("GLOWTIFY_LIVE_LIST"), now=clock.now(), first_due=FIRST_DUE
        )


def opened(account: AccountInfo, credentials: Credentials, clock: Clock, **settings: Any) -> Any:
    """The connector, for one account."""
    return MANIFEST.factory(ConnectorContext(account, credentials, clock, OpenGate(), settings))


class Story:
    """One conversation with Klaviyo: replayed, told to the sandbox, or told to a test account."""

    def __init__(self, platform: Any, clock: Any, sandbox: Any, account: AccountInfo) -> None:
        self.platform = platform
        self.account = account
        self.clock = clock
        self.sandbox = sandbox
        self.journal = Journals(clock)

    def behind_the_scenes(self, change: Callable[[Any], object]) -> None:
        """Change something in the sandbox; a replay has it in the cassette."""
        if self.sandbox is not None:
            change(self.sandbox)

    def later(self, by: timedelta) -> None:
        """Let time pass, here and there."""
        self.clock.move(by)
        self.behind_the_scenes(lambda sandbox: sandbox.advance(by))

    def audience(self, name: str, kind: AudienceKind = AudienceKind.LIST) -> AudienceRef:
        (found,) = self.platform.audiences(kind, AudienceQuery(names=(name,)))
        return found.ref

    def campaign(self, **changes: Any) -> Campaign:
        """An e-mail to the list "Newsletter", at a time that is the same in every recording."""
        wall = FIRST_DUE.replace(hour=9, minute=0, second=0, tzinfo=None)
        sender = Sender(self.account.sender_email or "", self.account.sender_name or "")
        include = (self.audience("Newsletter"),)
        wanted = {"schedule": SendAt.at(wall, "Europe/Berlin"), "include": include, "sender": sender}
        return fakes.campaign(connector="klaviyo", **{**wanted, **changes})


Teller = Callable[..., Story]


@pytest.fixture
def story(recorder: Recorder, request: pytest.FixtureRequest) -> Iterator[Teller]:
    """``story(key="full", **sandbox_options)`` begins a story."""
    with ExitStack() as stack:

        def begin(key: str = "full", **options: Any) -> Story:
            if recorder.live:
                account, clock, sandbox = request.getfixturevalue("live_account_check"), SystemClock(), None
            else:
                account, clock = ACCOUNT, FakeClock()
                sandbox = stack.enter_context(Sandbox(now=START, **options)) if recorder.records else None
            credentials = recorder.credentials({"api_key": sandbox.keys[key]} if sandbox else None)
            settings = {"base_url": sandbox.base_url} if sandbox else {}
            platform = stack.enter_context(closing(opened(account, credentials, clock, **settings)))
            told = Story(platform, clock, sandbox, account)
            if recorder.live:
                recorder.afterwards(partial(leave_nothing, told, credentials))
            return told

        yield begin


def leave_nothing(told: Story, credentials: Credentials) -> None:
    """Cancel and delete whatever a live story published."""
    with closing(opened(told.account, credentials, told.clock)) as platform:
        for record in told.journal("cancel-last").steps("campaign"):
            ref = RemoteRef("klaviyo", (("campaign", record.remote_id or ""),))
            left = platform.cancel(ref, mode=CancelMode.KEEP_DRAFT, journal=told.journal("cancel-last"))
            if left.state is PublicationState.STAGED:
                platform.discard(ref)
