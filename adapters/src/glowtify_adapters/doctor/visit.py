"""What the doctor looks at, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from glowtify_adapters.credentials.keys import Keys
from glowtify_adapters.persistence.backlog import Backlog, SqlBacklog
from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.inspection import Inspection
from glowtify_adapters.persistence.pacing import SqlGate
from glowtify_adapters.persistence.workers import SqlWorkers, Worker
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.connections import ConnectionRepo
from glowtify_core.ports.connectors import ConnectorDirectory
from glowtify_core.ports.credentials import CredentialStore, Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glowtify_adapters.settings import Settings
    from glowtify_core.application.connect_account import ConnectAccount


Hide = Callable[[Iterable[Secret]], None]


class Verdict(StrEnum):
    """How something stands, the better first."""

    OK = "ok"
    WARNING = "warning"
    """Somebody should look at it; the host is ready all the same."""
    FAILED = "failed"
    """The host is not ready."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one check found; a check may find several things.

    Attributes:
        check: its name.
        verdict: how it stands.
        sentence: what was found.
        remedy: what to do about it; empty when it is ok.
        error: why it failed, where an error is the reason.
    """

    check: str
    verdict: Verdict
    sentence: str
    remedy: str = ""
    error: GlowtifyError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The parts of a host that are looked at.

    Attributes:
        directory, connect: made when asked for, since two owners of a connector's name let them fail.
        keys: of the encrypted credentials; None where credentials come from the environment.
        lost_after: the silence after which a worker is taken for dead.
    """

    settings: Settings
    clock: Clock
    database: Database
    keys: Keys | None
    credentials: CredentialStore
    connections: ConnectionRepo
    workers: SqlWorkers
    backlog: SqlBacklog
    gate: SqlGate
    directory: Callable[[], ConnectorDirectory]
    connect: Callable[[], ConnectAccount]
    lost_after: timedelta


@dataclass(frozen=True)
class Visit:
    """One look at a host.

    Attributes:
        host: what is looked at.
        inspection: of the database; None where there is none yet.
        store: only this one's affairs; None: everybody's.
        online: whether the platforms are asked too.
        hide: keeps what it is given out of sight.
    """

    host: Host
    inspection: Inspection | None
    store: str | None
    online: bool
    hide: Hide

    @cached_property
    def connections(self) -> Sequence[Connection]:
        """Those that are looked at."""
        return self.host.connections.all(self.store)

    @cached_property
    def backlog(self) -> Backlog:
        """What waits."""
        return self.host.backlog.count(self.host.clock.now(), self.store)

    @cached_property
    def workers(self) -> Sequence[Worker]:
        """Those that are there."""
        return self.host.workers.alive(self.host.lost_after)


def written(moment: datetime) -> str:
    """An instant as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def counted(count: int, one: str) -> str:
    """``1 worker``, ``2 workers``."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def sentence(text: str) -> str:
    """With a full stop, unless it ends in a mark already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
