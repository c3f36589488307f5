"""``demo``: the whole story, told on a sandbox."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.options import output_options
from glowtify_adapters.cli.sandbox import sandbox_kit
from glowtify_adapters.cli.serve import serve
from glowtify_adapters.cli.terminal import Terminal, open_app

if TYPE_CHECKING:
    from rich.console import Console

    from glowtify_core.ports.connectors import Sandbox

CONNECTOR = "klaviyo"

NEXT = """\
That was a local stand-in: nobody got an e-mail. Next, on your own:

  glowtify connect klaviyo                        with a private key of your Klaviyo account
  glowtify audiences klaviyo                      whom you can write to
  glowtify publish campaign.toml --dry-run        checks everything, writes nothing

or keep a stand-in running, and try any command on it:

  glowtify sandbox klaviyo

or see such an account in the browser:

  glowtify serve --sandbox
"""


@click.command()
@output_options
@click.pass_obj
def demo(terminal: Terminal) -> None:
    """See the whole story on a local stand-in, in under 30 seconds. Nothing of yours is touched."""
    from glowtify_adapters.cli.main import main
    from glowtify_adapters.cli.story.scenes import SCENES
    from glowtify_adapters.cli.story.stage import stage

    console = None if terminal.as_json else terminal.out
    with stage(lambda: _sandbox(terminal), console, main) as story:
        for scene in SCENES:
            scene(story)
    terminal.result({"scenes": story.scenes}, _say_next)
    if _wants_page(terminal):
        click.get_current_context().invoke(serve, port=0, host="127.0.0.1", sandbox=True, store="default")


def _wants_page(terminal: Terminal) -> bool:
    """Whether somebody sits there who wants to see it in the browser; nobody is waited for."""
    watched = terminal.asks and sys.stdout.isatty() and not terminal.as_json
    if not (watched and find_spec("jinja2") and find_spec("babel")):
        return False
    with suppress(click.Abort):
        return click.confirm("Show it in the browser now?", default=False, err=True)
    return False


def _sandbox(terminal: Terminal) -> Sandbox:
    with open_app(terminal) as app:
        return sandbox_kit(app.connections.directory.manifest(CONNECTOR)).start()


def _say_next(out: Console) -> None:
    from glowtify_adapters.cli.story.stage import HEADING

    out.print("\n── Your turn ".ljust(HEADING, "─"), style="bold cyan")
    out.print(NEXT)
