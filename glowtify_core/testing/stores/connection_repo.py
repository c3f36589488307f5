"""The contract of a connection repository: which account a store is linked to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from glowtify_core.domain.connection import Connection
from glowtify_core.ports.connections import ConnectionRepo
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stores.samples import BARE_CONNECTION, FULL_CONNECTION, LONG


class ConnectionRepoContract(Contract):
    """Keeping which account a store is linked to.

    An author gives one fixture:

    - ``repo``: a :class:`~glowtify_core.ports.connections.ConnectionRepo` that is empty.
    """

    given = frozenset({"repo"})

    @pytest.mark.parametrize("connection", [FULL_CONNECTION, BARE_CONNECTION], ids=["full", "bare"])
    def test_c65_every_field_comes_back(self, repo: ConnectionRepo, connection: Connection) -> None:
        """C-65: Every field of a connection comes back as it was saved.

        Why: the account's id keeps a publication from another account; its scopes decide what is offered.
        If this fails: compare what the two sides of the assertion differ in; look at sets, zones, None beside
        empty, and characters outside of ASCII.
        """
        repo.save(connection)
        assert repo.get(connection.store, connection.connector) == connection
        assert list(repo.all()) == [connection]

    def test_c65_what_was_never_saved_is_none(self, repo: ConnectionRepo) -> None:
        """C-65: What was never saved is None, for another store and another connector too.

        Why: nothing is shared between stores; one that is not connected must be seen to be so.
        If this fails: key connections by store and connector, both.
        """
        assert list(repo.all()) == []
        repo.save(FULL_CONNECTION)
        assert repo.get(FULL_CONNECTION.store, "other") is None
        assert repo.get("other", FULL_CONNECTION.connector) is None
        assert list(repo.all("other")) == []

    def test_c66_saving_takes_the_place_of_what_was_there(self, repo: ConnectionRepo) -> None:
        """C-66: There is one connection a store and connector: saving puts it in place of all that was there.

        Why: what is left over from an older account would be shown, and used, with the new one.
        If this fails: replace the whole row, settings and empty fields too.
        """
        repo.save(FULL_CONNECTION)
        repo.save(BARE_CONNECTION)
        assert list(repo.all()) == [BARE_CONNECTION]

    def test_c67_all_are_sorted_and_can_be_narrowed_to_a_store(self, repo: ConnectionRepo) -> None:
        """C-67: all gives every connection sorted by store and connector, of one store if asked.

        Why: people see this list, and look for theirs at the place where it was.
        If this fails: sort by the pair; names are told apart exactly, capitals included.
        """
        places = [(store, name) for store in ("b", "B", "a") for name in ("z", "ü", LONG[:200])]
        for store, name in places:
            repo.save(replace(BARE_CONNECTION, store=store, connector=name))
        assert [(one.store, one.connector) for one in repo.all()] == sorted(places)
        assert [one.connector for one in repo.all("b")] == sorted(("z", "ü", LONG[:200]))

    def test_c68_deleting_forgets_one_and_minds_nothing(self, repo: ConnectionRepo) -> None:
        """C-68: Deleting forgets that one connection; nothing happens when there is none.

        Why: disconnecting is done again after it was interrupted.
        If this fails: let delete be content with no row, and look at store and connector both.
        """
        here, elsewhere, other = (
            replace(BARE_CONNECTION, store=store, connector=name)
            for store, name in (("here", "acme"), ("elsewhere", "acme"), ("here", "other"))
        )
        for connection in (here, elsewhere, other):
            repo.save(connection)
        for _ in range(2):
            repo.delete("here", "acme")
            assert repo.get("here", "acme") is None
            assert (repo.get("elsewhere", "acme"), repo.get("here", "other")) == (elsewhere, other)
        repo.save(here)
        assert repo.get("here", "acme") == here

    def test_c69_what_is_changed_later_outside_is_not_changed_in_the_store(
        self, repo: ConnectionRepo
    ) -> None:
        """C-69: A repository keeps what it was given, whatever is done with the same settings later.

        Why: a mapping that the caller goes on using would connect a store to another place.
        If this fails: keep copies of the settings, and give copies.
        """
        settings: dict[str, Any] = {"tags": ["one"]}
        repo.save(replace(BARE_CONNECTION, settings=settings))
        settings["tags"].append("two")
        settings["base_url"] = "http://127.0.0.1:1"
        for _ in range(2):
            found = repo.get(BARE_CONNECTION.store, BARE_CONNECTION.connector)
            assert found
            assert dict(found.settings) == {"tags": ["one"]}
            found.settings["tags"].append("three")
