"""``secrets``: the keys that credentials are encrypted with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from glowtify_adapters.cli.errors import DONE, error_document, exit_code
from glowtify_adapters.cli.options import output_options
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_core.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


@click.group()
def secrets() -> None:
    """See and change the keys that credentials are encrypted with."""


@secrets.command()
@output_options
@click.pass_obj
def status(terminal: Terminal) -> None:
    """Show how many credentials each key encrypts, by the key's id."""
    with open_app(terminal) as app:
        if app.secrets is None:
            raise _nothing_encrypted()
        keys = app.secrets.status()
    document = {
        "keys": [
            {"id": key.key_id, "credentials": key.rows, "present": key.present, "encrypts": key.seals}
            for key in keys
        ]
    }
    terminal.result(document, lambda out: _show_keys(out, document))


@secrets.command()
@output_options
@click.pass_obj
def rotate(terminal: Terminal) -> int:
    """Encrypt every credential anew with a new key, while everything else goes on.

    The key file gets a new key, and loses the old ones in the end. Where GLOWTIFY_SECRET_KEY is set, put the
    new key first there beforehand, for every process: GLOWTIFY_SECRET_KEY=new,old. What was interrupted,
    running it again finishes.
    """
    with open_app(terminal) as app:
        if app.secrets is None:
            raise _nothing_encrypted()
        with terminal.working("Encrypting credentials anew"):
            done = app.secrets()
    document = {
        "key": done.key_id,
        "encrypted": done.sealed,
        "dropped": list(done.dropped),
        "removable": list(done.removable),
        "unreadable": [
            {"store": ref.store, "platform": ref.platform, "error": error_document(problem)}
            for ref, problem in done.unreadable
        ],
    }
    terminal.result(document, lambda out: _show_rotation(out, document))
    for ref, problem in done.unreadable:
        terminal.note(f"Left alone: {ref.platform} of the store {ref.store}", "yellow")
        if not terminal.as_json:
            terminal.error(problem)
    return max((exit_code(problem) for _, problem in done.unreadable), default=DONE)


def _nothing_encrypted() -> ConfigurationError:
    return ConfigurationError(
        "Credentials come from the environment, so that no key encrypts them here",
        code="nothing_encrypted",
        remedy="Change them where they are set, or unset GLOWTIFY_CREDENTIALS.",
    )


def _show_keys(out: Console, document: Mapping[str, Any]) -> None:
    for key in document["keys"]:
        what = "encrypts new ones" if key["encrypts"] else "opens them" if key["present"] else "is missing"
        out.print(f"{key['id']}  {_credentials(key['credentials'])}, {what}")
    if not document["keys"]:
        out.print("Nothing is encrypted yet; the first key is made with the first connection.")


def _show_rotation(out: Console, document: Mapping[str, Any]) -> None:
    encrypted = _credentials(document["encrypted"])
    out.print(f"Encrypted {encrypted} anew; the key is {document['key']}.", style="bold")
    if document["dropped"]:
        out.print(f"  Removed from the key file: {', '.join(document['dropped'])}")
        out.print("  Keep a copy of the new key file with your next backup of the database.")
    if document["removable"]:
        out.print(f"  May be removed from GLOWTIFY_SECRET_KEY: {', '.join(document['removable'])}")


def _credentials(count: int) -> str:
    return f"{count} credential" if count == 1 else f"{count} credentials"
