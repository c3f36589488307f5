"""The contract of reading lists and segments."""

from __future__ import annotations

import re

import pytest

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery
from glowtify_core.domain.capabilities import Capability
from glowtify_core.ports.platform import SupportsAudiences
from glowtify_core.testing.connectors.case import ConnectorCase
from glowtify_core.testing.stage.world import World

KINDS = {AudienceKind.LIST: Capability.LISTS, AudienceKind.SEGMENT: Capability.SEGMENTS}


class AudiencesContract(ConnectorCase):
    """Lists and segments; whichever is declared."""

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c30_audiences_of_a_kind_are_listed(self, world: World, kind: AudienceKind) -> None:
        """C-30: audiences() streams every audience of the kind asked for, each once, with id and name.

        Why: people choose from them.
        If this fails: follow the platform's pages to their end, and set ref.kind.
        """
        found = self._all(world, kind)
        ids = [audience.ref.id for audience in found]
        assert found, f"the script has no {kind}"
        assert len(ids) == len(set(ids))
        assert {audience.ref.kind for audience in found} == {kind}
        for known in (world.script.audience, world.script.another):
            assert known is None or known.kind is not kind or known.id in ids, f"{known} is not listed"
        assert all(audience.name.strip() for audience in found)

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c31_ids_have_the_form_that_the_manifest_says(self, world: World, kind: AudienceKind) -> None:
        """C-31: Every id fits the manifest's audience_id_pattern.

        Why: by it the host tells ids from names that people type.
        If this fails: widen the pattern.
        """
        for audience in self._all(world, kind):
            assert re.fullmatch(self.manifest.audience_id_pattern, audience.ref.id), audience.ref.id

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c32_they_are_found_by_exact_name_and_by_id(self, world: World, kind: AudienceKind) -> None:
        """C-32: A query by names or ids gives those alone, and nothing for a name that nobody has.

        Why: a campaign names its audiences; another one of a similar name would get the e-mail.
        If this fails: filter by the whole name, also where the platform's own search is looser.
        """
        every = self._all(world, kind)
        one = every[-1]
        assert self._all(world, kind, AudienceQuery(ids=(one.ref.id,))) == [one]
        other_case = one.name.swapcase()
        if other_case not in {audience.name for audience in every}:
            assert self._all(world, kind, AudienceQuery(names=(other_case,))) == []
        assert {a.name for a in self._all(world, kind, AudienceQuery(names=(one.name,)))} == {one.name}
        assert self._all(world, kind, AudienceQuery(names=(f"{one.name} that nobody has",))) == []

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c33_a_size_is_a_number_or_not_known(self, world: World, kind: AudienceKind) -> None:
        """C-33: size() tells how many people; None while the platform does not say, never 0 for that.

        Why: 0 stops people from publishing.
        If this fails: answer None where the platform is still counting or gives no count.
        """
        one = self._all(world, kind)[0]
        with world.platform() as platform:
            assert isinstance(platform, SupportsAudiences)
            size = platform.size(one.ref)
        assert size is None or size >= 0

    def _all(self, world: World, kind: AudienceKind, query: AudienceQuery | None = None) -> list[Audience]:
        if KINDS[kind] not in self.manifest.capabilities:
            pytest.skip(f"{self.manifest.title} does not declare {KINDS[kind]}")
        with world.platform() as platform:
            assert isinstance(platform, SupportsAudiences)
            return list(platform.audiences(kind, query or AudienceQuery()))
