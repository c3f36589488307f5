"""The whole application, as the container wires it, over a store in memory and a test's own platforms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import MemoryConnections, MemoryCredentials, MemoryFigures

from glowtify_adapters.container import Container
from glowtify_adapters.settings import Settings
from glowtify_core.host import ConnectorRegistry
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.connectors import ConnectorContext, Installed
from glowtify_klaviyo.plugin import MANIFEST


def wired(
    factory: Callable[[ConnectorContext], Any] = MANIFEST.factory,
    *,
    clock: Any,
    repo: Any,
    connections: Any = None,
    credentials: Any = None,
    gate: Any = None,
) -> Container:
    """Every use case; ``factory`` makes the Klaviyo platforms. Without a gate, a process's own paces them."""
    home = Path("nowhere")
    installed = Installed(replace(MANIFEST, factory=factory), "glowtify-klaviyo", "1")
    return Container(
        settings=Settings(home=home, database=home / "nothing.db"),
        clock=clock,
        directory=ConnectorRegistry((installed,), ()),
        campaign_repo=repo,
        figures_repo=MemoryFigures(),
        connection_repo=MemoryConnections() if connections is None else connections,
        credentials=MemoryCredentials() if credentials is None else credentials,
        gate=RollingGate(clock) if gate is None else gate,
    )
