"""Workers that share what is left to them: started, killed and replaced at any moment, and what they did."""

from __future__ import annotations

import platform
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from arena import SECONDS, Arena, Ran, Running
from judge import Case, Expected
from points import AT, LATER, write_campaign
from sqlalchemy import select

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.tables import claims
from glowtify_adapters.persistence.workers import SqlWorkers
from glowtify_core.domain.publication import Publication

STORES = {"first": 0, "second": 0, "third": 1}
"""Store -> the sandbox that it is connected to: two share an account."""

IDLE = 100.0
"""Seconds without a request after which it is taken for stuck; what failed is tried again in a minute."""

LATENCY = 0.05
"""Seconds that the sandbox takes for each request."""

TOLD_AGAIN = 0.3
"""Seconds until a person tells again what was not possible yet."""


@dataclass(frozen=True)
class Wish:
    """One campaign, and what its person tells when it has been left to the workers.

    Attributes:
        then: a further command without its campaign and store; empty when there is none.
        expected, at, jobs: see :class:`~judge.Case`.
    """

    name: str
    store: str
    then: Sequence[str] = ()
    expected: Expected = Expected.SCHEDULED
    at: datetime = AT
    jobs: int = 1


def wishes(count: int) -> list[Wish]:
    """So many, over the stores: of five in a row one is moved and one is cancelled."""
    made = []
    for number in range(count):
        name, store = f"mail {number}", list(STORES)[number % len(STORES)]
        if number % 5 == 1:
            move = ("reschedule", "--at", f"{LATER:%Y-%m-%dT%H:%M}")
            made.append(Wish(name, store, move, at=LATER, jobs=9))
        elif number % 5 == 3:
            made.append(Wish(name, store, ("cancel",), Expected.TAKEN_BACK))
        else:
            made.append(Wish(name, store))
    return made


class Fleet:
    """A home whose stores are connected, and the workers in it.

    Args:
        arena: with two sandboxes.
        url: of a database; empty for a file in the home.
        concurrency: jobs at a time of each worker.

    Attributes:
        home: its folder.
        workers: those that run.
        where: the database, a path or a URL.
    """

    def __init__(self, arena: Arena, *, url: str = "", concurrency: int = 4) -> None:
        self.arena = arena
        self.home = arena.home("fleet")
        self.workers: list[Running] = []
        self._environment = {"GLOWTIFY_DATABASE_URL": url} if url else {}
        self._concurrency = concurrency
        self.where = url or self.home / "glowtify.db"
        for store, number in STORES.items():
            arena.connect(self.home, number, store=store, environment=self._environment)
        for sandbox in arena.sandboxes:
            sandbox.add_fault("delay", seconds=LATENCY, count=None)

    # --- workers ---

    def start(self, **options: Any) -> Running:
        """Start another worker."""
        worker = self._start("worker", "--concurrency", str(self._concurrency), **options)
        self.workers.append(worker)
        return worker

    def kill(self, worker: Running) -> None:
        """End a worker without a word."""
        self.workers.remove(worker)
        worker.process.kill()

    def stop(self) -> list[int]:
        """Tell every worker to stop, and wait for it; their exit codes."""
        for worker in self.workers:
            worker.signal(signal.SIGTERM)
        codes = [worker.wait().code for worker in self.workers]
        self.workers.clear()
        return codes

    def pause(self, worker: Running) -> None:
        """Stop a worker in the middle of work, at a moment at which it holds no lock that all wait for."""
        while True:
            worker.signal(signal.SIGSTOP)
            if self._free() and self.claims_of(worker):
                return
            worker.resume()
            time.sleep(0.1)

    # --- what people tell ---

    def publish(self, wish: Wish) -> None:
        """Leave a campaign to the workers."""
        file = write_campaign(self.home, _id(wish), wish.name)
        ran = self.tell("publish", str(file), store=wish.store)
        if ran.code:
            raise RuntimeError(f"{wish.name} was refused: {ran.out} {ran.err}")

    def follow_up(self, wish: Wish) -> None:
        """Tell what comes next until it is taken: a campaign cannot be moved before it is scheduled."""
        command, *options = wish.then
        until(lambda: not self.tell(command, _id(wish), *options, store=wish.store).code, every=TOLD_AGAIN)

    def tell(self, *command: str, store: str) -> Ran:
        """Run a command that leaves its work to the workers."""
        return self.run(*command, "--background", "--store", store)

    def run(self, *command: str) -> Ran:
        """Run a command to its end."""
        return self._start(*command, "--json").wait()

    # --- what became of it ---

    @property
    def requests(self) -> int:
        """How many the platform has seen so far."""
        return sum(len(sandbox.requests) for sandbox in self.arena.sandboxes)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """To look into."""
        with closing(Database(self.where)) as database:
            yield database

    def publications(self) -> Mapping[str, Publication]:
        """As our records have them, by name."""
        with self.database() as database:
            return {one.name: one for one in SqlCampaigns(database).find()}

    def alive(self, within: float) -> list[str]:
        """The names of the workers that have said within so many seconds that they are there."""
        with self.database() as database:
            return [one.name for one in SqlWorkers(database).alive(timedelta(seconds=within))]

    def claims_of(self, worker: Running) -> int:
        """How many campaigns it holds."""
        mine = claims.c.holder == f"{platform.node()}/{worker.process.pid}"
        with self.database() as database, database.reading() as connection:
            return len(connection.execute(select(claims.c.fence).where(mine)).all())

    def wait(self) -> None:
        """Wait until nothing is under way.

        Raises:
            RuntimeError: something is, and for long nobody has asked the platform anything.
        """
        seen = -1
        while open_ones := self._open():
            if seen == self.requests:
                raise RuntimeError(f"nobody is at {open_ones}")
            seen = self.requests
            until(lambda: not self._open(), patience=IDLE)

    def _open(self) -> list[str]:
        with self.database() as database:
            found = SqlCampaigns(database).find(unfinished=True)
        return [one.name for one in found if one.open_operation]

    def cases(self, wishes: Sequence[Wish]) -> list[Case]:
        """Each wish with what is said of it once everything is repaired."""
        said: dict[str, Any] = {}
        for store in STORES:
            self.run("repair", "--store", store)
            said |= {one["name"]: one for one in self.run("status", "--store", store).json["campaigns"]}
        return [Case(one.name, one.expected, [one.at], one.jobs, said.get(one.name, {})) for one in wishes]

    def _free(self) -> bool:
        """Whether everybody else can write; on PostgreSQL no lock is everybody's."""
        if not isinstance(self.where, Path):
            return True
        try:
            for name in ("glowtify.db", "engine.db"):
                with closing(sqlite3.connect(self.home / name, timeout=1)) as connection:
                    connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    def _start(self, *command: str, **options: Any) -> Running:
        return self.arena.start(self.home, *command, environment=self._environment, **options)


def until(true: Callable[[], bool], *, every: float = 0.1, patience: float = SECONDS) -> None:
    """Wait for it; what never comes is seen by the judge."""
    deadline = time.monotonic() + patience
    while not true() and time.monotonic() < deadline:
        time.sleep(every)


def _id(wish: Wish) -> str:
    return wish.name.replace(" ", "-")
