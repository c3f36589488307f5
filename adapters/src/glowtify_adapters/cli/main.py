"""The ``glowtify`` command: its groups, and the one place where errors end."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence

import click

from glowtify_adapters.cli import (
    audiences,
    campaigns,
    connections,
    demo,
    errors,
    performance,
    publish,
    sandbox,
)
from glowtify_adapters.cli.terminal import Terminal
from glowtify_core.domain.errors import GlowtifyError

EPILOG = (
    "\b\nExit codes:\n"
    + "\n".join(f"  {code}  {meaning}" for code, meaning in errors.EXIT_CODES.items())
    + "\n\n\b\nCompletion in bash (zsh and fish alike):\n"
    '  eval "$(_GLOWTIFY_COMPLETE=bash_source glowtify)"'
)


@click.group(
    epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="glowtify-adapters", prog_name="glowtify", message="%(prog)s %(version)s")
def glowtify() -> None:
    """Schedule e-mail campaigns on the platform you already use, and see how they did.

    Start with `glowtify demo`, then `glowtify connect klaviyo`. Every command takes --json.
    """


for command in (
    demo.demo,
    connections.connectors,
    connections.connect,
    connections.connections,
    connections.disconnect,
    audiences.audiences,
    publish.publish,
    campaigns.status,
    campaigns.reschedule,
    campaigns.cancel,
    campaigns.edit,
    campaigns.repair,
    performance.performance,
    sandbox.sandbox,
):
    glowtify.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of the process (see :mod:`glowtify_adapters.cli.errors`)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal(as_json="--json" in given, debug="--debug" in given)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stand-in may be no text file
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # as the line above says
    try:
        with _logging(terminal):
            return _run(given, terminal)
    except BrokenPipeError:  # the reader has left: nobody is there to be told
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - closed by the end of the process
        return errors.UNDECIDED


def _run(arguments: list[str], terminal: Terminal) -> int:
    try:
        code = glowtify.main(arguments, prog_name="glowtify", standalone_mode=False, obj=terminal)
    except GlowtifyError as error:
        return _fail(terminal, error)
    except click.ClickException as error:
        return _usage(terminal, error)
    except (click.Abort, KeyboardInterrupt):
        terminal.note("Interrupted. What was begun, `glowtify repair` finishes.", "yellow")
        return errors.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: one clear line, and no values in it
        if terminal.debug:
            sys.stderr.write(terminal.mask(traceback.format_exc()))
        return _fail(terminal, errors.unexpected(error))
    return code if isinstance(code, int) else errors.DONE


def _fail(terminal: Terminal, error: GlowtifyError) -> int:
    if terminal.as_json:
        terminal.document({"error": errors.error_document(error)})
    else:
        terminal.error(error)
    return errors.exit_code(error)


def _usage(terminal: Terminal, error: click.ClickException) -> int:
    """The command line itself is wrong."""
    if terminal.as_json:
        wrong = GlowtifyError(error.format_message(), code="usage", remedy="See glowtify --help.")
        terminal.document({"error": errors.error_document(wrong)})
    else:
        error.show()
    return errors.USAGE


@contextlib.contextmanager
def _logging(terminal: Terminal) -> Iterator[None]:
    """With ``--debug`` everything that is logged goes to standard error, keys masked."""
    if not terminal.debug:
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(terminal.hidden)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
