"""Connecting, looking, disconnecting; and where a key may come from."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import click
import fakes
import pytest
from dependency_injector import providers

from glowtify_adapters.container import Container
from glowtify_core.domain.errors import AuthenticationFailed, Effect, PlatformUnavailable
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.connectors import Installed
from glowtify_core.ports.credentials import CredentialRef

KEY = "a-long-enough-key"


def stored_key():
    from glowtify_adapters.container import build_app  # noqa: F401 - the wiring under test
    from glowtify_adapters.settings import Settings

    container = Container(settings=Settings.read())
    try:
        return container.credentials().get(CredentialRef("default", "fake"))["api_key"].reveal()
    finally:
        container.database().close()


@pytest.fixture
def installed(fake):
    """The connector's manifest says something else."""

    def change(**changes):
        manifest = fakes.manifest_for(fake, **changes)
        registry = ConnectorRegistry((Installed(manifest, "glowtify-fake", "1.0"),), ())
        Container.directory.override(providers.Object(registry))

    yield change
    Container.directory.reset_last_overriding()


@pytest.fixture
def typed(monkeypatch):
    """Somebody at a terminal who types this."""

    def answer(text):
        asked = []

        def prompt(label, **options):
            asked.append((label, options))
            return text

        stdin = io.StringIO()
        stdin.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(click, "prompt", prompt)
        monkeypatch.setattr(click, "confirm", lambda *args, **options: text == "y")
        return asked

    return answer


def test_connectors_shows_what_is_installed_and_what_could_not_be_loaded(run, fake):
    shown = run("connectors").out
    assert "Fake (fake)\n  glowtify-fake 1.0, contract 1\n" in shown
    assert "recipient time" in shown
    assert (
        "broken: glowtify-broken could not be loaded\n  ImportError: no such module\n  Repair it.\n" in shown
    )
    document = run("connectors", "--json").json
    assert set(document) == {"contract", "connectors", "failures"}
    (connector,) = document["connectors"]
    assert set(connector) == {
        *("name", "title", "distribution", "version", "contract", "capabilities", "sandbox", "docs_url"),
        *("minutes", "languages", "most_audiences"),
    }
    assert connector["capabilities"]["segments"] == ["segments:read"]
    assert (connector["minutes"], connector["languages"], connector["most_audiences"]) == (1, [], None)
    (failure,) = document["failures"]
    assert failure == {
        "name": "broken",
        "distribution": "glowtify-broken",
        "reason": "ImportError: no such module",
        "remedy": "Repair it.",
    }


def test_connectors_shows_what_a_campaign_has_to_keep_to(run, installed):
    installed(minutes=15, languages=("en-CA", "fr-CA"), most_audiences=1)
    shown = run("connectors").out
    for words in ("every 15 minutes", "a language: en-CA, fr-CA", "audiences of a campaign: 1 at most"):
        assert words in shown
    (connector,) = run("connectors", "--json").json["connectors"]
    limits = connector["minutes"], connector["languages"], connector["most_audiences"]
    assert limits == (15, ["en-CA", "fr-CA"], 1)


def test_connect_shows_whose_the_key_is(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    fake.account = replace(fake.account, not_proven=frozenset({"campaigns:write"}), notes=("Create a list",))
    shown = run("connect", "fake").out
    assert shown.startswith("Connected: Acme (ACC001)\n")
    for words in ("America/Toronto", "CAD", "a@example.com", "campaigns:write", "Create a list"):
        assert words in shown


def test_the_json_of_a_connection_is_stable_and_holds_no_key(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    fake.account = replace(fake.account, missing=frozenset({"metrics:read"}))
    document = run(
        "connect", "fake", "--base-url", "http://127.0.0.1:1", "--conversion-metric", "M1", "--json"
    ).json
    assert document.pop("checked_at").startswith("2027-01-04T12:00")
    assert document.pop("remedy").startswith("The API key doesn't have the scopes Glowtify needs.")
    assert document == {
        "store": "default",
        "connector": "fake",
        "state": "Partially connected",
        "account": {
            "id": "ACC001",
            "name": "Acme",
            "zone": "America/Toronto",
            "currency": "CAD",
            "locale": "",
            "sender_name": None,
            "sender_email": "a@example.com",
            "granted": [],
            "missing": ["metrics:read"],
            "not_proven": [],
            "notes": [],
            "test_account": None,
        },
        "settings": {"base_url": "http://127.0.0.1:1", "conversion_metric": "M1"},
        "problem": "The key lacks metrics:read: metrics off.",
    }


def test_settings_are_kept_until_they_are_changed_or_emptied(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)

    def settings(*options):
        return run("connect", "fake", *options, "--json").json["settings"]

    assert settings("--base-url", "http://127.0.0.1:1") == {"base_url": "http://127.0.0.1:1"}
    both = {"base_url": "http://127.0.0.1:1", "conversion_metric": "M1"}
    assert settings("--conversion-metric", "M1") == both
    assert settings() == both
    assert settings("--base-url", "") == {"conversion_metric": "M1"}


def test_a_key_from_the_environment_comes_before_the_prompt(run, fake, typed, monkeypatch):
    asked = typed("another-long-key")
    monkeypatch.setenv("FAKE_API_KEY", f"{KEY}\n")
    assert run("connect", "fake").code == 0
    assert (asked, stored_key()) == ([], KEY)


def test_the_prompt_is_hidden_and_says_where_the_key_is(run, fake, typed):
    asked = typed(KEY)
    shown = run("connect", "fake")
    assert (shown.code, stored_key()) == (0, KEY)
    ((label, options),) = asked
    assert (label, options["hide_input"], options["err"]) == ("API key", True, True)
    assert "In Fake: Settings." in shown.err


def test_a_key_on_standard_input_comes_first_and_loses_its_line_break(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", "another-long-key")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\r\n"))
    assert run("connect", "fake", "--key-stdin").code == 0
    assert stored_key() == KEY


def test_a_key_on_standard_input_that_is_no_text_is_refused(run, fake, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8"))
    shown = run("connect", "fake", "--key-stdin", "--json")
    assert (shown.code, shown.error["code"]) == (3, "credentials_missing")


@pytest.mark.parametrize("options", [[], ["--key-stdin"]])
def test_without_a_terminal_nobody_is_asked(run, fake, options):
    shown = run("connect", "fake", *options, "--json")
    assert (shown.code, shown.error["code"], shown.error["field"]) == (3, "credentials_missing", "api_key")
    assert fake.calls == []


def test_without_a_terminal_the_remedy_names_both_ways(run, fake):
    assert "Pass it with --key-stdin or set FAKE_API_KEY." in run("connect", "fake").err


def test_a_key_is_never_an_argument(run, fake):
    assert run("connect", "fake", KEY).code == 2
    assert not any("key" in word for word in run("connect", "--help").out.split() if word.endswith("=KEY"))


def test_a_key_of_the_wrong_form_makes_no_request(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", "abc123")
    shown = run("connect", "fake", "--json")
    assert (shown.code, shown.error["title"]) == (3, "This is the public site key")


def test_a_refused_key_ends_with_4_and_a_platform_that_is_down_with_1(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    fake.connect_error = AuthenticationFailed("Invalid API key", effect=Effect.NONE, remedy="New key.")
    shown = run("connect", "fake")
    assert (shown.code, shown.err) == (4, "Error: Invalid API key\n  New key.\n")
    fake.connect_error = PlatformUnavailable("unreachable", effect=Effect.NONE)
    assert run("connect", "fake").code == 1


def test_a_key_of_another_account_is_refused_unless_asked_for(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    connected.account = replace(connected.account, id="ACC002", name="Other")
    shown = run("connect", "fake", "--json")
    assert (shown.code, shown.error["code"]) == (3, "another_account")
    assert run("connect", "fake", "--other-account").code == 0


def test_an_unknown_connector_is_refused(run, fake):
    shown = run("connect", "nothing", "--json")
    assert (shown.code, shown.error["code"]) == (3, "connector_not_found")


def test_connections_lists_accounts_of_all_stores_or_one(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    run("connect", "fake", "--store", "shop")
    assert [c["store"] for c in run("connections", "--json").json["connections"]] == ["default", "shop"]
    assert [c["store"] for c in run("connections", "--store", "shop", "--json").json["connections"]] == [
        "shop"
    ]
    assert "Acme" in run("connections").out


def test_connections_says_when_there_are_none(run, fake):
    assert "Nothing is connected" in run("connections").out
    assert run("connections", "--json").json == {"connections": []}


def test_check_asks_the_platform_and_says_what_is_wrong(run, connected):
    connected.connect_error = AuthenticationFailed("Invalid API key", effect=Effect.NONE)
    shown = run("connections", "--check", "--json")
    assert shown.code == 4
    (connection,) = shown.json["connections"]
    assert connection["state"] == "Reconnect required"
    assert connection["error"]["title"] == "Invalid API key"
    told = run("connections", "--check")
    assert "Reconnect required" in told.out
    assert "Invalid API key" in told.err


def test_disconnect_deletes_the_key_and_lists_what_still_sends(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("disconnect", "fake", "--json")
    assert shown.code == 0
    document = shown.json
    assert [p["campaign_id"] for p in document.pop("still_sends")] == ["winter-sale"]
    assert document == {
        "store": "default",
        "connector": "fake",
        "state": "Not connected",
        "was_connected": True,
    }
    assert run("connections", "--json").json == {"connections": []}
    assert run("audiences", "fake", "--json").error["code"] == "not_connected"


def test_disconnect_without_a_terminal_does_not_ask(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("disconnect", "fake")
    assert shown.code == 0
    assert "Still sends: Winter sale (winter-sale), 2027-01-15 09:00 America/Toronto (14:00 UTC)" in shown.out


def test_disconnect_on_a_terminal_asks_first(run, connected, campaign_file, typed):
    run("publish", campaign_file())
    for answer, code, left in (("n", 1, 1), ("y", 0, 0)):
        typed(answer)
        shown = run("disconnect", "fake")
        assert shown.code == code
        assert "Still sends: Winter sale" in shown.err
        assert len(run("connections", "--json").json["connections"]) == left


def test_yes_means_no_question(run, connected, typed):
    typed("n")
    assert run("disconnect", "fake", "--yes").code == 0


def test_disconnecting_what_is_not_connected_is_no_error_unless_it_does_not_exist(run, fake):
    assert run("disconnect", "fake").out == "fake was not connected.\n"
    assert run("disconnect", "nothing").code == 3


def test_a_kept_address_is_said_and_an_error_names_it(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    run("connect", "fake", "--base-url", "http://127.0.0.1:1")
    connected.connect_error = PlatformUnavailable("unreachable", effect=Effect.NONE, detail="ConnectTimeout")
    shown = run("connect", "fake")
    assert "Using http://127.0.0.1:1 kept from before; --base-url '' for the platform's own." in shown.err
    assert "unreachable: ConnectTimeout at http://127.0.0.1:1" in shown.err
    assert (
        run("connections", "--check", "--json")
        .json["connections"][0]["error"]["detail"]
        .endswith("at http://127.0.0.1:1")
    )


def test_another_key_does_not_go_to_a_sandbox_of_before(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    run("connect", "fake", "--base-url", "http://127.0.0.1:1")
    monkeypatch.setenv("FAKE_API_KEY", "another-long-key")
    shown = run("connect", "fake")
    assert shown.code == 0
    assert "Using the platform's own address for this key, not http://127.0.0.1:1 as before" in shown.err
    assert "--base-url http://127.0.0.1:1 keeps that" in shown.err
    assert run("connections", "--json").json["connections"][0]["settings"] == {}


def test_another_key_keeps_an_address_that_is_not_on_this_machine(run, connected, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    run("connect", "fake", "--base-url", "https://www.example.com")
    monkeypatch.setenv("FAKE_API_KEY", "another-long-key")
    assert run("connect", "fake", "--json").json["settings"] == {"base_url": "https://www.example.com"}


def test_the_help_says_how_to_return_to_the_platforms_own_address(run):
    assert '"" for the platform\'s own' in " ".join(run("connect", "--help").out.split())
