import pytest
from klaviyo_world import World

from glowtify_core.domain.audience import AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.errors import RemoteNotFound

LIST, SEGMENT = AudienceKind.LIST, AudienceKind.SEGMENT


def test_lists_are_streamed_page_by_page(world: World) -> None:
    for number in range(25):
        world.sandbox.add_audience(f"List {number}")
    stream = world.platform.audiences(LIST, AudienceQuery())
    first = next(stream)
    assert world.calls == ["GET lists"]
    assert (first.ref.kind, first.ref.name_seen, first.filling) == (LIST, first.name, False)
    assert len([first, *stream]) == 28
    assert world.calls == ["GET lists"] * 3


def test_names_and_ids_are_asked_for_not_searched_through(world: World) -> None:
    for number in range(25):
        world.sandbox.add_audience(f"List {number}")
    by_name = AudienceQuery(names=("List 3", 'No "such" list'))
    assert [one.name for one in world.platform.audiences(LIST, by_name)] == ["List 3"]
    by_id = AudienceQuery(ids=(world.list_ref(0).id,))
    assert [one.ref.id for one in world.platform.audiences(LIST, by_id)] == [world.list_ref(0).id]
    assert world.calls == ["GET lists"] * 2


def test_an_inactive_segment_cannot_be_chosen(world: World) -> None:
    inactive = world.sandbox.add_audience("Lapsed", kind="segment")
    world.sandbox.state.audiences[inactive].is_active = False
    found = {one.ref.id: one.selectable for one in world.platform.audiences(SEGMENT, AudienceQuery())}
    assert found[inactive] is False
    assert found[world.segment_ref(0).id] is True


@pytest.mark.parametrize(("minutes", "filling"), [(14, True), (15, False)])
def test_age_alone_tells_whether_an_empty_segment_still_fills(
    world: World, minutes: int, filling: bool
) -> None:
    fresh = world.sandbox.add_audience("Fresh", kind="segment", age_seconds=minutes * 60)
    found = {one.ref.id: one.filling for one in world.platform.audiences(SEGMENT, AudienceQuery())}
    assert found[fresh] is filling
    assert world.platform.size(AudienceRef(fresh, SEGMENT)) == (None if filling else 0)


def test_sizes_are_counted_on_demand(world: World) -> None:
    assert (world.platform.size(world.list_ref(0)) or 0) > 0
    assert world.platform.size(world.segment_ref(0)) is not None
    assert world.platform.size(AudienceRef(world.sandbox.add_audience("Empty"), LIST)) == 0


def test_an_id_alone_is_looked_for_in_both_kinds(world: World) -> None:
    assert world.platform.size(AudienceRef(world.segment_ref(0).id)) is not None
    with pytest.raises(RemoteNotFound):
        world.platform.size(AudienceRef(world.segment_ref(0).id, LIST))
    with pytest.raises(RemoteNotFound):
        world.platform.size(AudienceRef("NOPE01"))
