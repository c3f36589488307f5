"""What may be sent to Klaviyo at revision 2026-07-15: anything else is refused before it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from marshmallow import fields, validate

from glowtify_core.kit.schema import WriteSchema


class TemplateWrite(WriteSchema):
    """Raw HTML."""

    name = fields.Str(required=True)
    editor_type = fields.Str(required=True, validate=validate.Equal("CODE"))
    html = fields.Str(required=True)
    text = fields.Str()


class AudiencesWrite(WriteSchema):
    """Whom a campaign is for; sent whole, since Klaviyo replaces it whole."""

    included = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    excluded = fields.List(fields.Str(), required=True)


class StrategyOptionsWrite(WriteSchema):
    """``is_local`` alone for one instant; both for each recipient's own clock."""

    is_local = fields.Bool(required=True)
    send_past_recipients_immediately = fields.Bool()


class StrategyWrite(WriteSchema):
    """The one strategy that we use: anything else could send at once."""

    method = fields.Str(required=True, validate=validate.Equal("static"))
    datetime = fields.Str(required=True)
    options = fields.Nested(StrategyOptionsWrite, required=True)


class SendOptionsWrite(WriteSchema):
    """Smart Sending is always said: Klaviyo's default is on."""

    use_smart_sending = fields.Bool(required=True)


class TrackingParamWrite(WriteSchema):
    """One parameter that is added to links."""

    type = fields.Str(required=True, validate=validate.OneOf(("static", "dynamic")))
    name = fields.Str(required=True)
    value = fields.Str(required=True)


class TrackingOptionsWrite(WriteSchema):
    """What happens to links; absent attributes take the account's defaults."""

    add_tracking_params = fields.Bool()
    custom_tracking_params = fields.Nested(TrackingParamWrite, many=True)
    is_tracking_opens = fields.Bool()
    is_tracking_clicks = fields.Bool()


class ContentWrite(WriteSchema):
    """A message's subject and sender; sent whole, since a PATCH clears what is left out."""

    subject = fields.Str(required=True)
    preview_text = fields.Str(allow_none=True)
    from_email = fields.Str(required=True)
    from_label = fields.Str(required=True)
    reply_to_email = fields.Str(allow_none=True)
    cc_email = fields.Str(allow_none=True)
    bcc_email = fields.Str(allow_none=True)


class DefinitionWrite(WriteSchema):
    """A message."""

    channel = fields.Str(required=True, validate=validate.Equal("email"))
    label = fields.Str()
    content = fields.Nested(ContentWrite, required=True)


class CampaignPatch(WriteSchema):
    """The attributes of PATCH campaign; all optional."""

    name = fields.Str()
    audiences = fields.Nested(AudiencesWrite)
    send_strategy = fields.Nested(StrategyWrite)
    send_options = fields.Nested(SendOptionsWrite)
    tracking_options = fields.Nested(TrackingOptionsWrite)


class CampaignWrite(CampaignPatch):
    """The attributes of POST campaign, without its one message. The strategy is required: none means now."""

    name = fields.Str(required=True)
    audiences = fields.Nested(AudiencesWrite, required=True)
    send_strategy = fields.Nested(StrategyWrite, required=True)
    send_options = fields.Nested(SendOptionsWrite, required=True)


class TimeframeWrite(WriteSchema):
    """Whole days in the account's zone: Klaviyo ignores offsets."""

    start = fields.Str(required=True)
    end = fields.Str(required=True)


class ReportWrite(WriteSchema):
    """The attributes of a values report. The metric is required even without conversion statistics."""

    statistics = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    timeframe = fields.Nested(TimeframeWrite, required=True)
    conversion_metric_id = fields.Str(required=True)
    group_by = fields.List(fields.Str())
    filter = fields.Str()


BY_KIND: Mapping[str, type[WriteSchema]] = {
    "template": TemplateWrite,
    "campaign": CampaignWrite,
    "campaign patch": CampaignPatch,
    "message": DefinitionWrite,
    "report": ReportWrite,
}


@cache
def schema(kind: str) -> WriteSchema:
    """One instance of a schema, made when first needed: making one is slow."""
    return BY_KIND[kind]()
