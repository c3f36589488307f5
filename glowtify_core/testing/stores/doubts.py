"""The contract of doubts: what a lost request may have left on the platform is looked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import CampaignRepo, Claim, StepKind, StepLog
from glowtify_core.testing.stores.campaign_store import CampaignStoreCase, Claiming, PassTime
from glowtify_core.testing.stores.samples import KEY, campaign_for, ended, opened

HOUR = timedelta(hours=1)
CREATING = [kind for kind in StepKind if kind.creates]
OTHERS = [kind for kind in StepKind if not kind.creates]


class DoubtContract(CampaignStoreCase):
    """What ``in_doubt`` gives."""

    @pytest.mark.parametrize("kind", CREATING)
    def test_c89_what_creates_is_in_doubt_until_it_is_recorded(
        self, repo: CampaignRepo, log: StepLog, publication: Publication, kind: StepKind
    ) -> None:
        """C-89: A publication is in doubt while a step that creates was begun and its id is not known.

        Why: repair looks for what a lost request may have left on the platform, and looks nowhere else.
        If this fails: in_doubt gives every publication with a step whose record is ``in_doubt``.
        """
        assert _doubts(repo) == []
        log.begin("campaign", kind)
        assert _doubts(repo) == [publication.id]
        log.record("campaign", "01A")
        assert _doubts(repo) == []

    def test_c89_what_was_begun_again_stays_in_doubt_once_it_is_recorded(
        self, repo: CampaignRepo, log: StepLog, publication: Publication
    ) -> None:
        """C-89: What was begun more than once stays in doubt: one id is known, and two may exist.

        Why: the second object is a draft that a person finds, or worse, an e-mail that is sent.
        If this fails: look at ``begins`` too.
        """
        for _ in range(2):
            log.begin("campaign", StepKind.CREATE)
        log.record("campaign", "01A")
        assert _doubts(repo) == [publication.id]

    def test_c89_what_makes_nothing_or_was_cleared_is_not_in_doubt(
        self, repo: CampaignRepo, log: StepLog
    ) -> None:
        """C-89: A step that creates nothing, or was cleared, leaves no doubt.

        Why: every doubt costs requests to the platform, for days.
        If this fails: look at the kind, and leave cleared steps out.
        """
        for kind in OTHERS:
            log.begin(kind.value, kind)
        log.begin("campaign", StepKind.CREATE)
        log.clear("campaign")
        assert _doubts(repo) == []

    def test_c89_a_doubt_ends_with_the_time_that_is_asked_about(
        self, repo: CampaignRepo, log: StepLog, pass_time: PassTime, publication: Publication
    ) -> None:
        """C-89: in_doubt looks at the last begin, as far back as it is asked to.

        Why: what was not found for days is not looked for for ever.
        If this fails: compare the age of the step with ``within``, by the store's clock.
        """
        log.begin("campaign", StepKind.CREATE)
        pass_time(HOUR)
        assert _doubts(repo) == [publication.id]
        assert list(repo.in_doubt(within=HOUR / 2)) == []
        log.begin("campaign", StepKind.CREATE)
        assert list(repo.in_doubt(within=HOUR / 2)) == [publication]

    def test_c89_closed_publications_are_in_doubt_too(
        self, repo: CampaignRepo, claim: Claim, log: StepLog, publication: Publication, claiming: Claiming
    ) -> None:
        """C-89: A doubt outlives its publication; doubts are given oldest first, and of one store if asked.

        Why: a publication that failed may still have left a draft behind, or worse.
        If this fails: leave the publication's state out of in_doubt.
        """
        key = CampaignKey("another", KEY.campaign_id)
        elsewhere = opened(campaign_for(key))
        other_claim = claiming(repo, key)
        other_claim.add(elsewhere, campaign_for(key))
        other_claim.log(elsewhere.id, "publish").begin("campaign", StepKind.CREATE)
        log.begin("campaign", StepKind.CREATE)
        claim.save(ended(publication))
        assert _doubts(repo) == [publication.id, elsewhere.id]
        assert _doubts(repo, store="another") == [elsewhere.id]
        assert _doubts(repo, store="nobody") == []


def _doubts(repo: CampaignRepo, store: str | None = None) -> list[str]:
    return [one.id for one in repo.in_doubt(within=2 * HOUR, store=store)]
