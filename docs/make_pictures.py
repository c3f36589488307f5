# ruff: noqa: INP001 - a script beside the documentation, in no package
"""Draw README's picture of the terminal: some of the demo's scenes, on a sandbox whose clock stands still.

Run it as ``make pictures``. Twice gives the same file.
"""

from __future__ import annotations

import io
import os
import re
import sys
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dependency_injector import providers
from rich.console import Console
from rich.text import Text

from glowtify_adapters.cli import main
from glowtify_adapters.cli.story import scenes
from glowtify_adapters.cli.story.stage import stage
from glowtify_adapters.cli.terminal import Terminal
from glowtify_adapters.container import Container
from glowtify_core.kit.pacing import RollingGate
from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2027, 3, 22, 8, 30, tzinfo=UTC)
WIDTH = 112
SCENES = (scenes.connect, scenes.publish, scenes.send)
PICTURE = Path(__file__).parent / "images" / "terminal.svg"
PORT = re.compile(r"127\.0\.0\.1:\d+")
REMOTE_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


class SandboxClock:
    """The application lives by the sandbox's clock, which moves when somebody waits."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> datetime:
        """The sandbox's time."""
        return self._sandbox.state.clock.now()

    def monotonic(self) -> float:
        """The machine's."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Move the sandbox's time on instead of waiting."""
        self._sandbox.advance(timedelta(seconds=max(seconds, 0)))


def told() -> str:
    """What the scenes print in a terminal, colours included."""
    sandbox = Sandbox(now=NOW)
    clock = SandboxClock(sandbox)
    os.environ |= {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    said = io.StringIO()
    with (
        redirect_stdout(said),
        Container.clock.override(providers.Object(clock)),
        Container.gate.override(providers.Object(RollingGate(clock))),  # the database's time does not move
        stage(lambda: sandbox, Terminal().out, main, now=NOW) as story,
    ):
        for scene in SCENES:
            scene(story)
    return PORT.sub("127.0.0.1:8642", said.getvalue())


def draw(text: str) -> str:
    """The text as an SVG that asks nobody for a font."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text.strip()))
    svg = console.export_svg(title="glowtify", unique_id="glowtify")
    return REMOTE_FONT.sub("", svg)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(told()), encoding="utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(Path.cwd())}\n")
