"""``serve``."""

from __future__ import annotations

from contextlib import ExitStack

import click

from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.story.lively import lively_home
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.settings import Settings
from glowtify_core.domain.errors import ConfigurationError


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option("--sandbox", is_flag=True, help="Show a lively account of a local Klaviyo; nothing is kept.")
@store_option()
@output_options
@click.pass_obj
def serve(terminal: Terminal, port: int, host: str, sandbox: bool, store: str) -> None:
    """Serve the Connectors page until Ctrl+C or SIGTERM.

    The link that is printed lets one browser in, once; then another is printed. Only this machine is served,
    unless GLOWTIFY_WEB_ORIGIN names the https address of what stands in front, and GLOWTIFY_WEB_PASSWORD is
    set.
    """
    try:
        from glowtify_adapters.web.server import Place
        from glowtify_adapters.web.server import serve as run
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "The web page is not installed",
            code="web_missing",
            remedy='Run: pip install "glowtify-adapters[web]"',
        ) from missing
    with ExitStack() as stack:
        if sandbox:
            stack.enter_context(lively_home(terminal))
        settings = Settings.read()
        place = Place(host, port, settings.web_origin, settings.web_password)
        app = stack.enter_context(open_app(terminal))
        run(
            app,
            place,
            store=store,
            announce=lambda link: terminal.note(f"Open this link, it works once: {link}", ""),
            ready=lambda: terminal.note("Ctrl+C stops."),
        )
