"""The contract of a manifest: what it declares is there, and nothing else."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Options
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import InvalidCampaign, ScheduleRejected, Unsupported
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.host import discover
from glowtify_core.ports.connectors import CONTRACT_VERSION
from glowtify_core.ports.platform import (
    EmailPlatform,
    SupportsAudiences,
    SupportsContent,
    SupportsPreflight,
    SupportsReconcile,
    SupportsReschedule,
)
from glowtify_core.testing.connectors.case import ConnectorCase
from glowtify_core.testing.stage.world import LATER, NINE, World

PROTOCOLS: Mapping[Capability, type] = MappingProxyType(
    {
        Capability.LISTS: SupportsAudiences,
        Capability.SEGMENTS: SupportsAudiences,
        Capability.PREFLIGHT: SupportsPreflight,
        Capability.RESCHEDULE: SupportsReschedule,
        Capability.CONTENT: SupportsContent,
        Capability.RECONCILE: SupportsReconcile,
    }
)
"""The protocol that stands behind each capability that has one of its own."""


def _performance(world: World) -> object:
    """Figures come with their error, so that one account that has none hides no other's."""
    (told,) = world.host.performance([world.publication])
    if told.error:
        raise told.error
    return told


ASKING: Mapping[Capability, Callable[[World], object]] = MappingProxyType(
    {
        Capability.RECIPIENT_TIME: lambda world: world.host.publish(
            world.campaign(schedule=SendAtRecipientTime.at(NINE.wall))
        ),
        Capability.EXCLUDE: lambda world: world.host.publish(
            world.campaign(exclude=(replace(world.script.audience, id="another"),))
        ),
        Capability.SMART_SENDING: lambda world: world.host.publish(
            world.campaign(options=Options(smart_sending=False))
        ),
        Capability.CANCEL: lambda world: world.host.cancel(world.key),
        Capability.STOP_SENDING: lambda world: world.host.cancel(world.key, stop_sending=True),
        Capability.EDIT: lambda world: world.host.cancel.edit(world.key),
        Capability.RESCHEDULE: lambda world: world.host.reschedule(world.key, LATER),
        Capability.LISTS: lambda world: list(
            world.host.audiences(world.host.store, world.manifest.name, kinds=[AudienceKind.LIST])
        ),
        Capability.SEGMENTS: lambda world: list(
            world.host.audiences(world.host.store, world.manifest.name, kinds=[AudienceKind.SEGMENT])
        ),
        Capability.METRICS: _performance,
    }
)
"""How the host asks for each capability that can be asked for by itself."""
_ONCE_PUBLISHED = {Capability.CANCEL, Capability.STOP_SENDING, Capability.EDIT, Capability.RESCHEDULE}
_ONCE_SENT = {Capability.METRICS}


class DiscoveryContract(ConnectorCase):
    """The connector is installed as a distribution of its own."""

    def test_c02_it_is_found_by_its_entry_point(self) -> None:
        """C-2: The installed distribution offers this manifest through an entry point of the same name.

        Why: a host finds connectors by entry point, and by nothing else.
        If this fails: look at [project.entry-points.glowtify] in pyproject.toml, and install the distribution
        again (entry points are written when it is installed).
        """
        found = {one.manifest.name: one.manifest for one in discover(strict=True).installed}
        assert self.manifest.name in found, f"installed are: {', '.join(found) or 'none'}"
        assert found[self.manifest.name].factory == self.manifest.factory

    def test_c02_being_found_loads_nothing_heavy(self) -> None:
        """C-2: Discovery imports the plugin and no HTTP or schema library.

        Why: every command of the host looks at every connector that is installed.
        If this fails: import such libraries inside the manifest's factory, not at the top of the plugin.
        """
        script = (
            "import sys; from glowtify_core.host import discover; discover();"
            "print(*sorted({'requests', 'marshmallow', 'httpx', 'aiohttp'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own words
        assert done.stdout.split() == []


class ManifestContract(ConnectorCase):
    """What a manifest says, and that it is true."""

    def test_c03_the_manifest_is_complete(self) -> None:
        """C-3: The manifest names itself, speaks a contract that this core knows, and can publish.

        Why: command line, web page and documents are made from it.
        If this fails: correct the field that the message names.
        """
        manifest = self.manifest
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", manifest.name), "name: small letters, digits, - and _"
        assert manifest.title.strip(), "title"
        assert manifest.contract == CONTRACT_VERSION, "contract"
        assert Capability.PUBLISH in manifest.capabilities, "capabilities"
        names = [field.name for field in manifest.credential_fields]
        assert names, "credential_fields: a person must paste something"
        assert len(names) == len(set(names)), "credential_fields: a name twice"
        assert all(field.label.strip() for field in manifest.credential_fields), "credential_fields: label"
        assert any(field.secret for field in manifest.credential_fields), "credential_fields: none is secret"
        re.compile(manifest.audience_id_pattern)
        assert manifest.minutes >= 1, "minutes"
        assert 60 % manifest.minutes == 0, "minutes: a part of the hour"

    @pytest.mark.parametrize("capability", sorted(PROTOCOLS))
    def test_c04_a_protocol_is_there_exactly_when_it_is_declared(
        self, capability: Capability, world: World
    ) -> None:
        """C-4: The platform has a Supports... protocol if and only if the manifest declares its capability.

        Why: the manifest is the only place where the host looks, in both directions.
        If this fails: declare the capability, or take the methods away (audiences and size belong to both
        lists and segments).
        """
        declared = any(
            PROTOCOLS[one] is PROTOCOLS[capability] for one in self.manifest.capabilities if one in PROTOCOLS
        )
        with world.platform() as platform:
            there = isinstance(platform, PROTOCOLS[capability])
        assert there == declared, f"{capability}: declared {declared}, implemented {there}"

    @pytest.mark.parametrize("protocol", [EmailPlatform, *sorted({*PROTOCOLS.values()}, key=str)])
    def test_c04_signatures_are_those_of_the_port(self, protocol: type, world: World) -> None:
        """C-4: Each method takes what the port says, by the same names and in the same order.

        Why: the core calls by these names; a method of the right name with other parameters fails in front of
        a person.
        If this fails: give the method the signature of glowtify_core.ports.platform.
        """
        with world.platform() as platform:
            if protocol is not EmailPlatform and not isinstance(platform, protocol):
                pytest.skip(f"{self.manifest.title} does not have {protocol.__name__}")
            for name, method in inspect.getmembers(protocol, inspect.isfunction):
                if not name.startswith("_"):
                    own = getattr(type(platform), name, None)
                    assert own, f"there is no {name}()"
                    assert _shape(own) == _shape(method), name

    @pytest.mark.parametrize("capability", sorted(ASKING))
    def test_c05_what_is_not_declared_is_refused_and_not_asked(self, capability: Capability) -> None:
        """C-5: What the manifest does not declare is refused as Unsupported, and the connector is not called.

        Why: a person must hear at once that it cannot be done, and never that it half happened.
        If this fails: nothing of yours is at fault unless the connector patches the core; report it.
        """
        if capability in self.manifest.capabilities:
            pytest.skip(f"{self.manifest.title} declares {capability}: other rules hold")
        with self.enter() as world:
            if capability in _ONCE_PUBLISHED | _ONCE_SENT:
                world.host.publish(world.campaign())
            if capability in _ONCE_SENT:
                world.pass_until(datetime.fromisoformat("2027-01-16T12:00:00+00:00"))
                world.host.track([world.publication])
            world.wire.forget()
            with pytest.raises(Unsupported):
                ASKING[capability](world)
            assert world.wire.exchanges == []

    def test_c06_what_the_platform_cannot_do_is_refused_before_any_request(self, world: World) -> None:
        """C-6: A language, a number of audiences or a minute that the manifest rules out is refused at once.

        Why: the platform's own refusal comes late, in its own words, and may leave something behind.
        If this fails: correct languages, most_audiences or minutes in the manifest.
        """
        manifest, audience = self.manifest, world.script.audience
        if manifest.languages:
            with pytest.raises(InvalidCampaign):
                world.host.publish(world.campaign(language=None))
        if manifest.most_audiences:
            many = tuple(
                AudienceRef(f"{audience.id}{n}", audience.kind) for n in range(manifest.most_audiences + 1)
            )
            with pytest.raises(InvalidCampaign):
                world.host.publish(world.campaign(include=many))
        if manifest.minutes > 1:
            between = SendAt.at(NINE.wall.replace(minute=1), NINE.zone)
            with pytest.raises(ScheduleRejected):
                world.host.publish(world.campaign(schedule=between))
        past = SendAt.at(datetime(2027, 1, 2, 9, 0), NINE.zone)  # noqa: DTZ001 - a wall time
        with pytest.raises(ScheduleRejected):
            world.host.publish(world.campaign(schedule=past))
        assert world.wire.exchanges == []


def _shape(method: Callable[..., Any]) -> list[tuple[str, Any, bool]]:
    """Names, kinds and whether there is a default, of each parameter."""
    parameters = inspect.signature(method).parameters.values()
    return [(one.name, one.kind, one.default is not inspect.Parameter.empty) for one in parameters]
