"""One thing that a person asks for, broken at one request, and what came of it once all had mended it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.state import PublicationState
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.judging import Case, fates
from glowtify_core.testing.stage.leaks import Leaks
from glowtify_core.testing.stage.script import Answer
from glowtify_core.testing.stage.wire import Carry, Exchange, Wire
from glowtify_core.testing.stage.wishes import Wish, cancel, sweep
from glowtify_core.testing.stage.world import World

_S = PublicationState
_AFTER = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=7), timedelta(minutes=20))
"""When somebody looks after it: the sweeper soon, a person later."""


@dataclass
class Drill:
    """Carries a wish out in a fresh world, with one request broken.

    Attributes:
        enter: opens a fresh world.
        wish: what is asked for.
        complaints: what went wrong, each as a sentence that names the request.
    """

    enter: Callable[[], World]
    wish: Wish
    complaints: list[str] = field(default_factory=list)

    def requests(self) -> int:
        """How many requests the wish takes when nothing goes wrong."""
        with self._ready() as world:
            self.wish.ask(world)
            return len(world.wire.exchanges)

    def run_all(self, *ways: Carry) -> Sequence[str]:
        """Break each request in each way, one at a time; the complaints."""
        count = self.requests()
        for fault in ways:
            for number in range(1, count + 1):
                self.run(number, fault)
        return self.complaints

    def run_overtaken(self, other: Callable[[World], object]) -> Sequence[str]:
        """Let another worker do something while this one sleeps before each request, one at a time."""
        for number in range(1, self.requests() + 1):
            self.run(number, partial(_another_worker_first, other))
        return self.complaints

    def run_dead_ends(self) -> Sequence[str]:
        """Where nobody can learn what came of it, a person looks, finds nothing, cancels and publishes."""
        for number in range(1, self.requests() + 1):
            with self._ready() as world:
                case = Case(world, f"lost before request {number}", self.complaints)
                world.wire.break_at(number, faults.lost_before)
                with suppress(GlowtifyError):
                    self.wish.ask(world)
                self._mend(world, Leaks(world.manifest, world.script.credentials), case)
                if world.publication.state is _S.UNKNOWN:
                    cancel(world)
                    world.host.publish(world.campaign(), again=True)
                case.check_never_two()
                case.check_end(self.wish.due)
        return self.complaints

    def run(self, number: int, fault: Carry) -> None:
        """Break one request, see what is said, let everybody mend it, and look at the truth."""
        with self._ready() as world:
            leaks = Leaks(world.manifest, world.script.credentials)
            how = getattr(fault, "__name__", "overtaken")
            refused = fault is faults.unauthorised
            case = Case(world, f"{how} at request {number}", self.complaints, key_refused=refused)
            before = fates(world.look())
            world.wire.break_at(number, partial(fault, world) if isinstance(fault, partial) else fault)
            with leaks.attached():
                error = self._ask(world, leaks, case)
                case.check_effect(error, before)
                case.check_connection()
                self._mend(world, leaks, case)
            case.check_never_two()
            case.check_end(self.wish.due)
            for place in leaks.found:
                case.complain(f"a secret shows in {place}")

    def _ask(self, world: World, leaks: Leaks, case: Case) -> GlowtifyError | None:
        try:
            with world.mortal():
                self.wish.ask(world)
        except GlowtifyError as error:
            leaks.look_at_error(error)
            return error
        except Exception as stray:  # noqa: BLE001 - that it came out is the finding
            case.complain(f"{type(stray).__name__} came out instead of an error of the tree: {stray}")
        return None

    def _mend(self, world: World, leaks: Leaks, case: Case) -> None:
        """Sweep and ask again until it is over; a campaign whose publish ended unasked is published anew."""
        mends = (self.wish.insist, sweep) if self.wish.at_once else (sweep, self.wish.insist)
        for pause in _AFTER:
            world.pass_time(pause)
            case.check_kept(self.wish.due)
            for mend in mends:
                try:
                    mend(world)
                except GlowtifyError as error:
                    leaks.look_at_error(error)
                except Exception as stray:  # noqa: BLE001 - the same
                    case.complain(f"{type(stray).__name__} came out while mending: {stray}")
                case.check_over()
            case.check_never_two()

    @contextmanager
    def _ready(self) -> Iterator[World]:
        world = self.enter()
        with world.entered():
            if self.wish.published:
                world.host.publish(world.campaign())
                world.pass_time(timedelta(minutes=1))
                world.host.track([world.publication])
                world.wire.forget()
            yield world


def _another_worker_first(
    other: Callable[[World], object], world: World, wire: Wire, exchange: Exchange
) -> Answer:
    """While one worker is about to send a request, another does something; then the request leaves late."""
    world.pass_time(timedelta(seconds=20))  # so that the claim has lapsed
    sleeping, world.host = world.host, world.another_worker()
    try:
        with suppress(GlowtifyError):
            other(world)
    finally:
        world.host = sleeping
    return wire.deliver(exchange)
