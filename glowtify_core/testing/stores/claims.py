"""The contract of claims: who may change a campaign, for how long, and what a worker that lost it may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import ClaimLost
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim, StepKind
from glowtify_core.testing.stores.campaign_store import LONG_ENOUGH, CampaignStoreCase, Claiming, PassTime
from glowtify_core.testing.stores.samples import KEY, campaign_for, ended, opened
from glowtify_core.testing.stores.threads import at_once

Write = Callable[[Claim, Publication], object]

WRITES: dict[str, Write] = {
    "add": lambda claim, publication: claim.add(ended(opened(campaign_for(KEY))), campaign_for(KEY)),
    "save": lambda claim, publication: claim.save(publication.moved_to(PublicationState.STAGED)),
    "begin": lambda claim, publication: claim.log(publication.id, "publish").begin("next", StepKind.CREATE),
    "clear": lambda claim, publication: claim.log(publication.id, "publish").clear("first"),
    "check": lambda claim, publication: claim.log(publication.id, "publish").check(),
    "renew": lambda claim, publication: claim.renew(),
}
"""Everything that needs the fence."""


class ClaimContract(CampaignStoreCase):
    """Claims, their fence, and their end."""

    def test_c76_a_living_claim_keeps_others_out(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-76: While a claim lives, nobody else gets one: claim gives None, in its own process too.

        Why: two workers on one campaign would do its steps twice.
        If this fails: look and write in one transaction; who asks for the second claim gets None.
        """
        claiming(repo)
        assert other_repo.claim(KEY) is None
        assert repo.claim(KEY) is None

    def test_c76_of_many_threads_one_gets_the_claim(
        self, repo: CampaignRepo, other_repo: CampaignRepo
    ) -> None:
        """C-76: Of many who claim a campaign at the same moment, one gets it.

        Why: a person and a worker press at the same time more often than one thinks.
        If this fails: let the database decide, with one statement that changes the row only if it is free.
        """
        claims = at_once(lambda number: (repo, other_repo)[number % 2].claim(KEY))
        won = [claim for claim in claims if claim]
        for claim in won:
            claim.release()
        assert len(won) == 1

    def test_c76_campaigns_are_claimed_independently(self, repo: CampaignRepo, claiming: Claiming) -> None:
        """C-76: A claim is on one campaign of one store, and keeps nobody from another.

        Why: one campaign that hangs must not stop the rest; two stores may use the same id.
        If this fails: key claims by store and id, both.
        """
        keys = [CampaignKey(store, name) for store in ("one", "two") for name in ("a", "b")]
        for key in keys:
            claiming(repo, key)
        assert [repo.claim(key) for key in keys] == [None] * len(keys)

    def test_c77_every_claim_raises_the_fence(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-77: Every claim on a campaign has a higher fence than the one before, whoever makes it.

        Why: by the fence alone a worker that slept is told from the one that took over.
        If this fails: keep the fence when a claim is given back, and count up in the store.
        """
        fences = []
        for one in (repo, other_repo, repo):
            claim = claiming(one)
            fences.append(claim.fence)
            claim.release()
        fences.append(claiming(repo).fence)
        fences.append(claiming(other_repo, take_over=True).fence)
        assert fences == sorted(set(fences))

    @pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
    def test_c77_who_was_taken_over_from_writes_nothing_more(
        self,
        repo: CampaignRepo,
        other_repo: CampaignRepo,
        claiming: Claiming,
        publication: Publication,
        write: Write,
    ) -> None:
        """C-77: After a take-over each write of the old worker raises ClaimLost and changes nothing.

        Why: a worker that was stopped for a minute wakes up and believes that the campaign is still its own.
        If this fails: compare the claim's fence with the stored one inside the transaction that writes.
        """
        old = claiming(repo)
        new = claiming(other_repo, take_over=True)
        new.add(publication, campaign_for(KEY))
        log = new.log(publication.id, "publish")
        log.begin("first", StepKind.CREATE)
        with pytest.raises(ClaimLost) as lost:
            write(old, publication)
        assert lost.value.remedy
        assert list(repo.find()) == [publication]
        assert [step.name for step in log.steps()] == ["first"]
        log.check()

    def test_c77_a_free_campaign_may_be_taken_over_too(
        self, repo: CampaignRepo, claiming: Claiming, publication: Publication, campaign: Campaign
    ) -> None:
        """C-77: Taking over gives a claim whether or not somebody holds the campaign.

        Why: a cancel takes over without asking, since it cannot wait.
        If this fails: with take_over, claim never gives None.
        """
        claiming(repo, take_over=True).add(publication, campaign)
        claiming(repo, take_over=True).save(publication)

    def test_c78_what_was_given_back_can_be_claimed_at_once(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-78: A released campaign can be claimed at once, by everybody.

        Why: the next command of a person must not wait for a claim to run out.
        If this fails: end the claim in release; its fence stays.
        """
        claiming(repo).release()
        claiming(other_repo)

    def test_c78_a_claim_that_was_given_back_is_not_renewed(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-78: Renewing a claim that was released raises ClaimLost, and nobody is kept out by it.

        Why: a renewal that comes a moment late would lock the campaign with nobody at work.
        If this fails: let renew change only a claim that is still held.
        """
        claim = claiming(repo)
        claim.release()
        with pytest.raises(ClaimLost):
            claim.renew()
        claiming(other_repo)

    def test_c78_giving_back_a_lost_claim_leaves_the_new_one_alone(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-78: Releasing a claim that was lost does nothing, and raises nothing.

        Why: every worker releases in the end; the one that was taken over from must not open the door.
        If this fails: let release change only the row that still has the claim's fence.
        """
        old = claiming(repo)
        new = claiming(other_repo, take_over=True)
        old.release()
        new.renew()
        new.release()
        new.release()

    def test_c79_a_claim_that_nobody_renews_runs_out(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming, pass_time: PassTime
    ) -> None:
        """C-79: A claim that nobody renews runs out, so that the next worker gets one with a higher fence.

        Why: the worker may have died; its campaign must not wait for a person.
        If this fails: give claims an end, by the store's own clock; only their worker's process renews them.
        """
        old = claiming(repo)
        pass_time(LONG_ENOUGH)
        new = claiming(other_repo)
        assert new.fence > old.fence
        with pytest.raises(ClaimLost):
            old.renew()

    def test_c79_what_ran_out_may_still_write_until_another_claims(
        self,
        repo: CampaignRepo,
        claim: Claim,
        pass_time: PassTime,
        publication: Publication,
        campaign: Campaign,
    ) -> None:
        """C-79: A claim that ran out is good until somebody else makes one.

        Why: a machine that slept may finish its work as long as nobody has begun the same.
        If this fails: only the fence decides whether a claim may write, never the time.
        """
        pass_time(LONG_ENOUGH)
        claim.add(publication, campaign)
        claim.log(publication.id, "publish").begin("first", StepKind.CREATE)
        assert repo.latest(KEY) == publication

    def test_c79_renewing_keeps_others_out_again(
        self, claim: Claim, other_repo: CampaignRepo, pass_time: PassTime
    ) -> None:
        """C-79: A renewed claim lasts its full length from then on, also when it had run out unnoticed.

        Why: a worker that waits for its platform longer than a claim lasts must keep its campaign.
        If this fails: let renew count from now, and not from the claim's old end.
        """
        pass_time(LONG_ENOUGH)
        claim.renew()
        assert other_repo.claim(KEY) is None
