"""New e-mail, as only a browser shows it: what happens while somebody types, and what is typed stays."""

import re

import pytest
from composing import HTML
from playwright.sync_api import expect

NEW = "/emails/new"
CHOSEN = 'input[name="audience.include"]'


def fill(page):
    page.fill("#name", "Winter sale")
    page.fill("#subject", "Everything must go")
    page.fill("#html", HTML)
    page.fill("#schedule-at", "2031-01-15")
    page.fill("#schedule-time", "09:00")
    page.get_by_label("Send to Newsletter").check()


def test_it_is_looked_over_while_somebody_types(open_page, axe):
    page = open_page(NEW)
    page.fill("#subject", "Everything must go")
    expect(page.locator("[data-count-of=subject]")).to_have_text("18")
    page.fill("#sender-email", "nobody")
    expect(page.locator("#said-sender-email")).to_contain_text("'nobody' is not an e-mail address")
    expect(page.locator("#sender-email")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#sender-email")).to_have_value("nobody")
    page.fill("#sender-email", "shop@example.com")
    expect(page.locator("#said-sender-email")).to_be_empty()
    expect(page.locator("#sender-email")).not_to_have_attribute("aria-invalid", "true")
    fill(page)
    expect(page.locator("#ready-title")).to_have_text("Ready to publish")
    expect(page.locator("#said-schedule-at")).to_contain_text("8:00 a.m. UTC")
    axe(page)


def test_what_is_typed_is_there_after_going_elsewhere(open_page):
    page = open_page(NEW)
    fill(page)
    expect(page.locator("#ready-title")).to_have_text("Ready to publish")
    page.get_by_role("link", name="Connectors", exact=True).click()
    page.get_by_role("link", name="New e-mail", exact=True).first.click()
    expect(page.locator("#html")).to_have_value(HTML)
    expect(page.get_by_label("Send to Newsletter")).to_be_checked()


def test_an_uploaded_file_is_kept_at_once(open_page):
    page = open_page(NEW)
    page.set_input_files(
        "#html_file", {"name": "mail.html", "mimeType": "text/html", "buffer": HTML.encode()}
    )
    expect(page.locator("#source")).to_contain_text("Kept: mail.html")
    expect(page.frame_locator("iframe.by-day").locator("body")).to_contain_text("Hello")
    page.get_by_role("button", name="Take it away").click()
    expect(page.locator("#source")).not_to_contain_text("Kept")


def test_the_preview_changes_its_shape_without_a_script_and_runs_nothing(open_page, windows):
    page = open_page(NEW, script=False)
    page.fill("#html", HTML + "<script>document.body.textContent = 'run'</script>")
    page.locator("button[value=check]").last.click()
    frame = page.locator("iframe.by-day")
    wide = frame.bounding_box()["width"]
    page.get_by_text("Mobile", exact=True).click()
    assert frame.bounding_box()["width"] < wide
    expect(page.frame_locator("iframe.by-day").locator("body")).to_contain_text("Hello")
    windows.trouble.clear()  # the browser says that it did not run the script


def test_a_skipped_time_is_mended_by_a_button(open_page):
    page = open_page(NEW)
    page.fill("#schedule-zone", "America/Toronto")
    page.fill("#schedule-at", "2031-03-09")
    page.fill("#schedule-time", "02:30")
    page.locator("#when button").last.click()
    expect(page.locator("#schedule-time")).to_have_value("03:00")
    expect(page.locator("#said-schedule-at")).to_contain_text("UTC-4")


def test_of_a_time_that_comes_twice_one_is_chosen_by_keyboard(open_page):
    page = open_page(NEW)
    page.fill("#schedule-zone", "America/Toronto")
    page.fill("#schedule-at", "2031-11-02")
    page.fill("#schedule-time", "01:30")
    page.get_by_label("The first").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said-schedule-at li").first).to_contain_text("UTC-5")
    expect(page.get_by_label("The second")).to_be_focused()


def test_a_search_narrows_down_and_keeps_what_is_ticked(open_page, sandbox):
    for number in range(40):
        sandbox.add_audience(f"Shop {number:03}")
    page = open_page(NEW)
    page.get_by_label("Send to Newsletter").check()
    page.fill("#search", "shop 01")
    expect(page.locator("#audience-rows tr:visible")).to_have_count(11)
    expect(page.locator("#audience-rows-count")).to_have_text("11 of 45 are shown")
    page.fill("#search", "")
    expect(page.locator("#audience-rows tr:visible")).to_have_count(45)
    assert (
        page.evaluate("document.documentElement.scrollHeight - document.querySelector('main').scrollHeight")
        < 100
    )


def test_ticking_counts_that_one_alone(open_page, sandbox):
    page = open_page(NEW)
    row = page.locator("tr", has=page.get_by_label("Send to Newsletter"))
    expect(row.get_by_role("button", name="Count")).to_be_visible()
    row.get_by_label("Send to Newsletter").check()
    expect(row.locator("td").first).to_have_text(re.compile(r"^\s*[\d,]+\s*$"))
    assert page.get_by_role("button", name="Count").count() == 4


@pytest.mark.parametrize("script", [True, False])
def test_publishing_shows_its_steps_and_ends_scheduled(open_page, script, axe):
    page = open_page(NEW, script=script)
    if not script:
        page.get_by_role("button", name="Show lists and segments").click()
    fill(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Scheduled")).to_be_visible(timeout=20_000)
    expect(page.locator(".steps")).to_contain_text("Scheduling it, and reading it back")
    expect(page.get_by_role("link", name="Open in Klaviyo")).to_be_visible()
    if script:
        axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nobody_is_shut_out(open_page, axe, size, scheme):
    page = open_page(NEW, size=size, scheme=scheme)
    page.fill("#html", "<p>{% nonsense %}</p>")
    expect(page.locator("#said-html")).to_contain_text("no template tag")
    expect(page.locator(CHOSEN).first).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert").first).to_contain_text("This is to be mended first")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
