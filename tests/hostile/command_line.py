"""The command in this process, over the real connector and a sandbox without sockets."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from fakes import OpenGate
from hostile_house import NOW
from inprocess import InProcess
from klaviyo_world import HTML, SandboxClock
from tampering import Tampering

from glowtify_adapters.cli import main
from glowtify_adapters.container import Container
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.connectors import Installed
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

TOML = """
id = "winter-sale"
name = "Winter sale"
connector = "klaviyo"
subject = "Everything must go"
html = "mail.html"
[sender]
name = "Acme"
email = "shop@example.com"
[audience]
include = ["Newsletter"]
[schedule]
at = "2026-12-15T09:00"
zone = "America/Toronto"
"""


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """A folder with a campaign, and the command that publishes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "campaign.toml"
        self.sandbox = Sandbox(now=NOW, campaigns=1, lists=2, segments=1)
        self.wire = Tampering(InProcess(self.sandbox))
        self.clock = SandboxClock(self.sandbox)
        (folder / "mail.html").write_text(HTML, encoding="utf-8")
        self.file.write_text(TOML, encoding="utf-8")

    def run(self, *arguments: object) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        return Ran(code, out.getvalue(), err.getvalue())

    @property
    def writes(self) -> list[str]:
        """What was asked that could change something."""
        return [f"{one.method} {one.path}" for one in self.sandbox.requests if one.method != "GET"]

    @property
    def kept(self) -> int:
        """How many publications were written down."""
        with closing(sqlite3.connect(self.folder.parent / "home" / "glowtify.db")) as database:
            return int(database.execute("select count(*) from glowtify_publications").fetchone()[0])


@contextmanager
def opened(folder: Path) -> Iterator[CommandLine]:
    """A connected store; nothing of it is the person's own."""
    (folder / "campaign").mkdir()
    command = CommandLine(folder / "campaign")
    manifest = replace(MANIFEST, factory=command.wire.mounted(command.sandbox.base_url))
    registry = ConnectorRegistry((Installed(manifest, "glowtify-klaviyo", "1"),), ())
    overrides = {Container.directory: registry, Container.clock: command.clock, Container.gate: OpenGate()}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FORCE_COLOR", "COLUMNS"):
            patch.delenv(name, raising=False)
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setenv("GLOWTIFY_HOME", str(folder / "home"))
        patch.setenv("KLAVIYO_API_KEY", command.sandbox.api_key)
        for provider, value in overrides.items():
            provider.override(providers.Object(value))
        connected = command.run("connect", "klaviyo", "--base-url", command.sandbox.base_url)
        assert connected.code == 0, connected.err
        command.sandbox.clear_requests()
        try:
            yield command
        finally:
            for provider in overrides:
                provider.reset_last_overriding()
