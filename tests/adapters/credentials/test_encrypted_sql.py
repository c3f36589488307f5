"""Sealed credentials: what comes back, what never does, and what the database tells."""

from __future__ import annotations

import traceback

import pytest
from sqlalchemy import select, update

from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.keys import GivenKeys, KeyFile
from glowtify_adapters.persistence import Database
from glowtify_adapters.persistence.tables import credentials as table
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Secret

ONE, TWO = Secret("11" * 32), Secret("22" * 32)
REF = CredentialRef("default", "klaviyo")
OTHER_STORE = CredentialRef("second", "klaviyo")
OTHER_PLATFORM = CredentialRef("default", "mailchimp")
CANARY = "canary-7f3c-9d41"
VALUES = {"api_key": Secret(CANARY), "note": Secret("ключ 🔑")}
OTHERS = {"api_key": Secret("another")}


@pytest.fixture
def store(database: Database) -> EncryptedCredentials:
    return EncryptedCredentials(database, GivenKeys([ONE]))


def test_not_even_the_names_of_the_fields_are_in_the_database(store, at_rest):
    store.put(REF, VALUES)
    assert b"klaviyo" in at_rest()
    assert b"api_key" not in at_rest()


def test_the_same_secret_is_sealed_differently_each_time(store, database):
    sealed = set()
    for _ in range(3):
        store.put(REF, VALUES)
        with database.reading() as connection:
            sealed.add(connection.scalar(select(table.c.sealed)))
    assert len(sealed) == 3


def moved_to_another_store(row):
    return {"store": OTHER_STORE.store}


def moved_to_another_platform(row):
    return {"platform": OTHER_PLATFORM.platform}


def one_bit_flipped(row):
    return {"sealed": row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])}


def nonce_changed(row):
    return {"sealed": bytes([row.sealed[0] ^ 1]) + row.sealed[1:]}


def cut_short(row):
    return {"sealed": row.sealed[:5]}


def key_id_of_the_other_key(row):
    return {"key_id": GivenKeys([TWO]).for_sealing().id}


def key_id_unknown(row):
    return {"key_id": "0" * 16}


@pytest.mark.parametrize(
    ("tamper", "ref"),
    [
        (moved_to_another_store, OTHER_STORE),
        (moved_to_another_platform, OTHER_PLATFORM),
        (one_bit_flipped, REF),
        (nonce_changed, REF),
        (cut_short, REF),
        (key_id_of_the_other_key, REF),
        (key_id_unknown, REF),
    ],
)
def test_a_row_that_was_tampered_with_does_not_open(database, tamper, ref):
    store = EncryptedCredentials(database, GivenKeys([ONE, TWO]))
    store.put(REF, VALUES)
    with database.writing() as connection:
        row = connection.execute(select(table)).one()
        connection.execute(update(table).values(tamper(row)))
    with pytest.raises(CredentialsMissing, match="cannot be decrypted") as unreadable:
        store.get(ref)
    assert "again" in unreadable.value.remedy
    assert CANARY not in "".join(traceback.format_exception(unreadable.value))


def test_a_key_id_is_bound_even_when_the_key_is_right(database, monkeypatch):
    store = EncryptedCredentials(database, GivenKeys([ONE]))
    store.put(REF, VALUES)
    key = GivenKeys([ONE]).for_sealing()

    class Renamed:
        def find(self, key_id):
            return type(key)("renamed", key.value)

    with pytest.raises(CredentialsMissing):
        EncryptedCredentials(database, Renamed()).get(REF)


def test_a_wrong_key_is_one_clear_error_and_connecting_again_mends_it(database, store):
    store.put(REF, VALUES)
    wrong = EncryptedCredentials(database, GivenKeys([TWO]))
    for attempt in (lambda: wrong.get(REF), lambda: wrong.replace(REF, VALUES, OTHERS)):
        with pytest.raises(CredentialsMissing, match="cannot be decrypted") as unreadable:
            attempt()
        assert "GLOWTIFY_SECRET_KEY" in unreadable.value.remedy
    wrong.put(REF, OTHERS)
    assert wrong.get(REF) == OTHERS


def test_the_first_key_seals_and_every_key_opens(database, store):
    store.put(REF, VALUES)
    rotated = EncryptedCredentials(database, GivenKeys([TWO, ONE]))
    assert rotated.get(REF) == VALUES
    rotated.put(REF, OTHERS)
    assert EncryptedCredentials(database, GivenKeys([TWO])).get(REF) == OTHERS


def test_a_lost_key_file_is_one_clear_error_and_no_new_key_is_made_by_reading(database, tmp_path):
    keys = KeyFile(tmp_path / "secret.key")
    EncryptedCredentials(database, keys).put(REF, VALUES)
    (tmp_path / "secret.key").unlink()
    with pytest.raises(CredentialsMissing, match="cannot be decrypted"):
        EncryptedCredentials(database, keys).get(REF)
    assert not (tmp_path / "secret.key").exists()


def test_deleting_leaves_no_row(store, database):
    store.put(REF, VALUES)
    store.delete(REF)
    with database.reading() as connection:
        assert connection.execute(select(table)).all() == []
