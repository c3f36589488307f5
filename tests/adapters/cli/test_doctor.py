"""``glowtify doctor``: what it prints, what its JSON looks like, and how it ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from glowtify_adapters.container import Container
from glowtify_core.domain.errors import AuthenticationFailed, Effect

KEY = "a-long-enough-key"
FIELDS = {"check", "verdict", "sentence", "remedy", "code"}


@pytest.fixture
def shop(fake, run, monkeypatch):
    """The connector is installed, a store connected, and everybody has the right time and the real gate."""
    Container.clock.reset_override()
    Container.gate.reset_override()
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    assert run("connect", "fake").code == 0
    return fake


def test_an_empty_home_is_ready_and_stays_empty(run, home):
    shown = run("doctor")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("ok       database     None yet: ")
    assert shown.out.endswith("\nReady.\n")
    assert list(home.iterdir()) == []


def test_warnings_come_with_a_remedy_and_leave_it_ready(run, shop):
    shown = run("doctor")
    assert shown.code == 0
    assert "\nwarning  connectors   broken (glowtify-broken) could not be loaded: ImportError" in shown.out
    assert "\n                      Repair it.\n" in shown.out
    assert shown.out.endswith("\nReady, 1 to look at.\n")


def test_json_has_a_line_for_each_finding_and_nothing_else_is_said(run, shop):
    shown = run("doctor", "--json")
    assert (shown.code, shown.err) == (0, "")
    assert set(shown.json) == {"ready", "checks"}
    assert shown.json["ready"] is True
    for one in shown.json["checks"]:
        assert set(one) == FIELDS
        assert one["verdict"] in {"ok", "warning", "failed"}
        assert (one["remedy"] is None) is (one["verdict"] == "ok")


def test_a_set_up_that_has_to_be_mended_ends_with_3(run, shop, home):
    (home / "secret.key").unlink()
    shown = run("doctor")
    assert shown.code == 3
    assert "\nfailed   keys         1 of 1 credential cannot be read: default/fake.\n" in shown.out
    assert shown.out.endswith("\nNot ready: 1 failed.\n")
    document = run("doctor", "--json").json
    assert document["ready"] is False
    assert [one["code"] for one in document["checks"] if one["verdict"] == "failed"] == [
        "credentials_missing"
    ]


def test_a_database_that_fails_ends_with_1(run, monkeypatch):
    monkeypatch.setenv("GLOWTIFY_DATABASE_URL", "postgresql://shop:hidden-word@127.0.0.1:1/shop")
    shown = run("doctor")
    assert shown.code == 1
    assert "\nwarning  migrations   Not looked at, since the database cannot be reached.\n" in shown.out
    assert "hidden-word" not in shown.out + shown.err


def test_what_is_no_database_ends_with_1_and_is_told(run, home):
    home.mkdir()
    (home / "glowtify.db").write_bytes(b"no database at all" * 100)
    shown = run("doctor")
    assert shown.code == 1
    assert shown.out.startswith("failed   database     The database is damaged")


def test_settings_that_cannot_be_used_end_with_3(run, monkeypatch):
    monkeypatch.setenv("GLOWTIFY_SECRET_KEY", "nonsense")
    shown = run("doctor", "--json")
    assert (shown.code, shown.error["code"]) == (3, "secret_key")


def test_one_store_can_be_looked_at(run, shop):
    assert "default/fake: Connected" in run("doctor", "--store", "default").out
    assert "Not connected: the store other has no account." in run("doctor", "--store", "other").out


def test_only_online_are_platforms_asked_and_what_they_refuse_leaves_the_host_ready(run, shop):
    shop.connect_error = AuthenticationFailed("Invalid API key", effect=Effect.NONE)
    assert "default/fake: Connected, Acme" in run("doctor").out
    shown = run("doctor", "--online")
    assert shown.code == 0
    assert "default/fake: Reconnect required, Acme" in shown.out
    assert "Run `glowtify connect fake --store default`." in shown.out


def test_nothing_is_written_by_looking(run, shop, home):
    def content():
        with closing(sqlite3.connect(home / "glowtify.db")) as connection:
            return list(connection.iterdump())

    before = content()
    run("doctor")
    assert content() == before


@pytest.mark.parametrize("options", [(), ("--json",), ("--online", "--debug")])
def test_no_secret_shows(run, shop, home, options):
    shown = run("doctor", *options)
    assert KEY not in shown.out + shown.err
    assert (home / "secret.key").read_text().strip() not in shown.out + shown.err
