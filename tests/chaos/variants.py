"""The variants of the crash matrix: how processes die, and what else goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from arena import Arena
from background import Workers
from boundaries import Act
from judge import Case, Expected, Verdict
from points import AT, LATER, OPERATIONS, PUBLISH, Manner, Operation, Point, judged, run, write_campaign

APART = timedelta(minutes=5)
TOO_LATE = timedelta(days=38)
"""From before both planned times to after them."""

LOST = {"kind": "drop", "method": "POST", "path": "campaign-send-jobs$"}
UNREADABLE = {
    "kind": "error",
    "method": "GET",
    "path": "/api/campaigns/[^/]+$",
    "nth": 2,  # the first is the read-back before the send job
    "count": None,
    "status": 400,
}
"""Together they leave the outcome of a publish unknown."""


@dataclass(frozen=True)
class Variant:
    """One line of the table.

    Attributes:
        title: what is shown.
        manner, operations, settle, guesses, another: see :class:`Manner`, :class:`Arena`.
        missable: figures that are shown and not promised.
    """

    title: str
    manner: Manner = field(default_factory=Manner)
    operations: Sequence[Operation] = tuple(OPERATIONS.values())
    settle: float = 1.0
    guesses: Mapping[str, Any] = field(default_factory=dict)
    another: bool = False
    missable: frozenset[str] = frozenset()

    def run(self) -> list[Verdict]:
        """Every point of it."""
        with Arena(settle=self.settle, guesses=self.guesses, another=self.another) as arena:
            return run(arena, self.operations, self.manner)


@dataclass(frozen=True)
class Race:
    """Many told the same at the same time."""

    title: str = ""
    processes: int = 4
    threads: int = 4
    campaigns: int = 20
    missable: frozenset[str] = frozenset()

    def run(self) -> list[Verdict]:
        """Every thread of every process publishes every campaign, each in an order of its own."""
        with Arena() as arena:
            home = arena.home("race")
            names = {f"mail-{number}": f"race {number}" for number in range(self.campaigns)}
            files = [str(write_campaign(home, campaign_id, name)) for campaign_id, name in names.items()]
            running = [
                arena.start_race(home, "publish", *files, threads=self.threads, seed=seed)
                for seed in range(self.processes)
            ]
            for one in running:
                one.wait()
            arena.run(home, "repair")
            said = {one["name"]: one for one in arena.run(home, "status", "--json").json["campaigns"]}
            return judged(
                arena,
                [Case(name, Expected.SCHEDULED, [AT], 1, said.get(name, {})) for name in names.values()],
            )


def _through_another_account(point: Point) -> None:
    """A key of another account is connected, the same is told, and the first account comes back."""
    point.arena.connect(point.home, 1)
    point.tell()
    point.repair()
    point.arena.connect(point.home, 0)


def _after_unknown(when: str) -> Operation:
    trouble = [{**LOST, "when": when}, UNREADABLE]
    name = f"edit, send job lost {when} its effect"
    return replace(OPERATIONS["edit"], name=name, before=[PUBLISH], trouble=trouble)


_PUBLISH = OPERATIONS["publish"]
_CANCELLED = replace(
    _PUBLISH, name="publish, then cancel", again=("cancel", "mail"), expected=Expected.TRUTH_TOLD
)
_SCHEDULING = (_PUBLISH, OPERATIONS["reschedule"])
_ACCEPT = {"second_send_job": "accept"}
_STOPPED = Manner(act=Act.STOP)
_LATE = Manner(
    between=lambda arena: arena.advance(TOO_LATE),
    second=TOO_LATE,
    expected=Expected.TRUTH_TOLD,
    at=[AT, LATER],
)

VARIANTS: Mapping[str, Variant | Race | Workers] = {
    "once": Variant("killed once"),
    "accept": Variant("killed once, a second send job would be taken", guesses=_ACCEPT),
    "twice": Variant("killed twice at the same point", Manner(times=2)),
    "lag": Variant(
        "collections lag 3 s (claim 1 s, settle 4 s)", settle=4.0, guesses={"collection_lag": 3.0}
    ),
    "blind": Variant(
        "collections lag longer than settle (3 s, 1 s)",
        Manner(rest=3.0),
        guesses={"collection_lag": 3.0},
        missable=frozenset({"lost", "orphans"}),
    ),
    "race": Race("4 processes x 4 threads told to publish the same 20"),
    "zombie": Variant("paused, overtaken, woken", _STOPPED),
    "woken": Variant(
        "the same, a second send job is taken",
        _STOPPED,
        guesses=_ACCEPT,
        missable=frozenset({"twice"}),  # the same campaign is scheduled anew, and sent once
    ),
    "cancelled": Variant("publish paused, cancelled by another, woken", _STOPPED, [_CANCELLED]),
    "ahead": Variant("clock of the killed 5 minutes ahead", Manner(first=APART)),
    "behind": Variant("clock of the killed 5 minutes behind", Manner(second=APART)),
    "late": Variant("told again after the planned time", _LATE, _SCHEDULING),
    "unknown": Variant(
        "edit of an unknown outcome, killed once",
        operations=[_after_unknown("after"), _after_unknown("before")],
    ),
    "account": Variant(
        "another account's key connected in between",
        Manner(meanwhile=_through_another_account),
        another=True,
    ),
    "workers": Workers("postgresql", kills=40),
    "workers-sqlite": Workers("sqlite", kills=40),
    "cut": Workers("postgresql", cut=10),
    "cut-sqlite": Workers("sqlite", cut=11),
}
