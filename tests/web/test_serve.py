"""``glowtify serve``: where it listens, what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import click
import pytest

from glowtify_adapters.cli import main
from glowtify_adapters.cli.errors import REFUSED_HERE

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/login\?token=\S+")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GLOWTIFY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GLOWTIFY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "home"


@contextmanager
def served(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "glowtify_adapters", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def link_in(stream: Any) -> str:
    """Read until a link is there."""
    for line in stream:
        if found := LINK.search(line):
            return found[0]
    raise AssertionError("no link was printed")


def asked(link: str) -> str:
    with build_opener(ProxyHandler({})).open(link, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_a_link_serves_and_ends_with_0(number: signal.Signals) -> None:
    with served() as process:
        link = link_in(process.stderr)
        assert "<h1>" in asked(link)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out == ""
        assert len(LINK.findall(err)) == 1  # the link was used, so there is another
        assert "Traceback" not in err


def test_the_sandbox_s_home_is_gone_afterwards(tmp_path: Path, home: Path) -> None:
    with served("--sandbox") as process:
        link = link_in(process.stderr)
        assert list((tmp_path / "tmp").glob("glowtify-*"))
        page = asked(link.replace("/login?token=", "/login?wrong="))
        assert "<h1>" in page
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert not list((tmp_path / "tmp").glob("glowtify-*"))
    assert not (home / "glowtify.db").exists()


def test_a_program_reads_the_link() -> None:
    with served("--json") as process:
        read = ""
        while not read.endswith("}\n"):
            read += process.stdout.readline()
        link = json.loads(read)["link"]
        assert LINK.fullmatch(link)
        assert "<h1>" in asked(link.replace("token=", "wrong="))
        process.terminate()
        assert process.communicate(timeout=60)[1] == ""


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--json"]) == REFUSED_HERE
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["title"] == f"The page cannot be served on 127.0.0.1:{port}"
    assert "--port" in error["remedy"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"GLOWTIFY_WEB_PASSWORD": "correct horse battery"},
        {"GLOWTIFY_WEB_ORIGIN": "https://mail.example.com"},
        {"GLOWTIFY_WEB_ORIGIN": "http://mail.example.com", "GLOWTIFY_WEB_PASSWORD": "correct horse battery"},
    ],
)
def test_other_interfaces_are_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["serve", "--host", "0.0.0.0", "--port", "0"]) == REFUSED_HERE
    assert "GLOWTIFY_WEB_ORIGIN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"), [("GLOWTIFY_WEB_ORIGIN", "mail.example.com"), ("GLOWTIFY_WEB_PASSWORD", "short")]
)
def test_a_setting_that_cannot_be_used_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["serve", "--port", "0"]) == REFUSED_HERE
    assert name in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    without: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    without("jinja2")
    assert main(["serve"]) == REFUSED_HERE
    assert 'pip install "glowtify-adapters[web]"' in capsys.readouterr().err


class Typed(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "shown"),
    [(Typed("y\n"), True), (Typed("n\n"), False), (Typed(""), False), (io.StringIO("y\n"), False)],
)
def test_the_demo_offers_the_page_to_somebody_at_a_terminal(
    stdin: io.StringIO, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[dict[str, Any]] = []
    monkeypatch.setattr("glowtify_adapters.cli.story.scenes.SCENES", ())
    monkeypatch.setattr("glowtify_adapters.cli.demo.serve", served_command(served))
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "stdout", Typed())
    assert main(["demo"]) == 0
    assert served == [{"port": 0, "host": "127.0.0.1", "sandbox": True, "store": "default"}] * shown
    asked = "Show it in the browser now?" in capsys.readouterr().err
    assert asked == stdin.isatty()


def served_command(served: list[dict[str, Any]]) -> click.Command:
    return click.Command("serve", callback=lambda **options: served.append(options))


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """As if a package were not installed."""

    def without(package: str) -> None:
        for name in [name for name in sys.modules if name.startswith(("glowtify_adapters.web", package))]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)

    return without
