"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Any], Any]


def store_option(default: str | None = "default", help_text: str = "The Glowtify store.") -> Decorator:
    """``--store S``."""
    return click.option("--store", metavar="S", default=default, show_default=bool(default), help=help_text)


def background_option(help_text: str) -> Decorator:
    """``--background``: write the wish down, and leave the work to `glowtify worker`."""
    return click.option("--background", "later", is_flag=True, help=help_text)


def output_options(command: Any) -> Any:
    """``--json`` and ``--debug``: offered here, read by :func:`glowtify_adapters.cli.main.main`.

    They are read from the command line itself, so that they hold for errors in the command line too.
    """
    for name, text in (
        (
            "--debug",
            "Log each request (no content, keys masked); show where an unexpected error came from.",
        ),
        ("--json", "Print one JSON document on standard output, errors included."),
    ):
        command = click.option(name, is_flag=True, expose_value=False, help=text)(command)
    return command
