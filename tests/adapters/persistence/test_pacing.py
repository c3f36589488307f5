"""The gate in the database: what the contract asks, and what several processes do to one row."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest
from databases import only_sqlite
from sqlalchemy import literal, select

from glowtify_adapters.persistence import Database, SqlGate
from glowtify_adapters.persistence.clock import UtcDateTime
from glowtify_adapters.persistence.tables import paces
from glowtify_core.domain.errors import Effect, RateLimited, RepositoryError
from glowtify_core.kit.lanes import GUARD, QUOTA_USED
from glowtify_core.ports.clock import SystemClock
from glowtify_core.ports.pacing import Window
from glowtify_core.testing import RateGateContract, VirtualClock

PATIENT = timedelta(days=1)
NO_WAIT = timedelta()
ONE = (Window(1, 1),)
REPORTS = (Window(1, 1), Window(2, 60), Window(5, 86400))


def by(clock):
    """Lets the database's time be the clock's."""
    return lambda: literal(clock.now(), UtcDateTime())


def stored_places(database, key="key"):
    """When each place in a row is, in milliseconds; read without the gate's help."""
    with database.reading() as connection:
        stored = connection.scalar(select(paces.c.places).where(paces.c.key == key))
    at, times = 0, []
    for one in stored:
        at += one[0] if isinstance(one, list) else one
        times.append(at)
    return times


class TestSqlGate(RateGateContract):
    @pytest.fixture
    def gate(self, database, clock):
        return SqlGate(database, clock, now=by(clock))


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def gate(database, clock):
    return SqlGate(database, clock, now=by(clock))


@pytest.fixture
def other_gate(where, clock):
    """As another process has it."""
    database = Database(where)
    yield SqlGate(database, clock, now=by(clock))
    database.close()


def test_processes_together_stay_within_the_windows(python, database):
    """Judged by what stands in the row, which keeps every place of the longest window."""
    burst, seconds = 5, 0.2
    ask = (
        "from glowtify_adapters.persistence import SqlGate\n"
        "from glowtify_core.ports.clock import SystemClock\n"
        "from glowtify_core.ports.pacing import Window\n"
        "gate = SqlGate(database, SystemClock())\n"
        "for _ in range(12):\n"
        f"    gate.acquire('key', (Window({burst}, {seconds}), Window(1000, 3600)), budget=timedelta(60))\n"
    )
    processes = [python(ask) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    places = stored_places(database)
    assert len(places) == 3 * 12
    assert all(later - first >= 1000 * seconds for first, later in zip(places, places[burst:], strict=False))


def test_a_block_by_one_process_holds_the_others(python, database):
    gate = SqlGate(database, SystemClock())
    gate.acquire("key", ONE, budget=NO_WAIT)
    block = (
        "from glowtify_adapters.persistence import SqlGate\n"
        "from glowtify_core.ports.clock import SystemClock\n"
        "SqlGate(database, SystemClock()).block('key', timedelta(hours=1))\n"
    )
    assert python(block).wait() == 0
    with pytest.raises(RateLimited) as refused:
        gate.acquire("key", ONE, budget=timedelta(minutes=30))
    assert refused.value.effect is Effect.NONE
    assert timedelta(minutes=30) < refused.value.retry_after <= timedelta(hours=1)


def test_a_block_holds_those_who_wait_in_other_processes_in_their_order(gate, other_gate, clock):
    gone = []

    def ask(number, chosen):
        clock.sleep(number / 100)
        chosen.acquire("key", ONE, budget=PATIENT)
        gone.append((number, clock.monotonic()))

    def block():
        clock.sleep(0.5)
        other_gate.block("key", timedelta(seconds=7))

    clock.run([partial(ask, 0, gate), partial(ask, 1, gate), partial(ask, 2, other_gate), block])
    assert [number for number, _ in gone] == [0, 1, 2]
    assert [at for _, at in gone] == pytest.approx([0, 7.5, 7.5 + 1 + GUARD], abs=0.01)


class Starved(VirtualClock):
    """A thread that is woken late, and a block that comes meanwhile."""

    def sleep(self, seconds):
        super().sleep(seconds)
        late, self.late = getattr(self, "late", None), None
        if late:
            super().sleep(5)
            late.block("key", timedelta(seconds=20))


def test_who_wakes_up_behind_a_block_waits_for_its_end(database):
    clock = Starved()
    gate = SqlGate(database, clock, now=by(clock))
    gate.acquire("key", ONE, budget=PATIENT)
    clock.late = gate
    gate.acquire("key", ONE, budget=PATIENT)
    assert clock.monotonic() == pytest.approx(1 + GUARD + 5 + 20, abs=0.01)
    clock.late = gate
    with pytest.raises(RateLimited):
        gate.acquire("key", ONE, budget=timedelta(seconds=10))


def test_a_block_refuses_those_who_wait_already_and_have_no_patience(gate, other_gate, clock):
    def ask():
        with pytest.raises(RateLimited):
            gate.acquire("key", ONE, budget=timedelta(seconds=10))
        return clock.monotonic()

    def block():
        clock.sleep(0.5)
        other_gate.block("key", timedelta(seconds=30))

    gate.acquire("key", ONE, budget=NO_WAIT)
    refused_at, _ = clock.run([ask, block])
    assert refused_at < 30
    clock.sleep(40)
    gate.acquire("key", ONE, budget=NO_WAIT)


class Interrupted(VirtualClock):
    def sleep(self, seconds):
        raise KeyboardInterrupt


def test_who_is_interrupted_while_waiting_gives_the_place_back(database):
    clock = Interrupted()
    gate = SqlGate(database, clock, now=by(clock))
    gate.acquire("key", ONE, budget=PATIENT)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            gate.acquire("key", ONE, budget=PATIENT)
    assert len(stored_places(database)) == 1


def test_no_lock_is_held_while_somebody_waits(where, clock):
    """Both would otherwise wait for the one connection that each has, and for each other's row."""
    patience = Database(where, patience=timedelta())
    gate = SqlGate(patience, clock, now=by(clock))
    clock.run([partial(gate.acquire, "key", ONE, budget=PATIENT) for _ in range(5)])
    assert clock.monotonic() >= 4
    patience.close()


@only_sqlite
def test_a_busy_database_lets_nobody_through(where, database, clock):
    impatient = Database(where, patience=timedelta())
    gate = SqlGate(impatient, clock, now=by(clock))
    gate.acquire("key", (), budget=NO_WAIT)
    with database.writing():
        for act in (
            partial(gate.acquire, "key", (), budget=NO_WAIT),
            partial(gate.block, "key", timedelta(seconds=1)),
        ):
            with pytest.raises(RepositoryError) as busy:
                act()
            assert busy.value.code == "database_busy"
    impatient.close()


def test_a_wait_that_ends_with_a_database_that_fails_lets_nobody_through(database, clock):
    gate = SqlGate(database, clock, now=by(clock))
    gate.acquire("key", ONE, budget=NO_WAIT)

    def ask():
        with pytest.raises(RepositoryError):
            gate.acquire("key", ONE, budget=PATIENT)

    def break_it():
        clock.sleep(0.5)
        with database.writing() as connection:
            paces.drop(connection)

    clock.run([ask, break_it])


def test_a_full_day_of_reports_is_written_in_little(gate, database, clock):
    for _ in range(112):
        gate.acquire("key", (Window(1, 1), Window(2, 60), Window(112, 86400)), budget=PATIENT)
        clock.sleep(60)
    with database.reading() as connection:
        stored = connection.scalar(select(paces.c.places))
    assert len(json.dumps(stored)) < 1000


def test_places_that_have_left_every_window_are_dropped(gate, database, clock):
    for _ in range(20):
        gate.acquire("key", (Window(10, 1), Window(100, 5)), budget=NO_WAIT)
        clock.sleep(1)
    assert len(stored_places(database)) == 6


def test_idle_keys_are_forgotten_and_busy_ones_kept(gate, database, clock):
    gate.acquire("daily", REPORTS, budget=NO_WAIT)
    gate.block("blocked", timedelta(hours=2))
    for number in range(1000):
        gate.acquire(f"key {number % 100}", ONE, budget=PATIENT)
        clock.sleep(1)
    clock.sleep(300)
    for _ in range(300):
        gate.acquire("other", (), budget=NO_WAIT)
    with database.reading() as connection:
        assert set(connection.scalars(select(paces.c.key))) == {"blocked", "daily", "other"}
    with pytest.raises(RateLimited):
        gate.acquire("blocked", (), budget=NO_WAIT)


def test_of_each_quota_it_is_known_how_much_is_left_and_when_the_next_is_free(gate, clock):
    gate.acquire("paced", ONE, budget=NO_WAIT)
    for _ in range(5):
        gate.acquire("b: spent", REPORTS, budget=PATIENT)
    gate.acquire("a: used once", REPORTS, budget=NO_WAIT)
    used, spent = gate.left()
    assert (used.key, used.left, used.of, used.period) == ("a: used once", 4, 5, timedelta(days=1))
    assert used.next_at <= clock.now()
    assert (spent.key, spent.left, spent.of) == ("b: spent", 0, 5)
    with pytest.raises(RateLimited) as refused:
        gate.acquire("b: spent", REPORTS, budget=NO_WAIT)
    assert refused.value.code == QUOTA_USED
    assert abs(refused.value.renews_at - spent.next_at) < timedelta(seconds=1)
    clock.sleep(86400 + 1)
    assert [quota.left for quota in gate.left()] == [5, 5]
