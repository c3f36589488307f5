"""Checks of what a host does: connections, workers, what waits and for whom, what is left of quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from glowtify_adapters.doctor.visit import Diagnosis, Verdict, Visit, counted, sentence, written
from glowtify_adapters.persistence.backlog import MOST
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import ConnectorNotFound, GlowtifyError

if TYPE_CHECKING:
    from glowtify_adapters.persistence.backlog import Waiting
    from glowtify_adapters.persistence.pacing import Quota
    from glowtify_core.ports.connectors import ConnectorDirectory

OLD = timedelta(days=2)
"""A check of a connection this old is worth a warning: workers look every day."""

LATE = timedelta(minutes=10)
"""How long work may wait before somebody should see to it."""

SILENT = timedelta(days=1)
"""How long a worker that fell silent is remembered."""

NAMED = 3
"""So many stores are named."""


def connections(visit: Visit) -> Iterator[Diagnosis]:
    """How each connection stands; what is theirs to mend does not make the host unready."""
    if not visit.connections:
        whose = f"the store {visit.store} has" if visit.store else "no store has"
        said = f"{ConnectionState.NOT_CONNECTED}: {whose} {'no' if visit.store else 'an'} account."
        remedy = f"Run `glowtify connect klaviyo{_of(visit.store)}`."
        yield Diagnosis("connections", Verdict.WARNING, said, remedy)
    directory = visit.host.directory()
    for connection in visit.connections:
        latest, error = _ask(visit, connection) if visit.online else (connection, None)
        yield _connection(visit, directory, latest, error)


def _ask(visit: Visit, connection: Connection) -> tuple[Connection, GlowtifyError | None]:
    """The connection as it stands once its platform was asked, and why it could not be."""
    try:
        return visit.host.connect().check_now(connection.store, connection.connector), None
    except GlowtifyError as problem:
        return visit.host.connections.get(connection.store, connection.connector) or connection, problem


def _connection(
    visit: Visit, directory: ConnectorDirectory, connection: Connection, error: GlowtifyError | None
) -> Diagnosis:
    checked = f"checked {written(connection.checked_at)}" if connection.checked_at else "never checked"
    place = f"{connection.store}/{connection.connector}"
    said = f"{place}: {connection.state}, {connection.account.name}, {checked}."
    if connection.problem:
        said += f" {sentence(connection.problem)}"
    try:
        directory.manifest(connection.connector)
    except ConnectorNotFound as absent:
        return Diagnosis(
            "connections", Verdict.FAILED, f"{said} {sentence(str(absent))}", absent.remedy, absent
        )
    if connection.state is ConnectionState.RECONNECT_REQUIRED:
        again = f"Run `glowtify connect {connection.connector} --store {connection.store}`."
        return Diagnosis("connections", Verdict.WARNING, said, f"{connection.remedy} {again}".strip())
    if error:
        remedy = error.remedy or "Try again later."
        return Diagnosis("connections", Verdict.WARNING, f"{said} {sentence(str(error))}", remedy)
    if connection.checked_at is None or visit.host.clock.now() - connection.checked_at > OLD:
        remedy = f"Run `glowtify connections --check{_of(visit.store)}`; `glowtify worker` looks every day."
        return Diagnosis("connections", Verdict.WARNING, said, remedy)
    return Diagnosis("connections", Verdict.OK, said)


def workers(visit: Visit) -> Iterator[Diagnosis]:
    """Who is there; nobody has to be, where nothing is left to workers."""
    if visit.workers:
        names = ", ".join(f"{one.name} since {written(one.started_at)}" for one in visit.workers)
        yield Diagnosis("workers", Verdict.OK, f"{counted(len(visit.workers), 'worker')}: {names}.")
        return
    silent = visit.host.workers.alive(SILENT)
    if not silent:
        said = "None, and none is needed unless something is left to one."
        yield Diagnosis("workers", Verdict.OK, said)
        return
    last = max(silent, key=lambda worker: worker.seen_at)
    said = f"None: {last.name} has been silent since {written(last.seen_at)}."
    yield Diagnosis("workers", Verdict.WARNING, said, "Start it again: `glowtify worker`.")


def waiting(visit: Visit) -> Iterator[Diagnosis]:
    """How much is due that nobody has taken up, and whether anybody will."""
    now = visit.host.clock.now()
    open_, due = visit.backlog.operations, visit.backlog.due
    if open_.since and now - open_.since > LATE and not visit.workers:
        said = f"Work waits and nobody does it: {_many(open_)}."
        yield Diagnosis("work", Verdict.FAILED, said, "Start one: `glowtify worker`.")
    elif due.since and now - due.since > LATE and visit.workers:
        said = f"Work waits longer than it should: {_many(due)}."
        yield Diagnosis("work", Verdict.WARNING, said, "Start more: `glowtify worker`.")
    elif due.since:
        looks = "" if visit.workers else "; `glowtify status` looks at them too"
        yield Diagnosis("work", Verdict.OK, f"Due now: {_many(due)}{looks}.")
    else:
        yield Diagnosis("work", Verdict.OK, "Nothing waits.")


def for_people(visit: Visit) -> Iterator[Diagnosis]:
    """What waits for a person."""
    kinds = (
        ("every try failed", visit.backlog.tried_out, "repair"),
        ("nobody knows how they stand", visit.backlog.unknown, "repair"),
        ("changed, unscheduled or overdue", visit.backlog.attention, "status"),
    )
    for why, stores, command in kinds:
        if stores:
            many = counted(sum(stores.values()), "publication")
            said = f"{many} for a person: {why} ({_by_store(stores)})."
            remedy = f"Run `glowtify {command} --store {next(iter(stores))}`."
            yield Diagnosis("people", Verdict.WARNING, said, remedy)
    if not any(stores for _, stores, _ in kinds):
        yield Diagnosis("people", Verdict.OK, "Nothing waits for a person.")


def quota(visit: Visit) -> Iterator[Diagnosis]:
    """What is left of our share of each account's quotas of a day or longer."""
    names = {one.account.id: one.account.name for one in visit.connections}
    quotas = [(name, one) for one in visit.host.gate.left() if (name := _whose(one, names)) is not None]
    for name, one in quotas:
        yield _quota(name, one)
    if not quotas:
        yield Diagnosis("quota", Verdict.OK, "No quota of a day or longer has been used.")


def _quota(name: str, one: Quota) -> Diagnosis:
    days = round(one.period / timedelta(days=1))
    period = "a day" if days == 1 else f"in {days} days"
    said = f"{name} ({one.key}): {one.of - one.left:,} of our {one.of:,} requests {period} used"
    if one.left:
        return Diagnosis("quota", Verdict.OK, f"{said}, {one.left:,} left.")
    return Diagnosis(
        "quota",
        Verdict.WARNING,
        f"{said}; it renews from {written(one.next_at)} on.",
        "Wait until then; GLOWTIFY_QUOTA_SHARE says how much of the account's quota is ours.",
    )


def _whose(one: Quota, names: Mapping[str, str]) -> str | None:
    """The name of its account; None where no connection has it any more."""
    return next((name for account, name in names.items() if one.is_of(account)), None)


def _many(waiting: Waiting) -> str:
    count = counted(waiting.count, "publication") + (" or more" if waiting.count >= MOST else "")
    since = f", the longest since {written(waiting.since)}" if waiting.since else ""
    return f"{count}{since}"


def _by_store(stores: Mapping[str, int]) -> str:
    named = [f"{store} {count:,}" for store, count in list(stores.items())[:NAMED]]
    more = [counted(len(stores) - NAMED, "more store")] if len(stores) > NAMED else []
    return ", ".join([*named, *more])


def _of(store: str | None) -> str:
    return f" --store {store}" if store else ""
