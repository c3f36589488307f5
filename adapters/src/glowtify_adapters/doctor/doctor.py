"""The doctor: every check by itself, so that one that fails takes no other down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from glowtify_adapters.doctor import ground, work
from glowtify_adapters.doctor.visit import Diagnosis, Hide, Host, Verdict, Visit
from glowtify_adapters.persistence.inspection import inspect
from glowtify_core.domain.errors import GlowtifyError

if TYPE_CHECKING:
    from glowtify_adapters.persistence.inspection import Inspection

_log = logging.getLogger(__name__)


class _Needs(Enum):
    """What there must be for a check to make sense."""

    NOTHING = auto()
    DATABASE = auto()
    TABLES = auto()
    """Of this version: looking at others by the usual ways would migrate them."""


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    needs: _Needs
    look: Callable[[Visit], Iterator[Diagnosis]]


_CHECKS = (
    _Check("database", _Needs.NOTHING, ground.database),
    _Check("migrations", _Needs.DATABASE, ground.migrations),
    _Check("clock", _Needs.DATABASE, ground.clock),
    _Check("keys", _Needs.TABLES, ground.keys),
    _Check("connectors", _Needs.NOTHING, ground.connectors),
    _Check("connections", _Needs.TABLES, work.connections),
    _Check("engine", _Needs.NOTHING, ground.engine),
    _Check("workers", _Needs.TABLES, work.workers),
    _Check("work", _Needs.TABLES, work.waiting),
    _Check("people", _Needs.TABLES, work.for_people),
    _Check("quota", _Needs.TABLES, work.quota),
)


class Doctor:
    """Looks at a host: whether it is ready to publish, and what somebody should see to.

    Nothing is made, migrated or kept; only with ``online`` connections are checked, as by
    `glowtify connections --check`.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def __call__(
        self, *, store: str | None = None, online: bool = False, hide: Hide = lambda _: None
    ) -> Sequence[Diagnosis]:
        """Run every check.

        Args:
            store: only this store's credentials, connections and work; None: everybody's.
            online: ask the platforms too.
            hide: is given what must not show before any platform is asked.

        Returns:
            What was found, at least one diagnosis a check; the host is ready when none has failed.
        """
        try:
            inspection = inspect(self._host.database, self._host.clock)
        except GlowtifyError as problem:
            return list(self._without_database(Visit(self._host, None, store, online, hide), problem))
        visit = Visit(self._host, inspection, store, online, hide)
        return [diagnosis for check in _CHECKS for diagnosis in _run(check, visit)]

    def close(self) -> None:
        """Let go of the database."""
        self._host.database.close()

    @staticmethod
    def _without_database(visit: Visit, problem: GlowtifyError) -> Iterator[Diagnosis]:
        """Nobody waits again and again for a database that does not answer."""
        yield _failed("database", problem)
        for check in _CHECKS[1:]:
            if check.needs is _Needs.NOTHING:
                yield from _run(check, visit)
            else:
                said = "Not looked at, since the database cannot be reached."
                yield Diagnosis(check.name, Verdict.WARNING, said, "See database.")


def _run(check: _Check, visit: Visit) -> Iterator[Diagnosis]:
    if check.needs is _Needs.TABLES and (why_not := _in_the_way(visit.inspection)):
        yield Diagnosis(check.name, *why_not)
        return
    try:
        yield from check.look(visit)
    except GlowtifyError as problem:
        yield _failed(check.name, problem)
    except Exception as problem:  # noqa: BLE001 - the others are still to be looked at
        _log.debug("The check %s failed", check.name, exc_info=True)
        yield Diagnosis(
            check.name,
            Verdict.FAILED,
            f"This check itself failed: {type(problem).__name__}.",
            "Run it again with --debug to see where.",
        )


def _in_the_way(inspection: Inspection | None) -> tuple[Verdict, str, str] | None:
    """Why nothing can be read from tables, and what to do about it; None when it can."""
    if inspection is None or inspection.revision is None:
        return Verdict.OK, "Nothing yet: the tables are made at first use.", ""
    if not inspection.current:
        said = "Not looked at, since the tables are not those of this version."
        return Verdict.WARNING, said, "See migrations."
    return None


def _failed(name: str, problem: GlowtifyError) -> Diagnosis:
    remedy = problem.remedy or "Run it again with --debug to see more."
    return Diagnosis(name, Verdict.FAILED, str(problem), remedy, problem)
