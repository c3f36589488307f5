"""Listing lists and segments."""

from dataclasses import replace

import fakes
import pytest

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import Unsupported
from glowtify_core.ports.credentials import Secret


@pytest.fixture
def world():
    return fakes.build()


def names(found):
    return [counted.audience.name for counted in found]


def test_lists_and_segments_are_streamed(world):
    found = world.audiences("default", "fake")
    assert world.server.calls == []
    assert next(found).audience.name == "Newsletter"
    assert world.server.calls == ["audiences"]
    assert names(found) == ["VIP", "VIP", "Lapsed"]


def test_a_kind_and_a_part_of_the_name_narrow_it_down(world):
    assert names(world.audiences("default", "fake", kinds=[AudienceKind.SEGMENT])) == ["VIP", "Lapsed"]
    assert names(world.audiences("default", "fake", search="LET")) == ["Newsletter"]


def test_people_are_counted_only_on_demand_and_only_where_shown(world):
    assert [found.size for found in world.audiences("default", "fake")] == [None] * 4
    assert "size" not in world.server.calls
    assert [found.size for found in world.audiences("default", "fake", search="lapsed", counts=True)] == [42]
    assert world.server.calls.count("size") == 1


def test_without_either_scope_there_are_none(world):
    world.server.account = replace(world.server.account, missing=frozenset({"lists:read", "segments:read"}))
    world.connect("default", "fake", {"api_key": Secret("another-long-key")})
    with pytest.raises(Unsupported, match="Scopes insufficient"):
        list(world.audiences("default", "fake"))
