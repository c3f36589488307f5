"""How the documents of Klaviyo's revision 2026-07-15 are read: leniently, into the records we use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, pre_load, validate

from glowtify_core.kit.answers import malformed
from glowtify_core.kit.documents import dig
from glowtify_core.kit.schema import (
    ReadSchema,
    RelatedId,
    RelatedIds,
    ResourceSchema,
    optional_flag,
    optional_text,
    read_included,
    read_resource,
    read_resources,
)
from glowtify_klaviyo.records import (
    AccountRecord,
    AudienceRecord,
    CampaignRecord,
    CreatedRecord,
    MappedMetricRecord,
    MessageRecord,
    MetricRecord,
    ReportRecord,
    ReportRow,
    SendJobRecord,
    StrategyRecord,
    TemplateRecord,
)

LARGEST_FIGURE = 1e15
"""No figure of a report is larger; beyond it a float no longer holds cents."""

FIGURE = fields.Float(allow_none=True, validate=validate.Range(-LARGEST_FIGURE, LARGEST_FIGURE))


class Ids(fields.Field[tuple[str, ...]]):
    """Ids of audiences."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ValidationError("not a list of ids")
        return tuple(value)


class AccountSchema(ResourceSchema):
    """An account."""

    record = AccountRecord
    timezone = fields.Str(required=True)
    preferred_currency = fields.Str(required=True)
    locale = optional_text()
    test_account = optional_flag()
    organization_name = optional_text()
    default_sender_name = optional_text()
    default_sender_email = optional_text()

    def lift(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The contact's fields beside the account's."""
        return {**(attributes.get("contact_information") or {}), **attributes}


class AudienceSchema(ResourceSchema):
    """A list or a segment."""

    record = AudienceRecord
    name = fields.Str(required=True)
    created = optional_text()
    is_active = optional_flag()
    profile_count = fields.Int(load_default=None, allow_none=True, validate=validate.Range(0, 10**12))


class TemplateSchema(ResourceSchema):
    """A template."""

    record = TemplateRecord
    name = fields.Str(required=True)
    html = optional_text()
    text = optional_text()
    created = optional_text()


class MessageSchema(ResourceSchema):
    """A message: the shape with ``definition``, or the flat one that assign-template answers with."""

    record = MessageRecord
    campaign_id = RelatedId(data_key="campaign")
    template_id = RelatedId(data_key="template")
    channel = optional_text()
    label = optional_text()
    subject = optional_text()
    preview_text = optional_text()
    from_email = optional_text()
    from_label = optional_text()
    reply_to_email = optional_text()

    def lift(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The content's fields beside the definition's."""
        definition = attributes.get("definition") or attributes
        return {**definition, **(definition.get("content") or {})}


class StrategySchema(ReadSchema):
    """A send strategy; a method that we do not know is kept as it is."""

    record = StrategyRecord
    method = optional_text()
    datetime = optional_text()
    date = optional_text()
    is_local = optional_flag()
    send_past_recipients_immediately = optional_flag()

    @pre_load
    def _lift(self, data: Any, **_: Any) -> Any:
        return {**(data.get("options") or {}), **data} if isinstance(data, Mapping) else data


_SIDES = frozenset({"included", "excluded"})


class CampaignSchema(ResourceSchema):
    """A campaign."""

    record = CampaignRecord
    name = fields.Str(required=True)
    status = fields.Str(required=True)
    archived = optional_flag()
    included = Ids(load_default=())
    excluded = Ids(load_default=())
    strategy = fields.Nested(StrategySchema, data_key="send_strategy", load_default=None, allow_none=True)
    use_smart_sending = optional_flag()
    created_at = optional_text()
    scheduled_at = optional_text()
    send_time = optional_text()
    message_ids = RelatedIds(data_key="campaign-messages")

    def lift(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The audiences' and options' fields beside the campaign's."""
        audiences = attributes.get("audiences", {}).items()
        return {
            **attributes,
            **{side: () if ids is None else ids for side, ids in audiences if side in _SIDES},
            "use_smart_sending": dig(attributes, "send_options", "use_smart_sending"),
        }


class CreatedSchema(ResourceSchema):
    """A campaign's ids."""

    record = CreatedRecord
    name = optional_text()
    message_ids = RelatedIds(data_key="campaign-messages")


class SendJobSchema(ResourceSchema):
    """A send job."""

    record = SendJobRecord
    status = optional_text()


class MetricSchema(ResourceSchema):
    """A metric."""

    record = MetricRecord
    name = fields.Str(required=True)
    integration_name = optional_text()

    def lift(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The integration's name beside the metric's."""
        integration = attributes.get("integration")
        return {
            **attributes,
            "integration_name": dig(integration, "name"),
        }


class MappedMetricSchema(ResourceSchema):
    """A slot; the metric in it is one of the account's own or a custom one."""

    record = MappedMetricRecord
    metric_id = RelatedId(data_key="metric")
    custom_metric_id = RelatedId(data_key="custom-metric")


class ReportRowSchema(ReadSchema):
    """A row of a report."""

    record = ReportRow
    groupings = fields.Dict(keys=fields.Str(), values=fields.Str(allow_none=True), required=True)
    statistics = fields.Dict(keys=fields.Str(), values=FIGURE, required=True)


class ReportSchema(ReadSchema):
    """A page of a report."""

    record = ReportRecord
    rows = fields.List(fields.Nested(ReportRowSchema), data_key="results", required=True)

    @pre_load
    def _lift(self, data: Any, **_: Any) -> Any:
        return dig(data, "attributes") or {}


_BY_RECORD: Mapping[type[Any], type[ReadSchema]] = {
    schema.record: schema
    for schema in (
        AccountSchema,
        AudienceSchema,
        TemplateSchema,
        MessageSchema,
        CampaignSchema,
        CreatedSchema,
        SendJobSchema,
        MetricSchema,
        MappedMetricSchema,
        ReportSchema,
    )
}

R = TypeVar("R")


def read_one(record: type[R], document: Any, *, asked: str | None = None, write: bool = False) -> R:
    """The record in an answer's ``data``.

    Args:
        record: what kind of record.
        document: the answer.
        asked: the id that was asked for, where one was.
        write: whether it answers a write.

    Raises:
        MalformedResponse: it does not hold what we need, or is about another object.
    """
    found: R = read_resource(_schema(_BY_RECORD[record]), document, write=write)
    if asked not in (None, getattr(found, "id", None)):
        raise malformed("it is about another object", write=write)
    return found


def read_created(record: type[R], document: Any, *, name: str) -> R:
    """What was just created under a name; a name that ends otherwise, without our marker, is another's.

    Raises:
        MalformedResponse: it does not hold what we need, or is about another object.
    """
    found = read_one(record, document, write=True)
    theirs = getattr(found, "name", None)
    if theirs is not None and theirs.split()[-1:] != name.split()[-1:]:
        raise malformed("it is about another object", write=True)
    return found


def read_many(record: type[R], document: Any) -> list[R]:
    """The records in an answer's ``data``, a list.

    Raises:
        MalformedResponse: it does not hold what we need.
    """
    return read_resources(_schema(_BY_RECORD[record]), document)


def read_templates(document: Any, *, write: bool = False) -> dict[str, TemplateRecord]:
    """The templates that an answer includes, by id."""
    return read_included(_schema(TemplateSchema), document, "template", write=write)


def read_messages(document: Any) -> dict[str, MessageRecord]:
    """The messages that an answer includes, by id."""
    return read_included(_schema(MessageSchema), document, "campaign-message")


def read_metrics(document: Any) -> dict[str, MetricRecord]:
    """The metrics that an answer includes, by id."""
    return read_included(_schema(MetricSchema), document, "metric")


@cache
def _schema(kind: type[ReadSchema]) -> ReadSchema:
    """One instance of a schema, made when first needed: making one is slow."""
    return kind()
