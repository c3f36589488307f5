"""Stories replayed from cassettes; with ``--record-mode=rewrite`` they are told to the sandbox and recorded.

With ``LIVE=1`` besides, they are told to a Klaviyo test account; see docs/how-to/record-cassettes.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fakes
import pytest
import scrubbing
from fakes import FakeClock, MemoryCampaigns, OpenGate
from requests.adapters import HTTPAdapter

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.audience import AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.clock import SystemClock
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.platform import CancelMode
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
START = fakes.START
MARKER = "gl0recorded"
REPLAYED_KEY = "pk" + "_" + "0" * 34
ACCOUNT = AccountInfo(
    "ACC001",
    "Example Shop",
    "Europe/Berlin",
    "EUR",
    sender_name="Example Shop",
    sender_email="shop@example.com",
)
LIVE = os.environ.get("LIVE") == "1"
LIVE_LIST = os.environ.get("GLOWTIFY_LIVE_LIST", "")


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Refuse a live recording that cannot be one before it replaces a cassette."""
    records = config.getoption("--record-mode") not in (None, "none")
    if LIVE and records and not (LIVE_LIST and os.environ.get("KLAVIYO_API_KEY")):
        pytest.exit("LIVE=1 needs KLAVIYO_API_KEY, and GLOWTIFY_LIVE_LIST: a list of at most 5 profiles", 2)


class ToSandbox(HTTPAdapter):
    """Carries requests that name Klaviyo to the sandbox."""

    def __init__(self, port: int, **options: Any) -> None:
        self._port = port
        super().__init__(**options)

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        return self.poolmanager.connection_from_host("127.0.0.1", self._port, scheme="http")

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]  # the same keywords
        request.headers.update({"Host": scrubbing.HOST, "X-Forwarded-Proto": "https"})
        return super().send(request, **options)


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, Any]:
    return {
        "before_record_request": scrubbing.scrub_request,
        "before_record_response": scrubbing.scrub_response,
        "decode_compressed_response": True,
        "match_on": ("method", "scheme", "host", "path", "query", "body"),
    }


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(ROOT / "cassettes" / "klaviyo" / Path(request.node.fspath).stem.removeprefix("test_"))


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--record-mode") not in (None, "none")


class Story:
    """One conversation with Klaviyo: replayed, told to the sandbox, or told to a test account."""

    def __init__(self, platform: Any, clock: Any, sandbox: Any, account: AccountInfo) -> None:
        self.platform = platform
        self.account = account
        self.clock = clock
        self.sandbox = sandbox
        self._repo = MemoryCampaigns(clock)

    def behind_the_scenes(self, change: Callable[[Any], object]) -> None:
        """Change something in the sandbox; a replay has it in the cassette."""
        if self.sandbox is not None:
            change(self.sandbox)

    def leave_nothing(self) -> None:
        """Cancel and delete whatever this story published."""
        for record in self.journal("cancel-last").steps("campaign"):
            ref = RemoteRef("klaviyo", (("campaign", record.remote_id or ""),))
            left = self.platform.cancel(ref, mode=CancelMode.KEEP_DRAFT, journal=self.journal("cancel-last"))
            if left.state is PublicationState.STAGED:
                self.platform.discard(ref)

    def later(self, by: timedelta) -> None:
        """Let time pass, here and there."""
        self.clock.move(by)
        self.behind_the_scenes(lambda sandbox: sandbox.advance(by))

    def journal(self, operation: str = "publish", publication: str = "publication") -> StepRunner:
        claim = self._repo.claim(CampaignKey("default", "epic-1"), take_over=True)
        assert claim
        return StepRunner(
            claim.log(publication, operation),
            operation=operation,
            clock=self.clock,
            settle=timedelta(seconds=10),
            marker=MARKER,
        )

    def audience(self, name: str, kind: AudienceKind = AudienceKind.LIST) -> AudienceRef:
        (found,) = self.platform.audiences(kind, AudienceQuery(names=(name,)))
        return found.ref

    def campaign(self, **changes: Any) -> Campaign:
        """An e-mail to the list "Newsletter" (live: to GLOWTIFY_LIVE_LIST), ten days ahead."""
        include = (AudienceRef(LIVE_LIST),) if LIVE else (self.audience("Newsletter"),)
        wall = (self.clock.now() + timedelta(days=10)).replace(hour=9, minute=0, second=0, tzinfo=None)
        sender = Sender(self.account.sender_email or "", self.account.sender_name or "")
        wanted = {"schedule": SendAt.at(wall, "Europe/Berlin"), "include": include, "sender": sender}
        return fakes.campaign(connector="klaviyo", **{**wanted, **changes})


Teller = Callable[..., Story]


@pytest.fixture
def story(
    recording: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Teller]:
    """``story(key="full", **sandbox_options)`` begins a story; at its end every recorded answer was used."""
    live = LIVE and recording
    if live and "live" not in request.keywords:
        pytest.skip("only the sandbox can be made to do this")
    cassette = request.getfixturevalue("vcr")
    with ExitStack() as stack:

        def begin(key: str = "full", **options: Any) -> Story:
            if live:
                return _live_story(stack)
            sandbox = stack.enter_context(Sandbox(now=START, **options)) if recording else None
            if sandbox:
                port = urlsplit(sandbox.base_url).port
                monkeypatch.setattr("glowtify_core.kit.http.DeadlineAdapter", partial(ToSandbox, port))
            secret = sandbox.keys[key] if sandbox else REPLAYED_KEY
            return _open(stack, secret, FakeClock(), sandbox)

        yield begin
    if not recording:
        assert cassette.all_played, "the story has become shorter: record it anew (make record)"


def _open(stack: ExitStack, secret: str, clock: Any, sandbox: Any) -> Story:
    context = ConnectorContext(ACCOUNT, {"api_key": Secret(secret)}, clock, OpenGate(), {})
    return Story(stack.enter_context(closing(MANIFEST.factory(context))), clock, sandbox, ACCOUNT)


def _live_story(stack: ExitStack) -> Story:
    """A story for a test account: nothing is scheduled within a week, and nothing is left behind."""
    told = _open(stack, os.environ["KLAVIYO_API_KEY"], SystemClock(), None)
    told.account = told.platform.connect()
    if told.account.test_account is not True:
        pytest.exit("LIVE=1 works on a Klaviyo test account only")
    if (told.platform.size(AudienceRef(LIVE_LIST, AudienceKind.LIST)) or 0) > 5:
        pytest.exit("GLOWTIFY_LIVE_LIST holds more than 5 profiles")
    stack.callback(told.leave_nothing)
    return told
