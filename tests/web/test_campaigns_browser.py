"""What of campaigns only a browser shows: dragging, keys, the size of the window, and who is shut out."""

import pytest
from browsing import SIZES
from placing import at, hand_over, latest, place
from waiting import until

from glowtify_core.domain.publication import Problem
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.state import PublicationState as S

JANUARY = "/campaigns?month=2031-01"
HERE = "/campaigns/winter-sale"
TIME = at("2031-01-15T09:00")


@pytest.fixture
def many(app):
    """A campaign in every state, and a day with more than a few; names of any length."""
    for number, state in enumerate(S, start=2):
        place(app, f"one-{number}", at(f"2031-01-{number:02}T09:00"), state)
    for hour in range(8, 14):
        place(app, f"sale-{hour}", at(f"2031-01-20T{hour:02}:00"))
    place(app, "long", at("2031-01-22T09:00"), name="Averyverylongnamewithoutanyspace" * 4)
    changed = frozenset({Drift.TIME, Drift.SUBJECT})
    place(app, "winter-sale", TIME, drift=changed, problem=Problem("Invalid API key", "x", "Renew it."))


def test_dragging_to_another_day_asks_first_and_then_moves(app, open_page):
    hand_over(app, TIME)
    page = open_page(JANUARY)
    page.drag_and_drop(".entry[data-move]", '[data-date="2031-01-20"]')
    page.wait_for_url("**/move?**")
    assert "Monday, January 20, 2031, 9:00" in page.inner_text("main").replace("\u202f", " ")
    assert latest(app).schedule == TIME
    page.click("text=Move it >> nth=-1")
    page.wait_for_url(f"**{HERE}")
    until(lambda: latest(app).schedule == at("2031-01-20T09:00"))
    page.wait_for_selector("h1 + .badge:has-text('Scheduled')")
    page.wait_for_selector("text=Monday, January 20, 2031")


def test_dropping_on_its_own_day_is_nothing(app, open_page):
    place(app, "winter-sale", TIME)
    page = open_page(JANUARY)
    page.drag_and_drop(".entry[data-move]", '[data-date="2031-01-15"] .date')
    assert page.url.endswith(JANUARY)


@pytest.mark.parametrize("script", [True, False])
def test_moving_by_keyboard(app, open_page, script):
    hand_over(app, TIME)
    page = open_page(JANUARY, script=script)
    page.focus(".mover")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{HERE}/move")
    page.fill("#date", "2031-01-21")
    page.focus("#zone")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Is that right?")
    page.focus("form[method=post] button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{HERE}")
    until(lambda: latest(app).schedule == at("2031-01-21T09:00"))


def test_without_a_word_it_is_a_month_where_there_is_room_and_a_list_where_there_is_not(app, open_page):
    place(app, "winter-sale", TIME)
    wide, narrow = open_page(JANUARY), open_page(JANUARY, size="phone")
    for page, free_days, tab in ((wide, 30, "Month"), (narrow, 0, "List")):
        assert page.locator(".day.free:not(.outside):visible").count() == free_days
        assert page.locator(".tabs a[aria-current]:visible").all_inner_texts() == [tab]


def test_today_is_in_view(app, open_page):
    place(app, "winter-sale", TIME)
    assert open_page("/campaigns").locator(".day.today .date").inner_text().endswith("Today")


PAGES = [
    JANUARY,
    f"{JANUARY}&view=list",
    f"{JANUARY}&view=month",
    "/campaigns?view=attention",
    HERE,
    f"{HERE}/move?date=2031-10-26&time=02:30&zone=Europe/Berlin",
    f"{HERE}/move?date=2031-03-30&time=02:30&zone=Europe/Berlin",
    f"{HERE}/cancel",
]


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_nobody_is_shut_out_and_nothing_sticks_out(many, open_page, axe, size, look):
    page = open_page("/campaigns", size=size, scheme=look)
    for path in PAGES:
        page.goto(page.url.split("/campaigns")[0] + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
