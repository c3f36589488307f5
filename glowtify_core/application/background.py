"""Work that nobody waits for: found in the repository, given to whatever engine the host has, and done.

Whether an engine loses a job, does it twice or dies over it decides nothing: what is open stays written down
and is handed out again, and claims and the journal see to it that each step is done once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from zlib import crc32

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.collect_performance import CollectPerformance
from glowtify_core.application.connect_account import ConnectAccount
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import CampaignRepo, Due
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.connections import ConnectionRepo

AGAIN = timedelta(minutes=1)
"""After which what was handed out is handed out again, unless somebody holds it or it has been done."""

MOST = 500
"""Publications handed out at a time."""

CHECK_EVERY, LOOK_EVERY = timedelta(days=1), timedelta(minutes=10)
"""How old the check of a connection may become, and how often a process looks for such."""

_log = logging.getLogger(__name__)


class JobKind(StrEnum):
    """What is to be done."""

    ADVANCE = "advance"
    """Carry an open operation on."""
    TRACK = "track"
    """Ask how campaigns stand."""
    COLLECT = "collect"
    """Read figures again."""
    CHECK = "check"
    """Look whether the credential of a connection still is good."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work, all of one account. Made of text alone, so that it survives any queue.

    Attributes:
        id: the same piece of work has the same id; a queue may drop a second one while it keeps the first.
        kind: a :class:`JobKind`.
        store, connector: whose.
        account: the platform account, for taking turns between accounts.
        publications: ids.
    """

    id: str
    kind: str
    store: str
    connector: str
    account: str
    publications: tuple[str, ...] = ()

    def lane(self, lanes: int) -> str:
        """Where it waits for its turn, if an account has so many lanes with a job at a time in each.

        Figures have one more: reports are so few that a publication would wait for minutes behind them.
        """
        lane = self.kind if self.kind == JobKind.COLLECT else crc32(self.id.encode()) % lanes
        return f"{self.connector}:{self.account}:{lane}"

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The job that :func:`dataclasses.asdict` has made a document of, JSON or not."""
        return cls(**{**document, "publications": tuple(document["publications"])})


class Background:
    """What is due, as jobs, and the doing of them. Any number of workers call both, on any machine."""

    def __init__(
        self,
        *,
        repo: CampaignRepo,
        connections: ConnectionRepo,
        advance: AdvancePublication,
        track: TrackCampaigns,
        collect: CollectPerformance,
        connect: ConnectAccount,
        clock: Clock,
        again: timedelta = AGAIN,
    ) -> None:
        self._repo = repo
        self._connections = connections
        self._advance = advance
        self._track = track
        self._collect = collect
        self._connect = connect
        self._clock = clock
        self._again = again
        self._looked_at: datetime | None = None
        self._perform: Mapping[str, Callable[[Job], object]] = {
            JobKind.ADVANCE: self._carry_on,
            JobKind.TRACK: lambda job: self._track(self._publications(job)),
            JobKind.COLLECT: lambda job: self._collect(self._publications(job)),
            JobKind.CHECK: lambda job: self._connect.check_now(job.store, job.connector),
        }

    def hand_out(self) -> Sequence[Job]:
        """What is due and in nobody's hands, each given to one of those who ask. Ask every second or so."""
        now = self._clock.now()
        due = self._repo.hand_out(now=now, again=now + self._again, most=MOST)
        jobs = [_advance(one) for one in due if one.publication.open_operation]
        together: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
        for publication in (one.publication for one in due if not one.publication.open_operation):
            together[_group(publication)].append(publication.id)
        for (kind, store, connector, account), ids in together.items():
            id_ = f"{kind}:{store}/{connector}:{ids[0]}:{now.isoformat()}"
            jobs.append(Job(id_, kind, store, connector, account, tuple(ids)))
        return [*jobs, *self._checks(now)]

    def perform(self, job: Job) -> None:
        """Do a job, any number of times. Refusals and failures are kept where people look for them."""
        try:
            self._perform[job.kind](job)
        except GlowtifyError as problem:
            _log.warning("%s of %s for %s: %s", job.kind, job.connector, job.store, problem)

    def _checks(self, now: datetime) -> Iterable[Job]:
        """Connections that nobody has checked for a day; now and then, since all of them are read for it."""
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            for one in self._connections.all():
                if _unchecked(one, now):
                    id_ = f"{JobKind.CHECK}:{one.store}/{one.connector}:{now.isoformat()}"
                    yield Job(id_, JobKind.CHECK, one.store, one.connector, one.account.id)

    def _carry_on(self, job: Job) -> None:
        for publication_id in job.publications:
            self._advance(publication_id, wait=0)

    def _publications(self, job: Job) -> Sequence[Publication]:
        return self._repo.find(ids=job.publications)


def _advance(due: Due) -> Job:
    """One try at an operation; the next try has another fence."""
    one = due.publication
    id_ = f"{JobKind.ADVANCE}:{one.id}:{due.fence}"
    return Job(id_, JobKind.ADVANCE, one.key.store, one.connector, one.account_id, (one.id,))


def _group(publication: Publication) -> tuple[str, str, str, str]:
    kind = JobKind.COLLECT if publication.state.final else JobKind.TRACK
    return kind, publication.key.store, publication.connector, publication.account_id


def _unchecked(connection: Connection, now: datetime) -> bool:
    return connection.checked_at is None or now - connection.checked_at >= CHECK_EVERY
