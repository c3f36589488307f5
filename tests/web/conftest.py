"""The page over a temporary home, connected to a sandbox by whose clock everything lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import fakes
import pytest
from browsing import Client, Open, SandboxClock, Served, Windows, chromium, serving
from browsing import axe as look
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette

from glowtify_adapters.app import App
from glowtify_adapters.container import Container
from glowtify_adapters.settings import Settings
from glowtify_adapters.web import server
from glowtify_adapters.web.server import Place
from glowtify_core.host import ConnectorRegistry
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.connectors import ConnectorManifest, Installed, LoadFailure
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Sandbox

PLACE = Place("127.0.0.1", 8080)
"""Where ``web`` believes to be; nobody listens there."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Real time, until ``advance`` moves it; whoever waits moves it too, so that nobody really does."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def lonely_app(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The application over a home of its own, connected to nothing."""
    monkeypatch.setenv("GLOWTIFY_HOME", str(tmp_path / "home"))
    for name in ("GLOWTIFY_DATABASE_URL", "KLAVIYO_API_KEY", "GLOWTIFY_WEB_ORIGIN", "GLOWTIFY_WEB_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    clock = SandboxClock(sandbox)
    app = Container(settings=Settings.read(), clock=clock, gate=RollingGate(clock)).app()
    yield app
    app.close()


@pytest.fixture
def app(lonely_app: App, sandbox: Sandbox) -> App:
    """The same, connected to the sandbox as the store ``default``."""
    key = {"api_key": Secret(sandbox.api_key)}
    lonely_app.connections.connect("default", "klaviyo", key, settings={"base_url": sandbox.base_url})
    return lonely_app


@pytest.fixture
def links() -> list[str]:
    """The login links that ``web`` has printed, oldest first."""
    return []


@pytest.fixture
def open_web(links: list[str]) -> Iterator[Callable[[App], Starlette]]:
    """Makes the web application over an application; its work in the background ends with the test."""
    made: list[Starlette] = []

    def open_web(app: App, place: Place = PLACE) -> Starlette:
        web = server.create(app, place, store="default", announce=links.append)
        web.state.door.open_for_one()
        made.append(web)
        return web

    yield open_web
    for web in made:
        web.state.progress.close()


@pytest.fixture
def web(app: App, open_web: Callable[[App], Starlette]) -> Starlette:
    """The web application; nobody does what is due but the tests."""
    return open_web(app)


@pytest.fixture
def stranger(web: Starlette) -> Iterator[Client]:
    """Somebody who has not logged in."""
    with Client(web, PLACE) as client:
        yield client


@pytest.fixture
def client(web: Starlette, links: list[str]) -> Iterator[Client]:
    """Somebody who has logged in by the link; English."""
    with Client(web, PLACE) as client:
        client.log_in(links)
        yield client


@pytest.fixture
def lonely_client(
    lonely_app: App, open_web: Callable[[App], Starlette], links: list[str]
) -> Iterator[Client]:
    """Somebody who has logged in where nothing is connected."""
    with Client(open_web(lonely_app), PLACE) as client:
        client.log_in(links)
        yield client


@pytest.fixture
def host(
    open_web: Callable[[App], Starlette], links: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[App, Client]]]:
    """``host(manifests, failures)``: the application over these connectors, and somebody logged in."""
    monkeypatch.setenv("GLOWTIFY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GLOWTIFY_DATABASE_URL", raising=False)
    with ExitStack() as stack:

        def host(
            manifests: Sequence[ConnectorManifest] = (), failures: Sequence[LoadFailure] = ()
        ) -> tuple[App, Client]:
            installed = [Installed(manifest, f"glowtify-{manifest.name}", "2.0") for manifest in manifests]
            app = Container(
                settings=Settings.read(),
                clock=fakes.FakeClock(),
                gate=fakes.OpenGate(),
                directory=ConnectorRegistry(tuple(installed), tuple(failures)),
            ).app()
            stack.callback(app.close)
            client = stack.enter_context(Client(open_web(app), PLACE))
            client.log_in(links)
            return app, client

        yield host


@pytest.fixture
def served(app: App) -> Iterator[Served]:
    """A real server on a free port, which does what is due."""
    with serving(app) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a file, not one a session: while it is open, an event loop runs in this thread."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture
def windows(browser: Browser, served: Served) -> Iterator[Windows]:
    """Windows on ``served``; whatever goes wrong in them fails the test."""
    windows = Windows(browser, served)
    yield windows
    windows.close()
    assert not windows.trouble


@pytest.fixture
def open_page(windows: Windows) -> Open:
    """``open_page("/connectors", size="phone", script=False, scheme="dark", locale="fr-CA")``."""
    return windows.open


@pytest.fixture
def browser_page(open_page: Open) -> Page:
    """A desktop's window that has logged in, with JavaScript, light, English."""
    return open_page()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails the test where a page shuts somebody out."""
    return look
