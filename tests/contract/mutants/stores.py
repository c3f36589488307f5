"""The contract class of every mutant store; test_teeth_of_store_contracts.py expects them to fail."""

from __future__ import annotations

import inspect
from datetime import timedelta

import campaign_stores
import due_stores
import figures_stores
import gates
import other_stores
import pytest
import step_logs

from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.credentials import CredentialRef, Secret
from glowtify_core.testing import (
    CampaignRepoContract,
    ConnectionRepoContract,
    CredentialStoreContract,
    FakeClock,
    FiguresRepoContract,
    MemoryCampaigns,
    MemoryConnections,
    MemoryCredentials,
    MemoryFigures,
    RateGateContract,
    ReadOnlyCredentialStoreContract,
)

CLAIM = timedelta(hours=2)
"""Longer than the time that passes in most tests, so that each mutant shows in few."""


class Campaigns(CampaignRepoContract):
    @pytest.fixture
    def clock(self):
        return FakeClock()

    @pytest.fixture
    def repo(self, clock):
        return self.mutant(clock, claim_length=CLAIM)

    @pytest.fixture
    def other_repo(self, repo):
        return repo

    @pytest.fixture
    def pass_time(self, clock):
        return clock.move


class Connections(ConnectionRepoContract):
    @pytest.fixture
    def repo(self):
        return self.mutant()


class Credentials(CredentialStoreContract):
    @pytest.fixture
    def store(self):
        return self.mutant()

    @pytest.fixture
    def at_rest(self, store):
        return lambda: getattr(store, "file", b"")


class ReadOnlyCredentials(ReadOnlyCredentialStoreContract):
    @pytest.fixture
    def stored(self):
        return {CredentialRef(store, "acme"): {"api_key": Secret(f"key-of-{store}")} for store in ("a", "b")}

    @pytest.fixture
    def store(self, stored):
        return self.mutant(stored)


class Figures(FiguresRepoContract):
    @pytest.fixture
    def repo(self):
        return self.mutant()

    @pytest.fixture
    def ids(self):
        return ["one", "two"]


class Gates(RateGateContract):
    @pytest.fixture
    def gate(self, clock):
        return self.mutant(clock)


KINDS = {
    MemoryCampaigns: Campaigns,
    MemoryConnections: Connections,
    other_stores.ReadOnly: ReadOnlyCredentials,
    MemoryCredentials: Credentials,
    MemoryFigures: Figures,
    RollingGate: Gates,
}
"""Which contract a store is held to: that of the first it descends from."""

MUTANTS = {
    name: store
    for module in (campaign_stores, step_logs, due_stores, other_stores, figures_stores, gates)
    for name, store in inspect.getmembers(module, inspect.isclass)
    if issubclass(store, tuple(KINDS))
}
"""Every mutant, and the sound stores that they are made of."""

for name, store in MUTANTS.items():
    contract = next(contract for kind, contract in KINDS.items() if issubclass(store, kind))
    globals()[f"Test{name}"] = type(f"Test{name}", (contract,), {"mutant": store, "__module__": __name__})
