"""What every contract of a connector stands on: a manifest, a platform script, and a fresh world a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import pytest

from glowtify_core.domain.capabilities import Capability
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.stage.script import Deed, Mail
from glowtify_core.testing.stage.world import MakeScript, World

_F = TypeVar("_F", bound=Callable[..., Any])


def needs(*capabilities: Capability) -> Callable[[_F], _F]:
    """Skip a contract test, naming the capability, where the manifest does not declare it."""

    def mark(test: _F) -> _F:
        test.__dict__["needs"] = capabilities
        return test

    return mark


class ConnectorCase(Contract):
    """An author gives two things: the manifest, and the class of a platform script.

    Attributes:
        manifest: the connector's, as its plugin offers it.
        script: makes a :class:`~glowtify_core.testing.stage.script.PlatformScript` for a clock.
    """

    given = frozenset({"manifest", "script"})

    manifest: ClassVar[ConnectorManifest]
    script: ClassVar[MakeScript]

    @pytest.fixture(autouse=True)
    def _gated(self, request: pytest.FixtureRequest) -> None:
        for capability in getattr(request.function, "needs", ()):
            if capability not in self.manifest.capabilities:
                pytest.skip(f"{self.manifest.title} does not declare {capability}")

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with self.enter() as world:
            yield world

    @contextmanager
    def enter(self) -> Iterator[World]:
        """A fresh world, connected."""
        with self.make_world().entered() as world:
            yield world

    def make_world(self) -> World:
        """A fresh world, not connected yet."""
        return World(self.manifest, type(self).script)

    def do(self, world: World, deed: Deed, mail: Mail) -> None:
        """What somebody does on the platform itself; skips where that cannot be done there."""
        if deed not in world.script.deeds:
            pytest.skip(f"the script of {self.manifest.title} says that nobody can {deed} there")
        world.script.do(deed, mail.id)
