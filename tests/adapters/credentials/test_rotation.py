"""Changing the key under running processes: nothing is lost or comes back, and a crash costs nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from glowtify_adapters.credentials import rotation
from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.keys import GivenKeys, KeyFile, Keys
from glowtify_adapters.credentials.rotation import KeyRotation, KeyUse
from glowtify_adapters.persistence import Database
from glowtify_adapters.persistence.tables import credentials as table
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Secret

ONE, TWO, THREE = (Secret(digits * 32) for digits in ("11", "22", "33"))
REFS = [CredentialRef(store, "klaviyo") for store in ("first", "second", "third")]


def value(ref: CredentialRef, number: int = 0) -> dict[str, Secret]:
    return {"api_key": Secret(f"key-{number}-of-{ref.store}")}


@pytest.fixture
def database(where):
    database = Database(where)
    yield database
    database.close()


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "secret.key")


@pytest.fixture
def store(database, keys):
    """Three credentials, sealed with the file's key."""
    store = EncryptedCredentials(database, keys)
    for ref in REFS:
        store.put(ref, value(ref))
    return store


def test_every_credential_gets_the_new_key_and_the_old_one_leaves_the_file(database, keys, store):
    before = keys.for_sealing()
    done = KeyRotation(database, keys)()
    (now,) = keys.present()
    assert now != before
    assert (done.key_id, done.sealed, done.dropped) == (now.id, 3, [before.id])
    assert (done.unreadable, done.removable) == ([], ())
    assert KeyRotation(database, keys).status() == [KeyUse(now.id, 3, present=True, seals=True)]
    assert all(store.get(ref) == value(ref) for ref in REFS)


def test_the_file_stays_for_its_owner_alone_and_nothing_is_left_beside_it(database, keys, store, tmp_path):
    KeyRotation(database, keys)()
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "secret" in path.name] == ["secret.key"]


def test_without_any_credential_there_is_a_new_key_all_the_same(database, keys):
    before = keys.for_sealing()
    done = KeyRotation(database, keys)()
    assert (done.sealed, done.dropped) == (0, [before.id])
    assert keys.for_sealing().id == done.key_id


def test_what_cannot_be_opened_is_told_and_left_alone_with_its_key(database, keys, store):
    before = keys.for_sealing()
    with database.writing() as connection:
        connection.execute(update(table).filter_by(store="first").values(sealed=b"changed" * 9))
        connection.execute(update(table).filter_by(store="second").values(key_id="lost"))
    done = KeyRotation(database, keys)()
    assert [ref for ref, _ in done.unreadable] == REFS[:2]
    assert [problem.detail for _, problem in done.unreadable] == [
        "They were changed or moved in the database.",
        "The key that they were encrypted with is not among the present ones.",
    ]
    assert (done.sealed, done.dropped) == (1, ())
    assert KeyRotation(database, keys).status() == [
        KeyUse(done.key_id, 1, present=True, seals=True),
        KeyUse(before.id, 1, present=True, seals=False),
        KeyUse("lost", 1, present=False, seals=False),
    ]
    assert store.get(REFS[2]) == value(REFS[2])


def test_given_keys_are_dropped_by_the_person_who_keeps_them(database):
    old = EncryptedCredentials(database, GivenKeys([ONE]))
    for ref in REFS:
        old.put(ref, value(ref))
    keys = GivenKeys([TWO, ONE, THREE])
    new, former, idle = (key.id for key in keys.present())
    done = KeyRotation(database, keys)()
    assert (done.key_id, done.sealed, done.dropped) == (new, 3, ())
    assert done.removable == [former, idle]
    alone = EncryptedCredentials(database, GivenKeys([TWO]))
    assert all(alone.get(ref) == value(ref) for ref in REFS)
    again = KeyRotation(database, keys)()
    assert (again.sealed, again.removable) == (0, [former, idle])


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_after_a_crash_everything_opens_and_the_next_run_finishes(database, keys, store, monkeypatch, rows):
    class Crash(BaseException):
        pass

    left = iter([True] * rows)

    def seal(*arguments):
        if not next(left, False):
            raise Crash
        sealing(*arguments)

    sealing = rotation.seal
    monkeypatch.setattr(rotation, "seal", seal)
    monkeypatch.setattr(KeyRotation, "_drop_idle", lambda self: seal())
    with pytest.raises(Crash):
        KeyRotation(database, keys)()
    assert len(keys.present()) == 2
    assert all(store.get(ref) == value(ref) for ref in REFS)
    monkeypatch.undo()
    done = KeyRotation(database, keys)()
    assert [key.id for key in keys.present()] == [done.key_id]
    assert all(store.get(ref) == value(ref) for ref in REFS)


class Slow:
    """Keys that let something happen before they are told."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.meanwhile = lambda: None

    def __getattr__(self, name: str) -> object:
        act, self.meanwhile = self.meanwhile, lambda: None
        act()
        return getattr(self._keys, name)


def test_a_credential_is_found_whose_row_was_read_right_before_a_rotation(database, keys, store):
    slow = Slow(keys)
    slow.meanwhile = KeyRotation(database, keys)
    assert EncryptedCredentials(database, slow).get(REFS[0]) == value(REFS[0])
    assert len(keys.present()) == 1


def test_a_process_that_has_its_key_already_writes_before_that_key_can_be_dropped(database, keys, store):
    has_key, may_write = threading.Event(), threading.Event()

    class Sealing(Slow):
        def for_sealing(self):
            key = keys.for_sealing()
            has_key.set()
            assert may_write.wait(30)
            return key

    with ThreadPoolExecutor(2) as pool:
        written = pool.submit(EncryptedCredentials(database, Sealing(keys)).put, REFS[0], value(REFS[0], 1))
        assert has_key.wait(30)
        rotated = pool.submit(KeyRotation(database, keys))
        with pytest.raises(TimeoutError):
            rotated.result(0.3)
        may_write.set()
        written.result()
        assert rotated.result().unreadable == []
    assert store.get(REFS[0]) == value(REFS[0], 1)
    assert len(keys.present()) == 1


def test_what_is_deleted_or_changed_meanwhile_stays_so(database, keys, store, monkeypatch):
    def changed_meanwhile(self):
        refs = listed(self)
        store.delete(REFS[0])
        store.put(REFS[1], value(REFS[1], 1))
        return refs

    listed = KeyRotation._sealed_before
    monkeypatch.setattr(KeyRotation, "_sealed_before", changed_meanwhile)
    assert KeyRotation(database, keys)().sealed == 1
    assert store.accounts() == REFS[1:]
    assert store.get(REFS[1]) == value(REFS[1], 1)


def test_rotations_at_once_lose_nothing(database, keys, store):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: KeyRotation(database, keys)(), range(8)))
    assert not any(one.unreadable for one in done)
    assert all(store.get(ref) == value(ref) for ref in REFS)
    KeyRotation(database, keys)()
    assert len(keys.present()) == 1


WORKER = """
import sys, threading
from pathlib import Path
from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.keys import KeyFile
from glowtify_adapters.persistence import Database
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Secret

where, home, name = sys.argv[1:]
database = Database(where if "://" in where else Path(where))
store = EncryptedCredentials(database, KeyFile(Path(home) / "secret.key"))
mine, gone = CredentialRef(name, "klaviyo"), CredentialRef(f"{name}-gone", "klaviyo")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
value, rounds = {"api_key": Secret("0")}, 0
store.put(mine, value)
print("ready", flush=True)
while not stop.is_set():
    rounds += 1
    store.put(gone, value)
    following = {"api_key": Secret(str(rounds))}
    assert store.replace(mine, value, following), "a change was lost"
    value = following
    assert store.get(mine) == value, "another value came back"
    store.delete(gone)
    try:
        store.get(gone)
        raise SystemExit("what was deleted came back")
    except CredentialsMissing as missing:
        assert "stored" in missing.title, missing
database.close()
print(rounds)
"""


def test_processes_go_on_while_the_key_changes_again_and_again(where, database, keys, store, tmp_path):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(where), str(tmp_path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("worker-1", "worker-2")
    ]
    try:
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
        for _ in range(20):
            assert KeyRotation(database, keys)().unreadable == []
        assert all(store.get(ref) == value(ref) for ref in REFS)
    finally:
        ended = [worker.communicate("stop\n") for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], ended
    assert all(int(told) > 0 for told, _ in ended)
    assert [ref.store for ref in store.accounts()] == ["first", "second", "third", "worker-1", "worker-2"]


def test_a_key_that_went_missing_is_told_also_to_who_reads_twice(database, keys, store, tmp_path):
    (tmp_path / "secret.key").unlink()
    with pytest.raises(CredentialsMissing, match="cannot be decrypted"):
        store.get(REFS[0])
