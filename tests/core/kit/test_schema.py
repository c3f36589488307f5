"""Reading leniently, writing strictly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import fields

from glowtify_core.domain.errors import Effect, MalformedResponse
from glowtify_core.kit.schema import (
    RelatedId,
    RelatedIds,
    ResourceSchema,
    WriteSchema,
    checked,
    next_link,
    optional_flag,
    optional_text,
    parse_instant,
    read_included,
    read_resource,
    read_resources,
)


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    name: str
    note: str | None
    big: bool | None
    owner: str | None
    parts: tuple[str, ...]


class ThingSchema(ResourceSchema):
    record = Thing
    name = fields.Str(required=True)
    note = optional_text()
    big = optional_flag()
    owner = RelatedId()
    parts = RelatedIds(data_key="thing-parts")


SCHEMA = ThingSchema()


def thing(**members: Any) -> dict[str, Any]:
    return {"type": "thing", "id": "T1", "attributes": {"name": "a"}, **members}


def test_a_resource_becomes_a_record_and_unknown_members_are_left_out() -> None:
    document = {
        "data": thing(
            attributes={"name": "a", "note": None, "big": True, "colour": "red"},
            relationships={
                "owner": {"data": {"type": "person", "id": "P1"}, "links": {}},
                "thing-parts": {"data": [{"type": "part", "id": "1"}, {"type": "part", "id": "2"}]},
                "tags": {"links": {}},
            },
            links={"self": None},
            meta={},
        ),
        "links": {"next": None},
        "jsonapi": {},
    }
    assert read_resource(SCHEMA, document) == Thing("T1", "a", None, big=True, owner="P1", parts=("1", "2"))


@pytest.mark.parametrize("relationship", [None, {}, {"links": {}}, {"data": None}, {"data": {}}, "odd"])
def test_a_relationship_that_came_as_links_only_has_no_ids(relationship: Any) -> None:
    document = {"data": thing(relationships={"owner": relationship, "thing-parts": relationship or {}})}
    record = read_resource(SCHEMA, document)
    assert (record.owner, record.parts) == (None, ())


@pytest.mark.parametrize("absent", [{}, {"relationships": None}, {"attributes": {"name": "a"}}])
def test_absent_members_are_none(absent: dict[str, Any]) -> None:
    assert read_resource(SCHEMA, {"data": thing(**absent)}) == Thing("T1", "a", None, None, None, ())


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"data": None},
        {"data": []},
        {"data": "x"},
        {"data": {"type": "thing", "attributes": {"name": "a"}}},
        {"data": {"id": "T1", "attributes": None}},
        {"data": {"id": "T1", "attributes": {"name": ["secret value"]}}},
        {"data": {"id": "T1", "attributes": ["name"]}},
    ],
)
@pytest.mark.parametrize(("write", "effect"), [(False, Effect.NONE), (True, Effect.UNKNOWN)])
def test_what_lacks_the_needed_is_malformed_and_leaves_a_write_unknown(
    document: Any, write: bool, effect: Effect
) -> None:
    with pytest.raises(MalformedResponse) as caught:
        read_resource(SCHEMA, document, write=write)
    assert caught.value.effect is effect
    assert "secret value" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_collection_keeps_its_order_and_names_what_is_wrong() -> None:
    assert [one.id for one in read_resources(SCHEMA, {"data": [thing(id="2"), thing(id="1")]})] == ["2", "1"]
    with pytest.raises(MalformedResponse, match=r"1\.name"):
        read_resources(SCHEMA, {"data": [thing(), thing(attributes={})]})
    with pytest.raises(MalformedResponse):
        read_resources(SCHEMA, {"data": thing()})


@pytest.mark.parametrize("included", [None, [], "x", [None, {"type": "other", "id": "T1"}]])
def test_included_resources_are_found_by_type(included: Any) -> None:
    assert read_included(SCHEMA, {"included": included}, "thing") == {}
    assert list(read_included(SCHEMA, {"included": [thing()]}, "thing")) == ["T1"]


@pytest.mark.parametrize("links", [None, {}, {"next": None}, {"next": ""}, []])
def test_a_last_page_has_no_next(links: Any) -> None:
    assert next_link({"links": links}) is None
    assert next_link({"links": {"next": "https://x/y"}}) == "https://x/y"


class InnerWrite(WriteSchema):
    flag = fields.Bool(required=True)


class OuterWrite(WriteSchema):
    inner = fields.Nested(InnerWrite, required=True)
    name = fields.Str()


def test_only_declared_attributes_are_written() -> None:
    assert checked(OuterWrite(), {"inner": {"flag": True}}) == {"inner": {"flag": True}}
    with pytest.raises(ValueError, match=r"inner\.fromEmail"):
        checked(OuterWrite(), {"inner": {"flag": True, "fromEmail": "x"}})
    with pytest.raises(ValueError, match=r"inner\.flag"):
        checked(OuterWrite(), {"inner": {}})


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (None, None),
        ("2026-09-04T13:38:44.942300+00:00", datetime(2026, 9, 4, 13, 38, 44, 942300, UTC)),
        ("2026-09-04T15:38:44+02:00", datetime(2026, 9, 4, 13, 38, 44, tzinfo=UTC)),
        ("2026-09-04T13:38:44Z", datetime(2026, 9, 4, 13, 38, 44, tzinfo=UTC)),
        ("2026-09-04T13:38:44", datetime(2026, 9, 4, 13, 38, 44, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_on_demand(text: str | None, instant: datetime | None) -> None:
    assert parse_instant(text) == instant


def test_a_time_that_is_none_is_malformed() -> None:
    with pytest.raises(MalformedResponse):
        parse_instant("soon")
