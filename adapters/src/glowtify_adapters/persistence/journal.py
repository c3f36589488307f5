"""The step log: what was begun on a platform, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.database import Database, insert_if_absent
from glowtify_adapters.persistence.tables import CREATING, publications, steps
from glowtify_core.domain.errors import CampaignNotFound, ClaimLost
from glowtify_core.ports.campaigns import Recorded, StepKind, StepRecord


class SqlStepLog:
    """One operation's view of a publication's steps; a :class:`~glowtify_core.ports.campaigns.StepLog`.

    A cleared step keeps its row without a begin, so that a worker which comes back late can still record.

    Args:
        check_fence: raises ``ClaimLost`` unless the claim that opened this log is still the current one.
    """

    def __init__(
        self,
        database: Database,
        publication_id: str,
        operation: str,
        check_fence: Callable[[Connection], None],
    ) -> None:
        self._database = database
        self._publication_id = publication_id
        self._operation = operation
        self._check_fence = check_fence

    def steps(self) -> Sequence[StepRecord]:
        """Every step of the publication, of every operation, oldest first."""
        query = (
            select(steps, db_now().label("now"))
            .where(steps.c.publication_id == self._publication_id, steps.c.begun_at.is_not(None))
            .order_by(steps.c.since, steps.c.position)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            StepRecord(
                operation=row.operation,
                name=row.name,
                kind=StepKind(row.kind),
                since=row.since,
                age=max(row.now - row.begun_at, timedelta()),  # the clock may have been set back
                remote_id=row.remote_id,
                begins=row.begins,
            )
            for row in rows
        ]

    def check(self) -> None:
        """Do nothing while the fence stands.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self._database.writing() as connection:  # so that a take-over under way is waited for
            self._check_fence(connection)

    def begin(self, name: str, kind: StepKind) -> None:
        """Write down that a step is about to be done.

        Raises:
            ClaimLost: the fence has moved.
        """
        key = self._key(name)
        with self._database.writing() as connection:
            self._check_fence(connection)
            begun = {"kind": kind.value, "since": db_now(), "begun_at": db_now(), "begins": 1}
            if insert_if_absent(connection, steps, {**key, **begun}):
                return
            cleared = steps.c.begun_at.is_(None)
            again = {
                "since": case((cleared, db_now()), else_=steps.c.since),
                "begins": case((cleared, 1), else_=steps.c.begins + 1),
            }
            connection.execute(steps.update().filter_by(**key).values({**begun, **again}))

    def record(self, name: str, remote_id: str) -> Recorded:
        """Write down what came of a step, whoever holds the campaign now, if it created something.

        Raises:
            CampaignNotFound: the step was never begun.
        """
        mine = steps.update().filter_by(**self._key(name), remote_id=None)
        standing = (
            select(steps.c.remote_id, publications.c.closed)
            .join_from(steps, publications)
            .where(*(steps.c[column] == value for column, value in self._key(name).items()))
        )
        with self._database.writing() as connection:
            replaced = self._replaced(connection)
            if replaced:
                mine = mine.where(steps.c.kind.in_(CREATING))
            connection.execute(
                mine.values(remote_id=remote_id, begun_at=func.coalesce(steps.c.begun_at, steps.c.since))
            )
            found = connection.execute(standing).one_or_none()
        if found is None:
            raise CampaignNotFound(f"Step {name} of {self._operation} was never begun")
        return Recorded(found.remote_id or remote_id, closed=found.closed, replaced=replaced)

    def clear(self, name: str) -> None:
        """Forget a step, as if it had never been begun.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self._database.writing() as connection:
            self._check_fence(connection)
            connection.execute(
                steps.update().filter_by(**self._key(name)).values(begun_at=None, remote_id=None)
            )

    def _replaced(self, connection: Connection) -> bool:
        try:
            self._check_fence(connection)
        except ClaimLost:
            return True
        return False

    def _key(self, name: str) -> dict[str, str]:
        return {"publication_id": self._publication_id, "operation": self._operation, "name": name}
