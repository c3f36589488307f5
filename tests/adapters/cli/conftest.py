"""The command in this process, over a fake connector or the sandbox; never over the person's own files."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fakes
import pytest
from dependency_injector import providers

from glowtify_adapters.cli import main
from glowtify_adapters.container import Container
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.connectors import CredentialField, Installed, LoadFailure

KEY = "a-long-enough-key"
FIELD = CredentialField(
    "api_key", "API key", help="In Fake: Settings.", environment="FAKE_API_KEY", check=fakes.check_key
)


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return self.json["error"]


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test, and no terminal."""
    for name in ("KLAVIYO_API_KEY", "FAKE_API_KEY", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GLOWTIFY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "home"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``glowtify`` with these arguments."""

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return command


@pytest.fixture
def fake() -> Iterator[fakes.FakeServer]:
    """A connector named ``fake`` is installed, over this server; its clock is everybody's."""
    clock = fakes.FakeClock()
    server = fakes.FakeServer(clock)
    manifest = fakes.manifest_for(server, credential_fields=(FIELD,))
    registry = ConnectorRegistry(
        (Installed(manifest, "glowtify-fake", "1.0"),),
        (LoadFailure("broken", "glowtify-broken", "ImportError: no such module", "Repair it."),),
    )
    overrides = {Container.directory: registry, Container.clock: clock, Container.gate: fakes.OpenGate()}
    for provider, value in overrides.items():
        provider.override(providers.Object(value))
    yield server
    for provider in overrides:
        provider.reset_override()


@pytest.fixture
def connected(fake: fakes.FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> fakes.FakeServer:
    """The fake, connected to the store ``default``."""
    monkeypatch.setenv("FAKE_API_KEY", KEY)
    assert run("connect", "fake").code == 0
    monkeypatch.delenv("FAKE_API_KEY")
    return fake


@pytest.fixture
def campaign_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a campaign file for the fake; keyword arguments stand in for its parts."""

    def write(name: str = "winter-sale", **parts: str) -> Path:
        given = {
            "top": f'id = "{name}"\nname = "Winter sale"\nconnector = "fake"\n'
            'subject = "Everything must go"\nhtml = "mail.html"\ntext = "Hello"\n',
            "sender": 'name = "Acme"\nemail = "a@example.com"\n',
            "audience": 'include = ["Newsletter"]\n',
            "schedule": 'at = "2027-01-15T09:00"\nzone = "America/Toronto"\n',
        } | parts
        content = given.pop("top") + "".join(f"[{table}]\n{lines}" for table, lines in given.items())
        (tmp_path / "mail.html").write_text("<html><body><p>Hello</p></body></html>", encoding="utf-8")
        path = tmp_path / f"{name}.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return write
