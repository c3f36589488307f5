"""The stores in memory keep the promises of their ports, as a store on disk does."""

from __future__ import annotations

import pytest

from glowtify_core.testing import (
    CampaignRepoContract,
    ConnectionRepoContract,
    CredentialStoreContract,
    FakeClock,
    MemoryCampaigns,
    MemoryConnections,
    MemoryCredentials,
)


class TestMemoryCampaigns(CampaignRepoContract):
    @pytest.fixture
    def clock(self):
        return FakeClock()

    @pytest.fixture
    def repo(self, clock):
        return MemoryCampaigns(clock)

    @pytest.fixture
    def other_repo(self, repo):
        return repo

    @pytest.fixture
    def pass_time(self, clock):
        return clock.move


class TestMemoryConnections(ConnectionRepoContract):
    @pytest.fixture
    def repo(self):
        return MemoryConnections()


class TestMemoryCredentials(CredentialStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryCredentials()

    @pytest.fixture
    def at_rest(self):
        return lambda: b""
