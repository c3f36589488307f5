"""The stores in memory keep the promises of their ports, as a store on disk does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glowtify_core.ports.campaigns import StepKind
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
)
from glowtify_core.testing.stores.samples import KEY, campaign_for, ended, opened


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def repo(clock):
    return MemoryCampaigns(clock)


class TestMemoryCampaigns(CampaignRepoContract):
    @pytest.fixture
    def other_repo(self, repo):
        return repo

    @pytest.fixture
    def pass_time(self, clock):
        return clock.move


def test_what_a_worker_that_died_had_written_stands_and_nothing_else(repo):
    claim = repo.claim(KEY)
    publication = opened(campaign_for(KEY))
    claim.add(publication, campaign_for(KEY))
    log = claim.log(publication.id, "publish")
    log.begin("campaign", StepKind.CREATE)
    before_death = repo.snapshot()
    log.record("campaign", "01A")
    log.begin("send", StepKind.COMMIT)
    claim.save(ended(publication))
    for _ in range(2):
        repo.restore(before_death)
        assert repo.find() == [publication]
        assert [(step.name, step.remote_id) for step in repo.steps(publication.id)] == [("campaign", None)]
        repo.claim(KEY, take_over=True).log(publication.id, "publish").record("campaign", "01B")


def test_the_claim_of_a_worker_that_died_has_to_run_out(repo, clock):
    claim = repo.claim(KEY)
    before_death = repo.snapshot()
    claim.release()
    repo.restore(before_death)
    assert repo.claim(KEY) is None
    clock.move(repo.claim_length)
    assert repo.claim(KEY).fence > claim.fence


def test_age_is_never_negative_when_the_clock_is_set_back(repo, clock):
    claim = repo.claim(KEY)
    claim.log("any", "publish").begin("campaign", StepKind.CREATE)
    clock.at -= timedelta(hours=1)
    assert repo.steps("any")[0].age == timedelta()


class TestMemoryConnections(ConnectionRepoContract):
    @pytest.fixture
    def repo(self):
        return MemoryConnections()


class TestMemoryFigures(FiguresRepoContract):
    @pytest.fixture
    def repo(self):
        return MemoryFigures()

    @pytest.fixture
    def ids(self):
        return ["one", "two"]


class TestMemoryCredentials(CredentialStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryCredentials()

    @pytest.fixture
    def at_rest(self):
        return lambda: b""
