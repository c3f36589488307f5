"""Klaviyo's documents in and out. The schemas behind are imported with the first one, to be ready sooner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from glowtify_klaviyo.records import MessageRecord, MetricRecord, TemplateRecord

R = TypeVar("R")


def attributes_of(
    kind: Literal["template", "campaign", "campaign patch", "message", "report"],
    attributes: Mapping[str, Any],
) -> dict[str, Any]:
    """The attributes, if :mod:`glowtify_klaviyo.bodies` allows every one of them for this kind.

    Raises:
        ValueError: a mistake of ours, naming the attributes.
    """
    from glowtify_core.kit.schema import checked
    from glowtify_klaviyo import bodies

    return checked(bodies.schema(kind), attributes)


def document(kind: str, resource_id: str | None = None, **members: Any) -> dict[str, Any]:
    """A JSON:API document with one resource."""
    return {"data": resource(kind, resource_id, **members)}


def resource(kind: str, resource_id: str | None = None, **members: Any) -> dict[str, Any]:
    """A JSON:API resource."""
    return {"type": kind, **({"id": resource_id} if resource_id else {}), **members}


def read_one(record: type[R], body: Any, *, asked: str | None = None, write: bool = False) -> R:
    """See :func:`glowtify_klaviyo.schemas.read_one`."""
    from glowtify_klaviyo import schemas

    return schemas.read_one(record, body, asked=asked, write=write)


def read_created(record: type[R], body: Any, *, name: str) -> R:
    """See :func:`glowtify_klaviyo.schemas.read_created`."""
    from glowtify_klaviyo import schemas

    return schemas.read_created(record, body, name=name)


def read_many(record: type[R], body: Any) -> list[R]:
    """See :func:`glowtify_klaviyo.schemas.read_many`."""
    from glowtify_klaviyo import schemas

    return schemas.read_many(record, body)


def read_templates(body: Any, *, write: bool = False) -> dict[str, TemplateRecord]:
    """See :func:`glowtify_klaviyo.schemas.read_templates`."""
    from glowtify_klaviyo import schemas

    return schemas.read_templates(body, write=write)


def read_messages(body: Any) -> dict[str, MessageRecord]:
    """See :func:`glowtify_klaviyo.schemas.read_messages`."""
    from glowtify_klaviyo import schemas

    return schemas.read_messages(body)


def read_metrics(body: Any) -> dict[str, MetricRecord]:
    """See :func:`glowtify_klaviyo.schemas.read_metrics`."""
    from glowtify_klaviyo import schemas

    return schemas.read_metrics(body)
