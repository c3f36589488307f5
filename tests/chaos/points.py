"""The crash matrix: each operation, interrupted at each boundary, run again, repaired, and judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from arena import Arena, Ran, Running
from boundaries import Act
from judge import Case, Expected, Verdict, held, judge, sent

from glowtify_adapters.cli.errors import DONE, OUTCOME_UNKNOWN

AT_ONCE = 48
"""Points that are worked on at the same time; mostly they wait."""

TODAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
AT, LATER = TODAY + timedelta(days=30), TODAY + timedelta(days=37)
AFTER_ALL = timedelta(days=60)

FILE = "{file}"
"""Stands for the campaign's file in a command."""

PUBLISH = ("publish", FILE)

CAMPAIGN = """
id = "{id}"
name = "{name}"
connector = "klaviyo"
subject = "Everything must go"
html = "mail.html"
[sender]
name = "Example Shop"
email = "shop@example.com"
[audience]
include = ["Newsletter"]
[schedule]
at = "{at:%Y-%m-%dT%H:%M}"
zone = "UTC"
"""
HTML = "<html><body><p>Hello</p><p>{% unsubscribe %}</p></body></html>"


@dataclass(frozen=True)
class Operation:
    """What is interrupted.

    Attributes:
        command: the interrupted command.
        before: commands that lead up to it.
        at: when the e-mail is to go out in the end.
        jobs: the most send jobs that can be right.
        again: what is told after the crash; the same when left out.
        trouble: faults of the sandbox while the commands before run; their outcome is unknown then.
    """

    name: str
    command: Sequence[str]
    expected: Expected
    before: Sequence[Sequence[str]] = ()
    at: datetime = AT
    jobs: int = 1
    again: Sequence[str] = ()
    trouble: Sequence[Mapping[str, Any]] = ()


MOVE = ("reschedule", "mail", "--at", f"{LATER:%Y-%m-%dT%H:%M}")

OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("publish", PUBLISH, Expected.SCHEDULED),
        Operation("reschedule", MOVE, Expected.SCHEDULED, [PUBLISH], LATER, jobs=9),
        Operation("cancel", ("cancel", "mail"), Expected.TAKEN_BACK, [PUBLISH]),
        Operation("edit", ("edit", "mail"), Expected.TAKEN_BACK, [PUBLISH]),
    )
}


@dataclass(frozen=True)
class Manner:
    """How the points of a variant are interrupted and carried on.

    Attributes:
        act: what happens at the boundary.
        times: how often the process is killed at the boundary of the same name.
        first, second: how far the clocks of the process that is hit, and of those after it, are off.
        between: is called once when every process has been hit.
        meanwhile: is called for each point before it is carried on.
        rest: seconds to wait before ``repair``.
        expected: how it has to end, where not as the operation says.
        at: further instants at which it may go out.
    """

    act: Act = Act.KILL
    times: int = 1
    first: timedelta = timedelta()
    second: timedelta = timedelta()
    between: Callable[[Arena], None] = lambda arena: None
    meanwhile: Callable[[Point], None] = lambda point: None
    rest: float = 0.0
    expected: Expected | None = None
    at: Sequence[datetime] = ()


@dataclass
class Point:
    """One operation and one boundary, in a home of its own."""

    arena: Arena
    operation: Operation
    manner: Manner
    boundary: str
    hit: Running | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """Of the point, and of its campaign."""
        return f"{self.operation.name} {self.boundary}".replace("/", " ")

    def prepare(self) -> None:
        """Make a home and do what leads up to the operation."""
        self.home = self.arena.home(self.name.replace(" ", "-"))
        self.file = write_campaign(self.home, "mail", self.name)
        with self.arena.trouble(self.operation.trouble):
            codes = {self._run(command).code for command in self.operation.before}
        if codes - ({OUTCOME_UNKNOWN} if self.operation.trouble else {DONE}):
            raise RuntimeError(f"{self.name}: the way there ended with {codes}")

    def boundaries(self) -> list[str]:
        """What the operation passes when nothing hits it."""
        self.prepare()
        ran = self._run(self.operation.command)
        if ran.code:
            raise RuntimeError(f"{self.name}: {ran.out}")
        return ran.trace

    def interrupt(self) -> bool:
        """Hit the process at the boundary, as often as the manner says; whether that boundary was met.

        Where collections lag, how long a run takes decides whether it has to look a second time.
        """
        for number in range(self.manner.times):
            acts = {self.boundary: self.manner.act}
            self.hit = self._start(self.operation.command, acts=acts, clock=self.manner.first)
            if self.manner.act is Act.STOP:
                self.hit.wait_stopped()
            elif self.hit.wait().code != -Act.KILL.value and not number:
                if not self.arena.lags or self.hit.wait().code:
                    raise RuntimeError(f"{self.name} was never passed: {self.hit.wait()}")
                return False
        return True

    def carry_on(self) -> Case:
        """Tell the same again, let what was stopped wake up, repair, and ask how it stands."""
        self.manner.meanwhile(self)
        self.tell()
        if self.hit and self.manner.act is Act.STOP:
            self.hit.resume()
            self.hit.wait()
        time.sleep(self.manner.rest)
        self.repair()
        said = self._run(["status"], clock=self.manner.second).json["campaigns"]
        expected = self.manner.expected or self.operation.expected
        at = [self.operation.at, *self.manner.at]
        return Case(self.name, expected, at, self.operation.jobs, said[0] if said else {})

    def tell(self) -> None:
        """Run the command again."""
        self._run(self.operation.again or self.operation.command, clock=self.manner.second)

    def repair(self) -> None:
        """Run ``glowtify repair``."""
        self._run(["repair"], clock=self.manner.second)

    def _run(self, command: Sequence[str], **options: Any) -> Ran:
        return self._start(command, **options).wait()

    def _start(self, command: Sequence[str], **options: Any) -> Running:
        words = [word.format(file=self.file) for word in command]
        return self.arena.start(self.home, *words, "--json", **options)


def write_campaign(home: Path, campaign_id: str, name: str) -> Path:
    """A campaign's file, in its home."""
    file = home / f"{campaign_id}.toml"
    file.write_text(CAMPAIGN.format(id=campaign_id, name=name, at=AT), encoding="utf-8")
    (home / "mail.html").write_text(HTML, encoding="utf-8")
    return file


def boundaries(arena: Arena, operation: Operation) -> list[str]:
    """The boundaries of an operation, by a run that nothing hits."""
    return Point(arena, operation, Manner(), "untouched").boundaries()


def run(
    arena: Arena,
    operations: Iterable[Operation],
    manner: Manner,
    chosen: Callable[[Operation, str], bool] = lambda operation, boundary: True,
) -> list[Verdict]:
    """Interrupt these operations at every boundary that is chosen, and judge what became of each."""
    points = [
        Point(arena, operation, manner, boundary)
        for operation in operations
        for boundary in boundaries(arena, operation)
        if chosen(operation, boundary)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Point.prepare, points))
        met = list(pool.map(Point.interrupt, points))
        points = [point for point, passed in zip(points, met, strict=True) if passed]
        if len(points) < 0.9 * len(met):
            raise RuntimeError(f"only {len(points)} of {len(met)} boundaries were met")
        manner.between(arena)
        cases = list(pool.map(Point.carry_on, points))
    return judged(arena, cases)


def judged(arena: Arena, cases: Sequence[Case]) -> list[Verdict]:
    """What the platform holds now, and what has gone out when all times have passed."""
    found = [held(arena, case.name) for case in cases]
    arena.advance(AFTER_ALL)
    return [judge(case, there, sent(arena, case.name)) for case, there in zip(cases, found, strict=True)]
