"""The contract of what is due: each publication goes to one worker at a time, and none is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.rhythm import next_look
from glowtify_core.ports.campaigns import CampaignRepo, Claim, Due
from glowtify_core.testing.stores.campaign_store import LONG_ENOUGH, CampaignStoreCase, Claiming, PassTime
from glowtify_core.testing.stores.samples import KEY, OPENED, campaign_for, ended, opened
from glowtify_core.testing.stores.threads import THREADS, at_once

NOW = OPENED + timedelta(hours=1)
AGAIN = NOW + timedelta(minutes=1)


class DueContract(CampaignStoreCase):
    """What ``hand_out`` gives, and ``plan`` sets. Claims are given back, or nothing is handed out."""

    def test_c95_what_is_due_is_handed_out_the_longest_due_first(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-95: hand_out gives what is due by then, the longest due first, no more than it is asked for.

        Why: a worker that takes what is not due asks platforms for nothing; one that starts with the newest
        leaves the oldest for ever.
        If this fails: compare with ``now``, not with a clock; sort by when it is due, then cut.
        """
        late, first, middle = (_add(repo, claiming, name) for name in ("a", "b", "c"))
        minute = timedelta(minutes=1)
        repo.plan({first.id: NOW - 2 * minute, middle.id: NOW - minute, late.id: NOW + minute})
        assert _ids(repo, most=1) == [first.id]
        assert _ids(other_repo) == [middle.id]
        repo.plan({first.id: NOW - minute, middle.id: NOW})
        assert _ids(repo, now=NOW + minute) == [first.id, middle.id, late.id]

    def test_c95_what_was_handed_out_comes_back(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-95: What was handed out is not handed out again before ``again``, to no worker; then it is.

        Why: a worker may die with what it took, and twenty that ask at once must not all take the same.
        If this fails: move the due time to ``again`` where you hand it out, in the same transaction.
        """
        one = _add(repo, claiming, "a")
        assert _ids(repo) == [one.id]
        assert _ids(other_repo) == []
        assert _ids(other_repo, now=AGAIN) == [one.id]

    def test_c95_of_many_who_ask_at_once_one_gets_it(self, repo: CampaignRepo, claiming: Claiming) -> None:
        """C-95: Of many who ask at the same moment each gets publications of their own.

        Why: what two workers get, two workers ask the platform about.
        If this fails: lock what you hand out, or set the due time under a condition.
        """
        added = {_add(repo, claiming, f"c{number}").id for number in range(2 * THREADS)}

        def ask(number: int) -> list[str]:
            del number
            return _ids(repo, most=2)

        given = [one for ids in at_once(ask) for one in ids]
        given += _ids(repo)  # a store may pass over what another one is just being given
        assert sorted(given) == sorted(added)

    def test_c96_what_somebody_holds_is_not_handed_out(
        self, repo: CampaignRepo, claiming: Claiming, pass_time: PassTime
    ) -> None:
        """C-96: What is claimed is not handed out while the claim lives; once given back, or run out, it is.

        Why: whoever holds it is at work; whoever died with it must be followed by somebody.
        If this fails: look at the claim where you hand out, by the clock that claims go by.
        """
        one = _add(repo, claiming, "a")
        claim = claiming(repo, one.key)
        assert _ids(repo) == []
        claim.release()
        assert _ids(repo) == [one.id]
        claiming(repo, one.key)
        assert _ids(repo, now=AGAIN) == []
        pass_time(LONG_ENOUGH)
        assert _ids(repo, now=AGAIN + LONG_ENOUGH) == [one.id]

    def test_c96_what_is_handed_out_tells_its_fence(self, repo: CampaignRepo, claiming: Claiming) -> None:
        """C-96: With each publication comes how it stands, and its campaign's fence.

        Why: one try is told from the next by it, so that a queue may drop the second of two equal jobs.
        If this fails: read the fence with the publication; every claim has raised it.
        """
        one = _add(repo, claiming, "a")
        claim = claiming(repo, one.key)
        claim.save(one)
        claim.release()
        assert _hand_out(repo) == [Due(one, claim.fence)]

    def test_c97_saving_decides_when_it_is_due(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-97: Whatever is added or saved is due when ``next_look`` says so, however it was planned before.

        Why: an operation that was just opened must not wait until somebody asks how the campaign stands.
        If this fails: set the due time wherever you write a publication; None means never.
        """
        claim.add(publication, campaign)
        repo.plan({publication.id: None})
        claim.save(publication)
        claim.release()
        assert next_look(publication) == OPENED
        assert _ids(repo, now=OPENED - timedelta(microseconds=1)) == []
        assert _ids(repo, now=OPENED) == [publication.id]

    def test_c97_what_has_ended_is_never_due(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-97: A publication for which ``next_look`` is None is never handed out.

        Why: a journal of a million campaigns would be asked about for ever.
        If this fails: keep no due time for it.
        """
        claim.add(publication, campaign)
        claim.save(ended(publication))
        claim.release()
        assert _ids(repo, now=OPENED + timedelta(days=9999)) == []

    def test_c97_plans_are_kept_and_may_be_none(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-97: plan sets when each is due, needs no claim, and minds nothing that is not there.

        Why: it is set after asking a platform about hundreds, which nobody has claimed.
        If this fails: write the time that is given, in UTC or not; None takes it off.
        """
        never, later, other = (_add(repo, claiming, name) for name in ("a", "b", "c"))
        other_repo.plan({never.id: None, later.id: AGAIN - timedelta(seconds=1), "nothing": NOW})
        assert _ids(repo) == [other.id]
        assert _ids(repo, now=AGAIN) == [later.id, other.id]
        other_repo.plan({})

    def test_c97_a_plan_may_tell_that_the_platform_was_asked(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-97: plan keeps when the platform was asked, if it is told, and changes nothing else.

        Why: people want to know how old it is what they are shown, also where nothing has changed.
        If this fails: write ``checked_at`` with the due time; leave it where None is given.
        """
        asked, other = (_add(repo, claiming, name) for name in ("a", "b"))
        repo.plan({asked.id: AGAIN}, checked_at=NOW)
        repo.plan({asked.id: AGAIN, other.id: AGAIN})
        assert other_repo.get(asked.id) == replace(asked, checked_at=NOW)
        assert other_repo.get(other.id) == other


def _add(repo: CampaignRepo, claiming: Claiming, campaign_id: str) -> Publication:
    """An open publication that is due, and that nobody holds."""
    campaign = campaign_for(CampaignKey(KEY.store, campaign_id))
    publication = opened(campaign)
    claim = claiming(repo, campaign.key)
    claim.add(publication, campaign)
    claim.release()
    return publication


def _hand_out(repo: CampaignRepo, *, now: datetime = NOW, most: int = 100) -> Sequence[Due]:
    return list(repo.hand_out(now=now, again=now + (AGAIN - NOW), most=most))


def _ids(repo: CampaignRepo, *, now: datetime = NOW, most: int = 100) -> list[str]:
    return [due.publication.id for due in _hand_out(repo, now=now, most=most)]
