"""The contract of trouble: each request of each wish broken in each way, by the suite itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

import pytest

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    GlowtifyError,
    PermissionDenied,
    PlatformError,
)
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import DISCARD, StepKind, StepRecord
from glowtify_core.testing.connectors.case import ConnectorCase
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.drill import Drill
from glowtify_core.testing.stage.wire import Carry, Exchange
from glowtify_core.testing.stage.wishes import OVERRULED, WISHES, Wish
from glowtify_core.testing.stage.world import World

_S = PublicationState
TROUBLE = (*faults.LOST, faults.never_left, faults.throttled_long, *faults.UNREADABLE_ANSWERS)
EVERY_WISH = pytest.mark.parametrize("wish", sorted(WISHES))


class FailureInjectionContract(ConnectorCase):
    """No second e-mail, none lost, and nothing said that is not true, whatever breaks."""

    @EVERY_WISH
    @pytest.mark.parametrize("fault", faults.LOST, ids=lambda fault: fault.__name__)
    def test_c50_a_lost_answer_makes_no_second_email(self, wish: str, fault: Carry) -> None:
        """C-50: Whichever answer is lost, at most one e-mail is sent, none is lost, and in the end we know.

        Why: a person who gets it twice unsubscribes; one who gets nothing is never told.
        If this fails: the message names the request. Give its step the right kind and a find() that looks for
        what it would have made; say effect UNKNOWN of a write whose answer was lost; repeat no commit.
        """
        self._drill(wish, fault)

    @EVERY_WISH
    @pytest.mark.parametrize("fault", faults.PASSING, ids=lambda fault: fault.__name__)
    def test_c51_what_passes_is_waited_out(self, wish: str, fault: Carry) -> None:
        """C-51: A pause, a connection that cannot be had and a slow answer do no harm.

        Why: platforms are busy each morning at nine.
        If this fails: say effect NONE of what never arrived; 429 and 5xx never are AuthenticationFailed.
        """
        self._drill(wish, fault)

    @EVERY_WISH
    @pytest.mark.parametrize("fault", faults.UNREADABLE_ANSWERS, ids=lambda fault: fault.__name__)
    def test_c52_an_answer_that_cannot_be_read_is_a_lost_one(self, wish: str, fault: Carry) -> None:
        """C-52: An answer that is cut, or is a page of somebody in between, is no success and no failure.

        Why: hotel networks answer everything with 200.
        If this fails: check what you read; of a write say effect UNKNOWN.
        """
        self._drill(wish, fault)

    @EVERY_WISH
    @pytest.mark.parametrize("fault", faults.DEATHS, ids=lambda fault: fault.__name__)
    def test_c53_a_restart_goes_on_where_it_was(self, wish: str, fault: Carry) -> None:
        """C-53: A process that dies before or after any request is continued by another, from the journal.

        Why: machines are restarted in the middle of anything.
        If this fails: keep nothing in memory that the next process needs; the journal has every id.
        """
        self._drill(wish, fault)

    @EVERY_WISH
    @pytest.mark.parametrize("fault", faults.REFUSALS, ids=lambda fault: fault.__name__)
    def test_c54_a_refusal_leaves_nothing_behind(self, wish: str, fault: Carry) -> None:
        """C-54: Where the platform refuses, no draft stays, and nothing that would be sent unasked.

        Why: a draft that lies about is sent by somebody one day.
        If this fails: see that cancel() removes whatever the journal's steps have made, and that an error
        after the commit says effect DONE, after part of the work PARTIAL.
        """
        self._drill(wish, fault)

    @EVERY_WISH
    def test_c55_a_worker_that_was_replaced_does_no_harm(self, wish: str) -> None:
        """C-55: A worker that slept before a request, and was replaced, sends no second e-mail when it wakes.

        Why: laptops sleep, and machines are paused.
        If this fails: give journal.check as the last look before a request that sends, takes back or deletes,
        and an undo to every step that creates.
        """
        drill = Drill(self.make_world, self._wish(wish))
        self._none(drill.run_overtaken(lambda world: list(world.host.repair())))

    @EVERY_WISH
    def test_c55_what_waited_for_its_turn_is_not_sent_by_a_worker_that_was_replaced(self, wish: str) -> None:
        """C-55: What commits, takes back, changes or deletes does not leave once its worker was replaced.

        Why: waiting for a turn may take a minute, and the successor is done by then.
        If this fails: give journal.check as ``ready``, the last look after all waiting.
        """
        turns = self._turns(self._wish(wish))
        for number in range(1, turns + 1):
            with self._asking(self._wish(wish)) as world:
                late: list[str] = []
                world.gate.waiting = partial(_replaced_at, number, world, late)
                with suppress(GlowtifyError):
                    self._wish(wish).ask(world)
                assert late == [], f"turn {number}"

    def test_c56_a_cancel_beats_a_publish_that_is_under_way(self) -> None:
        """C-56: A publish that is cancelled before its outcome is known sends nothing.

        Why: "cancel" is what people press in fear.
        If this fails: let cancel() look by the marker for what is in doubt in journal.steps(), and remove
        it.
        """
        self._wish("cancel")
        self._none(Drill(self.make_world, OVERRULED).run_overtaken(OVERRULED.insist))
        self._none(Drill(self.make_world, OVERRULED).run_all(*faults.DEATHS, faults.lost_after, faults.late))

    def test_c57_what_nobody_can_learn_has_a_way_out(self) -> None:
        """C-57: What nobody can learn the outcome of can be cancelled once nothing can come of it.

        Why: a person looks on the platform, finds nothing, and wants to send the e-mail.
        If this fails: see that cancel() ends in CANCELLED when what is in doubt is old and not to be found.
        """
        self._wish("cancel")
        self._none(Drill(self.make_world, WISHES["publish"]).run_dead_ends())

    @pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: fault.__name__)
    def test_c58_trouble_is_no_answer(self, fault: Carry) -> None:
        """C-58: While the platform cannot be asked, status() raises; it never says MISSING or ended.

        Why: what is called gone may be published anew.
        If this fails: let the error out; MISSING is for a read by id that was answered with "there is none".
        """
        for number in range(1, self._looks() + 1):
            with self._published() as world:
                ref = world.publication.ref
                assert ref
                world.wire.break_at(number, fault)
                with world.platform() as platform, suppress(PlatformError):
                    said = platform.status([ref])[ref]
                    assert said.state in {_S.SCHEDULED, _S.SUBMITTING}, f"request {number}: {said.state}"

    @pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: fault.__name__)
    def test_c59_trouble_is_not_the_keys_fault(self, fault: Carry) -> None:
        """C-59: While the platform cannot be asked, connect() does not say that the credential is bad.

        Why: a person would throw a good key away.
        If this fails: raise AuthenticationFailed for the platform's own word only.
        """
        with self.enter() as world, world.platform() as platform:
            platform.connect()
            count = len(world.wire.exchanges)
        for number in range(1, count + 1):
            with self.enter() as world, world.platform() as platform:
                world.wire.break_at(number, fault)
                try:
                    platform.connect()
                except (AuthenticationFailed, PermissionDenied) as blamed:
                    pytest.fail(f"request {number}: {blamed!r}")
                except PlatformError:
                    pass

    @contextmanager
    def _asking(self, wish: Wish) -> Iterator[World]:
        """A world in which the wish can be asked for, and nothing has taken its turn yet."""
        with self._published() if wish.published else self.enter() as world:
            world.gate.taken = 0
            yield world

    def _turns(self, wish: Wish) -> int:
        """How many requests wait for their turn when nothing goes wrong."""
        with self._asking(wish) as world:
            wish.ask(world)
            if not world.gate.taken:
                pytest.skip(f"{self.manifest.title} does not wait at the gate that it is given")
            return world.gate.taken

    @contextmanager
    def _published(self) -> Iterator[World]:
        with self.enter() as world:
            world.host.publish(world.campaign())
            world.pass_time(timedelta(minutes=2))
            world.wire.forget()
            yield world

    def _looks(self) -> int:
        """How many requests it takes to ask how one e-mail stands."""
        with self._published() as world, world.platform() as platform:
            assert world.publication.ref
            platform.status([world.publication.ref])
            return len(world.wire.exchanges)

    def _drill(self, wish: str, fault: Carry) -> None:
        self._none(Drill(self.make_world, self._wish(wish)).run_all(fault))

    def _wish(self, name: str) -> Wish:
        if name != "publish" and name not in self.manifest.capabilities:
            pytest.skip(f"{self.manifest.title} does not declare {name}")
        return WISHES[name]

    def _none(self, complaints: Sequence[str]) -> None:
        assert not complaints, "\n".join(complaints)


def _replaced_at(number: int, world: World, late: list[str], turn: int) -> None:
    """At its turn of that number the worker is replaced; what it sends then, and must not, is told."""
    if turn != number:
        return
    successor = world.host.repo.claim(world.key, take_over=True)
    assert successor
    successor.release()

    def watch(exchange: Exchange) -> None:
        begun = [step for step in world.steps() if step.remote_id is None]
        harmless = any(step.kind is StepKind.CREATE or _of_the_core(step) for step in begun)
        if exchange.write and not harmless:
            late.append(str(exchange))

    world.wire.watchers.append(watch)


def _of_the_core(step: StepRecord) -> bool:
    """Whether the core does this by ``discard``, which removes drafts only, and has no journal."""
    return step.name == DISCARD and step.operation.startswith("edit")
