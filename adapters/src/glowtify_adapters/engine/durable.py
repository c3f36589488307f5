"""Background work on DBOS: a queue that outlasts processes, and accounts that take turns.

A job done twice or lost does no harm: the journal sees to that. Which processes are dead is found out here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from glowtify_adapters.persistence.workers import SqlWorkers
from glowtify_core.application.background import Background, Job
from glowtify_core.domain.errors import RepositoryError

QUEUE = "glowtify"
VERSION = "glowtify-1"
"""Ours: by default it is a hash of the code, and a new release would leave behind what is queued."""

LANES = 8
"""Jobs of one account at a time, one a lane: DBOS looks at limits of one in a partition all at once."""

EVERY, POLL = 1.0, 0.2
"""Seconds between two sweeps, and between two looks at the queue."""

TIDY_EVERY, KEPT = timedelta(minutes=10), timedelta(days=1)
"""How long ended jobs are kept for people to look at, and how often the older ones are deleted."""

ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

_log = logging.getLogger(__name__)
logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it adds one of its own, and goes past ours


@dataclass(repr=False)
class DurableEngine:
    """Does what is due, with any number of others on any number of machines.

    A host with a DBOS of its own: :meth:`register`, launch, :meth:`open_queue`, then :meth:`sweep` often.

    Attributes:
        url: gives the engine's own database, made ready.
        name: the executor's id, unlike any other's: by default all are "local" and take each other's jobs.
        lost_after: silence after which a process is taken for dead.
    """

    background: Background
    workers: SqlWorkers
    url: Callable[[], str]
    name: str
    concurrency: int
    lost_after: timedelta
    _tidy_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _at_work: set[str] = field(default_factory=set)
    _idle: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event, *, patience: timedelta) -> None:
        """Work until ``stop`` is set; then wait so long for what is under way; the rest is left to others."""
        self.workers.beat(self.name)  # or others would take away what we take at once
        self.register()
        DBOS(
            config={
                "name": "glowtify",
                "system_database_url": self.url(),
                "executor_id": self.name,
                "application_version": VERSION,
                "sys_db_idle_transaction_timeout_sec": self.lost_after.total_seconds(),
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "ERROR",  # its warnings are tracebacks, many a second, while a database is gone
            }
        )
        DBOS.launch()
        try:
            self.open_queue()
            while not stop.wait(min(EVERY, self.lost_after.total_seconds() / 4)):
                try:
                    self.sweep()
                except Exception as problem:  # noqa: BLE001 - the next sweep makes up for it
                    said = problem if isinstance(problem, RepositoryError) else type(problem).__name__
                    _log.warning("A sweep failed and is tried again: %s", said)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=round(patience.total_seconds()))
            with suppress(RepositoryError):  # silence says the same, later
                self.workers.leave(self.name)

    def register(self) -> None:
        """Make the one workflow known."""

        @DBOS.workflow(name="glowtify.perform")
        def perform(job: dict[str, Any]) -> None:
            self._at_work.add(job["id"])
            try:
                self.background.perform(Job.of(job))
            finally:
                self._at_work.discard(job["id"])

        self._perform = perform

    def open_queue(self) -> None:
        """Take part in the queue."""
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self.concurrency,
            partition_concurrency=1,
            polling_interval_sec=POLL,
            on_conflict="always_update",
        )

    def sweep(self) -> None:
        """Say that we are there, take over from who is not, queue what is due, and now and then tidy up."""
        self.workers.beat(self.name)
        self._take_over()
        self._enqueue(self.background.hand_out())
        if datetime.now(UTC) >= self._tidy_at:
            self._tidy_at = datetime.now(UTC) + TIDY_EVERY
            self._forget(completed_before=(datetime.now(UTC) - KEPT).isoformat())

    def _enqueue(self, jobs: Sequence[Job]) -> None:
        """One that waits or runs already is not queued again, which a look tells; one that has ended is."""
        if not jobs:
            return
        ids = [job.id for job in jobs]
        self._forget(workflow_ids=ids)
        there = {one.workflow_id for one in DBOS.list_workflows(workflow_ids=ids, load_input=False)}
        for job in jobs:
            if job.id not in there:
                with SetWorkflowID(job.id), SetEnqueueOptions(queue_partition_key=job.lane(LANES)):
                    DBOS.enqueue_workflow(QUEUE, self._perform, asdict(job))

    def _take_over(self) -> None:
        """Queue anew what holds a lane and nobody does: its process is silent, or an answer to us is lost."""
        running = DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False)
        alive = {worker.name for worker in self.workers.alive(self.lost_after)}
        lost = {one.workflow_id for one in running if one.executor_id not in alive}
        idle = {one.workflow_id for one in running if one.executor_id == self.name} - self._at_work
        if lost := lost | (idle & self._idle):  # in two sweeps: it may be about to begin
            DBOS.resume_workflows(sorted(lost), queue_name=QUEUE)
        self._idle = idle

    def _forget(self, **which: Any) -> None:
        if ended := DBOS.list_workflows(status=ENDED, queue_name=QUEUE, load_input=False, **which):
            DBOS.delete_workflows([one.workflow_id for one in ended])
