"""The sandbox in the foreground, for people: prints where it is and serves until told to stop."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Literal

from glowtify_klaviyo.sandbox.server import Sandbox


def run(
    *,
    port: int = 0,
    seed: int = 1,
    limits: Literal["documented", "off"] = "off",
    walk: Literal["quick", "real"] = "quick",
    campaigns: int = 12,
    lists: int = 3,
    ready_file: Path | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Writes ``ready_file`` whole, by a rename, once requests are answered. Call it from the main thread.
    """
    stop = threading.Event()
    previous = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        with Sandbox(
            port=port, seed=seed, limits=limits, walk=walk, campaigns=campaigns, lists=lists
        ) as sandbox:
            ready = sandbox.ready
            if ready_file is not None:
                write_whole(ready_file, ready)
            sys.stdout.write(summary(ready, sandbox.control_url))
            sys.stdout.flush()
            stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def write_whole(path: Path, ready: dict[str, Any]) -> None:
    """Write the ready file so that nobody ever reads half of it; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(json.dumps(ready, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def summary(ready: dict[str, Any], control_url: str) -> str:
    """Return the block that tells a person where the sandbox is and what to log in with."""
    width = max(len(name) for name in ready["keys"])
    keys = "\n".join(f"    {name:<{width}}  {value}" for name, value in ready["keys"].items())
    return (
        "A local Klaviyo is running. Its keys work nowhere else.\n"
        f"  base URL  {ready['base_url']}\n"
        f"  control   {control_url}\n"
        f"  account   {ready['account_id']}\n"
        f"  keys\n{keys}\n"
        "Stop it with Ctrl+C.\n"
    )
