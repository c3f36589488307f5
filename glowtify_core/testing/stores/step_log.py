"""The contract of the step log: what was begun on a platform is never forgotten, whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import CampaignNotFound
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import CampaignRepo, Claim, Recorded, StepKind, StepLog, StepRecord
from glowtify_core.testing.stores.campaign_store import CampaignStoreCase, Claiming, PassTime
from glowtify_core.testing.stores.samples import ended, opened

HOUR = timedelta(hours=1)
CREATING = [kind for kind in StepKind if kind.creates]
OTHERS = [kind for kind in StepKind if not kind.creates]

TakeOver = Callable[[], StepLog]


class StepLogContract(CampaignStoreCase):
    """What a journal stands on."""

    @pytest.fixture
    def taken_over(self, other_repo: CampaignRepo, claiming: Claiming, publication: Publication) -> TakeOver:
        """Lets another worker take over, and gives its log."""
        return lambda: claiming(other_repo, take_over=True).log(publication.id, "publish")

    @pytest.mark.parametrize("kind", StepKind)
    def test_c80_what_was_begun_is_known_to_the_next_worker(
        self, log: StepLog, taken_over: TakeOver, kind: StepKind
    ) -> None:
        """C-80: A step is known from its begin on, to every worker: operation, name, kind, no id, and young.

        Why: the begin is written before the request; after a crash it is all that the next worker has.
        If this fails: commit the begin before you return; since is aware, by the store's clock.
        """
        assert list(log.steps()) == []
        log.begin("campaign", kind)
        for step in (_only(log), _only(taken_over())):
            known = (step.operation, step.name, step.kind, step.remote_id, step.begins)
            assert known == ("publish", "campaign", kind, None, 1)
            assert timedelta() <= step.age < HOUR
            assert step.since.utcoffset() is not None

    def test_c81_a_later_begin_keeps_since_and_restarts_age(self, log: StepLog, pass_time: PassTime) -> None:
        """C-81: Beginning a step again keeps when it was first begun, restarts its age, and is counted.

        Why: what the first try made is older than the last begin; a search from there would miss it. The
        age says how long the platform has had to show what the last try made.
        If this fails: set ``since`` once, ``age`` from the last begin, and count ``begins``.
        """
        log.begin("campaign", StepKind.CREATE)
        pass_time(HOUR)
        before = _only(log)
        assert before.age >= HOUR
        log.begin("campaign", StepKind.CREATE)
        after = _only(log)
        assert (after.since, after.begins) == (before.since, 2)
        assert timedelta() <= after.age < HOUR

    def test_c82_the_first_recorded_id_stands(self, log: StepLog, taken_over: TakeOver) -> None:
        """C-82: The first id recorded for a step stands; whoever comes later is told that one.

        Why: two workers may both have made the object; only one of them is ever sent.
        If this fails: write the id only where there is none, and return what stands.
        """
        log.begin("campaign", StepKind.CREATE)
        assert log.record("campaign", "01A") == Recorded("01A")
        assert log.record("campaign", "01B").remote_id == "01A"
        new = taken_over()
        assert new.record("campaign", "01C") == Recorded("01A")
        assert log.record("campaign", "01D") == Recorded("01A", replaced=True)
        assert _only(log).remote_id == "01A"

    @pytest.mark.parametrize("kind", CREATING)
    def test_c83_what_was_created_is_recorded_whoever_holds_the_campaign(
        self, log: StepLog, taken_over: TakeOver, kind: StepKind
    ) -> None:
        """C-83: Recording what was created needs no fence; the worker is told that it was replaced.

        Why: its request was on the way when another took over; an object that nobody knows of may be sent.
        If this fails: leave the fence out of record for every kind that creates.
        """
        log.begin("campaign", kind)
        new = taken_over()
        assert log.record("campaign", "01A") == Recorded("01A", replaced=True)
        assert _only(new).remote_id == "01A"

    def test_c83_an_id_that_comes_after_a_clear_is_kept(self, log: StepLog, taken_over: TakeOver) -> None:
        """C-83: An id is recorded even when the step has been cleared meanwhile, and the step is known again.

        Why: the successor saw no object and cleared the step; then the answer to the first request came.
        If this fails: let clear keep the row, and only take its begin and its id away.
        """
        log.begin("campaign", StepKind.CREATE)
        new = taken_over()
        new.clear("campaign")
        assert log.record("campaign", "01A") == Recorded("01A", replaced=True)
        assert [(step.name, step.remote_id) for step in new.steps()] == [("campaign", "01A")]

    @pytest.mark.parametrize("kind", OTHERS)
    def test_c84_what_creates_nothing_is_recorded_under_the_fence_only(
        self, log: StepLog, taken_over: TakeOver, kind: StepKind
    ) -> None:
        """C-84: Of a step that creates nothing a replaced worker records nothing.

        Why: its successor may have cancelled meanwhile; what is recorded late would keep it from looking.
        If this fails: look at the fence in record for every kind that does not create.
        """
        log.begin("first", kind)
        assert log.record("first", "01A") == Recorded("01A")
        log.begin("second", kind)
        new = taken_over()
        assert log.record("second", "01A") == Recorded("01A", replaced=True)
        assert [step.remote_id for step in new.steps()] == ["01A", None]

    def test_c85_recording_what_was_never_begun_is_refused(self, log: StepLog) -> None:
        """C-85: Recording a step that was never begun raises CampaignNotFound.

        Why: a request without a begin before it is a mistake in the program that must not go unnoticed.
        If this fails: let record change a row that is there; it never inserts one.
        """
        with pytest.raises(CampaignNotFound):
            log.record("campaign", "01A")
        assert list(log.steps()) == []

    @pytest.mark.parametrize("recorded", [False, True])
    def test_c86_a_cleared_step_is_as_if_it_had_never_been_begun(
        self, log: StepLog, pass_time: PassTime, recorded: bool
    ) -> None:
        """C-86: A cleared step is gone; begun again it is new: its kind, since, age, count and id.

        Why: what was refused without effect must cost no wait and leave no doubt.
        If this fails: take begin and id away in clear, and let begin start everything anew after it.
        """
        log.clear("campaign")
        log.begin("campaign", StepKind.CREATE)
        log.begin("campaign", StepKind.CREATE)
        if recorded:
            log.record("campaign", "01A")
        pass_time(HOUR)
        before = _only(log)
        log.clear("campaign")
        assert list(log.steps()) == []
        log.begin("campaign", StepKind.REPEATABLE)
        after = _only(log)
        assert (after.kind, after.remote_id, after.begins) == (StepKind.REPEATABLE, None, 1)
        assert after.since > before.since
        assert timedelta() <= after.age < HOUR

    def test_c87_steps_of_every_operation_are_seen_oldest_first(
        self, claim: Claim, log: StepLog, publication: Publication, pass_time: PassTime
    ) -> None:
        """C-87: Every view shows the steps of all operations of its publication, in the order of their begin.

        Why: a cancel has to find what the publish before it has begun.
        If this fails: order by ``since``; what was cleared and begun anew stands at its new place.
        """
        cancel = claim.log(publication.id, "cancel")
        for name in ("template", "campaign"):
            log.begin(name, StepKind.CREATE)
        cancel.begin("cancel", StepKind.REPEATABLE)
        log.begin("campaign", StepKind.CREATE)
        pass_time(HOUR)
        log.clear("template")
        log.begin("template", StepKind.CREATE)
        expected = [("publish", "campaign"), ("cancel", "cancel"), ("publish", "template")]
        for view in (log, cancel):
            assert [(step.operation, step.name) for step in view.steps()] == expected

    def test_c87_a_name_is_one_step_in_each_operation(
        self, claim: Claim, log: StepLog, publication: Publication
    ) -> None:
        """C-87: The same name in another operation is another step, with an id and a fate of its own.

        Why: a campaign is sent once by publish and once more by each reschedule.
        If this fails: key steps by publication, operation and name.
        """
        again = claim.log(publication.id, "reschedule-1")
        for one, remote_id in ((log, "01A"), (again, "01B")):
            one.begin("send", StepKind.COMMIT)
            one.record("send", remote_id)
        assert [step.remote_id for step in log.steps()] == ["01A", "01B"]
        again.clear("send")
        assert _only(log).remote_id == "01A"

    def test_c87_steps_of_other_publications_are_not_seen(
        self, claim: Claim, log: StepLog, publication: Publication, campaign: Campaign
    ) -> None:
        """C-87: A log knows the steps of its own publication only, of the same campaign too.

        Why: the next publication of a campaign makes objects of its own, and must not adopt old ones.
        If this fails: key steps by the publication's id, and not by the campaign.
        """
        log.begin("campaign", StepKind.CREATE)
        claim.save(ended(publication))
        following = opened(campaign)
        claim.add(following, campaign)
        assert list(claim.log(following.id, "publish").steps()) == []

    def test_c88_recording_tells_that_the_publication_was_closed(
        self, claim: Claim, log: StepLog, publication: Publication
    ) -> None:
        """C-88: Who records a step is told when its publication has been closed meanwhile.

        Why: what it has just made belongs to nothing any more, and is removed again.
        If this fails: read the publication's ``closed`` in the transaction that records.
        """
        log.begin("campaign", StepKind.CREATE)
        assert not log.record("campaign", "01A").closed
        claim.save(ended(publication))
        assert log.record("campaign", "01A").closed


def _only(log: StepLog) -> StepRecord:
    (step,) = log.steps()
    return step
