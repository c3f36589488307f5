"""The ``glowtify`` command."""

from glowtify_adapters.cli.main import main

__all__ = ["main"]
