"""Listing lists and segments."""

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.errors import Unsupported


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
    connection = world.connections.get("default", "fake")
    account = replace(connection.account, missing=frozenset({"lists:read", "segments:read"}))
    world.connections.save(replace(connection, account=account))
    with pytest.raises(Unsupported, match="Scopes insufficient"):
        list(world.audiences("default", "fake"))
    assert world.server.calls == []


def test_a_kind_that_the_key_cannot_read_is_refused_when_asked_for_by_name(world):
    connection = world.connections.get("default", "fake")
    account = replace(connection.account, missing=frozenset({"segments:read"}))
    world.connections.save(replace(connection, account=account))
    assert names(world.audiences("default", "fake")) == ["Newsletter", "VIP"]
    with pytest.raises(Unsupported, match="segments:read"):
        list(world.audiences("default", "fake", kinds=[AudienceKind.SEGMENT]))


def test_a_list_is_believed_for_five_minutes_and_a_count_for_an_hour(world):
    def look():
        world.server.calls.clear()
        found = list(world.audiences("default", "fake", search="lapsed", counts=True))
        return [counted.size for counted in found], list(world.server.calls)

    assert look() == ([42], ["audiences", "audiences", "size"])
    assert look() == ([42], [])
    world.clock.move(timedelta(minutes=5))
    assert look() == ([42], ["audiences", "audiences"])
    world.clock.move(timedelta(hours=1))
    assert look() == ([42], ["audiences", "audiences", "size"])


def test_a_list_that_was_not_read_to_its_end_is_not_believed(world):
    next(world.audiences("default", "fake"))
    assert names(world.audiences("default", "fake")) == ["Newsletter", "VIP", "VIP", "Lapsed"]


def test_one_audience_is_counted_by_itself_and_its_count_is_shown_with_the_others(world):
    lapsed = next(one for one in world.audiences("default", "fake") if one.audience.name == "Lapsed")
    seen = replace(lapsed.audience.ref, name_seen="as it was called")
    assert [world.audiences.size("default", "fake", seen) for _ in range(2)] == [42, 42]
    assert world.server.calls.count("size") == 1
    sizes = {one.audience.name: one.size for one in world.audiences("default", "fake")}
    assert sizes == {"Newsletter": None, "VIP": None, "Lapsed": 42}


def test_an_audience_that_the_key_cannot_read_is_not_counted(world):
    connection = world.connections.get("default", "fake")
    account = replace(connection.account, missing=frozenset({"segments:read"}))
    world.connections.save(replace(connection, account=account))
    with pytest.raises(Unsupported, match="segments:read"):
        world.audiences.size("default", "fake", AudienceRef("SEGM01", AudienceKind.SEGMENT))
