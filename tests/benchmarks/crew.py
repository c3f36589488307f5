"""Real workers in processes of their own, sandboxes in others, and campaigns that are left to them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from klaviyo_world import klaviyo_campaign

from glowtify_adapters.app import App
from glowtify_adapters.container import build_app
from glowtify_adapters.settings import Settings
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.clock import SystemClock
from glowtify_core.ports.credentials import CredentialRef, Secret

PATIENCE = 300.0
"""Seconds that anything may take before we give up on it."""

Process = subprocess.Popen[bytes]

TICKS = os.sysconf("SC_CLK_TCK")


class Crew:
    """A database, sandboxes, accounts and workers. Made by :func:`crew`.

    Attributes:
        app: the application over the same database, which writes down what workers do.
        sandboxes: their processes.
        workers: those that were hired, as processes.
    """

    def __init__(self, home: Path, where: Path | str, sandboxes: Sequence[Process]) -> None:
        self._environment = {
            **os.environ,
            "GLOWTIFY_HOME": str(home),
            "GLOWTIFY_DATABASE_URL": where if isinstance(where, str) else f"sqlite:///{where}",
        }
        self._ready = [_read_ready(home / f"{number}.json") for number in range(len(sandboxes))]
        self._lists: dict[str, str] = {}
        self.app: App = build_app(Settings.read(self._environment))
        self.sandboxes = sandboxes
        self.workers: list[Process] = []

    def open_accounts(self, count: int) -> list[str]:
        """Stores, each with an account of its own by our records; the sandboxes serve them in turn."""
        connections = self.app.connections
        for number in range(count):
            store, ready = f"store-{number}", self._ready[number % len(self._ready)]
            secret = {"api_key": Secret(ready["api_key"])}
            settings = {"base_url": ready["base_url"]}
            if number < len(self._ready):
                connections.connect(store, "klaviyo", secret, settings=settings)
            else:
                like = connections.repo.get(f"store-{number % len(self._ready)}", "klaviyo")
                account = replace(like.account, id=store.upper())
                connections.credentials.put(CredentialRef(store, "klaviyo"), secret)
                connections.repo.save(replace(like, store=store, account=account))
            self._lists[store] = ready["lists"][0]["id"]
        return list(self._lists)

    def leave(self, store: str, *names: str) -> None:
        """Write campaigns down for workers."""
        when = (SystemClock().now() + timedelta(days=30)).replace(second=0, microsecond=0, tzinfo=None)
        for name in names:
            campaign = klaviyo_campaign(
                key=CampaignKey(store, name),
                include=(AudienceRef(self._lists[store]),),
                schedule=SendAt.at(when, "UTC"),
            )
            self.app.campaigns.publish(campaign, later=True)

    def hire(self, count: int, *, concurrency: int) -> None:
        """Start workers."""
        options = ["worker", "--concurrency", str(concurrency)]
        for _ in range(count):
            self.workers.append(_start("glowtify_adapters", *options, env=self._environment))
        there = self.app.work.workers
        wait_for(lambda: len(there.alive(timedelta(seconds=15))) == count)

    def dismiss(self) -> None:
        """Tell the workers to stop, and wait for them."""
        stop(*self.workers)
        self.workers.clear()

    def done(self) -> list[Publication]:
        """What has been handed over, the first one first."""
        found = self.app.campaigns.repo.find(connector="klaviyo")
        return sorted((one for one in found if not one.open_operation), key=handed_over_at)


@contextmanager
def crew(where: Path | str, *, sandboxes: int = 1, limits: str = "off") -> Iterator[Crew]:
    """A crew without workers yet; whatever was started ends with it."""
    started: list[Process] = []
    with tempfile.TemporaryDirectory(prefix="glowtify-crew-") as folder:
        home, there = Path(folder), None
        try:
            for number in range(sandboxes):
                options = ["--seed", str(number + 1), "--limits", limits]
                ready = ["--ready-file", str(home / f"{number}.json")]
                started.append(_start("glowtify_klaviyo.sandbox", *options, *ready))
            there = Crew(home, where, started)
            yield there
        finally:
            if there:
                there.dismiss()
                there.app.close()
            stop(*started)


def _start(module: str, *options: str, env: Mapping[str, str] | None = None) -> Process:
    command = [sys.executable, "-m", module, *options]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _read_ready(path: Path) -> Any:
    wait_for(path.exists)
    return json.loads(path.read_text())


def stop(*processes: Process) -> None:
    """Tell processes to end, and see to it that they do."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(ready: Callable[[], object], *, every: float = 0.05) -> bool:
    """Wait until something holds.

    Raises:
        TimeoutError: it did not within :data:`PATIENCE`.
    """
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(every)
    return True


def handed_over_at(publication: Publication) -> float:
    """When its operation was closed, by its worker's clock."""
    closed = publication.operations[-1].closed_at
    return closed.timestamp() if closed else float("inf")


def cpu(*processes: Process) -> float:
    """Seconds of CPU that processes have used so far."""
    spent = 0
    for process in processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
        spent += int(fields[11]) + int(fields[12])  # in user mode, and in the system's
    return spent / TICKS


def busy() -> tuple[float, float]:
    """Seconds of CPU that the whole machine has used so far, and all that there were."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICKS, sum(fields) / TICKS
