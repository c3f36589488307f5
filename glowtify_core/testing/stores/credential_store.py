"""The contract of a credential store: secrets come back to whom they belong to, and show nowhere else."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from glowtify_core.domain.errors import ConfigurationError, CredentialsMissing, GlowtifyError
from glowtify_core.ports.credentials import CredentialRef, Credentials, CredentialStore, Secret
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stores.samples import LONG, ODD
from glowtify_core.testing.stores.threads import at_once

Stored = Mapping[CredentialRef, Credentials]

REF = CredentialRef("default", "acme")
CANARY = "canary-7f3c9d41-sings"
VALUES: Credentials = {
    "api_key": Secret(CANARY),
    "odd": Secret(f" {ODD}\r\n\t"),
    "long": Secret(LONG),
    "empty": Secret(""),
}
PLAIN: Credentials = {"api_key": Secret(CANARY), "region": Secret("eu")}
OTHERS: Credentials = {"api_key": Secret(CANARY[::-1])}
STORED: Stored = {
    REF: VALUES,
    CredentialRef("Default", "acme"): {"api_key": Secret("another-canary")},
    CredentialRef("default", "acme:eu"): {"api_key": Secret("the-third-canary")},
    CredentialRef("default:acme", "eu"): {"api_key": Secret("the-fourth-canary")},
    CredentialRef("grüße/🌷", "ac me"): {"api_key": Secret("the-fifth-canary"), "region": Secret("eu")},
}
"""Names that a careless store takes for one another."""

TELLING = 8
"""Characters from which on a value is looked for: a shorter one may stand somewhere by chance."""


class CredentialCase(Contract):
    """What holds for every store, whoever fills it."""

    def test_c60_what_is_stored_comes_back(self, store: CredentialStore, stored: Stored) -> None:
        """C-60: Credentials come back exactly as they were stored, each value a Secret, to their owner alone.

        Why: a key that lost a character is a key that does not work; one of another store is a breach.
        If this fails: keep every character, and key by store and platform, both and exactly.
        """
        for ref, credentials in stored.items():
            assert dict(store.get(ref)) == dict(credentials)
            assert all(isinstance(value, Secret) for value in store.get(ref).values())

    def test_c61_what_is_not_stored_is_missing(self, store: CredentialStore, stored: Stored) -> None:
        """C-61: Of what is not stored get raises CredentialsMissing, and says what to do.

        Why: "connect first" is something that a person can do; a KeyError is not.
        If this fails: raise CredentialsMissing with a remedy, for another store and another platform too.
        """
        for ref in stored:
            for unknown in (CredentialRef(ref.store, "nothing"), CredentialRef("nobody", ref.platform)):
                with pytest.raises(CredentialsMissing) as missing:
                    store.get(unknown)
                assert missing.value.remedy

    def test_c61_everything_that_is_stored_is_listed(self, store: CredentialStore, stored: Stored) -> None:
        """C-61: accounts lists everything that is stored, sorted.

        Why: what nobody can see nobody deletes.
        If this fails: give one CredentialRef for each, in the order of sorted().
        """
        assert list(store.accounts()) == sorted(stored)

    def test_c64_no_secret_is_said(
        self, store: CredentialStore, stored: Stored, caplog: pytest.LogCaptureFixture
    ) -> None:
        """C-64: No secret stands in a repr, a text, an error or a log.

        Why: logs and error reports are read by many and kept for long.
        If this fails: give values as Secret, reveal them where they are used only, and log names at most.
        """
        caplog.set_level(logging.DEBUG)
        said = [repr(store), str(store), *(f"{store.get(ref)!r} {store.get(ref)}" for ref in stored)]
        for ref in stored:
            with pytest.raises(CredentialsMissing) as missing:
                store.get(CredentialRef(ref.store, "nothing"))
            said.append(_all_of(missing.value))
        said.append(_logged(caplog))
        assert _leaks("\n".join(said).encode(), stored.values()) == []


class CredentialStoreContract(CredentialCase):
    """Keeping secrets, and showing them nowhere.

    An author gives two fixtures:

    - ``store``: a :class:`~glowtify_core.ports.credentials.CredentialStore` that is empty;
    - ``at_rest()``: all that it keeps, as bytes, as somebody reads them who has the disk or a backup;
      ``b""`` where it keeps nothing outside of its process.
    """

    given = frozenset({"store", "at_rest"})

    @pytest.fixture
    def stored(self, store: CredentialStore) -> Stored:
        for ref, credentials in STORED.items():
            store.put(ref, credentials)
        return STORED

    def test_c60_putting_again_replaces_all_of_it(self, store: CredentialStore, stored: Stored) -> None:
        """C-60: put stores in place of whatever was there, every field of it, and touches nothing else.

        Why: a field that is left over from an older key may still let somebody in.
        If this fails: replace the whole row, and no other.
        """
        store.put(REF, OTHERS)
        assert {ref: dict(store.get(ref)) for ref in stored} == {**_plain(stored), REF: dict(OTHERS)}

    def test_c60_what_is_changed_later_outside_is_not_changed_in_the_store(
        self, store: CredentialStore
    ) -> None:
        """C-60: A store keeps what it was given, whatever is done with the same mapping later.

        Why: the caller may clear the mapping to forget the key, and the store would forget it too.
        If this fails: keep a copy, and give copies.
        """
        given = dict(OTHERS)
        store.put(REF, given)
        given.clear()
        found: Any = store.get(REF)
        assert found == OTHERS
        if isinstance(found, dict):
            found.clear()
        assert dict(store.get(REF)) == dict(OTHERS)

    def test_c61_deleting_forgets_one_and_minds_nothing(self, store: CredentialStore, stored: Stored) -> None:
        """C-61: Deleting forgets one credential; nothing happens when nothing is stored.

        Why: disconnecting is done again after it was interrupted.
        If this fails: let delete be content with no row, and look at store and platform both.
        """
        for _ in range(2):
            store.delete(REF)
            with pytest.raises(CredentialsMissing):
                store.get(REF)
            assert set(store.accounts()) == set(stored) - {REF}

    def test_c62_replacing_needs_exactly_what_is_stored_now(self, store: CredentialStore) -> None:
        """C-62: replace stores only if the expected credentials are what is stored now, and says whether.

        Why: of two who renew a credential, the second would put an older one in its place.
        If this fails: compare all fields with what is stored, and write, in one transaction.
        """
        assert not store.replace(REF, PLAIN, OTHERS)
        assert not store.replace(REF, {}, OTHERS)
        assert list(store.accounts()) == []
        store.put(REF, PLAIN)
        for expected in (OTHERS, {"region": PLAIN["region"]}, {**PLAIN, "more": Secret("")}, {}):
            assert not store.replace(REF, expected, OTHERS)
            assert dict(store.get(REF)) == dict(PLAIN)
        assert store.replace(REF, dict(PLAIN), OTHERS)
        assert dict(store.get(REF)) == dict(OTHERS)

    def test_c62_of_many_who_replace_at_once_one_succeeds(self, store: CredentialStore) -> None:
        """C-62: Of many who replace the same credentials at the same moment one succeeds, and its own stand.

        Why: two processes that renew a token at once would each believe in theirs.
        If this fails: compare and write in one transaction, or under one lock.
        """
        store.put(REF, PLAIN)
        done = at_once(lambda number: store.replace(REF, PLAIN, {"number": Secret(str(number))}))
        assert done.count(True) == 1
        assert dict(store.get(REF)) == {"number": Secret(str(done.index(True)))}

    def test_c64_no_secret_is_said_while_writing(
        self, store: CredentialStore, stored: Stored, caplog: pytest.LogCaptureFixture
    ) -> None:
        """C-64: Nothing is logged of the secrets that are stored, replaced and deleted.

        Why: logs are read by many and kept for long.
        If this fails: log names at most; look at the parameters that a database library logs.
        """
        caplog.set_level(logging.DEBUG)
        for ref, credentials in stored.items():
            store.put(ref, credentials)
            store.replace(ref, OTHERS, credentials)
            store.replace(ref, credentials, OTHERS)
            store.delete(ref)
        assert _leaks(_logged(caplog).encode(), [*stored.values(), OTHERS]) == []

    def test_c64_stored_secrets_cannot_be_read(
        self, store: CredentialStore, stored: Stored, at_rest: Callable[[], bytes]
    ) -> None:
        """C-64: Whoever reads what the store keeps finds no secret in it, old ones included.

        Why: disks, backups and database dumps are copied, and end where nobody planned.
        If this fails: encrypt values before they are written, with a key that is kept elsewhere.
        """
        store.replace(REF, VALUES, OTHERS)
        assert _leaks(at_rest(), [*stored.values(), OTHERS]) == []


class ReadOnlyCredentialStoreContract(CredentialCase):
    """Reading secrets that somebody else keeps, such as those of the environment.

    An author gives two fixtures:

    - ``store``: a :class:`~glowtify_core.ports.credentials.CredentialStore` with something in it;
    - ``stored``: what that is, by owner; two of them at least.
    """

    given = frozenset({"store", "stored"})

    def test_c63_nothing_can_be_changed(self, store: CredentialStore, stored: Stored) -> None:
        """C-63: A read-only store refuses each change with ConfigurationError, and says where to make it.

        Why: who connects must not believe that the new key is kept, nor who disconnects that it is gone.
        If this fails: raise ConfigurationError with a remedy from put, replace, and delete of what is there.
        """
        for ref, credentials in stored.items():
            for change in (
                lambda ref=ref: store.put(ref, OTHERS),
                lambda ref=ref, credentials=credentials: store.replace(ref, credentials, OTHERS),
                lambda ref=ref: store.delete(ref),
            ):
                with pytest.raises(ConfigurationError) as refused:
                    change()
                assert refused.value.remedy
                assert _leaks(_all_of(refused.value).encode(), [*stored.values(), OTHERS]) == []
        assert {ref: dict(store.get(ref)) for ref in stored} == _plain(stored)

    def test_c63_deleting_what_is_not_there_is_fine(self, store: CredentialStore) -> None:
        """C-63: Deleting what is not stored does nothing, in a read-only store too.

        Why: disconnecting a store that was never connected is no mistake.
        If this fails: refuse to delete only what is there.
        """
        store.delete(CredentialRef("nobody", "nothing"))


def _plain(stored: Stored) -> dict[CredentialRef, dict[str, Secret]]:
    return {ref: dict(credentials) for ref, credentials in stored.items()}


def _all_of(error: GlowtifyError) -> str:
    return f"{vars(error)} {''.join(traceback.format_exception(error))}"


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)


def _leaks(said: bytes, secrets: Any) -> list[str]:
    """Names of the fields whose value stands in there, as it is or as it is easily read."""
    return [
        name
        for credentials in secrets
        for name, value in credentials.items()
        if len(value.reveal()) >= TELLING and any(form in said for form in _forms(value.reveal().encode()))
    ]


def _forms(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield secret.hex().encode()
    yield base64.b64encode(secret).rstrip(b"=")
