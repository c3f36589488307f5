"""Klaviyo's own Python client, which we did not write, does the whole job against the sandbox.

What it returns was built by its pydantic models, so an answer of another shape fails before any assertion.
"""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from glowtify_klaviyo.sandbox import Sandbox

EMAILS = "equals(messages.channel,'email')"
SEND_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
HTML = "<html><body><h1>Hello {{ first_name }}</h1><p>{% unsubscribe %}</p></body></html>"


@pytest.fixture
def klaviyo(sandbox: Sandbox) -> Any:
    return client(sandbox)


@pytest.fixture(autouse=True)
def its_logging_stays_its_own() -> Iterator[None]:
    """The client turns urllib3's logging down for the whole process."""
    logger = logging.getLogger("urllib3")
    level = logger.level
    yield
    logger.setLevel(level)


def client(sandbox: Sandbox, key: str = "full") -> Any:
    from klaviyo_api import KlaviyoAPI  # type: ignore[import-untyped]  # it ships no types

    return KlaviyoAPI(sandbox.keys[key], max_retries=1, test_host=sandbox.base_url)


def last(sandbox: Sandbox) -> tuple[str, str, int | None]:
    request = sandbox.requests[-1]
    return request.method, request.path, request.status


def template_body(**attributes: Any) -> dict[str, Any]:
    given = {"name": "Newsletter", "editor_type": "CODE", "html": HTML, **attributes}
    return {"data": {"type": "template", "attributes": given}}


def campaign_body(sandbox: Sandbox, **attributes: Any) -> dict[str, Any]:
    audiences = {
        "included": [sandbox.ready["lists"][0]["id"]],
        "excluded": [sandbox.ready["segments"][0]["id"]],
    }
    content = {
        "subject": "Hello",
        "preview_text": "A preview",
        "from_email": "shop@example.com",
        "from_label": "Example Shop",
        "reply_to_email": "answers@example.com",
    }
    definition = {"channel": "email", "label": "Main", "content": content}
    message = {"type": "campaign-message", "attributes": {"definition": definition}}
    given = {
        "name": "Winter",
        "audiences": audiences,
        "campaign-messages": {"data": [message]},
        "send_strategy": {
            "method": "static",
            "datetime": SEND_AT.isoformat(),
            "options": {"is_local": False},
        },
        "send_options": {"use_smart_sending": False},
        "tracking_options": {"add_tracking_params": False},
        **attributes,
    }
    return {"data": {"type": "campaign", "attributes": given}}


def job_body(campaign_id: str, kind: str = "campaign-send-job", **attributes: Any) -> dict[str, Any]:
    data = {"type": kind, "id": campaign_id}
    return {"data": {**data, "attributes": attributes} if attributes else data}


def scheduled(sandbox: Sandbox, klaviyo: Any) -> str:
    """Send the seeded Draft, which is complete; returns its id."""
    campaign = str(sandbox.ready["campaign"]["id"])
    klaviyo.Campaigns.send_campaign(job_body(campaign))
    return campaign


def test_it_speaks_the_revision_that_the_sandbox_serves(sandbox: Sandbox, klaviyo: Any) -> None:
    answer = klaviyo.Accounts.get_accounts_with_http_info()

    assert answer.status_code == 200
    assert answer.headers["x-klaviyo-api-revision"] == "2026-07-15"


def test_accounts(sandbox: Sandbox, klaviyo: Any) -> None:
    (account,) = klaviyo.Accounts.get_accounts().data

    assert account.id == sandbox.ready["account_id"]
    assert account.attributes.timezone == "Europe/Berlin"
    assert account.attributes.preferred_currency == "EUR"
    assert account.attributes.contact_information.default_sender_email == "shop@example.com"
    assert klaviyo.Accounts.get_account(account.id).data.attributes == account.attributes


@pytest.mark.parametrize("kind", ["list", "segment"])
def test_audiences_page_by_page_and_with_their_counts(sandbox: Sandbox, klaviyo: Any, kind: str) -> None:
    for number in range(12):
        sandbox.add_audience(f"{kind} {number:02}", kind=kind, members=number)
    api = klaviyo.Lists if kind == "list" else klaviyo.Segments

    first = getattr(api, f"get_{kind}s")(sort="name")
    following = first.links.next.replace(
        "http:", "https:"
    )  # the client takes cursors out of https links only
    second = getattr(api, f"get_{kind}s")(sort="name", page_cursor=following)
    shown = {item.attributes.name: item.id for item in (*first.data, *second.data)}
    counted = getattr(api, f"get_{kind}")(
        shown[f"{kind} 07"], **{f"additional_fields_{kind}": ["profile_count"]}
    )

    assert len(first.data) == 10
    assert second.links.next is None
    assert {f"{kind} {number:02}" for number in range(12)} < set(shown)
    assert counted.data.attributes.profile_count == 7


def test_members_of_a_list(sandbox: Sandbox, klaviyo: Any) -> None:
    own = sandbox.add_audience("Few", members=3)

    members = klaviyo.Lists.get_profiles_for_list(own).data

    assert {member.attributes.email for member in members} == {
        f"customer{number:04}@example.com" for number in range(3)
    }
    assert {one.id for one in klaviyo.Lists.get_profile_ids_for_list(own).data} == {one.id for one in members}


def test_profiles(klaviyo: Any) -> None:
    page = klaviyo.Profiles.get_profiles(page_size=100, sort="email")
    found = klaviyo.Profiles.get_profiles(filter="equals(email,'customer0007@example.com')").data

    assert len(page.data) == 100
    assert page.data[7].attributes.email == "customer0007@example.com"
    assert [profile.id for profile in found] == [page.data[7].id]
    assert klaviyo.Profiles.get_profile(found[0].id).data.attributes == found[0].attributes


def test_metrics_and_the_one_that_is_mapped_to_revenue(sandbox: Sandbox, klaviyo: Any) -> None:
    metrics = klaviyo.Metrics.get_metrics().data
    revenue = klaviyo.Metrics.get_mapped_metric("revenue", include=["metric"]).data

    assert metrics[0].attributes.name == "Placed Order"
    assert metrics[0].id == sandbox.ready["metrics"][0]["id"]
    assert revenue.relationships.metric.data.id == metrics[0].id
    assert klaviyo.Metrics.get_metric(metrics[0].id).data.attributes.name == "Placed Order"


def test_tags_on_campaigns(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign = sandbox.ready["campaign"]["id"]
    tag = klaviyo.Tags.create_tag({"data": {"type": "tag", "attributes": {"name": "glowtify"}}}).data
    assert last(sandbox) == ("POST", "/api/tags", 201)
    named = {"data": [{"type": "campaign", "id": campaign}]}

    klaviyo.Tags.tag_campaigns(tag.id, named)
    assert last(sandbox)[2] == 204
    assert [one.id for one in klaviyo.Campaigns.get_tags_for_campaign(campaign).data] == [tag.id]
    assert [one.id for one in klaviyo.Tags.get_campaign_ids_for_tag(tag.id).data] == [campaign]

    klaviyo.Tags.remove_tag_from_campaigns(tag.id, named)
    assert klaviyo.Campaigns.get_tags_for_campaign(campaign).data == []
    assert [one.attributes.name for one in klaviyo.Tags.get_tags().data] == ["glowtify"]
    assert klaviyo.Tags.get_tag(tag.id, include=["tag-group"]).included[0].attributes.default is True


def test_the_life_of_a_template(sandbox: Sandbox, klaviyo: Any) -> None:
    template = klaviyo.Templates.create_template(template_body(text="Hello")).data
    assert last(sandbox) == ("POST", "/api/templates", 201)
    assert template.attributes.html.startswith("<html><head></head><body>")
    found = klaviyo.Templates.get_templates(filter="equals(name,'Newsletter')").data
    assert [one.id for one in found] == [template.id]

    rename = {"data": {"type": "template", "id": template.id, "attributes": {"name": "Renamed"}}}
    assert klaviyo.Templates.update_template(template.id, rename).data.attributes.name == "Renamed"
    assert last(sandbox)[2] == 200
    assert klaviyo.Templates.get_template(template.id).data.attributes.name == "Renamed"

    render = {"type": "template", "id": template.id, "attributes": {"context": {"first_name": "Ada"}}}
    assert "Hello Ada" in klaviyo.Templates.render_template({"data": render}).data.attributes.html
    assert last(sandbox)[2] == 201
    copy = {"type": "template", "id": template.id, "attributes": {"name": "Copy"}}
    clone = klaviyo.Templates.clone_template({"data": copy}).data
    assert last(sandbox)[2] == 201
    assert (clone.id != template.id, clone.attributes.name) == (True, "Copy")

    klaviyo.Templates.delete_template(template.id)
    assert last(sandbox) == ("DELETE", f"/api/templates/{template.id}", 204)
    assert klaviyo.Templates.get_templates(filter="any(name,['Renamed','Copy'])").data[0].id == clone.id


def test_the_life_of_a_draft(sandbox: Sandbox, klaviyo: Any) -> None:
    body = campaign_body(sandbox)
    campaign = klaviyo.Campaigns.create_campaign(body).data
    assert last(sandbox) == ("POST", "/api/campaigns", 201)
    attributes = campaign.attributes
    assert (attributes.status, attributes.scheduled_at, attributes.send_time) == ("Draft", None, None)
    assert attributes.audiences.to_dict() == body["data"]["attributes"]["audiences"]
    assert attributes.send_strategy["datetime"] == SEND_AT.isoformat()
    assert attributes.send_options["use_smart_sending"] is False

    listed = klaviyo.Campaigns.get_campaigns(
        f"and({EMAILS},contains(name,'Winter'),equals(status,'Draft'))", include=["campaign-messages"]
    )
    ours = next(one for one in listed.data if one.id == campaign.id)
    message = ours.relationships.campaign_messages.data[0].id
    assert message in {one["id"] for one in listed.included}

    changes = {"type": "campaign", "id": campaign.id, "attributes": {"name": "Spring"}}
    assert klaviyo.Campaigns.update_campaign(campaign.id, {"data": changes}).data.attributes.name == "Spring"
    clone = klaviyo.Campaigns.create_campaign_clone(
        {"data": {"type": "campaign", "id": campaign.id, "attributes": {"new_name": "Again"}}}
    ).data
    assert last(sandbox) == ("POST", "/api/campaign-clone", 201)
    assert (clone.attributes.name, clone.attributes.status) == ("Again", "Draft")
    assert klaviyo.Campaigns.get_campaign(clone.id).data.attributes.audiences == attributes.audiences

    klaviyo.Campaigns.delete_campaign(clone.id)
    assert last(sandbox) == ("DELETE", f"/api/campaigns/{clone.id}", 204)
    assert clone.id not in {one.id for one in klaviyo.Campaigns.get_campaigns(EMAILS).data}


def test_messages_and_their_template(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign = klaviyo.Campaigns.create_campaign(campaign_body(sandbox)).data
    (message,) = klaviyo.Campaigns.get_messages_for_campaign(campaign.id).data
    assert message.attributes.definition["content"]["reply_to_email"] == "answers@example.com"
    template = klaviyo.Templates.create_template(template_body()).data

    related = {"template": {"data": {"type": "template", "id": template.id}}}
    assigned = klaviyo.Campaigns.assign_template_to_campaign_message(
        {"data": {"type": "campaign-message", "id": message.id, "relationships": related}}
    ).data
    assert last(sandbox) == ("POST", "/api/campaign-message-assign-template", 200)
    copy = assigned.relationships.template.data.id
    assert copy != template.id
    own = klaviyo.Campaigns.get_template_for_campaign_message(message.id).data
    assert (own.id, own.attributes.name) == (copy, f"Clone of {template.id}")

    definition = {"channel": "email", "label": "New", "content": {"subject": "New subject"}}
    patch = {"type": "campaign-message", "id": message.id, "attributes": {"definition": definition}}
    klaviyo.Campaigns.update_campaign_message(message.id, {"data": patch})
    assert last(sandbox)[2] == 200
    read = klaviyo.Campaigns.get_campaign_message(message.id, include=["template", "campaign"])
    assert read.data.attributes.definition["content"]["subject"] == "New subject"
    assert {one["id"] for one in read.included} == {copy, campaign.id}


def test_send_job_cancelled(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign = scheduled(sandbox, klaviyo)
    assert last(sandbox) == ("POST", "/api/campaign-send-jobs", 202)
    read = klaviyo.Campaigns.get_campaign(campaign).data.attributes
    assert (read.status, read.send_time) == ("Scheduled", datetime(2026, 12, 23, 9, tzinfo=UTC))
    assert klaviyo.Campaigns.get_campaign_send_job(campaign).data.attributes.status == "complete"

    klaviyo.Campaigns.cancel_campaign_send(campaign, job_body(campaign, action="cancel"))

    assert last(sandbox) == ("PATCH", f"/api/campaign-send-jobs/{campaign}", 204)
    assert klaviyo.Campaigns.get_campaign(campaign).data.attributes.status == "Cancelled"


def test_send_job_reverted_and_sent_again(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign = scheduled(sandbox, klaviyo)

    klaviyo.Campaigns.cancel_campaign_send(campaign, job_body(campaign, action="revert"))
    assert klaviyo.Campaigns.get_campaign(campaign).data.attributes.status == "Draft"
    klaviyo.Campaigns.send_campaign(job_body(campaign))

    assert klaviyo.Campaigns.get_campaign(campaign).data.attributes.status == "Scheduled"


def test_recipient_estimation(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign, kind = sandbox.ready["campaign"]["id"], "campaign-recipient-estimation-job"

    asked = klaviyo.Campaigns.refresh_campaign_recipient_estimation(job_body(campaign, kind))
    assert (last(sandbox)[2], asked.data.attributes.status) == (202, "processing")
    assert klaviyo.Campaigns.get_campaign_recipient_estimation_job(campaign).data.attributes.status == (
        "complete"
    )
    estimation = klaviyo.Campaigns.get_campaign_recipient_estimation(campaign).data.attributes

    assert 0 < estimation.estimated_recipient_count <= 4200


def test_a_campaign_is_sent_and_its_report_has_a_row(sandbox: Sandbox, klaviyo: Any) -> None:
    campaign = scheduled(sandbox, klaviyo)
    sandbox.advance(timedelta(days=33))
    assert klaviyo.Campaigns.get_campaign(campaign).data.attributes.status == "Sent"

    wanted = {
        "statistics": ["recipients", "delivered", "opens_unique", "clicks_unique", "conversion_value"],
        "timeframe": {"start": "2026-12-22T00:00:00+00:00", "end": "2026-12-26T00:00:00+00:00"},
        "conversion_metric_id": sandbox.ready["metrics"][0]["id"],
        "filter": f'contains-any(campaign_id,["{campaign}"])',
    }
    body = {"data": {"type": "campaign-values-report", "attributes": wanted}}
    (row,) = klaviyo.Reporting.query_campaign_values(body).data.attributes.results

    assert last(sandbox) == ("POST", "/api/campaign-values-reports", 200)
    assert row.groupings["campaign_id"] == campaign
    figures = row.statistics
    assert figures["recipients"] >= figures["delivered"] > figures["opens_unique"] > figures["clicks_unique"]
    assert figures["conversion_value"] > 0


def refusal(ask: Any, status: int) -> dict[str, Any]:
    """What the client raised and understood of the answer."""
    from klaviyo_api import openapi_client

    with pytest.raises(openapi_client.ApiException) as raised:
        ask()
    assert raised.value.status == status
    error: dict[str, Any] = json.loads(raised.value.body)["errors"][0]
    parsed = raised.value.data.errors[0]
    assert (parsed.code, parsed.title, parsed.detail) == (error["code"], error["title"], error["detail"])
    return error


def test_a_revoked_key_is_a_401(sandbox: Sandbox) -> None:
    error = refusal(client(sandbox, "revoked").Accounts.get_accounts, 401)

    assert error["code"] == "authentication_failed"


def test_a_missing_scope_is_a_403(sandbox: Sandbox) -> None:
    error = refusal(lambda: client(sandbox, "read-only").Templates.create_template(template_body()), 403)

    assert error["code"] == "permission_denied"


def test_an_unknown_id_is_a_404(klaviyo: Any) -> None:
    error = refusal(lambda: klaviyo.Campaigns.get_campaign("NOPE01"), 404)

    assert error["code"] == "not_found"
    assert error["detail"] == "A campaign with id 'NOPE01' does not exist."


def test_a_bad_filter_is_a_400(klaviyo: Any) -> None:
    error = refusal(lambda: klaviyo.Campaigns.get_campaigns("equals(name,'Winter')"), 400)

    assert (error["code"], error["source"]) == ("invalid", {"parameter": "filter"})
