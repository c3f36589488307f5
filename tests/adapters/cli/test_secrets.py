"""A canary key goes through every command, with logging at DEBUG, and is found nowhere in clear."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from glowtify_adapters.container import Container

KEY = "a-long-enough-key"
SOON = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT09:00}"


@pytest.fixture
def canary(monkeypatch):
    """A sandbox whose full key is the canary; both are given back."""
    with Container(settings=None).directory().manifest("klaviyo").sandbox().start() as sandbox:
        monkeypatch.setenv("KLAVIYO_API_KEY", sandbox.api_key)
        monkeypatch.setenv("GLOWTIFY_SETTLE_SECONDS", "0")
        yield sandbox


def commands(sandbox, file):
    """Every command, the sandbox's own and the demo left out; some of them fail."""
    address = ("--base-url", sandbox.base_url)
    yield from (
        ["connectors"],
        ["connect", "klaviyo", *address],
        ["connect", "klaviyo", *address, "--key-stdin"],
        ["connect", "klaviyo", "--base-url", "http://127.0.0.1:9"],
        ["connect", "klaviyo", "--base-url", "https://www.example.com"],
        ["connect", "klaviyo", *address],
        ["connections", "--check"],
        ["doctor", "--online"],
        ["audiences", "klaviyo", "--counts"],
        ["publish", file, "--dry-run"],
        ["publish", file],
        ["status"],
        ["reschedule", "canary", "--at", SOON, "--zone", "UTC"],
        ["edit", "canary"],
        ["publish", file],
        ["cancel", "canary"],
        ["repair"],
        ["performance"],
        ["disconnect", "klaviyo"],
        ["publish", file],
    )


def test_the_key_shows_nowhere(run, canary, campaign_file, home, caplog):
    caplog.set_level(logging.DEBUG)
    top = 'id = "canary"\nname = "Canary"\nconnector = "klaviyo"\nsubject = "Hello"\nhtml = "mail.html"\n'
    file = campaign_file(
        "canary",
        top=top,
        sender='name = "Shop"\nemail = "shop@example.com"\n',
        schedule=f'at = "{SOON}"\nzone = "America/Toronto"\n',
    )
    said, codes = [], []
    for command in commands(canary, file):
        ran = run(*command, "--debug")
        codes.append(ran.code)
        said += [ran.out, ran.err]
        for path in home.iterdir():
            assert canary.api_key.encode() not in path.read_bytes(), path
    assert codes.count(0) >= 12
    assert len(caplog.records) > 50
    assert all(canary.api_key not in text for text in said)
    assert canary.api_key not in caplog.text


def test_an_unexpected_error_that_quotes_the_key_is_masked_even_with_debug(run, canary, monkeypatch):
    def leak(self, *args, **options):
        raise RuntimeError(f"failed with {canary.api_key}")

    monkeypatch.setattr("glowtify_core.application.connect_account.ConnectAccount.__call__", leak)
    for options in ([], ["--debug"], ["--json"]):
        shown = run("connect", "klaviyo", *options)
        assert shown.code == 1
        assert canary.api_key not in shown.out + shown.err
    assert "Traceback" in run("connect", "klaviyo", "--debug").err


@pytest.mark.parametrize(
    ("command", "leaking"),
    [
        (["audiences", "fake"], "list_audiences.ListAudiences.__call__"),
        (["status"], "track_campaigns.TrackCampaigns.__call__"),
        (["publish", "FILE"], "publish_campaign.PublishCampaign.__call__"),
        (["connections", "--check"], "connect_account.ConnectAccount.check_now"),
    ],
)
def test_a_stored_key_is_masked_in_logs_and_tracebacks_of_every_command(  # noqa: PLR0917 - pytest passes them by name
    run, connected, campaign_file, monkeypatch, command, leaking
):
    def leak(self, *args, **options):
        logging.getLogger("some.library").debug("using %s", KEY)
        raise RuntimeError(f"failed with {KEY}")

    monkeypatch.setattr(f"glowtify_core.application.{leaking}", leak)
    words = [campaign_file() if word == "FILE" else word for word in command]
    shown = run(*words, "--debug")
    assert KEY not in shown.out + shown.err
    assert "using ********" in shown.err
    assert "failed with ********" in shown.err


def test_without_debug_no_stored_key_is_read_for_masking(run, connected, monkeypatch):
    def read(self, ref):
        raise AssertionError(ref)

    monkeypatch.setattr("glowtify_adapters.credentials.encrypted_sql.EncryptedCredentials.get", read)
    assert run("status").code == 0


def test_debug_works_where_stored_keys_cannot_be_read(run, connected, home):
    (home / "secret.key").unlink()
    assert run("status", "--debug").code == 0
