"""Klaviyo's closed vocabularies at revision 2026-07-15: statuses, field names, statistics."""

from __future__ import annotations

from glowtify_klaviyo.sandbox.models import EMAIL_CONTENT

STATUSES = (
    "Draft",
    "Preparing to schedule",
    "Queued without Recipients",
    "Scheduled",
    "Adding Recipients",
    "Preparing to send",
    "Sending",
    "Sending Segments",
    "Variations Sent",
    "Sent",
    "Cancelled",
    "Cancelled: No Recipients",
    "Cancelled: Smart Sending",
    "Cancelled: Account Disabled",
    "Cancelled: Billing Limit",
    "Cancelled: Internal Error",
    "Cancelled: Misconfigured",
    "Unknown",
)
CHANNELS = ("email", "sms", "mobile_push")
MAPPED_METRICS = (
    "revenue",
    "viewed_product",
    "added_to_cart",
    "cancelled_sales",
    "ordered_product",
    "refunded_sales",
    "started_checkout",
)
DYNAMIC_VALUES = (
    "campaign_id",
    "campaign_name",
    "campaign_name_id",
    "campaign_name_send_day",
    "email_subject",
    "group_id",
    "group_name",
    "group_name_id",
    "link_alt_text",
    "message_type",
    "profile_external_id",
    "profile_id",
)
MONEY_STATISTICS = ("average_order_value", "conversion_value", "revenue_per_recipient")
STATISTICS = (
    *MONEY_STATISTICS,
    "bounce_rate",
    "bounced",
    "bounced_or_failed",
    "bounced_or_failed_rate",
    "click_rate",
    "click_to_open_rate",
    "clicks",
    "clicks_unique",
    "conversion_rate",
    "conversion_uniques",
    "conversions",
    "delivered",
    "delivery_rate",
    "failed",
    "failed_rate",
    "message_segment_count_sum",
    "open_rate",
    "opens",
    "opens_unique",
    "recipients",
    "spam_complaint_rate",
    "spam_complaints",
    "text_message_credit_usage_amount",
    "text_message_roi",
    "text_message_spend",
    "unsubscribe_rate",
    "unsubscribe_uniques",
    "unsubscribes",
)
TIMEFRAMES = (
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "last_7_days",
    "last_30_days",
    "last_90_days",
    "this_month",
    "last_month",
    "last_3_months",
    "last_12_months",
    "this_year",
    "last_year",
    "last_365_days",
)
DEFAULT_GROUPS = ("campaign_id", "campaign_message_id", "send_channel")
GROUPS = (
    *DEFAULT_GROUPS,
    "campaign_message_name",
    "group",
    "group_name",
    "tag_id",
    "tag_name",
    "text_message_format",
    "variation",
    "variation_name",
)


def _names(text: str) -> frozenset[str]:
    """Expand ``a b{c,d} e.*`` into ``a b b.c b.d e.*``; every resource has ``id``."""
    found = {"id"}
    for word in text.split():
        head, _, tail = word.partition("{")
        found.add(head)
        found.update(f"{head}.{name}" for name in tail.rstrip("}").split(",") if name)
    return frozenset(found)


_TEMPLATE = "amp created editor_type html name text updated"
_SEGMENT = "created definition{condition_groups} is_active is_processing is_starred name updated"
_PROFILE = (
    "created email external_id first_name image last_event_date last_name locale location.* location "
    "organization phone_number predictive_analytics predictive_analytics.* properties subscriptions "
    "subscriptions.* title updated"
)

FIELDS: dict[str, frozenset[str]] = {
    "account": _names(
        "contact_information{default_sender_email,default_sender_name,organization_name,street_address,"
        "website_url} contact_information.street_address{address1,address2,city,country,region,zip} "
        "industry locale preferred_currency public_api_key test_account timezone"
    ),
    "campaign": _names(
        "archived audiences{excluded,included} created_at name scheduled_at send_options{use_smart_sending} "
        "send_strategy{date,datetime,method,options,throttle_percentage} "
        "send_strategy.options{is_local,send_past_recipients_immediately} send_time status "
        "tracking_options{add_tracking_params,custom_tracking_params,is_tracking_clicks,is_tracking_opens} "
        "updated_at"
    ),
    "campaign-message": _names("created_at definition definition.* send_times updated_at"),
    "campaign-message:flat": _names(
        f"channel content{{{','.join(EMAIL_CONTENT)},body,media_url}} created_at label render_options "
        "render_options.* send_times updated_at"
    ),
    "campaign-send-job": _names("status"),
    "campaign-recipient-estimation-job": _names("status"),
    "campaign-recipient-estimation": _names("estimated_recipient_count"),
    "campaign-values-report": _names("results"),
    "conversation": _names("channel"),
    "custom-metric": _names("created definition name updated"),
    "flow": _names("archived created name status trigger_type updated"),
    "image": _names("format hidden image_url name size updated_at"),
    "list": _names("created name opt_in_process updated"),
    "list:counted": _names("created name opt_in_process profile_count updated"),
    "mapped-metric": _names("updated"),
    "metric": _names("created integration name updated"),
    "profile": _names(_PROFILE),
    "profile:member": _names(f"{_PROFILE} joined_group_at"),
    "push-token": _names(
        "background created enablement_status metadata metadata.* platform recorded_date token vendor"
    ),
    "segment": _names(_SEGMENT),
    "segment:counted": _names(f"{_SEGMENT} profile_count"),
    "tag": _names("name"),
    "tag-group": _names("default exclusive name"),
    "template": _names(f"{_TEMPLATE} definition definition.*"),
    "template:plain": _names(_TEMPLATE),
}
