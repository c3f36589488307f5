"""What the doctor says: of a host that is well, and of each thing that can be wrong with one."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from importlib.metadata import distributions

import fakes
import pytest
from databases import only_sqlite
from dependency_injector import providers
from sqlalchemy import text, update

from glowtify_adapters.container import Container
from glowtify_adapters.doctor import Verdict, ground
from glowtify_adapters.persistence import Database, inspection
from glowtify_adapters.persistence.tables import VERSION_TABLE, publications
from glowtify_adapters.persistence.tables import workers as workers_table
from glowtify_adapters.settings import Settings
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import AuthenticationFailed, ConnectorNotFound, Effect, PlatformUnavailable
from glowtify_core.domain.publication import MAX_ATTEMPTS, open_publication
from glowtify_core.host import ConnectorRegistry, discover
from glowtify_core.ports.connectors import Installed, LoadFailure
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.pacing import Window
from glowtify_core.testing.clock import START

CHECKS = (
    *("database", "migrations", "clock", "keys", "connectors", "connections", "engine", "workers", "work"),
    *("people", "quota"),
)
IN_TABLES = {"keys", "connections", "workers", "work", "people", "quota"}
KEY = "a-long-enough-key"
OK, WARNING, FAILED = Verdict


class MovableClock(fakes.FakeClock):
    """Shows the right time, as the database's does, until somebody moves it."""

    def now(self):
        return datetime.now(UTC) + (self.at - START)


@pytest.fixture
def server():
    """The platform; its clock is the host's too."""
    return fakes.FakeServer(MovableClock())


@pytest.fixture
def container(where, server, tmp_path):
    """A host with the connector ``fake``, without patience for a database that others hold."""
    database = Database(where, patience=timedelta(milliseconds=50))
    installed = Installed(fakes.manifest_for(server), "glowtify-fake", "1.0")
    container = Container(
        settings=Settings(home=tmp_path, database=where),
        clock=server.clock,
        directory=ConnectorRegistry((installed,), ()),
        database=database,
    )
    yield container
    database.close()


@pytest.fixture
def connect(container):
    """Connects a store to the platform."""

    def connect(store="default"):
        return container.connect()(store, "fake", {"api_key": Secret(KEY)})

    return connect


@pytest.fixture
def visit(container):
    """What the doctor finds now: by check, verdict and sentence and remedy; nothing is ok with a remedy."""

    def visit(**options):
        found = container.doctor()(**options)
        assert all(bool(one.remedy) is (one.verdict is not OK) for one in found)
        assert tuple(dict.fromkeys(one.check for one in found)) == CHECKS
        assert KEY not in "".join(one.sentence + one.remedy for one in found)
        return found

    return visit


@pytest.fixture
def see(visit):
    """The one thing that a check finds."""

    def see(check, **options):
        (found,) = [one for one in visit(**options) if one.check == check]
        return found

    return see


@pytest.fixture
def leave(container):
    """Leaves a campaign to workers, so long ago."""

    def leave(campaign_id, age=timedelta(), store="default", finished=False, **columns):
        campaign = fakes.campaign(key=CampaignKey(store, campaign_id))
        opened = container.clock().now() - age
        publication = open_publication(campaign, account_id="ACC001", now=opened)
        claim = container.campaign_repo().claim(campaign.key)
        claim.add(publication.finish(opened) if finished else publication, campaign)
        claim.release()
        if columns:
            with container.database().writing() as connection:
                connection.execute(update(publications).filter_by(id=publication.id).values(columns))

    return leave


def test_a_host_that_is_well(connect, visit, where):
    connect()
    found = visit()
    assert {one.verdict for one in found} == {OK}
    kind = "SQLite" if not isinstance(where, str) else "PostgreSQL"
    assert found[0].sentence.startswith(f"{kind} at ")
    assert "1 credential can be read." in {one.sentence for one in found}


@only_sqlite
def test_an_empty_home_is_ready_and_stays_empty(visit, tmp_path):
    assert {one.verdict for one in visit(online=True)} == {OK}
    assert list(tmp_path.iterdir()) == []


@only_sqlite
def test_a_home_that_cannot_be_written_is_not_ready(see, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert see("database").verdict is FAILED


# --- Database, migrations, clock -------------------------------------------------------------------


def test_a_database_that_does_not_answer_is_asked_once_and_takes_no_other_check_down(
    container, visit, monkeypatch
):
    looks = []
    inspect = inspection.inspect
    monkeypatch.setattr(
        "glowtify_adapters.doctor.doctor.inspect", lambda *args: looks.append(1) or inspect(*args)
    )
    gone = Database("postgresql://shop:hidden-word@127.0.0.1:1/shop")
    with container.database.override(gone):
        found = {one.check: one for one in visit()}
    assert (found["database"].verdict, found["database"].error.code) == (FAILED, "database_unavailable")
    assert found["connectors"].verdict is found["engine"].verdict is OK
    assert {found[name].verdict for name in {*IN_TABLES, "migrations", "clock"}} == {WARNING}
    assert looks == [1]
    assert "hidden-word" not in repr(found)


@only_sqlite
def test_a_locked_database_is_busy_and_can_still_be_looked_into(connect, where, visit):
    connect()
    other = sqlite3.connect(where, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        found = visit()
    finally:
        other.close()
    assert [(one.check, one.error.code) for one in found if one.verdict is not OK] == [
        ("database", "database_busy")
    ]


def change_revision(container, revision):
    with container.database().writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    container.database().close()


def test_a_newer_database_is_left_alone(container, visit):
    change_revision(container, "9999")
    found = {one.check: one for one in visit()}
    assert (found["migrations"].verdict, found["migrations"].error.code) == (FAILED, "database_newer")
    assert {found[name].verdict for name in IN_TABLES} == {WARNING}
    assert found["database"].verdict is OK


def test_earlier_tables_are_told_and_not_migrated(container, visit):
    change_revision(container, "0003")
    for _ in range(2):
        found = {one.check: one for one in visit()}
        assert found["migrations"].verdict is WARNING
        assert "revision 0003" in found["migrations"].sentence
        assert {found[name].verdict for name in IN_TABLES} == {WARNING}


CLOCKS = [(1, OK, "apart"), (-10, WARNING, "ahead of"), (10, WARNING, "behind"), (-60, FAILED, "ahead of")]


@pytest.mark.parametrize("case", CLOCKS)
def test_clocks_that_differ(connect, see, server, case):
    moved, verdict, said = case
    connect()
    server.clock.move(timedelta(seconds=moved))
    found = see("clock")
    assert found.verdict is verdict
    assert said in found.sentence


# --- Keys, connectors ------------------------------------------------------------------------------


def test_a_lost_key_is_told_with_the_stores_that_miss_it(connect, see, tmp_path):
    connect()
    connect("shop-b")
    (tmp_path / "secret.key").unlink()
    found = see("keys")
    assert found.verdict is FAILED
    assert found.sentence == "2 of 2 credentials cannot be read: default/fake, shop-b/fake."
    assert "secret.key" in found.remedy
    assert see("keys", store="shop-b").sentence == "1 of 1 credential cannot be read: shop-b/fake."


def test_a_connection_without_a_credential_is_told(connect, container, see):
    connect()
    (ref,) = container.credentials().accounts()
    container.credentials().delete(ref)
    assert see("keys").sentence == "1 of 1 credential cannot be read: default/fake."


def test_many_that_cannot_be_read_are_counted(connect, see, tmp_path):
    for number in range(7):
        connect(f"shop-{number}")
    (tmp_path / "secret.key").unlink()
    assert see("keys").sentence.endswith("shop-4/fake and 2 more.")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_key_that_others_can_read_is_refused(connect, see, tmp_path):
    connect()
    (tmp_path / "secret.key").chmod(0o644)
    assert (see("keys").verdict, see("keys").error.code) == (FAILED, "key_file")


def test_what_was_read_is_hidden_before_a_platform_is_asked(connect, visit):
    connect()
    hidden = []
    visit(hide=hidden.extend)
    assert hidden == [Secret(KEY)]


def plugin(folder, distribution, target):
    """Installs a distribution that offers the connector ``acme`` at an import name."""
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[glowtify]\nacme = {target}\n")


def found_in(folder):
    return providers.Callable(discover, found=list(distributions(path=[str(folder)])))


def test_a_broken_plugin_is_worth_a_warning(container, visit, tmp_path):
    plugin(tmp_path / "site", "glowtify_acme", "glowtify_acme_that_is_not_there")
    with container.directory.override(found_in(tmp_path / "site")):
        found = [one for one in visit() if one.check == "connectors"]
    assert [one.verdict for one in found] == [WARNING, WARNING]
    assert "acme (glowtify_acme) could not be loaded: ModuleNotFoundError" in found[0].sentence
    assert found[1].sentence == "No connector can be used."


def test_two_owners_of_a_name_fail_and_the_rest_is_looked_at(container, connect, visit, tmp_path):
    connect()
    for name in ("glowtify_acme", "acme_too"):
        plugin(tmp_path / "site", name, "anything")
    with container.directory.override(found_in(tmp_path / "site")):
        found = {one.check: one for one in visit()}
    assert {one.check for one in found.values() if one.verdict is FAILED} == {"connectors", "connections"}
    assert "acme_too" in found["connectors"].sentence
    assert "Uninstall" in found["connectors"].remedy


# --- Connections -----------------------------------------------------------------------------------


def test_nobody_is_connected(container, see):
    container.connection_repo().all()
    assert see("connections").verdict is WARNING
    assert see("connections").sentence == "Not connected: no store has an account."
    one = see("connections", store="shop-b")
    assert one.sentence == "Not connected: the store shop-b has no account."
    assert one.remedy.endswith("--store shop-b`.")


def test_each_connection_is_told_with_label_account_and_last_check(connect, visit):
    first, second = connect(), connect("shop-b")
    assert [one.sentence for one in visit() if one.check == "connections"] == [
        f"default/fake: Connected, Acme, checked {first.checked_at:%Y-%m-%d %H:%M} UTC.",
        f"shop-b/fake: Connected, Acme, checked {second.checked_at:%Y-%m-%d %H:%M} UTC.",
    ]


def test_a_check_of_two_days_ago_is_old(connect, see, server):
    connect()
    server.clock.move(timedelta(days=2, seconds=1))
    assert see("connections").verdict is WARNING
    assert "--check" in see("connections").remedy


def test_reconnect_required_names_the_store_and_leaves_the_host_ready(connect, see, server):
    connect("shop-b")
    server.connect_error = AuthenticationFailed(
        "Invalid API key", effect=Effect.NONE, remedy="Make a new one."
    )
    assert see("connections").verdict is OK  # nobody was asked
    found = see("connections", online=True)
    assert found.verdict is WARNING
    assert found.sentence.startswith("shop-b/fake: Reconnect required, Acme, checked ")
    assert found.sentence.endswith("Invalid API key.")
    assert found.remedy == "Make a new one. Run `glowtify connect fake --store shop-b`."
    assert see("connections") == found


def test_a_platform_that_is_down_leaves_the_host_ready(connect, see, server):
    connect()
    server.connect_error = PlatformUnavailable("Not reachable", effect=Effect.NONE, remedy="Try later.")
    found = see("connections", online=True)
    assert (found.verdict, found.remedy) == (WARNING, "Try later.")
    assert found.sentence.endswith("Not reachable.")


def test_asking_makes_an_old_check_new(connect, see, server):
    connect()
    server.clock.move(timedelta(days=3))
    assert see("connections", online=True).verdict is OK


def test_partly_connected_is_told_with_the_reason(connect, container, see):
    connection = connect()
    state = ConnectionState.PARTIALLY_CONNECTED
    partly = fakes.replace(connection, state=state, problem="The key lacks lists:read")
    container.connection_repo().save(partly)
    assert see("connections").verdict is OK
    assert "Partially connected" in see("connections").sentence
    assert see("connections").sentence.endswith("The key lacks lists:read.")


def test_a_connection_whose_connector_is_gone_fails(connect, container, see):
    connect()
    failure = LoadFailure("fake", "glowtify-fake", "ImportError: no such module", "Repair it.")
    with container.directory.override(ConnectorRegistry((), (failure,))):
        (found,) = [one for one in container.doctor()() if one.check == "connections"]
    assert (found.verdict, found.remedy) == (FAILED, "Repair it.")
    assert isinstance(found.error, ConnectorNotFound)


# --- Engine and workers ----------------------------------------------------------------------------


@only_sqlite
def test_an_engine_whose_file_cannot_be_read_fails(see, tmp_path):
    assert see("engine").verdict is OK
    (tmp_path / "engine.db").write_bytes(b"no database at all" * 100)
    assert (see("engine").verdict, see("engine").error.code) == (FAILED, "engine_database")


def test_an_engine_is_not_needed(see, monkeypatch):
    monkeypatch.setattr(ground, "find_spec", lambda name: None)
    assert see("engine").verdict is OK
    assert see("engine").sentence.startswith("Not installed")


def test_workers_are_named_with_since_when(container, see):
    assert see("workers").verdict is OK
    container.workers().beat("host/1")
    (worker,) = container.workers().alive(timedelta(minutes=1))
    assert see("workers").sentence == f"1 worker: host/1 since {worker.started_at:%Y-%m-%d %H:%M} UTC."


def test_a_worker_that_fell_silent_is_told(container, see):
    silence(container, "host/1", timedelta(hours=1))
    assert see("workers").verdict is WARNING
    assert see("workers").sentence.startswith("None: host/1 has been silent since ")
    container.workers().beat("host/2")
    assert see("workers").verdict is OK
    silence(container, "host/2", timedelta(days=2))
    silence(container, "host/1", timedelta(days=2))
    assert see("workers").verdict is OK


def silence(container, name, length):
    container.workers().beat(name)
    with container.database().writing() as connection:
        ago = datetime.now(UTC) - length
        connection.execute(workers_table.update().filter_by(name=name).values(seen_at=ago))


# --- Work ------------------------------------------------------------------------------------------


def test_work_that_nobody_does_fails(leave, see, container):
    leave("spring", age=timedelta(minutes=9))
    assert see("work").verdict is OK
    assert see("work").sentence.startswith("Due now: 1 publication, the longest since ")
    leave("summer", age=timedelta(minutes=11))
    found = see("work")
    assert found.verdict is FAILED
    assert found.sentence.startswith("Work waits and nobody does it: 2 publications, the longest since ")
    assert "glowtify worker" in found.remedy
    assert see("work", store="shop-b").verdict is OK
    container.workers().beat("host/1")
    assert see("work").verdict is WARNING
    assert see("work").sentence.startswith("Work waits longer than it should")


def test_what_is_only_to_be_looked_at_needs_no_worker(leave, see):
    leave("spring", age=timedelta(days=9), finished=True, state="scheduled")
    assert see("work").verdict is OK
    assert "glowtify status" in see("work").sentence


def test_what_waits_for_people_is_counted_with_the_command_that_helps(leave, visit):
    for number, store in enumerate("abcde"):
        leave(f"tired-{number}", store=store, attempts=MAX_ATTEMPTS, due_at=None)
    leave("unknown", state="unknown")
    leave("changed", state="scheduled", finished=True, attention="Changed on the platform: time.")
    found = [one for one in visit() if one.check == "people"]
    assert [(one.verdict, one.sentence, one.remedy) for one in found] == [
        (
            WARNING,
            "5 publications for a person: every try failed (a 1, b 1, c 1, 2 more stores).",
            "Run `glowtify repair --store a`.",
        ),
        (
            WARNING,
            "1 publication for a person: nobody knows how they stand (default 1).",
            "Run `glowtify repair --store default`.",
        ),
        (
            WARNING,
            "1 publication for a person: changed, unscheduled or overdue (default 1).",
            "Run `glowtify status --store default`.",
        ),
    ]


def test_what_is_left_of_a_quota(connect, container, see):
    connect()
    gate, key, day = container.gate(), "api.example.com:ACC001:report", (Window(2, 86_400.0),)
    gate.acquire(key, day, budget=timedelta())
    used = f"Acme ({key}): 1 of our 2 requests a day used, 1 left."
    assert (see("quota").verdict, see("quota").sentence) == (OK, used)
    gate.acquire(key, day, budget=timedelta())
    found = see("quota")
    assert found.verdict is WARNING
    assert found.sentence.startswith(f"Acme ({key}): 2 of our 2 requests a day used; it renews from ")
    assert see("quota", store="shop-b").sentence == "No quota of a day or longer has been used."


def test_a_check_that_breaks_takes_no_other_down(container, connect, visit, monkeypatch):
    def breaks(*_):
        raise KeyError("a-secret-word")

    connect()
    monkeypatch.setattr(type(container.gate()), "left", breaks)
    found = visit()
    assert [one.check for one in found if one.verdict is FAILED] == ["quota"]
    assert found[-1].sentence == "This check itself failed: KeyError."
