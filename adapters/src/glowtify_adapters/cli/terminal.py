"""Where a command's words go: its result to standard output, everything else to standard error."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from glowtify_adapters.cli.words import instant, plain_json
from glowtify_adapters.plain import plain
from glowtify_core.application.claims import Report, silent
from glowtify_core.domain.errors import GlowtifyError, PlatformError
from glowtify_core.kit.redaction import SecretFilter, mask
from glowtify_core.ports.credentials import Secret

if TYPE_CHECKING:
    from rich.console import Console

    from glowtify_adapters.app import App
    from glowtify_core.ports.credentials import CredentialStore
    from glowtify_core.ports.platform import Finding

WIDTH_ON_A_PIPE = 1000
"""Characters a line when no window decides: nothing is wrapped, so that programs find whole sentences."""


class Terminal:
    """The person (or program) in front of the command.

    Attributes:
        as_json: print one JSON document instead of text.
        debug: show where unexpected errors come from.
        subject: what an error is about; its JSON begins with it.
    """

    def __init__(self, *, as_json: bool = False, debug: bool = False) -> None:
        self.as_json = as_json
        self.debug = debug
        self.subject: Mapping[str, Any] = {}
        self.hidden = SecretFilter()
        self._secrets: list[Secret] = []

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Keep these out of whatever is logged or traced from now on."""
        for secret in secrets:
            self._secrets.append(secret)
            self.hidden.hide(secret)

    def mask(self, text: str) -> str:
        """The text without any of them."""
        return mask(text, self._secrets)

    @cached_property
    def out(self) -> Console:
        """Standard output."""
        return _console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        """Standard error."""
        return _console(sys.stderr)

    @property
    def asks(self) -> bool:
        """Whether somebody is there to answer a question."""
        return sys.stdin is not None and sys.stdin.isatty()

    def result(self, document: Mapping[str, Any], show: Callable[[Console], None]) -> None:
        """The outcome: the document as JSON, or what ``show`` prints."""
        if self.as_json:
            self.document(document)
        else:
            show(self.out)

    def document(self, document: Mapping[str, Any]) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(plain_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n")
        sys.stdout.flush()

    def rows(self, rows: Iterable[Sequence[object]]) -> None:
        """Rows of a spreadsheet on standard output, as RFC 4180 writes them."""
        with suppress(AttributeError, ValueError):  # a stand-in may be no text file
            sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]  # its lines end by themselves
        csv.writer(sys.stdout).writerows(rows)
        sys.stdout.flush()

    def note(self, text: str, style: str = "dim") -> None:
        """A remark beside the result; JSON has no room for it."""
        if not self.as_json:
            self.err.print(plain(text), style=style)

    def warn(self, findings: Sequence[Finding]) -> None:
        """What a check found; in JSON they are part of the document."""
        for finding in findings:
            self.note(f"Warning: {sentence(finding.title)} {finding.remedy}".rstrip(), "yellow")

    def error(self, error: GlowtifyError) -> None:
        """An error in words: what happened, the platform's own words, what to do."""
        self.err.print("Error:", plain(str(error)), style="bold red")
        if error.field:
            self.err.print("  at", plain(error.field), style="dim")
        if error.remedy:
            self.err.print(" ", plain(error.remedy))
        if isinstance(error, PlatformError) and error.renews_at:
            self.err.print("  again from", instant(error.renews_at))

    @contextmanager
    def working(self, title: str) -> Iterator[Report]:
        """A spinner while something takes time, and a tick for each step; nothing on a pipe."""
        if not self._watched:
            yield silent
            return
        steps: list[str] = []

        def tick() -> None:
            if steps:
                self.err.print("  ✓", steps[-1], style="green")

        with self.err.status(title) as status:

            def report(word: str) -> None:
                tick()
                steps.append(plain(word).replace("_", " "))
                status.update(f"{title}: {steps[-1]}")

            yield report
            tick()

    @contextmanager
    def counting(self, title: str) -> Iterator[Callable[[], None]]:
        """A progress bar for work of unknown length; what it gives is called for each piece that is done."""
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"))
        with Progress(*columns, console=self.err, transient=True, disable=not self._watched) as progress:
            task = progress.add_task(title, total=None)
            yield lambda: progress.advance(task)

    @property
    def _watched(self) -> bool:
        """Whether somebody sees standard error while it is written."""
        return not self.as_json and self.err.file.isatty()


@contextmanager
def open_app(terminal: Terminal) -> Iterator[App]:
    """The application, closed at the end; with ``--debug`` every key it can read is hidden first."""
    from glowtify_adapters.container import build_app

    app = build_app()
    try:
        if terminal.debug:
            _hide_stored(terminal, app.connections.credentials)
        yield app
    finally:
        app.close()


def _hide_stored(terminal: Terminal, credentials: CredentialStore) -> None:
    """Those that cannot be read cannot be shown either."""
    with suppress(GlowtifyError):
        for ref in credentials.accounts():
            with suppress(GlowtifyError):
                terminal.hide(credentials.get(ref).values())


def sentence(text: str) -> str:
    """With a full stop, unless it ends in a mark already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _console(file: TextIO) -> Console:
    from rich.console import Console

    known = file.isatty() or "COLUMNS" in os.environ
    return Console(
        file=file, width=None if known else WIDTH_ON_A_PIPE, markup=False, highlight=False, emoji=False
    )
