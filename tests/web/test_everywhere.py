"""What holds on every page."""

from __future__ import annotations

from browsing import Client
from playwright.sync_api import Page, expect


def test_every_page_of_the_navigation_answers(client: Client) -> None:
    for path in ("/connectors", "/campaigns", "/performance", "/emails/new"):
        assert client.get(path).status_code == 200


def test_a_browser_shows_it(browser_page: Page, axe) -> None:
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Connectors")
    axe(browser_page)
