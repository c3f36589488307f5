"""``serve``."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from glowtify_adapters.cli.errors import DONE
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.plain import plain
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
        if (missing.name or "").startswith("glowtify"):
            raise
        raise ConfigurationError(
            "The web page is not installed",
            code="web_missing",
            remedy='Run: pip install "glowtify-adapters[web]"',
        ) from missing
    with ExitStack() as stack:
        stack.enter_context(_ended_by_signals())
        if sandbox:
            from glowtify_adapters.cli.story.lively import lively_home

            stack.enter_context(lively_home(terminal))
        settings = Settings.read()
        place = Place(host, port, settings.web_origin, settings.web_password)
        app = stack.enter_context(open_app(terminal))
        run(
            app,
            place,
            store=store,
            announce=lambda link: _show(terminal, link),
            ready=lambda: terminal.note("Ctrl+C stops."),
        )


def _show(terminal: Terminal, link: str) -> None:
    """The link in one piece, however narrow the window is."""
    if terminal.as_json:
        terminal.document({"link": link})
    else:
        terminal.note("Open this link, it works once:", "")
        terminal.err.print(plain(link), soft_wrap=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ctrl+C and SIGTERM are how it is ended; on the way out everything cleans up after itself."""

    def end(*_: object) -> None:
        raise SystemExit(DONE)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
