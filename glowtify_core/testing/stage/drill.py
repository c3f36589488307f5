"""One thing that a person asks for, broken at one request, and what came of it once all had mended it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from glowtify_core.domain.errors import CampaignRejected, Effect, GlowtifyError, PlatformError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import same_second
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.leaks import Leaks
from glowtify_core.testing.stage.script import Answer, Fate, Mail
from glowtify_core.testing.stage.wire import Carry, Exchange, Wire
from glowtify_core.testing.stage.world import LATER, NINE, World

_S = PublicationState
_AFTER = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=7), timedelta(minutes=20))
"""When somebody looks after it: the sweeper soon, a person later."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a person asks for.

    Attributes:
        ask: asks for it.
        insist: asks again, as a person does who sees that it has not come about.
        published: whether the campaign has been published before.
        due: the time at which the e-mail shall go out in the end; None when it shall not.
        at_once: whether the person asks again before anything else has looked after it.
    """

    ask: Callable[[World], object]
    insist: Callable[[World], object]
    published: bool
    due: SendAt | None
    at_once: bool = False


def _move(world: World) -> object:
    return world.host.reschedule(world.key, LATER)


def _move_or_publish(world: World) -> object:
    try:
        return _move(world)
    except CampaignRejected:
        return world.host.publish(world.campaign(schedule=LATER))


def _sweep(world: World) -> object:
    return list(world.host.repair())


def _publish(world: World) -> object:
    return world.host.publish(world.campaign())


def _cancel(world: World) -> object:
    return world.host.cancel(world.key)


def _edit(world: World) -> object:
    return world.host.cancel.edit(world.key)


WISHES: Mapping[str, Wish] = MappingProxyType(
    {
        "publish": Wish(_publish, _publish, published=False, due=NINE),
        "reschedule": Wish(_move, _move_or_publish, published=True, due=LATER),
        "cancel": Wish(_cancel, _cancel, published=True, due=None),
        "edit": Wish(_edit, _edit, published=True, due=None),
    }
)
OVERRULED = Wish(_publish, _cancel, published=False, due=None, at_once=True)
"""A publish that is cancelled before it is known what came of it."""


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

    def run_all(self, *faults: Carry) -> Sequence[str]:
        """Break each request in each way, one at a time; the complaints."""
        count = self.requests()
        for fault in faults:
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
                case = _Case(world, f"lost before request {number}", self.complaints)
                world.wire.break_at(number, faults.lost_before)
                with suppress(GlowtifyError):
                    self.wish.ask(world)
                self._mend(world, Leaks(world.manifest, world.script.credentials), case)
                if world.publication.state is _S.UNKNOWN:
                    _cancel(world)
                    world.host.publish(world.campaign(), again=True)
                case.check_never_two()
                case.check_end(self.wish.due)
        return self.complaints

    def run(self, number: int, fault: Carry) -> None:
        """Break one request, see what is said, let everybody mend it, and look at the truth."""
        with self._ready() as world:
            leaks = Leaks(world.manifest, world.script.credentials)
            case = _Case(
                world, f"{getattr(fault, '__name__', 'overtaken')} at request {number}", self.complaints
            )
            before = _fates(world.live)
            world.wire.break_at(number, partial(fault, world) if isinstance(fault, partial) else fault)
            with leaks.attached():
                error = self._ask(world, leaks, case)
                case.check_effect(error, before)
                case.check_connection(error)
                self._mend(world, leaks, case)
            case.check_never_two()
            case.check_end(self.wish.due)
            for place in leaks.found:
                case.complain(f"a secret shows in {place}")

    def _ask(self, world: World, leaks: Leaks, case: _Case) -> GlowtifyError | None:
        asked = self.wish.ask
        try:
            with world.mortal():
                asked(world)
        except GlowtifyError as error:
            leaks.look_at_error(error)
            return error
        except Exception as stray:  # noqa: BLE001 - that it came out is the finding
            case.complain(f"{type(stray).__name__} came out instead of an error of the tree: {stray}")
        return None

    def _mend(self, world: World, leaks: Leaks, case: _Case) -> None:
        """Sweep and ask again until it is over; a campaign whose publish ended unasked is published anew."""
        mends = (self.wish.insist, _sweep) if self.wish.at_once else (_sweep, self.wish.insist)
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


@dataclass(frozen=True, slots=True)
class _Case:
    """One broken request, and the sentences about it."""

    world: World
    name: str
    complaints: list[str]

    def complain(self, what: str) -> None:
        sentence = f"{self.name}: {what}"
        if sentence not in self.complaints:
            self.complaints.append(sentence)

    def check_effect(self, error: GlowtifyError | None, before: Mapping[str, object]) -> None:
        """What an error says of its effect must be true."""
        if isinstance(error, PlatformError) and error.effect is Effect.NONE:
            now = _fates(self.world.live)
            if now != before:
                self.complain(f"{error.title!r} says that nothing happened, but {before} became {now}")
        if isinstance(error, PlatformError) and not error.remedy:
            self.complain(f"{error.title!r} does not say what to do")

    def check_connection(self, error: GlowtifyError | None) -> None:
        """Only a bad credential makes a connection bad."""
        del error
        connection = self.world.host.connections.get(self.world.host.store, self.world.manifest.name)
        revoked = "unauthorised" in self.name
        if connection and connection.problem and not revoked:
            self.complain(f"the connection became {connection.state}: {connection.problem}")

    def check_never_two(self) -> None:
        """At no moment do two e-mails go to people."""
        self.world.look()
        if self.world.most_live > 1:
            self.complain(f"{self.world.most_live} e-mails would have been sent")

    def check_kept(self, due: SendAt | None) -> None:
        """What is said to be scheduled stays so once all that was lost has arrived, unasked."""
        publication, live = self.world.publication, self.world.live
        at_rest = publication.open_operation is None and publication.state is _S.SCHEDULED
        if due and at_rest and publication.schedule == due and not live:
            self.complain("it is scheduled, and a request that came late has undone that")

    def check_over(self) -> None:
        """What is said to be over is over at that moment, and not only once repair has swept up."""
        publication, live = self.world.publication, self.world.live
        if publication.closed and live:
            self.complain(f"it is {publication.state}, and {live[0].id} would be sent")

    def check_end(self, due: SendAt | None) -> None:
        """In the end what we say is true, and what was asked for has come about or waits for a person."""
        publication, live = self.world.publication, self.world.live
        if publication.state is _S.UNKNOWN and _only_a_person_can_tell(self.world):
            if live:
                self.complain("an e-mail that is there was not found, and stays unknown")
            if not publication.attention:
                self.complain("nobody is told that the outcome is unknown")
            return
        wanted = {_S.SCHEDULED, _S.SUBMITTING} if due else {_S.CANCELLED, _S.MISSING, _S.FAILED}
        if publication.state not in wanted:
            said = publication.problem.title if publication.problem else publication.attention
            self.complain(f"in the end it is {publication.state} ({said})")
            return
        if publication.open_operation:
            self.complain(f"{publication.open_operation.name} never ends: {publication.attention}")
        if due is None:
            if live:
                self.complain(f"it is {publication.state}, and {live[0].id} would be sent")
        elif not live:
            self.complain(f"it is {publication.state}, and nothing would be sent")
        else:
            self._check_time(live[0], publication, due)
        self._check_drafts(publication)

    def _check_time(self, mail: Mail, publication: Publication, due: SendAt) -> None:
        if mail.due is None or not same_second(mail.due, due.instant):
            self.complain(f"it would be sent at {mail.due} instead of {due.instant}")
        if publication.ref is None or publication.ref.id("campaign") != mail.id:
            self.complain(f"we think of {publication.ref}, and {mail.id} would be sent")

    def _check_drafts(self, publication: Publication) -> None:
        """Nothing that we made lies about, but for what the publication knows of."""
        known = publication.ref.id("campaign") if publication.ref and not publication.closed else None
        strays = [mail for mail in self.world.drafts if mail.id != known]
        if strays:
            self.complain(f"left behind: {', '.join(mail.id for mail in strays)}")


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


def _only_a_person_can_tell(world: World) -> bool:
    """Whether a creation that is itself the commit was begun, of which nothing is known."""
    return any(step.kind is StepKind.CREATE_AND_COMMIT and step.remote_id is None for step in world.steps())


def _fates(mails: Sequence[Mail]) -> Mapping[str, object]:
    return {mail.id: (mail.fate, mail.due) for mail in mails if mail.fate is not Fate.STOPPED}
