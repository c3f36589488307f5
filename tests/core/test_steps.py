"""The runner: each step once, whatever crashes, races or gets lost. One test a rule."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace

import fakes
import pytest

from glowtify_core.application.steps import MAX_TRIES, StepRunner
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    ClaimLost,
    Effect,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.publication import open_publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Step, StepKind

SETTLE = timedelta(seconds=10)
CREATE, REPEATABLE, COMMIT, CREATE_AND_COMMIT = StepKind


@dataclass
class Remote:
    """What one kind of object on the platform does: answers or errors in turn, and what a look finds."""

    outcomes: list[str | BaseException] = field(default_factory=lambda: ["C1"])
    found: list[str | PlatformError | None] = field(default_factory=list)
    done: int = 0
    looked: int = 0
    undone: list[str] = field(default_factory=list)

    def do(self) -> str:
        self.done += 1
        return _next(self.outcomes)

    def find(self, since: object) -> str | None:
        self.looked += 1
        return _next(self.found) if self.found else None

    def step(self, kind: StepKind = CREATE, **changes) -> Step:
        step = Step("campaign", kind, self.do, find=self.find, undo=self.undone.append, keyed=True)
        return replace(step, **changes)


def _next(outcomes):
    outcome = outcomes.pop(0)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@pytest.fixture
def world():
    clock = fakes.FakeClock()
    repo = fakes.MemoryCampaigns(clock)
    campaign = fakes.campaign()
    publication = open_publication(campaign, account_id="ACC001", now=clock.now())
    claim = repo.claim(campaign.key)
    claim.add(publication, campaign)

    def runner(claim=claim, operation="publish"):
        log = claim.log(publication.id, operation)
        return StepRunner(log, operation=operation, clock=clock, settle=SETTLE, marker="gl00000000")

    def another():
        return repo.claim(campaign.key, take_over=True)

    return SimpleNamespace(
        clock=clock, repo=repo, claim=claim, publication=publication, runner=runner, another=another
    )


def records(world):
    return [(record.name, record.remote_id) for record in world.runner().steps()]


def test_recorded_is_skipped(world):
    remote = Remote()
    assert [world.runner().run(remote.step()) for _ in range(3)] == ["C1"] * 3
    assert remote.done == 1
    assert remote.looked == 0


def test_another_operations_record_skips_nothing(world):
    remote = Remote(["C1", "C2"])
    assert world.runner().run(remote.step()) == "C1"
    assert world.runner(operation="reschedule-1").run(remote.step()) == "C2"


@pytest.mark.parametrize("kind", StepKind)
def test_begun_is_durable_before_doing(world, kind):
    seen = []
    step = Step("campaign", kind, do=lambda: seen.extend(records(world)) or "C1", find=lambda since: None)
    world.runner().run(step)
    assert seen == [("campaign", None)]
    assert records(world) == [("campaign", "C1")]


@pytest.mark.parametrize("kind", StepKind)
def test_refused_without_effect_clears_the_begin(world, kind):
    remote = Remote([fakes.refused(), "C1"])
    with pytest.raises(RequestRejected):
        world.runner().run(remote.step(kind))
    assert records(world) == []
    assert world.runner().run(remote.step(kind)) == "C1"
    assert world.clock.slept == []
    assert remote.looked == 0


@pytest.mark.parametrize(
    "refusal",
    [
        RateLimited("429", effect=Effect.NONE),
        PlatformUnavailable("nobody listens", effect=Effect.NONE),
        PermissionDenied("403", effect=Effect.NONE),
        RemoteNotFound("404", effect=Effect.NONE),
        StateConflict("409", effect=Effect.NONE),
        CampaignRejected("the connector's own word"),
    ],
    ids=lambda refusal: refusal.title,
)
@pytest.mark.parametrize("kind", StepKind)
def test_a_429_a_failed_connect_and_any_4xx_cost_no_settle_wait(world, kind, refusal):
    remote = Remote([refusal, "C1"])
    with pytest.raises(type(refusal)):
        world.runner().run(remote.step(kind))
    assert records(world) == []
    assert world.runner().run(remote.step(kind)) == "C1"
    assert (world.clock.slept, remote.looked) == ([], 0)


@pytest.mark.parametrize("effect", [Effect.PARTIAL, Effect.DONE, Effect.UNKNOWN])
@pytest.mark.parametrize("kind", StepKind)
def test_what_may_have_had_an_effect_keeps_the_begin(world, kind, effect):
    remote = Remote([RequestRejected("odd", effect=effect)] * (MAX_TRIES + 1))
    with pytest.raises(PlatformError):
        world.runner().run(remote.step(kind))
    assert records(world) == [("campaign", None)]


def test_a_crash_keeps_the_begin(world):
    remote = Remote([KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        world.runner().run(remote.step())
    assert records(world) == [("campaign", None)]


def test_a_lost_create_waits_the_settle_time_and_adopts_what_it_finds(world):
    remote = Remote([fakes.lost()], found=["C7"])
    assert world.runner().run(remote.step()) == "C7"
    assert world.clock.slept == [10]
    assert remote.done == 1
    assert remote.undone == []
    assert records(world) == [("campaign", "C7")]


def test_the_settle_time_counts_from_the_begin(world):
    with pytest.raises(KeyboardInterrupt):
        world.runner().run(Remote([KeyboardInterrupt()]).step())
    world.clock.move(timedelta(seconds=7))
    assert world.runner().run(Remote([], found=["C7"]).step()) == "C7"
    assert world.clock.slept == [3]


@pytest.mark.parametrize("kind", [CREATE, COMMIT, CREATE_AND_COMMIT])
def test_after_a_lost_answer_the_settle_time_counts_from_its_loss(world, kind):
    """The request may have waited for its turn longer than that."""
    remote = Remote([], found=["C1"] if kind is CREATE else [None, "C1"])

    def do():
        world.clock.move(timedelta(seconds=70))
        raise fakes.lost()

    before = world.clock.now()
    world.runner().run(remote.step(kind, do=do))
    waited = world.clock.now() - before - timedelta(seconds=70)
    assert waited == (SETTLE if kind is CREATE else timedelta(seconds=2))


def test_a_lost_create_that_is_not_found_is_done_again(world):
    remote = Remote([fakes.lost(), "C2"], found=[None])
    assert world.runner().run(remote.step()) == "C2"
    assert remote.done == 2
    assert world.clock.slept == [10]


def test_a_create_is_looked_for_since_its_first_begin(world):
    since = []
    outcomes = [fakes.lost(), fakes.lost(), "C3"]
    step = Step("campaign", CREATE, do=lambda: _next(outcomes), find=since.append)
    assert world.runner().run(step) == "C3"
    assert since == [fakes.START, fakes.START]
    assert world.clock.slept == [10, 10]


def test_a_create_whose_answer_says_done_is_looked_for(world):
    remote = Remote([RequestRejected("unreadable answer", effect=Effect.DONE)], found=["C7"])
    assert world.runner().run(remote.step()) == "C7"
    assert remote.done == 1


@pytest.mark.parametrize("crash", [True, False])
def test_a_repeatable_step_is_done_again_at_once(world, crash):
    if crash:
        with pytest.raises(KeyboardInterrupt):
            world.runner().run(Remote([KeyboardInterrupt()]).step(REPEATABLE))
        assert world.runner().run(Remote().step(REPEATABLE, find=None)) == "C1"
        assert world.clock.slept == []
    else:
        assert world.runner().run(Remote([fakes.lost(), "C1"]).step(REPEATABLE, find=None)) == "C1"
        assert world.clock.slept == [2]


@pytest.mark.parametrize("kind", [COMMIT, CREATE_AND_COMMIT])
def test_a_lost_commit_is_read_until_the_settle_time(world, kind):
    remote = Remote([fakes.lost()], found=[None, None, "C1"])
    assert world.runner().run(remote.step(kind)) == "C1"
    assert remote.done == 1
    assert world.clock.slept == [2, 2]


def test_a_keyed_commit_is_done_again_only_after_reading_proves_that_it_did_not_happen(world):
    remote = Remote([fakes.lost(), "C1"], found=[None] * 6)
    assert world.runner().run(remote.step(COMMIT)) == "C1"
    assert remote.done == 2
    assert remote.looked == 6
    assert sum(world.clock.slept) == 10


@pytest.mark.parametrize(
    ("kind", "keyed"), [(COMMIT, False), (CREATE_AND_COMMIT, False), (CREATE_AND_COMMIT, True)]
)
def test_what_would_commit_a_second_object_is_never_done_again(world, kind, keyed):
    remote = Remote([fakes.lost()])
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            world.runner().run(remote.step(kind, keyed=keyed))
    assert remote.done == 1
    assert remote.looked == 6 + 1 + 1
    (record,) = world.runner().steps()
    assert record.in_doubt is kind.creates
    remote.found = ["C1"]
    assert world.runner().run(remote.step(kind, keyed=keyed)) == "C1"
    assert remote.undone == []


def test_a_campaign_whose_creation_crashed_is_looked_for_and_never_made_again(world):
    with pytest.raises(KeyboardInterrupt):
        world.runner().run(Remote([KeyboardInterrupt()]).step(CREATE_AND_COMMIT))
    remote = Remote([])
    with pytest.raises(OutcomeUnknown):
        world.runner(world.another()).run(remote.step(CREATE_AND_COMMIT))
    assert (remote.done, remote.looked) == (0, 6)
    remote.found = ["C7"]
    assert world.runner(world.another()).run(remote.step(CREATE_AND_COMMIT)) == "C7"


def test_whether_mail_may_go_out_is_known_from_the_begin_of_what_commits(world):
    for kind in StepKind:
        runner = world.runner()
        runner.run(Remote().step(kind, name=kind.value))
        assert runner.committing is kind.commits


@pytest.mark.parametrize("kind", [CREATE, REPEATABLE, COMMIT])
def test_answers_that_keep_getting_lost_end_in_an_unknown_outcome(world, kind):
    remote = Remote([fakes.lost() for _ in range(10)])
    with pytest.raises(OutcomeUnknown, match="answer lost") as unknown:
        world.runner().run(remote.step(kind))
    assert remote.done == MAX_TRIES + 1
    assert unknown.value.effect is Effect.UNKNOWN
    assert isinstance(unknown.value.__cause__, OutcomeUnknown)


@pytest.mark.parametrize("kind", [CREATE, COMMIT, CREATE_AND_COMMIT])
def test_a_look_that_fails_leaves_the_outcome_unknown_and_says_why(world, kind):
    remote = Remote([fakes.lost()], found=[AuthenticationFailed("Invalid API key", effect=Effect.NONE)])
    with pytest.raises(OutcomeUnknown, match="Invalid API key") as unknown:
        world.runner().run(remote.step(kind))
    assert isinstance(unknown.value.__cause__, AuthenticationFailed)
    assert remote.done == 1
    assert records(world) == [("campaign", None)]


@pytest.mark.parametrize("kind", [CREATE, REPEATABLE, COMMIT])
def test_a_refusal_after_an_attempt_that_was_never_resolved_keeps_the_begin(world, kind):
    remote = Remote([fakes.lost(), fakes.refused()])
    with pytest.raises(RequestRejected):
        world.runner().run(remote.step(kind))
    assert records(world) == [("campaign", None)]


@pytest.mark.parametrize("kind", [CREATE, CREATE_AND_COMMIT])
def test_the_first_id_stands_and_our_own_double_is_undone(world, kind):
    def do():
        other = world.another()
        assert world.runner(other).run(Remote([], found=["C1"]).step(kind)) == "C1"
        return "C2"

    mine = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(mine.step(kind, do=do))
    assert mine.undone == ["C2"]
    assert records(world) == [("campaign", "C1")]


def test_only_the_recorded_id_is_ever_sent(world):
    def do():
        world.runner(world.another()).run(Remote([], found=["C1"]).step())
        return "C2"

    def publish(runner):
        campaign_id = runner.run(Remote().step(do=do))
        return runner.run(
            Step("send", COMMIT, do=lambda: sent.append(campaign_id) or campaign_id, find=lambda since: None)
        )

    sent = []
    with pytest.raises(ClaimLost):
        publish(world.runner())
    assert publish(world.runner(world.another())) == "C1"
    assert sent == ["C1"]


def test_a_replaced_worker_leaves_its_own_object_alone_when_it_is_the_recorded_one(world):
    mine = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(mine.step(do=lambda: world.another() and "C1"))
    assert mine.undone == []
    assert records(world) == [("campaign", "C1")]


def test_one_object_seen_by_both_workers_is_not_undone(world):
    def do():
        world.runner(world.another()).run(Remote([], found=["C1"]).step())
        return "C1"

    mine = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(mine.step(do=do))
    assert mine.undone == []


@pytest.mark.parametrize("kind", [CREATE, CREATE_AND_COMMIT])
def test_what_is_made_for_a_publication_that_was_closed_is_undone(world, kind):
    def do():
        closed = world.publication.moved_to(PublicationState.CANCELLED).finish(world.clock.now())
        world.another().save(closed)
        return "C2"

    mine = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(mine.step(kind, do=do))
    assert mine.undone == ["C2"]


def test_what_is_found_for_a_publication_that_was_closed_is_left_to_who_closed_it(world):
    with pytest.raises(KeyboardInterrupt):
        world.runner().run(Remote([KeyboardInterrupt()]).step())
    world.claim.save(world.publication.moved_to(PublicationState.CANCELLED).finish(world.clock.now()))
    remote = Remote([], found=["C1"])
    with pytest.raises(ClaimLost):
        world.runner().run(remote.step())
    assert remote.undone == []


@pytest.mark.parametrize("kind", StepKind)
def test_a_worker_whose_fence_has_moved_stops_before_doing(world, kind):
    world.another()
    remote = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(remote.step(kind))
    assert remote.done == 0


@pytest.mark.parametrize("kind", [CREATE, CREATE_AND_COMMIT])
def test_what_a_worker_created_is_recorded_after_it_was_replaced_too(world, kind):
    def do():
        world.another()
        return "C1"

    with pytest.raises(ClaimLost):
        world.runner().run(Remote().step(kind, do=do))
    assert records(world) == [("campaign", "C1")]


@pytest.mark.parametrize("kind", [REPEATABLE, COMMIT])
def test_what_creates_nothing_is_not_recorded_after_the_worker_was_replaced(world, kind):
    def do():
        world.another()
        return "C1"

    runner = world.runner()
    with pytest.raises(ClaimLost):
        runner.run(Remote().step(kind, do=do))
    assert records(world) == [("campaign", None)]
    assert runner.unsettled


def test_what_was_done_under_our_fence_is_settled(world):
    runner = world.runner()
    runner.run(Remote().step(REPEATABLE))
    world.another()
    with pytest.raises(ClaimLost):
        runner.run(replace(Remote().step(REPEATABLE), name="next"))
    assert not runner.unsettled


@pytest.mark.parametrize("kind", [CREATE, REPEATABLE, COMMIT])
def test_a_worker_whose_fence_has_moved_does_not_try_again(world, kind):
    def do():
        world.another()
        raise fakes.lost()

    remote = Remote()
    with pytest.raises(ClaimLost):
        world.runner().run(remote.step(kind, do=do))


def test_a_step_that_is_forgotten_is_done_anew(world):
    remote = Remote(["C1", "C2"])
    world.runner().run(remote.step())
    world.runner().forget("campaign")
    assert world.runner().run(remote.step()) == "C2"


def test_what_may_have_been_made_and_committed_is_never_forgotten(world):
    with pytest.raises(OutcomeUnknown):
        world.runner().run(Remote([fakes.lost()]).step(CREATE_AND_COMMIT))
    with pytest.raises(ValueError, match="may be sent"):
        world.runner().forget("campaign")
    world.runner().run(Remote([], found=["C1"]).step(CREATE_AND_COMMIT))
    world.runner().forget("campaign")
    assert records(world) == []


def test_what_another_operation_has_made_is_not_taken_for_what_was_lost(world):
    world.runner().run(Remote().step(CREATE_AND_COMMIT))
    world.clock.move(SETTLE)
    remote = Remote([fakes.lost()], found=["C1", "C1", "C2"])
    assert world.runner(operation="reschedule-1").run(remote.step(CREATE_AND_COMMIT)) == "C2"


def test_steps_are_told_by_name(world):
    world.runner().run(Remote().step())
    world.runner().run(Remote().step(REPEATABLE, name="assign"))
    assert [record.name for record in world.runner().steps()] == ["campaign", "assign"]
    assert [record.name for record in world.runner().steps("assign")] == ["assign"]


@pytest.mark.parametrize("kind", [CREATE, COMMIT, CREATE_AND_COMMIT])
def test_a_step_that_could_be_lost_needs_a_way_to_look(world, kind):
    remote = Remote()
    with pytest.raises(TypeError, match="needs find"):
        world.runner().run(remote.step(kind, find=None))
    assert remote.done == 0


def test_that_what_would_be_committed_is_gone_is_an_answer(world):
    remote = Remote([fakes.lost()], found=[RemoteNotFound("gone", effect=Effect.NONE)])
    with pytest.raises(RemoteNotFound):
        world.runner().run(remote.step(COMMIT))
    assert records(world) == [("campaign", None)]
