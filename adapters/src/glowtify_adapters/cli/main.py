"""The ``glowtify`` command: its groups, and the one place where errors end."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import TextIO

import click

from glowtify_adapters.cli import (
    audiences,
    campaigns,
    connections,
    demo,
    doctor,
    errors,
    new_connector,
    performance,
    publish,
    sandbox,
    secrets,
    serve,
    worker,
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
    doctor.doctor,
    audiences.audiences,
    publish.publish,
    campaigns.status,
    campaigns.reschedule,
    campaigns.cancel,
    campaigns.edit,
    campaigns.repair,
    worker.worker,
    serve.serve,
    performance.performance,
    secrets.secrets,
    sandbox.sandbox,
    new_connector.new_connector,
):
    glowtify.add_command(command)


_WRITING_FAILED = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of the process (see :mod:`glowtify_adapters.cli.errors`)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal(as_json="--json" in given, debug="--debug" in given)
    sys.stderr = sys.stderr or _nowhere()
    if sys.stdout is None:  # closed by whoever started us
        return _cannot_write("standard output is closed; nothing was done")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stand-in may be no text file
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # as the line above says
    try:
        with _logging(terminal):
            code = _run(given, terminal)
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # the reader has left: nobody is there to be told
        sys.stdout = _nowhere()
        return errors.UNDECIDED
    except OSError as problem:
        return _cannot_write(f"{problem.strerror}; `glowtify status` shows what was done")


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
    except Exception as error:  # the last resort: one clear line, and no values in it
        if isinstance(error, OSError) and error.errno in _WRITING_FAILED:
            raise
        if terminal.debug:
            sys.stderr.write(terminal.mask(traceback.format_exc()))
        return _fail(terminal, errors.unexpected(error))
    return code if isinstance(code, int) else errors.DONE


def _fail(terminal: Terminal, error: GlowtifyError) -> int:
    if terminal.as_json:
        terminal.document({**terminal.subject, "error": errors.error_document(error)})
    else:
        terminal.error(error)
    return errors.exit_code(error)


def _cannot_write(why: str) -> int:
    """Standard output takes nothing more, not even at the end of the process."""
    sys.stdout = _nowhere()
    with contextlib.suppress(OSError):
        sys.stderr.write(f"Error: writing failed: {why}.\n")
    return errors.UNDECIDED


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - closed by the process's end


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
    from glowtify_adapters.observing.logs import set_up_logs

    with set_up_logs(level=logging.DEBUG, hidden=terminal.hidden):
        yield
