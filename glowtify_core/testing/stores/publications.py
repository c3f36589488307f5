"""The contract of a campaign repository: what is kept of a publication, and how it is found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import CampaignNotFound, PublicationBusy
from glowtify_core.domain.publication import OperationKind, Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.testing.stores.campaign_store import CampaignStoreCase, Claiming
from glowtify_core.testing.stores.samples import (
    FULL_CAMPAIGN,
    FULL_PUBLICATION,
    KEY,
    OPENED,
    campaign_for,
    ended,
    opened,
)

S = PublicationState
OTHER = CampaignKey("default", "summer")


class PublicationContract(CampaignStoreCase):
    """Publications and their content."""

    def test_c70_what_was_never_added_is_not_found(self, repo: CampaignRepo) -> None:
        """C-70: What was never added is not found: get and content raise CampaignNotFound, latest is None.

        Why: a host asks for what people type; they need a sentence that says what to do.
        If this fails: raise CampaignNotFound with a remedy; find returns an empty sequence.
        """
        for read in (repo.get, repo.content):
            with pytest.raises(CampaignNotFound) as missing:
                read("nothing")
            assert missing.value.remedy
        assert repo.latest(KEY) is None
        assert list(repo.find()) == []

    def test_c70_saving_what_was_never_added_is_refused(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-70: Saving what was never added raises CampaignNotFound, and stores nothing.

        Why: a publication without its beginning has no content, and nobody could finish it.
        If this fails: let save change a row that is there; it never inserts one.
        """
        with pytest.raises(CampaignNotFound):
            claim.save(publication, campaign)
        assert list(repo.find()) == []

    def test_c71_every_field_of_a_publication_comes_back(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claim: Claim, campaign: Campaign
    ) -> None:
        """C-71: Every field of a publication comes back as it was added and saved, for every worker.

        Why: whatever is lost here is lost when the next worker carries on.
        If this fails: compare what the two sides of the assertion differ in; look at zones, microseconds,
        None beside empty, and characters outside of ASCII.
        """
        claim.add(FULL_PUBLICATION, campaign)
        assert repo.get(FULL_PUBLICATION.id) == FULL_PUBLICATION
        assert other_repo.get(FULL_PUBLICATION.id) == FULL_PUBLICATION
        plain = replace(opened(campaign), id=FULL_PUBLICATION.id)
        for saved in (plain, FULL_PUBLICATION):
            claim.save(saved)
            assert other_repo.get(FULL_PUBLICATION.id) == saved

    def test_c71_every_field_of_the_content_comes_back(
        self, repo: CampaignRepo, other_repo: CampaignRepo, claim: Claim, publication: Publication
    ) -> None:
        """C-71: The campaign that a publication carries comes back as it was, its fingerprint too.

        Why: this is the e-mail that is handed over, and what a later wish is compared with.
        If this fails: keep what campaign.to_document() gives, and read it with from_document().
        """
        claim.add(publication, FULL_CAMPAIGN)
        for one in (repo, other_repo):
            assert one.content(publication.id) == FULL_CAMPAIGN
            assert one.content(publication.id).fingerprint == FULL_CAMPAIGN.fingerprint

    def test_c71_content_changes_only_when_it_is_given(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-71: Saving a publication leaves its content alone, unless content is given.

        Why: most saves are of a state; they must not cost the e-mail.
        If this fails: write the content only where save was given one.
        """
        claim.add(publication, campaign)
        claim.save(publication.moved_to(S.STAGED))
        assert repo.content(publication.id) == campaign
        moved = replace(campaign, subject="Summer is here")
        claim.save(publication, moved)
        assert repo.content(publication.id) == moved
        assert repo.get(publication.id) == publication

    def test_c71_what_is_changed_later_outside_is_not_changed_in_the_store(
        self, repo: CampaignRepo, claim: Claim, publication: Publication
    ) -> None:
        """C-71: A store keeps what it was given, whatever is done with the same objects later.

        Why: a mapping that the caller goes on using would change an e-mail behind everybody's back.
        If this fails: keep copies, and give copies; platform_options may be mutable.
        """
        options = {"acme": {"tags": ["one"]}}
        claim.add(publication, campaign_for(platform_options=options))
        options["acme"]["tags"].append("two")
        assert repo.content(publication.id).platform_options == {"acme": {"tags": ["one"]}}
        repo.content(publication.id).platform_options["acme"]["tags"].append("three")
        assert repo.content(publication.id).platform_options == {"acme": {"tags": ["one"]}}

    def test_c72_a_second_open_publication_is_refused(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-72: A campaign with a publication that is not closed gets no other: add raises PublicationBusy.

        Why: two open publications of one e-mail are two e-mails.
        If this fails: look and insert in one transaction, or let a unique index refuse it.
        """
        claim.add(publication, campaign)
        second = opened(campaign)
        with pytest.raises(PublicationBusy) as busy:
            claim.add(second, campaign)
        assert busy.value.remedy
        assert list(repo.find()) == [publication]
        with pytest.raises(CampaignNotFound):
            repo.content(second.id)

    def test_c72_another_may_follow_a_closed_one(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-72: Once a publication is closed, its campaign may get another; by save, it may be opened again.

        Why: what failed is published anew, and what was closed may have something left to clear up.
        If this fails: only what is not ``closed`` stands in the way of another.
        """
        claim.add(publication, campaign)
        claim.save(ended(publication))
        claim.save(ended(publication).begin(OperationKind.CLEANUP, OPENED))
        claim.save(ended(publication))
        second = opened(campaign)
        claim.add(second, campaign)
        assert (repo.get(publication.id), repo.get(second.id)) == (ended(publication), second)

    def test_c72_a_closed_one_is_not_opened_again_beside_another(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-72: A closed publication is not reopened beside an open one: save raises PublicationBusy.

        Why: a worker that tidies up an old publication must not open a second way to send.
        If this fails: let save look at the campaign's other publications, as add does.
        """
        claim.add(ended(publication), campaign)
        claim.add(opened(campaign), campaign)
        with pytest.raises(PublicationBusy):
            claim.save(ended(publication).begin(OperationKind.CLEANUP, OPENED))
        assert repo.get(publication.id) == ended(publication)

    def test_c73_a_claim_changes_its_own_campaign_only(
        self, repo: CampaignRepo, claim: Claim, claiming: Claiming
    ) -> None:
        """C-73: A claim on one campaign changes no other: ValueError, and nothing is stored.

        Why: the fence of one campaign says nothing of another's; writing there would go around it.
        If this fails: compare the publication's key with the claim's before you write.
        """
        other = opened(campaign_for(OTHER))
        with pytest.raises(ValueError, match=OTHER.campaign_id):
            claim.add(other, campaign_for(OTHER))
        assert list(repo.find()) == []
        claiming(repo, OTHER).add(other, campaign_for(OTHER))
        with pytest.raises(ValueError, match=OTHER.campaign_id):
            claim.save(other.moved_to(S.STAGED))
        assert repo.get(other.id) == other

    def test_c74_latest_is_the_last_that_was_added(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-74: The latest publication of a campaign is the one added last, whatever its clock said.

        Why: clocks are set back; what is latest decides whether an e-mail is published again.
        If this fails: order by when a row was inserted (a counter), and not by opened_at.
        """
        claim.add(ended(publication), campaign)
        earlier = opened(campaign, opened_at=OPENED - timedelta(days=1))
        claim.add(earlier, campaign)
        claim.save(ended(publication))
        assert repo.latest(KEY) == earlier

    def test_c75_find_gives_what_meets_every_condition(self, repo: CampaignRepo, claiming: Claiming) -> None:
        """C-75: find gives the publications that meet every condition given, oldest first.

        Why: tracking, repair and every list that people see ask this way.
        If this fails: read the port again: conditions are a conjunction, ``unfinished`` means not closed.
        """

        def add(campaign_id: str, state: PublicationState = S.OPENED, **where: str) -> Publication:
            key = CampaignKey(where.get("store", "default"), campaign_id)
            campaign = campaign_for(key, connector=where.get("connector", "acme"))
            publication = opened(campaign)
            added = publication if state is S.OPENED else ended(publication, state)
            claiming(repo, key).add(added, campaign)
            return added

        sent = add("b", S.SENT)
        scheduled = add("a", S.SCHEDULED)
        elsewhere = add("b", S.SCHEDULED, store="second")
        other = add("c", connector="other")
        claiming(repo, sent.key, take_over=True).save(sent)  # which makes it no younger
        found = partial(_found, repo)
        assert found() == [sent, scheduled, elsewhere, other]
        assert found(store="default") == [sent, scheduled, other]
        assert found(connector="other") == [other]
        assert found(campaign_ids=["c", "b"]) == [sent, elsewhere, other]
        assert found(states={S.SCHEDULED, S.SENDING}) == [scheduled, elsewhere]
        assert found(unfinished=True) == [scheduled, elsewhere, other]
        assert found(store="default", unfinished=True, states={S.SCHEDULED}) == [scheduled]
        assert found(store="default", connector="other", campaign_ids=["b"]) == []

    def test_c75_the_newest_are_the_last_that_were_added(
        self, repo: CampaignRepo, claiming: Claiming
    ) -> None:
        """C-75: ``newest`` leaves the last ones that were added of those that meet the conditions.

        Why: what people look at first is what they did last, however much there is.
        If this fails: cut at the old end, and still give the oldest first.
        """
        keys = [CampaignKey("default", name) for name in ("c", "a", "b")]
        added = [opened(campaign_for(key)) for key in keys]
        for key, publication in zip(keys, added, strict=True):
            claiming(repo, key).add(publication, campaign_for(key))
        found = partial(_found, repo)
        assert found(newest=2) == added[1:]
        assert found(newest=9) == added
        assert found(newest=0) == []
        assert found(ids=[added[2].id, added[0].id, "nothing"]) == [added[0], added[2]]
        assert found(ids=[added[0].id, added[1].id], newest=1) == [added[1]]

    def test_c75_an_empty_choice_finds_nothing(
        self, repo: CampaignRepo, claim: Claim, publication: Publication, campaign: Campaign
    ) -> None:
        """C-75: find with no ids or no states to choose from finds nothing.

        Why: whoever asks for the publications of no campaigns must not get those of all.
        If this fails: tell an empty collection from None.
        """
        claim.add(publication, campaign)
        assert list(repo.find(campaign_ids=[])) == []
        assert list(repo.find(states=[])) == []
        assert list(repo.find(ids=[])) == []


def _found(repo: CampaignRepo, **conditions: Any) -> Sequence[Publication]:
    return list(repo.find(**conditions))
