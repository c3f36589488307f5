"""Reading a platform's documents leniently and writing to it strictly, with marshmallow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, pre_load, validate

from glowtify_core.kit.answers import malformed
from glowtify_core.kit.documents import dig, next_link, parse_instant

LONGEST_ID = 300
"""Characters of an id."""

__all__ = [
    "LONGEST_ID",
    "ReadSchema",
    "RelatedId",
    "RelatedIds",
    "ResourceSchema",
    "WriteSchema",
    "checked",
    "dig",
    "next_link",
    "optional_flag",
    "optional_text",
    "parse_instant",
    "read_included",
    "read_resource",
    "read_resources",
]


class ReadSchema(Schema):
    """What we use of an object that a platform sends; members we do not know are no error.

    A subclass names a ``record``, a dataclass which is made of the loaded values.
    """

    class Meta:
        """Unknown members are left out."""

        unknown = EXCLUDE

    record: ClassVar[type[Any]]

    @post_load
    def _make(self, data: Mapping[str, Any], **_: Any) -> Any:
        return self.record(**data)


class WriteSchema(Schema):
    """What we send. An attribute that is not declared is refused, before the platform could refuse it."""

    class Meta:
        """Unknown members are refused."""

        unknown = RAISE


class ResourceSchema(ReadSchema):
    """A JSON:API resource: ``id``, attributes and relationships stand side by side, as its rules allow."""

    id = fields.Str(required=True, validate=validate.Length(1, LONGEST_ID))

    def lift(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The attributes, with nested ones brought up to where the fields are; to be overridden."""
        return attributes

    @pre_load
    def _flatten(self, data: Any, **_: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError("not an object")
        return {
            **(data.get("relationships") or {}),
            **self.lift(data.get("attributes") or {}),
            "id": data.get("id"),
        }


class RelatedId(fields.Field[str | None]):
    """The id that a to-one relationship points to; None when it is empty or came as links only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"load_default": None, "allow_none": True, **options})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return _linked_id(dig(value, "data"))


class RelatedIds(fields.Field[tuple[str, ...]]):
    """The ids that a to-many relationship points to; none when it came as links only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"load_default": (), **options})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        linked = dig(value, "data")
        if not isinstance(linked, list):
            return ()
        return tuple(found for one in linked if (found := _linked_id(one)))


def _linked_id(linked: Any) -> str | None:
    """The id of a linkage; None where there is none, or what is there cannot be one."""
    found = dig(linked, "id")
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_ID else None


def optional_text(**options: Any) -> fields.Field[Any]:
    """A text that may be null or absent: None then."""
    return fields.Str(load_default=None, allow_none=True, **options)


def optional_flag(**options: Any) -> fields.Field[Any]:
    """A truth value that may be null or absent: None then."""
    return fields.Bool(load_default=None, allow_none=True, **options)


def read_resource(schema: Schema, document: Any, *, write: bool = False) -> Any:
    """The record of a document's ``data``.

    Args:
        schema: of the resource.
        document: the whole answer, parsed.
        write: whether the answer belongs to a write, which then has happened although we cannot read it.

    Raises:
        MalformedResponse: it does not hold what we need.
    """
    return _read(schema, _member(document, "data", write), write=write, many=False)


def read_resources(schema: Schema, document: Any) -> list[Any]:
    """The records of a document whose ``data`` is a list, in its order.

    Raises:
        MalformedResponse: it does not hold what we need.
    """
    data = _member(document, "data", write=False)
    if not isinstance(data, list):
        raise malformed("data is not a list", write=False)
    found: list[Any] = _read(schema, data, write=False, many=True)
    return found


def read_included(schema: Schema, document: Any, kind: str, *, write: bool = False) -> dict[str, Any]:
    """The records of the included resources of one type, by id.

    Raises:
        MalformedResponse: one of them does not hold what we need.
    """
    included = dig(document, "included")
    chosen = [one for one in included if dig(one, "type") == kind] if isinstance(included, list) else []
    return {record.id: record for record in _read(schema, chosen, write=write, many=True)}


def checked(schema: WriteSchema, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a request, if the schema allows every one of them.

    Raises:
        ValueError: a connector's own mistake, naming the attributes.
    """
    try:
        allowed: dict[str, Any] = schema.load(attributes)
    except ValidationError as problem:
        raise ValueError(f"not a valid request: {_paths(problem.messages)}") from None
    return allowed


def _read(schema: Schema, data: Any, *, write: bool, many: bool) -> Any:
    try:
        return schema.load(data, many=many)
    except ValidationError as problem:
        messages = problem.messages
    except (AttributeError, TypeError):  # something that has members is none of these
        messages = {}
    raise malformed(f"wrong or missing: {_paths(messages)}", write=write)


def _member(document: Any, name: str, write: bool) -> Any:
    if not isinstance(document, Mapping) or name not in document:
        raise malformed(f"{name} is missing", write=write)
    return document[name]


def _paths(messages: Any) -> str:
    """The dotted paths at fault, without the values, which may be anything."""
    return ", ".join(sorted(set(_walk(messages, "")))[:5])


def _walk(messages: Any, path: str) -> Iterable[str]:
    if not isinstance(messages, Mapping):
        yield path or "document"
        return
    for name, below in messages.items():
        yield from _walk(below, f"{path}.{name}" if path else str(name))
