"""A store that is connected to the sandbox over HTTP, and campaigns that are left to workers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from glowtify_adapters.app import App
from glowtify_adapters.container import build_app
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Sandbox


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python processes; what is left of them is killed in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, *map(str, arguments)], stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The application over a home of its own; whatever the test starts shares it."""
    monkeypatch.setenv("GLOWTIFY_HOME", str(tmp_path))
    monkeypatch.delenv("GLOWTIFY_DATABASE_URL", raising=False)
    monkeypatch.setenv("GLOWTIFY_CLAIM_SECONDS", "2")
    monkeypatch.setenv("GLOWTIFY_SETTLE_SECONDS", "0.1")
    app = build_app()
    key = {"api_key": Secret(sandbox.api_key)}
    app.connections.connect("default", "klaviyo", key, settings={"base_url": sandbox.base_url})
    yield app
    app.close()


@pytest.fixture
def leave(app: App, sandbox: Sandbox) -> Callable[..., None]:
    """Writes campaigns down for workers."""

    def leave(*campaign_ids: str) -> None:
        for campaign_id in campaign_ids:
            campaign = Campaign(
                key=CampaignKey("default", campaign_id),
                connector="klaviyo",
                name="Spring",
                subject="Spring is here",
                sender=Sender("shop@example.com", "The Shop"),
                html="<html><body><p>Hello</p></body></html>",
                include=(AudienceRef(next(iter(sandbox.state.audiences))),),
                schedule=SendAt.at(datetime(2031, 3, 1, 9), "America/Toronto"),  # noqa: DTZ001 - a wall time
            )
            assert app.campaigns.publish(campaign, later=True).publication.open_operation

    return leave


@pytest.fixture
def scheduled(app: App, sandbox: Sandbox) -> Callable[[], list[str]]:
    """The campaigns that the platform will send, by our id; each must be there once."""

    def scheduled() -> list[str]:
        ours = {one.marker: one.key.campaign_id for one in app.campaigns.repo.find()}
        there = [
            one
            for one in sandbox.state.campaigns.values()
            if one.status(sandbox.state.clock.now()) == "Scheduled"
        ]
        return sorted(ours[one.name.rpartition(" ")[2]] for one in there)

    return scheduled
