"""``new-connector``: the beginning of a connector for another platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.options import output_options
from glowtify_core.kit.scaffold import write_connector

if TYPE_CHECKING:
    from glowtify_adapters.cli.terminal import Terminal


@click.command("new-connector")
@click.argument("name")
@click.option("--title", metavar="T", help="The platform's name as people know it.")
@click.option(
    "--into",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where to write it, a new or an empty folder; glowtify-NAME here when left out.",
)
@output_options
@click.pass_obj
def new_connector(terminal: Terminal, name: str, title: str | None, into: Path | None) -> None:
    """Write a complete small connector, to be filled with a platform's API.

    It can be installed at once, is found, and passes the core tier of the contract.

    \b
        glowtify new-connector mail-wizard
    """  # noqa: D301 - the backspace is click's mark for lines that are not to be wrapped
    written = write_connector(name, title=title, into=into)
    document = {
        "folder": str(written.folder),
        "files": [path.as_posix() for path in written.files],
        "next": [command for command, _ in written.next_steps],
    }
    terminal.result(document, lambda out: out.print(str(written), soft_wrap=True))
