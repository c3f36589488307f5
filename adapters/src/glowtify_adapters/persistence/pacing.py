"""Pacing across processes and machines: rolling windows in the database, first come first served."""

from __future__ import annotations

import itertools
import math
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, select, text
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.database import Database, insert_if_absent
from glowtify_adapters.persistence.tables import paces
from glowtify_core.domain.errors import RepositoryError
from glowtify_core.kit.lanes import DAY, TICK, Lane, Place, refusal
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.pacing import Window

_SWEEP = 256
"""A process forgets idle keys whenever it has asked so many times."""

_ROW = select(paces).where(paces.c.key == bindparam("of"))
_LOCKED = _ROW.with_for_update().cte("locked")
"""Apart, so that the time beside it is read once the lock is held."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a quota, as far as our requests used it.

    Attributes:
        key: platform account and endpoint.
        left: requests that may go now.
        of: requests that are ours in ``period``.
        period: the rolling window, a day or longer.
        next_at: when the next request may go, aware, in UTC; not in the future while any is left.
    """

    key: str
    left: int
    of: int
    period: timedelta
    next_at: datetime

    def is_of(self, account_id: str) -> bool:
        """Whether it is this platform account's."""
        return account_id in self.key.split(":")


class SqlGate:
    """A :class:`~glowtify_core.ports.pacing.RateGate` for all who share a database.

    A caller takes its place in time in one short transaction, and waits for it without any lock; then it
    looks whether a block has moved the place. Nothing is written when it goes: a place counts as used once
    its time has come.

    Args:
        database: where.
        clock: to sleep by.
        now: the SQL for the time that all share: the database's own.
    """

    def __init__(
        self, database: Database, clock: Clock, *, now: Callable[[], ColumnElement[datetime]] = db_now
    ) -> None:
        self._database = database
        self._clock = clock
        self._now = now
        self._asked = itertools.count(1)

    def acquire(self, key: str, limits: Sequence[Window], *, budget: timedelta) -> None:
        """Wait for a place in every window of ``key``.

        Raises:
            RateLimited: the wait would be longer than ``budget``; nothing was taken.
            RepositoryError: there may be no place; nothing may be sent.
        """
        if next(self._asked) % _SWEEP == 0:
            self._forget_idle()
        deadline = self._clock.monotonic() + budget.total_seconds()
        gone = False
        while not gone:
            name, due = self._take(key, limits, deadline)
            gone = not name or self._wait(key, name, due, deadline)

    def block(self, key: str, wait: timedelta) -> None:
        """Let nothing through for ``wait``, in no process; whoever is waiting waits on behind it.

        Raises:
            RepositoryError: others may not know of it.
        """
        with self._changing(key) as (lane, now):
            lane.close(math.ceil((now + wait.total_seconds()) * 1000) / 1000)

    def left(self) -> Sequence[Quota]:
        """What is left of every key's quota, sorted by key.

        Raises:
            RepositoryError: the database cannot be read.
        """
        query = select(paces, self._now().label("now")).where(paces.c.longest_seconds >= DAY)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(paces.c.key)).mappings().all()
        return [_quota(row) for row in rows]

    def _take(self, key: str, limits: Sequence[Window], deadline: float) -> tuple[str, float]:
        """Take a place: its name, empty when its time is now, and when it is due by our own clock."""
        with self._changing(key) as (lane, now):
            lane.fit(limits, now)
            at = lane.next_at(limits, now)
            due = self._due(at - now, deadline, spent=lane.spent(limits, at))
            name = secrets.token_hex(4) if at > now else ""
            lane.places.append(Place(at, used=not name, name=name))
        return name, due

    def _wait(self, key: str, name: str, due: float, deadline: float) -> bool:
        """Wait for a place; False when a block came after its time and before its owner woke."""
        try:
            while True:
                self._clock.sleep(max(due - self._clock.monotonic(), TICK))
                lane, now = self._look(key)
                place = _find(lane, name)
                if place is None or place.used:
                    return lane.blocked_until <= now
                due = self._due(place.at - now, deadline)
        except BaseException:
            with suppress(RepositoryError):
                self._give_back(key, name)
            raise

    def _due(self, wait: float, deadline: float, *, spent: Window | None = None) -> float:
        """When a wait ends by our own clock.

        Raises:
            RateLimited: that is after the deadline.
        """
        due = self._clock.monotonic() + wait
        if wait > 0 and due > deadline:
            raise refusal(wait, self._clock.now(), spent=spent)
        return due

    def _give_back(self, key: str, name: str) -> None:
        with self._changing(key) as (lane, _):
            if place := _find(lane, name):
                lane.places.remove(place)

    def _look(self, key: str) -> tuple[Lane, float]:
        with self._database.reading() as connection:
            query = _ROW.add_columns(self._now().label("now"))
            row = connection.execute(query, {"of": key}).mappings().one_or_none()
        return (Lane(), 0.0) if row is None else (_lane(row), _seconds(row["now"]))

    @contextmanager
    def _changing(self, key: str) -> Iterator[tuple[Lane, float]]:
        """A key's lane, locked, and the time; what is changed meanwhile is kept, unless an error ends it."""
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":  # places lost in a crash cost a harmless 429 at most
                connection.execute(text("SET LOCAL synchronous_commit TO off"))
            row = self._lock(connection, key)
            lane = _lane(row)
            yield lane, _seconds(row["now"])
            changes = _columns(lane, idle_at=row["idle_at"])
            connection.execute(paces.update().where(paces.c.key == key).values(changes))

    def _lock(self, connection: Connection, key: str) -> RowMapping:
        query = select(_LOCKED, self._now().label("now"))
        while (row := connection.execute(query, {"of": key}).mappings().one_or_none()) is None:
            insert_if_absent(connection, paces, {"key": key, **_columns(Lane())})
        return row

    def _forget_idle(self) -> None:
        """In a transaction of its own, and skipping what others hold, so that nobody waits for it."""
        with self._database.writing() as connection:
            now = _seconds(connection.execute(select(self._now())).scalar_one())
            idle = select(paces.c.key).where(paces.c.idle_at < now).with_for_update(skip_locked=True)
            connection.execute(paces.delete().where(paces.c.key.in_(idle)))


def _find(lane: Lane, name: str) -> Place | None:
    """The place of this name; those whose time has come may have lost theirs."""
    return next((place for place in lane.places if place.name == name), None)


def _seconds(now: datetime) -> float:
    """Seconds since 1970, in whole milliseconds as places are, and never ahead."""
    return (now - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1) / 1000


def _lane(row: RowMapping) -> Lane:
    """Read a row; see :func:`_columns`."""
    now, at, places = _seconds(row["now"]), 0, deque[Place]()
    for one in row["places"]:
        step, name = one if isinstance(one, list) else (one, "")
        at += step
        places.append(Place(at / 1000, used=at / 1000 <= now, name=name))
    return Lane(places, Window(row["longest_count"], row["longest_seconds"]), row["blocked_until"])


def _columns(lane: Lane, *, idle_at: float = 0.0) -> dict[str, Any]:
    """A lane as it is written: places in milliseconds since the one before, those waited for with a name.

    ``idle_at`` is set ahead by a window and kept until that is over: PostgreSQL then touches no index.
    """
    steps: list[int | tuple[int, str]] = []
    last = 0
    for place in lane.places:
        at = round(place.at * 1000)
        steps.append(at - last if place.used else (at - last, place.name))
        last = at
    return {
        "places": steps,
        "longest_count": lane.longest.count,
        "longest_seconds": lane.longest.seconds,
        "blocked_until": lane.blocked_until,
        "idle_at": idle_at if idle_at >= lane.idle_at else lane.idle_at + lane.longest.seconds,
    }


def _quota(row: RowMapping) -> Quota:
    lane, now = _lane(row), _seconds(row["now"])
    left = lane.left(now)
    return Quota(
        key=row["key"],
        left=left,
        of=lane.longest.count,
        period=timedelta(seconds=lane.longest.seconds),
        next_at=datetime.fromtimestamp(lane.next_at([lane.longest], now), UTC),
    )
