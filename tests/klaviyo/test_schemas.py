"""Recorded answers load; new members, nulls and enum values do no harm."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from glowtify_core.domain.errors import MalformedResponse
from glowtify_klaviyo.records import (
    AccountRecord,
    AudienceRecord,
    CampaignRecord,
    MappedMetricRecord,
    MessageRecord,
    MetricRecord,
    ReportRecord,
    SendJobRecord,
    TemplateRecord,
)
from glowtify_klaviyo.schemas import read_many, read_messages, read_one, read_templates

FIXTURES = Path(__file__).parents[2].parent / "shared" / "klaviyo-fixtures"
LIVE = "live-2026-07-15"

RECORDED: dict[str, type[Any]] = {
    f"{LIVE}/get_accounts.200": AccountRecord,
    f"{LIVE}/get_lists.200": AudienceRecord,
    f"{LIVE}/get_list.200": AudienceRecord,
    f"{LIVE}/get_segment.200": AudienceRecord,
    "lists-list": AudienceRecord,
    "list-get": AudienceRecord,
    "segments-list": AudienceRecord,
    "segment-get": AudienceRecord,
    "segment-create": AudienceRecord,
    f"{LIVE}/create_template.201": TemplateRecord,
    f"{LIVE}/render_template.200": TemplateRecord,
    "template-create": TemplateRecord,
    "template-get": TemplateRecord,
    "template-patch": TemplateRecord,
    f"{LIVE}/create_campaign.201": CampaignRecord,
    f"{LIVE}/get_campaign.200": CampaignRecord,
    f"{LIVE}/get_campaigns.200": CampaignRecord,
    "campaign-create-static-draft": CampaignRecord,
    "campaign-get-include-messages": CampaignRecord,
    "campaign-patch-name": CampaignRecord,
    "campaigns-list-email": CampaignRecord,
    f"{LIVE}/get_campaign_message.200": MessageRecord,
    f"{LIVE}/update_campaign_message.200": MessageRecord,
    f"{LIVE}/assign_template_to_campaign_message.200": MessageRecord,
    "campaign-message-assign-template": MessageRecord,
    "campaign-send-job-create": SendJobRecord,
    "metrics-list": MetricRecord,
    f"{LIVE}/get_mapped_metric.200": MappedMetricRecord,
    f"{LIVE}/get_mapped_metrics.200": MappedMetricRecord,
    "campaign-values-report-empty": ReportRecord,
}


def recorded(name: str) -> Any:
    path = FIXTURES / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded answers are not beside this repository")
    return json.loads(path.read_text())["response"]["body"]


def load(record: type[Any], document: Any) -> list[Any]:
    if isinstance(document["data"], list):
        return read_many(record, document)
    return [read_one(record, document)]


@pytest.mark.parametrize(("name", "record"), RECORDED.items(), ids=RECORDED)
def test_a_recorded_answer_loads(name: str, record: type[Any]) -> None:
    document = recorded(name)
    found = load(record, document)
    data = document["data"] if isinstance(document["data"], list) else [document["data"]]
    assert len(found) == len(data)
    if record is not ReportRecord:
        assert [one.id for one in found] == [one["id"] for one in data]


@pytest.mark.parametrize(("name", "record"), RECORDED.items(), ids=RECORDED)
def test_new_members_anywhere_change_nothing(name: str, record: type[Any]) -> None:
    document = recorded(name)
    assert load(record, grown(document)) == load(record, document)


def grown(value: Any) -> Any:
    """The document with a member more in each of its objects."""
    if isinstance(value, dict):
        return {**{key: grown(inner) for key, inner in value.items()}, "brand_new": {"a": [1]}}
    return [grown(inner) for inner in value] if isinstance(value, list) else value


def test_a_recorded_campaign_says_what_the_recording_says() -> None:
    found = read_many(CampaignRecord, recorded("campaigns-list-email"))[0]
    assert found.status == "Cancelled: No Recipients"
    assert found.included == ("RDZMTi",)
    assert found.excluded == ()
    assert found.use_smart_sending is True
    assert found.strategy is not None
    assert (found.strategy.method, found.strategy.is_local) == ("static", False)
    assert found.send_time == "2026-07-02T04:51:41.585150+00:00"


def test_a_recorded_assignment_names_the_clone() -> None:
    document = recorded(f"{LIVE}/assign_template_to_campaign_message.200")
    message = read_one(MessageRecord, document, write=True)
    clone = read_templates(document)[message.template_id or ""]
    assert clone.name.startswith("Clone of ")
    assert message.subject


def test_included_messages_are_found() -> None:
    document = recorded("campaign-get-include-messages")
    (message,) = read_messages(document).values()
    assert message.from_email == "api@nango.dev"
    assert message.template_id is None


CAMPAIGN: dict[str, Any] = {
    "data": {
        "type": "campaign",
        "id": "C1",
        "attributes": {
            "name": "n",
            "status": "Draft",
            "audiences": {"included": ["A"], "excluded": None},
            "send_options": None,
            "tracking_options": None,
            "send_strategy": {"method": "brand_new", "options": None},
        },
        "relationships": None,
        "links": None,
    }
}


def test_nulls_and_new_enum_values_are_read() -> None:
    found = read_one(CampaignRecord, CAMPAIGN)
    assert (found.included, found.excluded, found.message_ids) == (("A",), (), ())
    assert (found.use_smart_sending, found.send_time) == (None, None)
    assert found.strategy is not None
    assert (found.strategy.method, found.strategy.datetime) == ("brand_new", None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), None),
        (("attributes", "status"), None),
        (("attributes", "name"), 7),
        (("attributes", "audiences"), "everybody"),
        (("attributes", "audiences", "included"), "A"),
        (("attributes", "send_strategy"), "static"),
        (("attributes", "archived"), "perhaps"),
        (("attributes",), None),
    ],
)
def test_what_we_depend_on_must_be_there_in_its_type(path: tuple[str, ...], value: Any) -> None:
    document = copy.deepcopy(CAMPAIGN)
    inner = document["data"]
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(MalformedResponse):
        read_one(CampaignRecord, document)


def test_figures_are_numbers_or_null() -> None:
    row = {"groupings": {"campaign_id": "C1"}, "statistics": {"opens": 3, "conversion_value": None}}
    document: dict[str, Any] = {"data": {"attributes": {"results": [row]}}}
    assert read_one(ReportRecord, document).rows[0].statistics == {"opens": 3.0, "conversion_value": None}
    row["statistics"]["opens"] = "many"
    with pytest.raises(MalformedResponse):
        read_one(ReportRecord, document)
