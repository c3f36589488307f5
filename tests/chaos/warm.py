"""What the fork server does before it forks: import everything that the command needs, and use it once.

A run in a child then costs a few hundredths of a second instead of a start of the interpreter.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import pkgutil
import tempfile
from contextlib import redirect_stdout
from unittest import mock

import glowtify_adapters
import glowtify_core
import glowtify_klaviyo
from glowtify_adapters.cli import main
from glowtify_klaviyo.sandbox import Sandbox

_NOT_NEEDED = ("story", "migrations.env", "__main__", "testing")


def warm() -> None:
    """Import everything; connect to a sandbox and read from it, which fills the caches of all libraries."""
    for package in (glowtify_core, glowtify_adapters, glowtify_klaviyo):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in _NOT_NEEDED):
                importlib.import_module(module.name)
    with (
        tempfile.TemporaryDirectory() as home,
        Sandbox(campaigns=0) as sandbox,
        mock.patch.dict(os.environ, {"GLOWTIFY_HOME": home, "KLAVIYO_API_KEY": sandbox.api_key}),
        redirect_stdout(io.StringIO()),
    ):
        for command in (("connect", "klaviyo", "--base-url", sandbox.base_url), ("audiences", "klaviyo")):
            if main([*command, "--json"]):
                raise RuntimeError(f"{command} failed")


warm()
gc.freeze()  # what the children share stays shared
