"""Checks of what a host stands on: database, clock, keys, connectors, engine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from glowtify_adapters.doctor.visit import Diagnosis, Verdict, Visit, counted
from glowtify_adapters.engine import file_of
from glowtify_adapters.persistence.inspection import try_writing
from glowtify_adapters.persistence.schema import CURRENT, refuse_newer
from glowtify_core.domain.errors import CredentialsMissing, RepositoryError
from glowtify_core.ports.credentials import CredentialRef

NOTICED, TOO_FAR = timedelta(seconds=2), timedelta(seconds=30)
"""How far clocks may be apart before that is worth a warning, and before it is too far."""

NAMED = 5
"""So many are named; the others are counted."""


def database(visit: Visit) -> Iterator[Diagnosis]:
    """Whether it can be read and written, and how fast it answers."""
    found, where = visit.inspection, visit.host.database
    if found is None:
        yield _not_yet(visit)
        return
    try_writing(where)
    took = found.round_trip.total_seconds() * 1000
    said = f"{found.kind} at {where} can be read and written, and answers in {took:.1f} ms."
    yield Diagnosis("database", Verdict.OK, said)


def _not_yet(visit: Visit) -> Diagnosis:
    where = visit.host.settings.database
    folder = where.parent if isinstance(where, Path) else None
    if folder and folder.exists() and not os.access(folder, os.W_OK):
        said = f"There is no database yet, and {folder} cannot be written."
        return Diagnosis("database", Verdict.FAILED, said, "Check whose folder it is and its permissions.")
    return Diagnosis("database", Verdict.OK, f"None yet: {visit.host.database} is made at first use.")


def migrations(visit: Visit) -> Iterator[Diagnosis]:
    """Whether the tables are those of this version. The doctor does not bring them up to date."""
    revision = visit.inspection.revision if visit.inspection else None
    refuse_newer(revision)
    if revision is None:
        yield Diagnosis("migrations", Verdict.OK, f"No tables yet: {CURRENT} is made at first use.")
    elif revision == CURRENT:
        yield Diagnosis("migrations", Verdict.OK, f"The tables are those of this version: {CURRENT}.")
    else:
        yield Diagnosis(
            "migrations",
            Verdict.WARNING,
            f"The tables are of revision {revision}; this version's is {CURRENT}.",
            "Back up the database; the next command of this version, such as `glowtify connections`, brings"
            " them up to date.",
        )


def clock(visit: Visit) -> Iterator[Diagnosis]:
    """Whether the database's clock, by which claims end, is also ours, by which schedules are checked."""
    if visit.inspection is None:
        yield Diagnosis("clock", Verdict.OK, "Nothing to compare ours with yet.")
        return
    ahead = visit.inspection.ahead
    apart = abs(ahead)
    if apart <= NOTICED:
        said = f"Ours and the database's are {apart.total_seconds():.1f} s apart."
        yield Diagnosis("clock", Verdict.OK, said)
        return
    direction = "ahead of" if ahead > timedelta() else "behind"
    yield Diagnosis(
        "clock",
        Verdict.FAILED if apart > TOO_FAR else Verdict.WARNING,
        f"The database's clock is {apart.total_seconds():.0f} s {direction} this machine's.",
        "Let both keep time by NTP: schedules are checked by this machine's clock.",
    )


def keys(visit: Visit) -> Iterator[Diagnosis]:
    """Whether every credential can be read, and nobody else can read the key that opens them."""
    host = visit.host
    if host.keys:
        host.keys.present()  # refuses a file that others can read
    stored = (ref for ref in host.credentials.accounts() if visit.store in {None, ref.store})
    connected = (CredentialRef(one.store, one.connector) for one in visit.connections)
    refs = sorted({*stored, *connected})
    problems = {ref: problem for ref in refs if (problem := _unreadable(visit, ref))}
    if not problems:
        yield Diagnosis("keys", Verdict.OK, f"{counted(len(refs), 'credential')} can be read.")
        return
    names = [f"{ref.store}/{ref.platform}" for ref in problems]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    yield Diagnosis(
        "keys",
        Verdict.FAILED,
        f"{len(problems)} of {counted(len(refs), 'credential')} cannot be read:"
        f" {', '.join(names[:NAMED])}{more}.",
        next(iter(problems.values())).remedy,
        next(iter(problems.values())),
    )


def _unreadable(visit: Visit, ref: CredentialRef) -> CredentialsMissing | None:
    try:
        visit.hide(visit.host.credentials.get(ref).values())
    except CredentialsMissing as problem:
        return problem
    return None


def connectors(visit: Visit) -> Iterator[Diagnosis]:
    """What is installed, and what of it could not be loaded."""
    directory = visit.host.directory()
    for failure in directory.failures:
        said = f"{failure.name} ({failure.distribution}) could not be loaded: {failure.reason}."
        yield Diagnosis("connectors", Verdict.WARNING, said, failure.remedy)
    if directory.installed:
        names = [f"{one.manifest.name} ({one.distribution} {one.version})" for one in directory.installed]
        yield Diagnosis("connectors", Verdict.OK, f"Installed: {', '.join(names)}.")
    else:
        remedy = "Install one: pip install glowtify-klaviyo"
        yield Diagnosis("connectors", Verdict.WARNING, "No connector can be used.", remedy)


def engine(visit: Visit) -> Iterator[Diagnosis]:
    """Whether workers can run here, and whether the engine's own file can be read."""
    path = file_of(visit.host.settings.database)
    if path and path.exists():
        _read(path)
    if find_spec("dbos"):
        yield Diagnosis("engine", Verdict.OK, "Installed: workers can run here.")
    else:
        yield Diagnosis("engine", Verdict.OK, "Not installed: no worker can run here, and none has to.")


def _read(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as problem:
        raise RepositoryError(
            "The engine's database cannot be read",
            code="engine_database",
            detail=f"{path}: {problem}",
            remedy="Stop the workers, move it away and start them again: what is open is handed out anew.",
        ) from problem
