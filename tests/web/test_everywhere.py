"""What holds on every page of an account that has lived: for everybody, in both languages, on a phone too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browsing import Client, Open, Served, Windows, linked, serving
from playwright.sync_api import Page, Response, expect

from glowtify_adapters.cli.story.lively import lively_home
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.web.languages import Tongue

PATHS = (
    "/connectors",
    "/connectors?tab=available",
    "/connectors/klaviyo/connect",
    "/connectors/klaviyo/disconnect",
    "/campaigns",
    "/campaigns?view=list",
    "/campaigns?view=attention",
    "/campaigns/supper-club",
    "/campaigns/garden-day",
    "/campaigns/weekend-list/move",
    "/campaigns/weekend-list/cancel",
    "/performance",
    "/performance/linen-week",
    "/emails/new",
    "/nowhere",
)

MOST_BYTES, MOST_REQUESTS = 100_000, 5


@pytest.fixture(scope="module")
def lively() -> Iterator[Served]:
    """The page over the account that ``glowtify serve --sandbox`` shows."""
    with lively_home(Terminal()), open_app(Terminal()) as app, serving(app) as served:
        yield served


@pytest.fixture
def served(lively: Served) -> Served:
    """What the windows open."""
    return lively


@pytest.fixture
def frenchman(lively: Served) -> Iterator[Client]:
    """Somebody who has logged in and reads French."""
    with Client(lively.web, lively.place) as client:
        client.headers["accept-language"] = "fr-CA"
        client.log_in(lively.links)
        yield client


@pytest.mark.parametrize(("scheme", "locale"), [("light", "fr-CA"), ("dark", "en-CA")])
def test_nobody_is_shut_out(
    open_page: Open, served: Served, axe: Callable[[Page], None], scheme: str, locale: str
) -> None:
    page = open_page(scheme=scheme, locale=locale)
    for path in PATHS:
        page.goto(served.url + path)
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("lang", locale.split("-", maxsplit=1)[0])
        axe(page)


def test_nobody_is_shut_out_at_the_door(open_page: Open, axe: Callable[[Page], None]) -> None:
    for scheme in ("light", "dark"):
        page = open_page("/login", logged_in=False, scheme=scheme)
        expect(page.locator("h1")).to_have_text("Log in")
        axe(page)


@pytest.mark.parametrize("locale", ["fr-CA", "en-CA"])
def test_nothing_is_wider_than_a_phone(open_page: Open, served: Served, locale: str) -> None:
    page = open_page(size="phone", locale=locale)
    for path in PATHS:
        page.goto(served.url + path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path


def test_the_first_page_is_light(windows: Windows, served: Served) -> None:
    page = windows.browser.new_context().new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - playwright wants a function
    page.goto(served.links[-1])
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1")).to_have_text("Connectors")
    bodies = {answer.url: answer.body() for answer in answers if answer.status == 200}
    assert 1 < len(bodies) <= MOST_REQUESTS
    assert sum(map(len, bodies.values())) < MOST_BYTES


def test_what_is_kept_is_not_asked_for_again(open_page: Open, served: Served) -> None:
    page = open_page("/connectors")
    page.goto(served.url + "/campaigns")
    files = "performance.getEntriesByType('resource').filter(one => one.name.includes('/static/'))"
    assert page.evaluate(f"{files}.length") > 1
    assert page.evaluate(f"{files}.filter(one => one.transferSize > 0).map(one => one.name)") == []


def test_everything_is_reached_without_a_script(open_page: Open, served: Served) -> None:
    page = open_page("/", script=False)
    for name, heading in (
        ("Campaigns", "Campaigns"),
        ("Performance", "Performance"),
        ("New e-mail", "New e-mail"),
    ):
        page.get_by_role("banner").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(heading)
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page).to_have_url(f"{served.url}/emails/new")
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.locator("h1")).to_have_text("Log in")
    page.goto(f"{served.url}/campaigns")
    expect(page).to_have_url(f"{served.url}/login")


def test_the_keyboard_leads_through_the_navigation(open_page: Open, served: Served) -> None:
    page = open_page("/connectors")
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        seen.append(focused.inner_text().strip())
        shown = focused.evaluate("one => getComputedStyle(one).outlineStyle")
        assert shown != "none", seen
        assert focused.evaluate("one => one.getBoundingClientRect().bottom") > 0, seen
    assert seen == ["Skip to the content", "Glowtify", "Connectors", "Campaigns", "Performance"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{served.url}/campaigns")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_no_word_is_left_in_english(frenchman: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that pages give to be said, wherever its words come from."""
    english: set[str] = set()
    say = Tongue.say

    def noted(tongue: Tongue, text: str, /, **values: object) -> str:
        said = say(tongue, text, **values)
        if text not in tongue._words and said == (text.format(**values) if values else text):
            english.add(text)
        return said

    monkeypatch.setattr(Tongue, "say", noted)
    seen, waiting = set(), list(PATHS)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = frenchman.get(path)
        assert answer.status_code in {200, 404}, path
        waiting += {one for one in linked(answer.text) if "?" not in one} - seen - set(waiting)
    assert len(seen) > 60  # each campaign has pages of its own
    assert english - SAME == set()


SAME = {
    *("", "segment"),
    "The sender address 'hello@elsewhere.example' is not authorized: verify it or its domain first.",
}
"""What is the same in both languages, and what the platform says in its own words."""
