"""Where a story is played: a sandbox, a folder of its own, and the real command."""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glowtify_adapters.cli.control import announced
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.ports.connectors import Sandbox

if TYPE_CHECKING:
    from rich.console import Console

Command = Callable[[Sequence[str]], int]
"""The ``glowtify`` command: arguments in, exit code out."""

HEADING = 78
"""Characters of a scene's heading."""

KEY = "KLAVIYO_API_KEY"

SETTLE_SECONDS = "1"
"""The sandbox shows at once what was made, so that a lost answer costs no long wait."""


class Stage:
    """Runs commands before an audience: prints each, lets it speak, and keeps what came of it.

    Args:
        console: where the story is told; None keeps it in :attr:`scenes` alone, as JSON documents.
        command: the ``glowtify`` command.
        url, keys: the sandbox's.
        now: the story's today.
    """

    def __init__(
        self,
        console: Console | None,
        command: Command,
        *,
        url: str,
        keys: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.url = url
        self.now = now
        self.scenes: list[dict[str, Any]] = []
        self._console = console
        self._command = command
        self._keys = keys

    def scene(self, title: str, why: str = "") -> None:
        """Open a scene."""
        self.scenes.append({"title": title, "commands": []})
        if self._console:
            self._console.print(f"\n── {title} ".ljust(HEADING, "─"), style="bold cyan")
            if why:
                self._console.print(why, style="italic")

    def run(self, line: str, *, why: str = "", ends: int = 0, key: str = "full") -> None:
        """Run one command line.

        Args:
            line: what a person would type after ``glowtify``.
            why: a remark on it.
            ends: the exit code that it should have.
            key: which of the account's keys is in the environment.

        Raises:
            GlowtifyError: it ended otherwise; the story cannot go on.
        """
        with environment({KEY: self._keys[key]}):
            code, document = self._told(line, why) if self._console else self._kept(line)
        self.scenes[-1]["commands"].append(
            {"command": f"glowtify {line}", "exit_code": code, "document": document}
        )
        if code != ends:
            raise GlowtifyError(
                "The story took an unexpected turn",
                code="demo",
                detail=f"`glowtify {line}` ended with {code} instead of {ends}.",
                remedy="This is a fault of Glowtify's; please report it.",
            )

    def _told(self, line: str, why: str) -> tuple[int, None]:
        """With everything that it says in one stream, in its order."""
        if self._console:
            self._console.print(f"\n$ glowtify {line}{f'   # {why}' if why else ''}", style="bold")
        with redirect_stderr(sys.stdout):
            return self._command(shlex.split(line)), None

    def _kept(self, line: str) -> tuple[int, Any]:
        said = io.StringIO()
        with redirect_stdout(said):
            code = self._command([*shlex.split(line), "--json"])
        return code, json.loads(said.getvalue())


@contextmanager
def stage(
    find_sandbox: Callable[[], Sandbox],
    console: Console | None,
    command: Command,
    *,
    now: datetime | None = None,
) -> Iterator[Stage]:
    """A stage on a sandbox of its own, in a folder of its own; nothing of the person's is touched."""
    with (
        tempfile.TemporaryDirectory(prefix="glowtify-demo-") as name,
        chdir(name),
        environment(_own(Path(name) / "home")),
        find_sandbox() as sandbox,
    ):
        ready = Path("ready.json")
        ready.write_text(json.dumps({"base_url": sandbox.base_url}), encoding="utf-8")
        with announced(ready):
            today = now or datetime.now(UTC)
            yield Stage(console, command, url=sandbox.base_url, keys=sandbox.keys, now=today)


def _own(home: Path) -> dict[str, str | None]:
    """An environment in which no setting of the person's is left."""
    settings = {name for name in os.environ if name.startswith("GLOWTIFY_")}
    own = {"GLOWTIFY_HOME": str(home), "GLOWTIFY_SETTLE_SECONDS": SETTLE_SECONDS}
    return {**dict.fromkeys(settings), KEY: None, **own}


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Change environment variables for a while; None takes one away."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
