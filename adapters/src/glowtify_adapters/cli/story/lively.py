"""A home that lasts as long as a command: a sandbox's account, connected, with campaigns in every state."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glowtify_adapters.cli.sandbox import sandbox_kit
from glowtify_adapters.cli.terminal import open_app
from glowtify_core.ports.credentials import Secret

if TYPE_CHECKING:
    from glowtify_adapters.cli.terminal import Terminal

CONNECTOR = "klaviyo"


@contextmanager
def lively_home(terminal: Terminal) -> Iterator[None]:
    """Point ``GLOWTIFY_HOME`` at a new one, connected to a sandbox of its own, until the block ends."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glowtify-")))
        before = {name: os.environ.pop(name, None) for name in ("GLOWTIFY_HOME", "GLOWTIFY_DATABASE_URL")}
        os.environ["GLOWTIFY_HOME"] = str(home)
        try:
            with open_app(terminal) as app:
                manifest = app.connections.directory.manifest(CONNECTOR)
                sandbox = stack.enter_context(sandbox_kit(manifest).start())
                key = {"api_key": Secret(sandbox.api_key)}
                app.connections.connect("default", CONNECTOR, key, settings={"base_url": sandbox.base_url})
            yield
        finally:
            del os.environ["GLOWTIFY_HOME"]
            os.environ.update({name: value for name, value in before.items() if value is not None})
