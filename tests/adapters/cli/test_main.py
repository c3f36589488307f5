"""The command as a whole: help, versions, and how it ends when something is wrong with it or around it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

import glowtify_adapters.container
from glowtify_adapters.cli.main import glowtify
from glowtify_core.domain.errors import PublicationBusy

COMMANDS = [
    *("audiences", "cancel", "connect", "connections", "connectors", "demo", "disconnect", "doctor", "edit"),
    *("new-connector", "performance", "publish", "repair", "reschedule", "sandbox", "secrets", "serve"),
    *("status", "worker"),
]


def test_help_lists_every_command_with_the_exit_codes_and_completion(run):
    shown = run("--help")
    assert shown.code == 0
    assert sorted(glowtify.commands) == COMMANDS
    for word in (*COMMANDS, "Exit codes:", "_GLOWTIFY_COMPLETE"):
        assert word in shown.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_offers_json(run, fake, command):
    shown = run(command, "--help")
    assert shown.code == 0
    assert f"Usage: glowtify {command}" in shown.out
    assert ("--json" in shown.out) is (command not in {"sandbox", "secrets"})


def test_help_of_publish_explains_the_marker(run):
    shown = run("publish", "--help").out
    assert "marker" in shown
    assert "gl7k2m9x4q" in shown
    assert "shown here only when you have to look for it" in shown


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from glowtify_adapters.cli import main; main(['--help']);"
        "heavy = {'requests', 'rich', 'sqlalchemy', 'marshmallow', 'starlette', 'dependency_injector',"
        " 'cryptography', 'urllib.request'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_version_is_the_distributions(run):
    assert run("--version").out == f"glowtify {version('glowtify-adapters')}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["publish"], ["status", "--nonsense"], ["reschedule", "winter-sale"]]
)
def test_a_wrong_command_line_ends_with_2(run, arguments):
    shown = run(*arguments)
    assert shown.code == 2
    assert "Usage" in shown.err
    as_json = run(*arguments, "--json")
    assert (as_json.code, as_json.error["code"]) == (2, "usage")
    assert as_json.err == ""


@pytest.fixture
def fails(monkeypatch):
    """Lets every command fail with this error as soon as it needs the application."""

    def with_error(error):
        def build_app():
            raise error

        monkeypatch.setattr(glowtify_adapters.container, "build_app", build_app)

    return with_error


def test_an_error_is_said_with_its_remedy_on_standard_error(run, fails):
    fails(PublicationBusy("Somebody is at it", detail="pid 5", remedy="Try again.", field="id"))
    shown = run("status")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err == "Error: Somebody is at it: pid 5\n  at id\n  Try again.\n"


def test_an_error_as_json_is_the_only_output(run, fails):
    fails(PublicationBusy("Somebody is at it"))
    shown = run("status", "--json")
    assert (shown.code, shown.err) == (1, "")
    assert shown.error["code"] == "publication_busy"


def test_an_unexpected_error_is_one_clear_line_without_its_words(run, fails):
    fails(KeyError("a-secret-value"))
    shown = run("status")
    assert shown.code == 1
    assert "Something went wrong inside Glowtify: KeyError" in shown.err
    assert "a-secret-value" not in shown.err
    assert "Traceback" not in shown.err


def test_debug_shows_where_it_came_from(run, fails):
    fails(KeyError("what"))
    assert "Traceback" in run("status", "--debug").err


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_one_line_and_130(run, fails, stopped):
    fails(stopped)
    shown = run("status")
    assert (shown.code, shown.out) == (130, "")
    assert shown.err.strip() == "Interrupted. What was begun, `glowtify repair` finishes."


@pytest.mark.parametrize(
    "arguments", [["connectors"], ["connectors", "--json"], ["status", "nothing", "--json"], ["--help"]]
)
def test_a_reader_that_leaves_ends_it_quietly(home, arguments):
    """A pipe whose reader has gone, as after `| head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "glowtify_adapters", *arguments]
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b""


def test_characters_that_the_output_cannot_show_are_replaced(home, fake):
    command = [sys.executable, "-m", "glowtify_adapters", "demo", "--help"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def test_colours_are_for_terminals_and_no_color_is_honoured(run, fake, monkeypatch):
    assert "\x1b[" not in run("connectors").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31mbroken" in run("connectors").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in run("connectors").out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    "arguments", [["connectors"], ["connectors", "--json"], ["status", "x", "--json"], ["--help"]]
)
def test_a_full_disk_is_one_line_and_1(home, arguments):
    command = [sys.executable, "-m", "glowtify_adapters", *arguments]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: writing failed: No space left on device")
    assert done.stderr.count("\n") == 1


def test_a_closed_output_is_one_line_and_1(run, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    shown = run("connectors")
    sys.stdout.close()  # what stands in for it is closed by the end of the process otherwise
    assert (shown.code, shown.err) == (
        1,
        "Error: writing failed: standard output is closed; nothing was done.\n",
    )


def test_help_says_what_debug_logs(run):
    assert "Log each request (no content, keys masked)" in " ".join(run("status", "--help").out.split())
