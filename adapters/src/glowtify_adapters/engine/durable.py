"""Background work on DBOS: a queue that outlasts processes, and accounts that take turns.

The safety of a publication lies in our journal: a job done twice, or lost, does no harm. Which processes are
dead, what DBOS leaves to its paid service, is found out here by asking who is alive.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

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


class DurableEngine:
    """Does what is due, with any number of others on any number of machines.

    A host with a DBOS of its own: :meth:`register`, launch, :meth:`open_queue`, then :meth:`sweep` often.

    Args:
        background: finds and does the work.
        workers: who else is there.
        url: gives the engine's own database, made ready.
        name: the executor's id, unlike any other's: by default all are "local" and take each other's jobs.
        concurrency: jobs at a time in this process.
        lost_after: silence after which a process is taken for dead.
    """

    def __init__(
        self,
        background: Background,
        workers: SqlWorkers,
        *,
        url: Callable[[], str],
        name: str,
        concurrency: int,
        lost_after: timedelta,
    ) -> None:
        self._background = background
        self._workers = workers
        self._name = name
        self._url = url
        self._concurrency = concurrency
        self._lost_after = lost_after
        self._tidy_at = datetime.now(UTC)

    def run(self, stop: threading.Event, *, patience: timedelta) -> None:
        """Work until ``stop`` is set; then wait so long for what is under way; the rest is left to others."""
        self.register()
        DBOS(
            config={
                "name": "glowtify",
                "system_database_url": self._url(),
                "executor_id": self._name,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
            }
        )
        DBOS.launch()
        try:
            self.open_queue()
            while not stop.wait(EVERY):
                try:
                    self.sweep()
                except Exception as problem:  # noqa: BLE001 - the next sweep makes up for it
                    said = problem if isinstance(problem, RepositoryError) else type(problem).__name__
                    _log.warning("A sweep failed and is tried again: %s", said)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=round(patience.total_seconds()))
            with suppress(RepositoryError):  # silence says the same, later
                self._workers.leave(self._name)

    def register(self) -> None:
        """Make the one workflow known."""

        @DBOS.workflow(name="glowtify.perform")
        def perform(job: dict[str, Any]) -> None:
            self._background.perform(Job.of(job))

        self._perform = perform

    def open_queue(self) -> None:
        """Take part in the queue."""
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=POLL,
            on_conflict="always_update",
        )

    def sweep(self) -> None:
        """Say that we are there, take over from who is not, queue what is due, and now and then tidy up."""
        self._workers.beat(self._name)
        self._take_over()
        self._enqueue(self._background.hand_out())
        if datetime.now(UTC) >= self._tidy_at:
            self._tidy_at = datetime.now(UTC) + TIDY_EVERY
            self._forget(completed_before=(datetime.now(UTC) - KEPT).isoformat())

    def _enqueue(self, jobs: Sequence[Job]) -> None:
        """One that waits or runs already is not queued again; one that has ended is."""
        if jobs:
            self._forget(workflow_ids=[job.id for job in jobs])
        for job in jobs:
            lane = f"{job.connector}:{job.account}:{crc32(job.id.encode()) % LANES}"
            with SetWorkflowID(job.id), SetEnqueueOptions(queue_partition_key=lane):
                DBOS.enqueue_workflow(QUEUE, self._perform, asdict(job))

    def _take_over(self) -> None:
        """Queue anew what ran in a process that is silent: it would hold its account's lane for ever."""
        running = DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False)
        alive = {worker.name for worker in self._workers.alive(self._lost_after)}
        if lost := [one.workflow_id for one in running if one.executor_id not in alive]:
            DBOS.resume_workflows(lost, queue_name=QUEUE)

    def _forget(self, **which: Any) -> None:
        if ended := DBOS.list_workflows(status=ENDED, queue_name=QUEUE, load_input=False, **which):
            DBOS.delete_workflows([one.workflow_id for one in ended])
