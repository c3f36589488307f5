# ruff: noqa: INP001 - a script beside the documentation, in no package
"""Take the documentation's pictures of the page: of an account that has lived, in a browser.

Run it as ``make screenshots``, where there is a chromium. The account lives until today, so the pictures
differ from day to day.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from browsing import Windows, chromium, serving
from playwright.sync_api import Page, sync_playwright

from glowtify_adapters.cli.story.lively import lively_home
from glowtify_adapters.cli.terminal import Terminal, open_app

IMAGES = Path(__file__).parent / "images"


def fill_in(page: Page) -> None:
    """An e-mail as somebody has written it."""
    html = files("glowtify_adapters.cli.story").joinpath("newsletter.html").read_text(encoding="utf-8")
    for field, text in {
        "name": "Spring news",
        "subject": "Everything new for spring",
        "preheader": "New arrivals, two recipes for long evenings, and a quiet thank-you from all of us",
        "html": html,
        "schedule-at": f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}",
        "schedule-time": "09:00",
    }.items():
        page.fill(f"#{field}", text)
    page.get_by_label("Send to Newsletter").check()
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_load_state("networkidle")


def as_it_is(page: Page) -> None:
    """Nothing is done to it."""
    page.wait_for_load_state("networkidle")


PICTURES: Mapping[str, tuple[str, Mapping[str, Any], Callable[[Page], None]]] = {
    "connectors": ("/connectors", {}, as_it_is),
    "new-email": ("/emails/new", {}, fill_in),
    "campaigns": ("/campaigns", {}, as_it_is),
    "performance": ("/performance", {}, as_it_is),
    "campaign-dark": ("/campaigns/supper-club", {"scheme": "dark"}, as_it_is),
    "attention-french": ("/campaigns?view=attention", {"locale": "fr-CA"}, as_it_is),
    "performance-phone": ("/performance/linen-week", {"size": "phone"}, as_it_is),
}
"""What is shown, by the picture's name: the path, how the window is, and what is done in it first."""


def take() -> None:
    """Every picture."""
    with (
        lively_home(Terminal()),
        open_app(Terminal()) as app,
        serving(app) as served,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        windows = Windows(browser, served)
        for name, (path, window, prepare) in PICTURES.items():
            page = windows.open(path, **window)
            prepare(page)
            page.screenshot(path=IMAGES / f"{name}.png")
            sys.stdout.write(f"docs/images/{name}.png\n")
        windows.close()


if __name__ == "__main__":
    take()
