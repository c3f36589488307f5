"""What tests of the page browse with: a client that has logged in, a server in a thread, and a browser."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request
from starlette.applications import Starlette
from starlette.testclient import TestClient
from waiting import until

from glowtify_adapters.app import App
from glowtify_adapters.web import server
from glowtify_adapters.web.server import Place
from glowtify_adapters.web.sessions import Session
from glowtify_klaviyo.sandbox import Sandbox

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

CHROMIUM = [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""As root it has to do without a sandbox of its own; and it knows nobody's address but this machine's."""


class SandboxClock:
    """The application lives by the sandbox's clock: real time, which moves on when somebody waits."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._ahead = datetime.now(tz=sandbox.state.clock.now().tzinfo).timestamp() - time.monotonic()

    def now(self) -> datetime:
        return self._sandbox.state.clock.now()

    def monotonic(self) -> float:
        return self.now().timestamp() - self._ahead

    def sleep(self, seconds: float) -> None:
        self._sandbox.advance(timedelta(seconds=max(seconds, 0)))


class Client(TestClient):
    """A browser without a window: keeps cookies, follows redirects, sends what browsers send.

    Args:
        web: the web application.
        place: where it believes to be.
    """

    def __init__(self, web: Starlette, place: Place, **options: Any) -> None:
        super().__init__(web, base_url=place.address, headers={"sec-fetch-site": "same-origin"}, **options)
        self.web = web

    @property
    def session(self) -> Session:
        """The session that the cookie names."""
        sessions = self.web.state.desk.sessions
        return sessions._sessions[self.cookies[sessions.cookie]]

    def submit(self, path: str, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Any:
        """Post a form of a page, with the session's token; ``files`` go along as files."""
        files = more.pop("files", None)
        headers = more.pop("headers", None)
        data = {"csrf": self.session.csrf, **(fields or {}), **more}
        return self.post(path, data=data, files=files, headers=headers)

    def log_in(self, links: list[str]) -> None:
        """Open the newest link that was printed."""
        answer = self.get(links[-1])
        assert answer.status_code == 200
        assert self.session.logged_in


@dataclass(slots=True)
class Served:
    """A server that runs in a thread.

    Attributes:
        place: where it listens.
        web: the application.
        links: that it has printed, oldest first.
    """

    place: Place
    web: Starlette
    links: list[str]

    @property
    def url(self) -> str:
        return self.place.address


@contextmanager
def serving(app: App) -> Iterator[Served]:
    """The page on a free port of loopback, until the block ends; what is due is done meanwhile."""
    links: list[str] = []
    with server.listening(Place("127.0.0.1", 0)) as listener:
        place = Place("127.0.0.1", listener.getsockname()[1])
        web = server.create(app, place, store="default", announce=links.append)
        web.state.door.open_for_one()
        uvicorn = server.uvicorn_of(web)
        with web.state.progress.working():
            thread = threading.Thread(target=uvicorn.run, kwargs={"sockets": [listener]}, name="served")
            thread.start()
            try:
                until(lambda: uvicorn.started or not thread.is_alive())
                yield Served(place, web, links)
            finally:
                uvicorn.should_exit = True
                thread.join(20)
        assert not thread.is_alive()


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's browser; without it the test is skipped, but never where ``CI`` is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        why = "there is no chromium here: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Windows:
    """Opens pages of one server in one browser, and keeps what went wrong in them.

    Attributes:
        trouble: errors that pages wrote to the console, what the policy blocked, scripts that broke, and
            requests that left for elsewhere. A test that provokes some clears them.
    """

    browser: Browser
    served: Served
    trouble: list[str] = field(default_factory=list)

    def open(
        self,
        path: str = "/",
        *,
        size: str = "desktop",
        script: bool = True,
        scheme: Any = "light",
        locale: str = "en-CA",
        logged_in: bool = True,
    ) -> Page:
        """A page in a window of its own, which has logged in by the newest link.

        Args:
            path: where to go.
            size: of :data:`SIZES`.
            script: whether JavaScript runs.
            scheme: ``light`` or ``dark``.
            locale: what the browser asks for.
            logged_in: whether to log in first.
        """
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            color_scheme=scheme,
            locale=locale,
            timezone_id="America/Toronto",
            reduced_motion="reduce",
            has_touch=size == "phone",
        )
        context.on("console", self._said)
        context.on("weberror", lambda broken: self.trouble.append(str(broken.error)))
        context.on("request", self._asked)
        page = context.new_page()
        if logged_in:
            page.goto(self.served.links[-1])
        page.goto(self.served.url + path)
        return page

    def close(self) -> None:
        """Close every window."""
        for context in list(self.browser.contexts):
            context.close()

    def _said(self, message: ConsoleMessage) -> None:
        """Refused forms (4xx) and the pictures of a previewed e-mail are written down too: no trouble."""
        url = message.location["url"]
        refused = "responded with a status of 4" in message.text and "/static/" not in url
        of_an_email = "net::ERR" in message.text and self._elsewhere(url)
        if message.type == "error" and not (refused or of_an_email):
            self.trouble.append(f"{message.text} ({url})")

    def _asked(self, request: Request) -> None:
        of_an_email = request.resource_type in {"image", "font"} and request.frame.parent_frame
        if self._elsewhere(request.url) and not of_an_email:
            self.trouble.append(f"asked {request.url}")

    def _elsewhere(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and parts.netloc != urlsplit(self.served.url).netloc


def axe(page: Page) -> None:
    """Nothing on the page shuts anybody out, as far as a machine can tell."""
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()


def linked(text: str) -> set[str]:
    """The paths of ours that a page links to."""
    return {unescape(path) for path in re.findall(r'<a [^>]*href="(/[^"#]*)', text)}


Open = Callable[..., Page]
