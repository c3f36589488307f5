"""The whole story as a person lives it, from an empty page to forgetting the key, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import Windows, serving
from composing import HTML
from playwright.sync_api import Browser, Page, expect
from waiting import until

from glowtify_adapters.app import App
from glowtify_klaviyo.sandbox import Sandbox


@pytest.fixture
def windows(browser: Browser, lonely_app: App) -> Iterator[Windows]:
    """Windows on a server where nothing is connected yet; whatever goes wrong in them fails the test."""
    with serving(lonely_app) as served:
        windows = Windows(browser, served)
        yield windows
        windows.close()
        assert not windows.trouble


def watched_to_its_end(page: Page, script: bool) -> None:
    """Wait until what is under way is done; without a script a person looks again and again."""
    under_way = page.get_by_role("heading", name="Under way")

    def done() -> bool:
        if not script and under_way.is_visible():
            page.reload()
        return not under_way.is_visible()

    until(done)


@pytest.mark.parametrize(("size", "script"), [("desktop", True), ("phone", True), ("phone", False)])
def test_connect_publish_move_cancel_disconnect(
    windows: Windows, sandbox: Sandbox, size: str, script: bool
) -> None:
    page = windows.open(size=size, script=script)
    page.get_by_role("link", name="Connect Klaviyo").click()
    page.get_by_text("Advanced").click()
    page.get_by_label("API address").fill(sandbox.base_url)
    page.get_by_label("Private API key").fill("pk_nobody")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Invalid API key")).to_be_visible()
    page.get_by_label("Private API key").fill(sandbox.api_key)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()

    page.get_by_role("link", name="New e-mail", exact=True).first.click()
    if not script:
        page.get_by_role("button", name="Show lists and segments").click()
    page.fill("#name", "Winter sale")
    page.fill("#subject", "Everything must go")
    page.fill("#html", HTML)
    page.get_by_label("Send to Newsletter").check()
    page.fill("#schedule-at", "2031-01-15")
    page.fill("#schedule-time", "09:00")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Scheduled")).to_be_visible(timeout=30_000)

    page.goto(f"{windows.served.url}/campaigns?view=list&month=2031-01")
    page.get_by_role("link", name="Winter sale").first.click()
    page.get_by_role("link", name="Move", exact=True).click()
    page.fill("#date", "2031-01-20")
    page.get_by_role("button", name="Check this time").click()
    page.get_by_role("button", name="Move it").click()
    watched_to_its_end(page, script)
    expect(page.get_by_text("Monday, January 20, 2031").first).to_be_visible()

    page.get_by_role("link", name="Connectors", exact=True).first.click()
    page.get_by_label("Menu of Klaviyo").click()
    page.get_by_role("link", name="Disconnect", exact=True).click()
    expect(page.get_by_text("Winter sale")).to_be_visible()  # it will still send
    page.get_by_role("link", name="Keep it connected").click()

    page.goto(f"{windows.served.url}/campaigns?view=list&month=2031-01")
    page.get_by_role("link", name="Winter sale").first.click()
    page.get_by_role("link", name="Edit or cancel").click()
    page.get_by_role("button", name="Cancel for good").click()
    watched_to_its_end(page, script)
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()

    page.get_by_role("link", name="Connectors", exact=True).first.click()
    page.get_by_label("Menu of Klaviyo").click()
    page.get_by_role("link", name="Disconnect", exact=True).click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Not connected", exact=True)).to_be_visible()
    assert [one.status(sandbox.state.clock.now()) for one in sandbox.state.campaigns.values()].count(
        "Cancelled"
    ) >= 1
