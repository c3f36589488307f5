"""What is left to workers, while they are killed, stopped, or cut off from their database."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from arena import Arena
from databases import postgresql_url
from fleet import Fleet, Wish, until, wishes
from judge import Expected, Verdict
from points import judged
from proxy import HOST, Proxy
from sqlalchemy import make_url

PEOPLE = 4
"""Who tell things at the same time."""

Trouble = Callable[[Fleet], None]


@contextmanager
def fleet_on(kind: str, *, concurrency: int = 4) -> Iterator[tuple[Fleet, Proxy | None]]:
    """A fleet on ``sqlite``, or on ``postgresql`` with the way there, which can be cut."""
    with ExitStack() as stack:
        if kind == "sqlite":
            url, proxy = "", None
        else:
            server = make_url(stack.enter_context(postgresql_url()))
            proxy = stack.enter_context(Proxy(server.host or HOST, server.port or 5432))
            there = server.set(host=HOST, port=proxy.port)
            url = there.render_as_string(hide_password=False)
        arena = stack.enter_context(Arena(another=True))
        yield Fleet(arena, url=url, concurrency=concurrency), proxy


def under_fire(fleet: Fleet, count: int, workers: int, trouble: Trouble) -> list[Verdict]:
    """Leave so many campaigns to workers, make trouble while they work, and judge what became of each."""
    left = wishes(count)
    moved_last = sorted((one for one in left if one.then), key=lambda one: one.expected is Expected.SCHEDULED)
    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        list(pool.map(fleet.publish, left))
        for _ in range(workers):
            fleet.start()
        causing = pool.submit(trouble, fleet)
        list(pool.map(fleet.follow_up, moved_last))
        causing.result()
    return ended(fleet, left)


def ended(fleet: Fleet, left: Sequence[Wish]) -> list[Verdict]:
    """Wait until all is done, stop the workers, and judge."""
    fleet.wait()
    if any(codes := fleet.stop()):
        raise RuntimeError(f"workers that were told to stop ended with {codes}")
    return judged(fleet.arena, fleet.cases(left))


def kill(times: int, seed: int, count: int) -> Trouble:
    """Kill one of the workers so many times, and start another for it.

    When is told in requests that the platform has seen, so that it is in the middle of work.
    """
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(count, 5 * count), times))

    def trouble(fleet: Fleet) -> None:
        begun = fleet.requests
        for moment in moments:
            until(lambda: fleet.requests >= begun + moment, every=0.005)  # noqa: B023 - called right here
            fleet.kill(chance.choice(fleet.workers))
            fleet.start()

    return trouble


def cut(proxy: Proxy | None, seconds: float, after: int) -> Trouble:
    """Take the database away for so long, once the platform has seen so many requests.

    On PostgreSQL every connection breaks and none can be made; on SQLite somebody else locks the files.
    """

    def trouble(fleet: Fleet) -> None:
        begun = fleet.requests
        until(lambda: fleet.requests >= begun + after, every=0.005)
        if proxy:
            proxy.cut()
            time.sleep(seconds)
            proxy.mend()
            return
        with ExitStack() as stack:
            for name in ("glowtify.db", "engine.db"):
                file = stack.enter_context(closing(sqlite3.connect(fleet.home / name, timeout=60)))
                file.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)

    return trouble


@dataclass(frozen=True)
class Workers:
    """One line of the table: real workers, each killed at a random moment, or all cut off for a while.

    Attributes:
        kind: of the database.
        kills: how many workers are killed; 0: none.
        cut: for how many seconds the database is gone; 0: never.
    """

    kind: str
    publications: int = 200
    workers: int = 4
    kills: int = 0
    cut: float = 0.0
    seed: int = 1
    missable: frozenset[str] = field(default=frozenset(), init=False)

    @property
    def title(self) -> str:
        """Of the line."""
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        trouble = f"{self.kills} kills" if self.kills else f"no database for {self.cut:g} s"
        return f"{names[self.kind]}, {self.workers} workers, {trouble} (seed {self.seed})"

    def run(self) -> list[Verdict]:
        """Every publication."""
        with fleet_on(self.kind) as (fleet, proxy):
            trouble = (
                kill(self.kills, self.seed, self.publications)
                if self.kills
                else cut(proxy, self.cut, 2 * self.publications)
            )
            return under_fire(fleet, self.publications, self.workers, trouble)
