"""Connecting on the page: the form of any connector, what is refused, and where the key does not go."""

import re
from dataclasses import replace

import fakes
import pytest
from playwright.sync_api import expect

from glowtify_core.domain.capabilities import Capability
from glowtify_core.ports.connectors import CredentialField
from glowtify_core.ports.credentials import CredentialRef

SCRIPT = {"hx-request": "true"}
FORM = "/connectors/klaviyo/connect"
KEY = "credential-api_key"
TWO = (
    CredentialField("account", "Account number", help="On every invoice.", secret=False),
    CredentialField("token", "Access token", check=fakes.check_key),
)


def stored(app, connector="klaviyo"):
    """The credentials that are kept."""
    found = app.connections.credentials.get(CredentialRef("default", connector))
    return {name: secret.reveal() for name, secret in found.items()}


def settings(app, connector="klaviyo"):
    return dict(app.connections.repo.get("default", connector).settings)


def field(text, name):
    """The input of that name, whole."""
    return re.search(rf'<input id="{name}"[^>]*>', text)[0]


def beside(text, name):
    """What is said to be wrong with that field."""
    assert 'aria-invalid="true"' in field(text, name)
    assert f"{name}-wrong" in field(text, name)
    return text.split(f'id="{name}-wrong"')[1].split("</div>")[0]


@pytest.fixture
def fake():
    """The platform behind the connector ``fake``."""
    return fakes.FakeServer(fakes.FakeClock())


def test_the_form_is_what_the_manifest_says(lonely_client):
    shown = lonely_client.get(FORM).text
    assert "<h1>Connect Klaviyo</h1>" in shown
    assert "Settings, API keys, Create Private API Key" in shown
    assert 'type="password"' in field(shown, KEY)
    assert "value=" not in field(shown, KEY)
    assert '<details class="advanced">' in shown


def test_the_scopes_stand_beside_the_product_s_words(lonely_client):
    shown = lonely_client.get(FORM).text
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", shown, re.DOTALL)
    words = {re.sub("<.*?>", "", word): re.findall("<code>(.*?)</code>", scopes) for word, scopes in rows}
    assert words["campaigns"] == ["campaigns:read", "campaigns:write"]
    assert words["audiences"] == ["lists:read", "segments:read"]
    assert words["profiles (optional)"] == ["profiles:read"]
    assert words["metrics (optional)"] == ["metrics:read"]
    assert set(words) >= {"templates", "accounts"}
    listed = re.search('<code id="scopes">(.*?)</code>', shown)[1].split(", ")
    assert sorted(listed) == sorted(scope for scopes in words.values() for scope in scopes)


def test_a_good_key_connects_and_goes_nowhere_else(lonely_app, lonely_client, sandbox, caplog):
    answer = lonely_client.submit(FORM, {KEY: sandbox.api_key, "base_url": sandbox.base_url})
    assert answer.url.path == "/connectors"
    assert "Klaviyo is connected to Example Shop." in answer.text
    assert stored(lonely_app) == {"api_key": sandbox.api_key}
    assert settings(lonely_app) == {"base_url": sandbox.base_url}
    for place in (answer.text, str(answer.history[0].headers), str(lonely_client.session.kept), caplog.text):
        assert sandbox.api_key not in place


def test_a_key_that_may_not_do_everything_connects_partially(lonely_client, sandbox):
    given = {KEY: sandbox.keys["without-metrics"], "base_url": sandbox.base_url}
    shown = lonely_client.submit(FORM, given).text
    assert "Klaviyo is partially connected to Example Shop. Its card says what is missing." in shown
    assert ">Partially connected</span>" in shown
    assert "metrics:read" in shown


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("", "Private API key is missing"),
        ("Xy12Zz", "This is the public site key"),
        ("not-a-key", "This is not a private API key"),
    ],
)
def test_a_key_of_the_wrong_form_is_refused_before_any_request(
    lonely_app, lonely_client, sandbox, key, title
):
    before = len(sandbox.state.log)
    answer = lonely_client.submit(FORM, {KEY: key, "base_url": sandbox.base_url})
    assert answer.status_code == 422
    assert title in beside(answer.text, KEY)
    assert "Settings, API keys" in beside(answer.text, KEY)
    assert len(sandbox.state.log) == before
    assert lonely_app.connections.repo.get("default", "klaviyo") is None


def test_a_key_that_klaviyo_does_not_know_is_not_sent_back(lonely_client, sandbox):
    given = {KEY: "pk_0123456789", "base_url": sandbox.base_url, "conversion_metric": "METRIC"}
    answer = lonely_client.submit(FORM, given)
    assert "Invalid API key" in beside(answer.text, KEY)
    assert "Generate a new private key in Klaviyo and reconnect." in beside(answer.text, KEY)
    assert "pk_0123456789" not in answer.text
    assert "Paste it once more" in answer.text
    assert f'value="{sandbox.base_url}"' in field(answer.text, "base_url")
    assert 'value="METRIC"' in field(answer.text, "conversion_metric")
    assert '<details class="advanced" open>' in answer.text


def test_scopes_that_are_missing_are_named(lonely_app, lonely_client, sandbox):
    given = {KEY: sandbox.keys["read-only"], "base_url": sandbox.base_url}
    wrong = beside(lonely_client.submit(FORM, given).text, KEY)
    assert "Scopes insufficient" in wrong
    assert "<code>campaigns:write</code>" in wrong
    assert "Regenerate with full scopes" in wrong
    assert lonely_app.connections.repo.get("default", "klaviyo") is None


def test_an_address_that_is_not_allowed_is_refused_where_it_stands(lonely_client, sandbox):
    answer = lonely_client.submit(FORM, {KEY: sandbox.api_key, "base_url": "https://elsewhere.example"})
    assert "GLOWTIFY_ALLOWED_HOSTS" in beside(answer.text, "base_url")
    assert "aria-invalid" not in field(answer.text, KEY)


def test_a_platform_that_does_not_answer_is_nobody_s_field(host, fake):
    _, client = host([fakes.manifest_for(fake)])
    fake.connect_error = fakes.down()
    shown = client.submit("/connectors/fake/connect", {KEY: "a-long-enough-key"}).text
    assert 'id="form-wrong" role="alert"' in shown
    assert "unreachable" in shown
    assert "aria-invalid" not in field(shown, KEY)


def test_a_script_gets_the_form_alone_or_is_sent_on(lonely_client, sandbox):
    given = {KEY: "Xy12Zz", "base_url": sandbox.base_url}
    refused = lonely_client.submit(FORM, given, headers=SCRIPT)
    assert refused.text.strip().startswith("<form")
    assert "public site key" in refused.text
    done = lonely_client.submit(FORM, {**given, KEY: sandbox.api_key}, headers=SCRIPT)
    assert done.headers["hx-redirect"] == "/connectors?tab=connected"
    assert "is connected to Example Shop." in lonely_client.get("/connectors").text


def test_reconnecting_says_which_account_is_expected_and_keeps_the_settings(client, app, sandbox):
    shown = client.get(FORM).text
    assert "<h1>Reconnect Klaviyo</h1>" in shown
    assert "Example Shop" in shown
    assert f'value="{sandbox.base_url}"' in field(shown, "base_url")
    client.submit(FORM, {KEY: sandbox.api_key, "base_url": sandbox.base_url, "conversion_metric": "METRIC"})
    assert settings(app) == {"base_url": sandbox.base_url, "conversion_metric": "METRIC"}
    client.submit(FORM, {KEY: sandbox.api_key, "base_url": sandbox.base_url, "conversion_metric": ""})
    assert settings(app) == {"base_url": sandbox.base_url}


def test_another_account_is_connected_only_when_a_person_says_so(host, fake):
    app, client = host([fakes.manifest_for(fake)])
    form, given = "/connectors/fake/connect", {KEY: "a-long-enough-key"}
    assert "other_account" not in client.submit(form, given).text
    fake.account = replace(fake.account, id="ACC002", name="Other Inc")
    refused = client.submit(form, given).text
    assert "This key belongs to another account" in beside(refused, KEY)
    assert "Other Inc" in beside(refused, KEY)
    assert "--other-account" not in refused
    assert "Connect the other account" in refused
    assert app.connections.repo.get("default", "fake").account.id == "ACC001"
    ticked = client.submit(form, {KEY: "public", "other_account": "yes"}).text
    assert 'value="yes" checked' in ticked
    client.submit(form, {**given, "other_account": "yes"})
    assert app.connections.repo.get("default", "fake").account.id == "ACC002"


def test_a_connector_with_several_fields_keeps_what_is_not_secret(host, fake):
    app, client = host([fakes.manifest_for(fake, credential_fields=TWO)])
    form = "/connectors/fake/connect"
    shown = client.get(form).text
    assert 'type="text"' in field(shown, "credential-account")
    assert 'type="password"' in field(shown, "credential-token")
    refused = client.submit(form, {"credential-account": "12 34", "credential-token": ""}).text
    assert "Access token is missing" in beside(refused, "credential-token")
    assert 'value="12 34"' in field(refused, "credential-account")
    client.submit(form, {"credential-account": "12 34", "credential-token": "a-long-enough-key"})
    assert stored(app, "fake") == {"account": "12 34", "token": "a-long-enough-key"}


def test_what_is_wrong_with_several_fields_together_stands_above_them(host, fake):
    _, client = host([fakes.manifest_for(fake, credential_fields=TWO)])
    shown = client.submit(
        "/connectors/fake/connect", {"credential-account": "1", "credential-token": "public"}
    ).text
    assert "This is the public site key" in shown.split('id="form-wrong"')[1].split("</div>")[0]


def test_a_connector_without_fields_words_or_figures_has_a_form_too(host, fake):
    capabilities = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != Capability.METRICS}
    manifest = fakes.manifest_for(fake, credential_fields=(), capabilities=capabilities)
    app, client = host([manifest])
    shown = client.get("/connectors/fake/connect").text
    assert "conversion_metric" not in shown
    assert "data-copy" not in shown
    assert "Fake is connected to Acme." in client.submit("/connectors/fake/connect").text
    assert stored(app, "fake") == {}
    assert "Checked just now" in client.submit("/connectors/fake/check", headers=SCRIPT).text


def test_an_unknown_connector_has_no_form(lonely_client):
    answer = lonely_client.get("/connectors/nothing/connect")
    assert answer.status_code == 409
    assert "There is no connector" in answer.text


def test_in_a_browser_a_refused_key_stays_to_be_mended(browser_page, sandbox):
    browser_page.goto(browser_page.url.split("/connectors")[0] + FORM)
    key = browser_page.get_by_label("Private API key")
    key.fill("pk_0123456789")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("alert").filter(has_text="Invalid API key")).to_be_visible()
    expect(key).to_have_value("pk_0123456789")
    expect(key).to_be_focused()
    expect(key).to_have_attribute("aria-invalid", "true")
    key.fill(sandbox.api_key)
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("status").first).to_have_text("Klaviyo is connected to Example Shop.")


def test_without_javascript_it_connects_as_well(open_page, sandbox):
    page = open_page(FORM, script=False, size="phone")
    expect(page.get_by_role("button", name="Copy the list")).to_be_hidden()
    page.get_by_label("Private API key").fill("Xy12Zz")
    page.get_by_role("button", name="Reconnect").click()
    expect(page.get_by_role("alert")).to_contain_text("This is the public site key")
    expect(page.get_by_label("Private API key")).to_have_value("")
    page.get_by_label("Private API key").fill(sandbox.api_key)
    page.get_by_role("button", name="Reconnect").click()
    expect(page.get_by_role("status").first).to_have_text("Klaviyo is connected to Example Shop.")


def test_the_scopes_are_copied(browser_page):
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browser_page.goto(browser_page.url.split("/connectors")[0] + FORM)
    browser_page.get_by_role("button", name="Copy the list").click()
    expect(browser_page.get_by_text("Copied")).to_be_visible()
    assert "campaigns:write" in browser_page.evaluate("navigator.clipboard.readText()")


def test_a_server_that_is_gone_is_said(browser_page, windows):
    browser_page.goto(browser_page.url.split("/connectors")[0] + FORM)
    browser_page.route("**/connect", lambda route: route.abort())
    browser_page.get_by_label("Private API key").fill("pk_0123456789")
    browser_page.get_by_role("button", name="Reconnect").click()
    expect(browser_page.get_by_role("alert")).to_contain_text("Glowtify does not answer.")
    windows.trouble.clear()
