"""Performance: asking platforms for figures, and why there are none newer than those that are stored."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from figuring import READ, cells, full, names, really_sent, sent
from placing import latest, utc
from playwright.sync_api import expect

from glowtify_adapters.persistence.pacing import Quota
from glowtify_core.domain.errors import Effect, RateLimited


def test_asking_brings_figures_and_then_nothing_for_a_while(app, client, sandbox):
    really_sent(app, sandbox)
    assert "Campaigns with new figures: 1." in client.submit("/performance").text
    assert names(client.get("/performance").text) == ["Winter sale"]
    sandbox.clear_requests()
    assert "All figures are still fresh; nothing was asked for." in client.submit("/performance").text
    assert not [one for one in sandbox.requests if "report" in one.path]
    again = client.submit("/performance/winter-sale", anew="1")
    assert "Campaigns with new figures: 1." in again.text
    assert again.url.path == "/performance/winter-sale"


def test_there_is_nothing_to_ask_for_before_anything_is_sent(client):
    assert "Nothing has been sent yet, so there was nothing to ask for." in client.submit("/performance").text


def test_a_refusal_stands_beside_the_stored_figures_until_there_are_newer_ones(
    app, client, sandbox, monkeypatch
):
    really_sent(app, sandbox)
    client.submit("/performance")
    spent = RateLimited(
        "Our share of the account's daily quota is used",
        effect=Effect.NONE,
        detail="It is 112.",
        remedy="Try again then.",
        renews_at=utc("2031-02-01T08:00"),
    )

    def refuse(self, sent, *, conversion_metric):
        raise spent

    with monkeypatch.context() as patched:
        patched.setattr("glowtify_klaviyo.platform.KlaviyoPlatform.metrics", refuse)
        said = client.submit("/performance", anew="1").text
    assert "Campaigns without newer figures: 1; the reason stands below." in said
    for path in ("/performance", "/performance/winter-sale"):
        shown = client.get(path).text
        assert "<strong>Our share of the account&#39;s daily quota is used</strong>" in shown
        assert "It renews from 2/1/31, 9:00\u202fAM on." in shown
        assert "Try again then." in shown
    assert cells(shown := client.get("/performance").text)[1][2] != "—"
    assert "It is 112." not in shown
    client.submit("/performance", anew="1")
    assert "quota is used" not in client.get("/performance").text


def test_where_a_platform_has_none_yet_that_is_said(app, client, sandbox, monkeypatch):
    really_sent(app, sandbox)
    monkeypatch.setattr(
        "glowtify_klaviyo.platform.KlaviyoPlatform.metrics", lambda self, sent, *, conversion_metric: {}
    )
    said = client.submit("/performance").text
    assert "Campaigns of which the platform has no figures yet: 1." in said


def test_an_account_that_is_gone_or_another_has_its_stored_figures_and_the_reason(app, client, sandbox):
    sent(app, "ours", figures=[full()])
    sent(app, "theirs", figures=[full()], account_id="OTHER1")
    shown = client.get("/performance").text
    assert "Another account is connected than the one that sent it" in shown
    assert "Campaigns that this concerns: 1." in shown
    app.connections.disconnect("default", "klaviyo")
    shown = client.get("/performance").text
    assert "The account is not connected any more" in shown
    assert "Campaigns that this concerns: 2." in shown
    assert "50.0%" in shown


def test_a_key_that_is_refused_is_told_from_then_on(app, client, sandbox):
    really_sent(app, sandbox)
    client.submit("/performance")
    body = {"errors": [{"status": 401, "code": "not_authenticated", "title": "Authentication failed."}]}
    sandbox.add_fault("error", count=None, status=401, body=body)
    client.submit("/performance", anew="1")
    problem = app.connections.repo.get("default", "klaviyo").problem
    assert f"<strong>{problem}</strong>" in client.get("/performance/winter-sale").text
    assert app.figures.history(latest(app).id)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (97, "Example Shop</bdi>: 97 of our 112 requests a day left."),
        (0, "Example Shop</bdi>: 0 of our 112 requests a day left; renews from 1/20/31, 9:00\u202fAM on."),
    ],
)
def test_what_is_left_of_the_accounts_quota_is_told(app, client, left, said, monkeypatch):
    account = app.connections.repo.get("default", "klaviyo").account.id
    quota = Quota(f"example:{account}:report", left, 112, timedelta(days=1), READ)
    elsewhere = Quota("example:OTHER1:report", 3, 5, timedelta(days=1), READ)
    object.__setattr__(app, "quotas", lambda: [quota, elsewhere])
    sent(app, figures=[full()])
    shown = client.get("/performance").text
    assert said in shown
    assert "of our 5" not in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/performance", "/performance/winter-sale"])
def test_everybody_can_read_it_on_a_phone(app, open_page, axe, scheme, path):
    sent(app, figures=[full(READ - timedelta(days=4), delivered=300), full()])
    sent(app, "long", "2031-01-12", [full()], name="An e-mail of a " + "very" * 30 + " long name")
    page = open_page(path, size="phone", scheme=scheme)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.locator(".plot text").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 12
    boxes = page.locator(".plot .across").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert all(one[1] < other[0] for one, other in pairwise(boxes))


@pytest.mark.parametrize("script", [True, False])
def test_a_browser_asks_by_one_press(app, sandbox, served, open_page, script):
    sent(app, figures=[full()], account_id="OTHER1")
    page = open_page("/performance", script=script)
    page.get_by_label("Also where they are still fresh").check()
    page.get_by_role("button", name="Ask for new figures").click()
    expect(page.get_by_text("Campaigns without newer figures: 1; the reason stands below.")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Winter sale")).to_be_visible()
    page.get_by_text("The chart as a table").click()
    expect(page.get_by_role("region", name="The chart as a table")).to_be_visible()
