"""What the contracts of a campaign store stand on: one store, seen by two workers, and time that passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Protocol

import pytest

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import CampaignRepo, Claim, StepLog
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stores.samples import KEY, campaign_for, opened

PassTime = Callable[[timedelta], None]

LONG_ENOUGH = timedelta(days=1)
"""More than any claim lasts."""


class Claiming(Protocol):
    """Claims a campaign that can be claimed."""

    def __call__(self, repo: CampaignRepo, key: CampaignKey = ..., *, take_over: bool = ...) -> Claim:
        """The claim; the test fails where there is none."""
        ...


class CampaignStoreCase(Contract):
    """One store, two workers. An author gives three fixtures.

    - ``repo``: a :class:`~glowtify_core.ports.campaigns.CampaignRepo` over a store that is empty;
    - ``other_repo``: the same store, opened once more as another process has it; ``repo`` itself where a
      store cannot outlive its object;
    - ``pass_time(by)``: lets time pass for the store, while nobody renews a claim: moves the clock that it
      reads, or everything that it has stored into the past.
    """

    given = frozenset({"repo", "other_repo", "pass_time"})

    @pytest.fixture
    def claiming(self, repo: CampaignRepo, other_repo: CampaignRepo) -> Iterator[Claiming]:
        """Claims; what was claimed is given back in the end, before a store is closed."""
        claims: list[Claim] = []

        def claiming(repo: CampaignRepo, key: CampaignKey = KEY, *, take_over: bool = False) -> Claim:
            claim = repo.claim(key, take_over=take_over)
            assert claim is not None, f"nobody holds {key}, and it could not be claimed"
            claims.append(claim)
            return claim

        yield claiming
        for claim in claims:
            claim.release()

    @pytest.fixture
    def campaign(self) -> Campaign:
        return campaign_for(KEY)

    @pytest.fixture
    def publication(self, campaign: Campaign) -> Publication:
        return opened(campaign)

    @pytest.fixture
    def claim(self, repo: CampaignRepo, claiming: Claiming) -> Claim:
        return claiming(repo)

    @pytest.fixture
    def log(self, claim: Claim, publication: Publication, campaign: Campaign) -> StepLog:
        claim.add(publication, campaign)
        return claim.log(publication.id, "publish")
