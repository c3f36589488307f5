"""Where the crashes happen: a sandbox, homes that are connected to it, and processes that run the command."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import forkserver
from multiprocessing.process import _children
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest import mock

import worker
from boundaries import Act
from worker import Order

from glowtify_klaviyo.sandbox import Guesses, Sandbox, walk

SECONDS = 120.0
"""How long a process may take before the arena gives up on it."""

CLAIM = 1.0
"""``GLOWTIFY_CLAIM_SECONDS`` of every process."""

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where homes are, as far as there is such a place: what kills a process leaves the files as they are."""

_context = multiprocessing.get_context("forkserver")
_starting = threading.Lock()


def warm_up() -> None:
    """Start the fork server; it has everything imported then."""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    _context.set_forkserver_preload(["__main__", "worker", "warm"])
    with mock.patch.dict(os.environ, {"PYTHONPATH": path}):  # or the server would not find them
        forkserver.ensure_running()


def shut_down() -> None:
    """Stop the fork server; every child of it has ended."""
    forkserver._forkserver._stop()


@dataclass
class Running:
    """A process that was started."""

    process: Any
    output: Path

    @property
    def trace(self) -> list[str]:
        """The boundaries that it has passed."""
        path = self.output.with_suffix(".trace")
        return path.read_text().splitlines() if path.exists() else []

    def wait(self) -> Ran:
        """Wait for its end."""
        self.process.join(SECONDS)
        if self.process.exitcode is None:
            raise TimeoutError(f"{self.output.name} did not end; it passed {self.trace[-3:]}")
        out, err = (self.output.with_suffix(suffix).read_text() for suffix in (".out", ".err"))
        return Ran(self.process.exitcode, out, err, self.trace)

    def wait_stopped(self) -> None:
        """Wait until it stands still, or has ended."""
        deadline = time.monotonic() + SECONDS
        while self.process.exitcode is None and _state(self.process.pid) != "T":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.output.name} did not stop")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.process.exitcode is None:
            os.kill(self.process.pid, number)

    def resume(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)


@dataclass(frozen=True)
class Ran:
    """A process that has ended; a negative code is the signal that ended it."""

    code: int
    out: str
    err: str
    trace: list[str]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Arena:
    """One sandbox and any number of homes that are connected to it; ends with no process left.

    Args:
        settle: ``GLOWTIFY_SETTLE_SECONDS`` of the processes.
        guesses: of the sandbox.
        another: start a sandbox with another account too.

    Attributes:
        sandboxes: the one that new homes are connected to, and the other one.
        lags: whether what is new shows late in collections.
        jobs: remote name -> send jobs that were taken.
        doubled: remote name -> send jobs that were taken for what was on its way already.
    """

    def __init__(
        self, *, settle: float = 1.0, guesses: Mapping[str, Any] | None = None, another: bool = False
    ) -> None:
        self.sandboxes = [
            Sandbox(seed=seed, guesses=Guesses(**(guesses or {})), campaigns=1)
            for seed in ((1, 2) if another else (1,))
        ]
        self.lags = "collection_lag" in (guesses or {})
        self.jobs: Counter[str] = Counter()
        self.doubled: Counter[str] = Counter()
        self._environment = {
            "GLOWTIFY_CLAIM_SECONDS": str(CLAIM),
            "GLOWTIFY_SETTLE_SECONDS": str(settle),
        }
        self._trouble = threading.Lock()
        self._stack = ExitStack()
        self._processes: list[Any] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-", dir=MEMORY)))
            for sandbox in self.sandboxes:
                stack.enter_context(sandbox)
            stack.enter_context(mock.patch.object(walk, "schedule", self._counting(walk.schedule)))
            stack.callback(self._end_all)
            self._template = self._folder / "template"
            self.connect(self._template)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def home(self, name: str) -> Path:
        """A new home, connected."""
        home = self._folder / name
        shutil.copytree(self._template, home)
        return home

    def connect(
        self,
        home: Path,
        number: int = 0,
        *,
        store: str = "default",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Connect a store of a home to a sandbox's account, another one than before too."""
        to = self.sandboxes[number]
        address = ("--store", store, "--base-url", to.base_url, "--other-account")
        environment = {"KLAVIYO_API_KEY": to.api_key, **(environment or {})}
        home.mkdir(exist_ok=True)
        ran = self.run(home, "connect", "klaviyo", *address, environment=environment)
        if ran.code:
            raise RuntimeError(f"connecting failed: {ran.out} {ran.err}")

    @contextmanager
    def trouble(self, faults: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """The sandbox has these faults meanwhile; one at a time, since they know no campaigns."""
        if not faults:
            yield
            return
        with self._trouble:
            for fault in faults:
                self.sandboxes[0].add_fault(**fault)
            try:
                yield
            finally:
                self.sandboxes[0].clear_faults()

    def advance(self, by: timedelta) -> None:
        """Move the platform's clocks."""
        for sandbox in self.sandboxes:
            sandbox.advance(by)

    def start(
        self,
        home: Path,
        *arguments: str,
        acts: Mapping[str, Act] | None = None,
        clock: timedelta = timedelta(),
        environment: Mapping[str, str] | None = None,
        patience: timedelta | None = None,
    ) -> Running:
        """Start the command in a process of its own."""
        environment = {**self._environment, **(environment or {})}
        output = self._output(home, arguments[0])
        order = Order(home, arguments, output, environment, acts or {}, clock, patience)
        return self._begin(order, worker.work, order)

    def start_race(self, home: Path, *arguments: str, threads: int, seed: int) -> Running:
        """Start a process that runs the command on several files from several threads."""
        order = Order(home, arguments, self._output(home, f"race{seed}"), self._environment)
        return self._begin(order, worker.race, order, threads, seed)

    def run(self, home: Path, *arguments: str, **options: Any) -> Ran:
        """Run the command to its end."""
        return self.start(home, *arguments, **options).wait()

    def _begin(self, order: Order, target: Callable[..., None], *given: Any) -> Running:
        with _starting:
            process = _context.Process(target=target, args=given, daemon=True)
            process.start()
            self._processes.append(process)
            _children.discard(process)  # or the next start would take its exit code from who waits for it
        return Running(process, order.output)

    def _output(self, home: Path, name: str) -> Path:
        with _starting:
            number = len(list(home.glob("*.out")))
            path = home / f"{number}-{name}"
            path.with_suffix(".out").touch()
            path.with_suffix(".err").touch()
        return path

    def _counting(self, schedule: Callable[..., None]) -> Callable[..., None]:
        """Count the send jobs that are taken, and those taken for what is on its way already."""

        def counted(state: Any, campaign: Any, **given: Any) -> None:
            self.jobs[campaign.name] += 1
            self.doubled[campaign.name] += campaign.job is not None
            schedule(state, campaign, **given)

        return counted

    def _end_all(self) -> None:
        for process in self._processes:
            if process.exitcode is None:
                process.kill()
                process.join()


def _state(pid: int) -> str:
    """How the system sees a process: ``T`` stands still."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return ""
