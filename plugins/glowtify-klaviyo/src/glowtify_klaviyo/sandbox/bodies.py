"""The request bodies that the sandbox takes, endpoint by endpoint. Unknown attributes are refused."""

from __future__ import annotations

from glowtify_klaviyo.sandbox.models import EMAIL_CONTENT
from glowtify_klaviyo.sandbox.shapes import (
    Anything,
    Day,
    Each,
    Flag,
    Moment,
    Record,
    Shape,
    Text,
    Variant,
    Whole,
    document,
    names,
    pointing_to,
)
from glowtify_klaviyo.sandbox.vocabulary import DYNAMIC_VALUES, GROUPS, STATISTICS, TIMEFRAMES

MAYBE_TEXT, MAYBE_FLAG = Text(nullable=True), Flag(nullable=True)
THROTTLE = Whole((1, 2, 5, 10, 11, 13, 14, 17, 20, 25, 33, 50))

STRATEGY = Variant(
    "send_strategy",
    "method",
    {
        "static": Record(
            "StaticSendStrategy",
            {"method": Text(), "datetime": Moment()},
            {
                "options": Variant(
                    "StaticSendStrategyOptions",
                    "is_local",
                    {
                        True: Record(
                            "LocalOptions", {"is_local": Flag()}, {"send_past_recipients_immediately": Flag()}
                        ),
                        False: Record("NonLocalOptions", {"is_local": Flag()}),
                    },
                    nullable=True,
                )
            },
        ),
        "throttled": Record(
            "ThrottledSendStrategy",
            {"method": Text(), "datetime": Moment(), "throttle_percentage": THROTTLE},
        ),
        "immediate": Record("ImmediateSendStrategy", {"method": Text()}),
        "smart_send_time": Record("SmartSendTimeStrategy", {"method": Text(), "date": Day()}),
    },
    nullable=True,
)
SEND_OPTIONS = Record("send_options", optional={"use_smart_sending": MAYBE_FLAG}, nullable=True)
TRACKING_PARAMETER = Variant(
    "custom_tracking_params",
    "type",
    {
        "dynamic": Record(
            "DynamicTrackingParam", {"type": Text(), "value": Text(DYNAMIC_VALUES), "name": Text()}
        ),
        "static": Record("StaticTrackingParam", {"type": Text(), "value": Text(), "name": Text()}),
    },
)
TRACKING_OPTIONS = Record(
    "tracking_options",
    optional={
        "add_tracking_params": MAYBE_FLAG,
        "custom_tracking_params": Each(TRACKING_PARAMETER, nullable=True),
        "is_tracking_clicks": MAYBE_FLAG,
        "is_tracking_opens": MAYBE_FLAG,
    },
    nullable=True,
)
SMS_OPTIONS = Record(
    "SMSRenderOptions",
    optional=dict.fromkeys(
        ("shorten_links", "add_org_prefix", "add_info_link", "add_opt_out_language"), MAYBE_FLAG
    ),
    nullable=True,
)
PUSH_CONTENT = Record(
    "MobilePushContent",
    optional={
        "title": MAYBE_TEXT,
        "body": MAYBE_TEXT,
        "dynamic_image": MAYBE_TEXT,
        "action_buttons": Each(Anything(), nullable=True),
    },
)
DEFINITION = Variant(
    "definition",
    "channel",
    {
        "email": Record(
            "EmailMessageDefinition",
            {"channel": Text()},
            {
                "label": MAYBE_TEXT,
                "content": Record(
                    "EmailContent", optional=dict.fromkeys(EMAIL_CONTENT, MAYBE_TEXT), nullable=True
                ),
            },
        ),
        "sms": Record(
            "SMSMessageDefinition",
            {"channel": Text()},
            {
                "content": Record("SMSContent", optional={"body": MAYBE_TEXT}, nullable=True),
                "render_options": SMS_OPTIONS,
            },
        ),
        "mobile_push": Record(
            "MobilePushMessageDefinition",
            {"channel": Text()},
            {
                "content": PUSH_CONTENT,
                "kv_pairs": Anything(),
                "options": Anything(),
                "notification_type": Text(("standard", "silent")),
            },
        ),
    },
)
IMAGE_RELATION = Record("relationships", optional={"image": pointing_to("image")})

CREATE_CAMPAIGN = document(
    "campaign",
    attributes=Record(
        "campaign",
        {
            "name": Text(),
            "audiences": Record(
                "audiences", {"included": Each(Text())}, {"excluded": Each(Text(), nullable=True)}
            ),
            "campaign-messages": Record(
                "campaign-messages",
                {
                    "data": Each(
                        Record(
                            "campaign-message",
                            {
                                "type": Text(("campaign-message",)),
                                "attributes": Record("campaign-message", {"definition": DEFINITION}),
                            },
                            {"relationships": IMAGE_RELATION},
                        ),
                        least=1,
                        most=1,
                    )
                },
            ),
        },
        {"send_strategy": STRATEGY, "send_options": SEND_OPTIONS, "tracking_options": TRACKING_OPTIONS},
    ),
)
UPDATE_CAMPAIGN = document(
    "campaign",
    with_id=True,
    attributes=Record(
        "campaign",
        optional={
            "name": MAYBE_TEXT,
            "audiences": Record(
                "audiences",
                optional={
                    "included": Each(Text(), nullable=True),
                    "excluded": Each(Text(), nullable=True),
                },
                nullable=True,
            ),
            "send_options": SEND_OPTIONS,
            "tracking_options": TRACKING_OPTIONS,
            "send_strategy": STRATEGY,
        },
    ),
)
CLONE_CAMPAIGN = document(
    "campaign", with_id=True, attributes=Record("campaign", optional={"new_name": MAYBE_TEXT})
)
UPDATE_MESSAGE = document(
    "campaign-message",
    with_id=True,
    attributes=Record(
        "campaign-message",
        optional={"definition": Variant("definition", "channel", DEFINITION.records, nullable=True)},
    ),
    optional={"relationships": IMAGE_RELATION},
)
ASSIGN_TEMPLATE = document(
    "campaign-message",
    with_id=True,
    relationships=Record("relationships", {"template": pointing_to("template")}),
)
SEND_JOB = document("campaign-send-job", with_id=True)
UPDATE_SEND_JOB = document(
    "campaign-send-job",
    with_id=True,
    attributes=Record("campaign-send-job", {"action": Text(("cancel", "revert"))}),
)
ESTIMATION_JOB = document("campaign-recipient-estimation-job", with_id=True)

_CONTENT: dict[str, Shape] = {
    "html": MAYBE_TEXT,
    "text": MAYBE_TEXT,
    "amp": MAYBE_TEXT,
    "definition": Anything(),
}
CREATE_TEMPLATE = document(
    "template",
    attributes=Record(
        "template",
        {"name": Text(), "editor_type": Text(("CODE", "USER_DRAGGABLE", "SYSTEM_DRAGGABLE"))},
        _CONTENT,
    ),
)
UPDATE_TEMPLATE = document(
    "template", with_id=True, attributes=Record("template", optional={"name": MAYBE_TEXT, **_CONTENT})
)
RENDER_TEMPLATE = document(
    "template", with_id=True, attributes=Record("template", {"context": Anything(nullable=False)})
)
CLONE_TEMPLATE = document(
    "template", with_id=True, attributes=Record("template", optional={"name": MAYBE_TEXT})
)

CREATE_TAG = document(
    "tag",
    attributes=Record("tag", {"name": Text()}),
    optional={"relationships": Record("relationships", optional={"tag-group": pointing_to("tag-group")})},
)
TAGGED_CAMPAIGNS = Record(
    "document", {"data": Each(Record("campaign", {"type": Text(("campaign",)), "id": Text()}))}
)

REPORT = document(
    "campaign-values-report",
    attributes=Record(
        "campaign-values-report",
        {
            "statistics": names(STATISTICS),
            "timeframe": Record(
                "timeframe",
                optional={
                    "key": Text(TIMEFRAMES),
                    "start": Moment(offset=False),
                    "end": Moment(offset=False),
                },
            ),
            "conversion_metric_id": Text(),
        },
        {"group_by": Each(Text(GROUPS), nullable=True), "filter": MAYBE_TEXT},
    ),
)
