"""The moments at which a process can die: around each request, and around each write of our own records.

Only the process that is about to die is changed, by :meth:`Boundaries.watch`; nothing in the code under test
knows of this.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dbos._sys_db import SystemDatabase
from requests.adapters import HTTPAdapter

from glowtify_adapters.persistence.campaigns import SqlCampaigns, SqlClaim
from glowtify_adapters.persistence.journal import SqlStepLog
from glowtify_core.domain.errors import RepositoryError


class Act(Enum):
    """What happens to the process at a boundary."""

    KILL = signal.SIGKILL
    STOP = signal.SIGSTOP
    FAIL = 0
    """It goes on, with a database that did not answer."""


class Boundaries:
    """Writes down every boundary that this process passes, and kills or stops it where it is told to.

    A boundary's name is stable from run to run: ``before POST campaigns``, ``after begin send``, and with a
    number from its second time on: ``after save publication (2)``.

    Args:
        trace: gets one line a boundary, on disk before anything happens there.
        acts: name -> what is to happen.
    """

    def __init__(self, trace: Path, acts: Mapping[str, Act]) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._acts = acts
        self._passed: Counter[str] = Counter()
        self._quiet = threading.RLock()

    def watch(self) -> None:
        """Wrap what this process does to the platform and to its records."""
        self._around(HTTPAdapter, "send", _request)
        for name in ("begin", "record", "clear"):
            self._around(SqlStepLog, name, functools.partial(_step, name))
        for name in ("add", "save"):
            self._around(SqlClaim, name, functools.partial(_fixed, f"{name} publication"))
        self._around(SqlCampaigns, "claim", functools.partial(_fixed, "claim"))
        self._around(SqlClaim, "release", functools.partial(_fixed, "release"))
        self._in_quiet(SqlClaim, "renew")
        self._after_taking()

    def _around(self, owner: type, method: str, label: Callable[..., str]) -> None:
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def wrapped(this: Any, *args: Any, **options: Any) -> Any:
            name = label(*args)
            self._pass(f"before {name}")
            result = inner(this, *args, **options)
            self._pass(f"after {name}")
            return result

        setattr(owner, method, wrapped)

    def _after_taking(self) -> None:
        """A worker asks for jobs again and again; what counts is that it was given some."""
        inner = SystemDatabase.start_queued_partitioned_workflows

        @functools.wraps(inner)
        def wrapped(this: Any, *args: Any, **options: Any) -> Any:
            jobs = inner(this, *args, **options)
            if jobs:
                self._pass("after taking jobs")
            return jobs

        SystemDatabase.start_queued_partitioned_workflows = wrapped  # type: ignore[method-assign]  # this process

    def _in_quiet(self, owner: type, method: str) -> None:
        """Nobody is stopped inside this method.

        A claim is renewed by a thread: stopped within its transaction it would keep the lock of the whole
        database, which is the matter of another test than this.
        """
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def wrapped(this: Any) -> Any:
            with self._quiet:
                return inner(this)

        setattr(owner, method, wrapped)

    def _pass(self, name: str) -> None:
        self._passed[name] += 1
        if self._passed[name] > 1:
            name = f"{name} ({self._passed[name]})"
        os.write(self._trace, f"{name}\n".encode())
        if act := self._acts.get(name):
            with self._quiet:
                os.kill(os.getpid(), act.value)
            if act is Act.FAIL:
                raise RepositoryError(f"The database did not answer {name}")


def _request(request: Any, *_: Any) -> str:
    """A request's method and path without ids, such as ``PATCH campaigns/ID``."""
    resource, *rest = urlsplit(request.url).path.removeprefix("/api/").rstrip("/").split("/")
    return f"{request.method} {'/'.join([resource, *(['ID'] if rest else []), *rest[1:]])}"


def _step(method: str, name: str, *_: Any) -> str:
    return f"{method} {name}"


def _fixed(name: str, *_: Any) -> str:
    return name
