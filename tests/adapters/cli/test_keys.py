"""``secrets``: a new key for what is stored, told by ids and never by values."""

from __future__ import annotations

import pytest

ONE, TWO = "11" * 32, "22" * 32


@pytest.fixture
def two_stores(run, connected, monkeypatch):
    """The fake, connected to two stores."""
    monkeypatch.setenv("FAKE_API_KEY", "another-long-key")
    assert run("connect", "fake", "--store", "second").code == 0
    monkeypatch.delenv("FAKE_API_KEY")


@pytest.mark.usefixtures("two_stores")
def test_rotating_gives_the_file_a_new_key_and_everything_goes_on(run, home):
    before = (home / "secret.key").read_text()
    (old,) = run("secrets", "status", "--json").json["keys"]
    assert (old["credentials"], old["present"], old["encrypts"]) == (2, True, True)
    done = run("secrets", "rotate", "--json")
    assert done.code == 0
    assert done.json == {
        "key": done.json["key"],
        "encrypted": 2,
        "dropped": [old["id"]],
        "removable": [],
        "unreadable": [],
    }
    now = (home / "secret.key").read_text()
    assert now != before
    assert before.strip() not in now
    assert run("secrets", "status", "--json").json["keys"] == [{**old, "id": done.json["key"]}]
    assert run("connections", "--check").code == 0
    shown = run("secrets", "rotate")
    assert "Encrypted 2 credentials anew" in shown.out
    assert f"Removed from the key file: {done.json['key']}" in shown.out
    assert "2 credentials, encrypts new ones" in run("secrets", "status").out


def test_given_keys_are_told_by_id_once_they_may_go(run, fake, monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", "a-long-enough-key")
    monkeypatch.setenv("GLOWTIFY_SECRET_KEY", ONE)
    assert run("connect", "fake").code == 0
    monkeypatch.setenv("GLOWTIFY_SECRET_KEY", f"{TWO},{ONE}")
    new, old = (key["id"] for key in run("secrets", "status", "--json").json["keys"])
    shown = run("secrets", "rotate")
    assert shown.code == 0
    assert f"Encrypted 1 credential anew; the key is {new}." in shown.out
    assert f"May be removed from GLOWTIFY_SECRET_KEY: {old}" in shown.out
    assert ONE not in shown.out + shown.err
    monkeypatch.setenv("GLOWTIFY_SECRET_KEY", TWO)
    assert run("connections", "--check").code == 0
    assert run("secrets", "rotate", "--json").json["removable"] == []


@pytest.mark.usefixtures("two_stores")
def test_what_cannot_be_opened_is_named_and_the_exit_code_says_so(run, home):
    (home / "secret.key").unlink()
    assert "is missing" in run("secrets", "status").out
    shown = run("secrets", "rotate")
    assert shown.code == 3
    assert "Left alone: fake of the store second" in shown.err
    assert "Connect fake to the store second again" in shown.err
    document = run("secrets", "rotate", "--json")
    assert document.code == 3
    assert [(one["store"], one["platform"]) for one in document.json["unreadable"]] == [
        ("default", "fake"),
        ("second", "fake"),
    ]
    assert document.json["unreadable"][0]["error"]["code"] == "credentials_missing"


@pytest.mark.parametrize("command", ["rotate", "status"])
def test_credentials_of_the_environment_have_no_key_here(run, fake, monkeypatch, home, command):
    monkeypatch.setenv("GLOWTIFY_CREDENTIALS", "environment")
    shown = run("secrets", command, "--json")
    assert shown.code == 3
    assert shown.error["code"] == "nothing_encrypted"
    assert not (home / "secret.key").exists()


def test_before_the_first_connection_there_is_nothing(run, fake):
    assert "Nothing is encrypted yet" in run("secrets", "status").out
