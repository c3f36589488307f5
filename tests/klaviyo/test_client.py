"""The client: what each method sends, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from klaviyo_client import ACCOUNT, KEY, context, scripted
from wire import Reply

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import (
    ConfigurationError,
    CredentialsMissing,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    RemoteNotFound,
    RequestRejected,
)
from glowtify_klaviyo.client import MOST_REPORT_PAGES, KlaviyoClient
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.records import SendJobRecord

LISTS, SEGMENTS = AudienceKind.LIST, AudienceKind.SEGMENT
BASE = "https://a.klaviyo.com"
STRATEGY = {"method": "static", "datetime": "2027-01-15T12:00:00+00:00", "options": {"is_local": False}}
ATTRIBUTES: dict[str, Any] = {
    "name": "Sale",
    "audiences": {"included": ["XW53Ha"], "excluded": []},
    "send_strategy": STRATEGY,
    "send_options": {"use_smart_sending": False},
    "tracking_options": {"add_tracking_params": False},
}
DEFINITION: dict[str, Any] = {
    "channel": "email",
    "label": "Sale",
    "content": {
        "subject": "Now",
        "preview_text": None,
        "from_email": "a@example.com",
        "from_label": "Acme",
        "reply_to_email": None,
    },
}


def campaign(campaign_id: str = "C1", **attributes: Any) -> dict[str, Any]:
    return {
        "type": "campaign",
        "id": campaign_id,
        "attributes": {"name": "Sale", "status": "Draft", **attributes},
        "relationships": {"campaign-messages": {"data": [{"type": "campaign-message", "id": "M1"}]}},
    }


def audience(number: int) -> dict[str, Any]:
    return {"type": "list", "id": f"L{number}", "attributes": {"name": f"List {number}", "created": None}}


def page(items: Iterable[Any], following: str | None = None) -> Reply:
    return Reply(200, {"data": list(items), "links": {"next": following, "prev": f"{BASE}/api/lists?odd"}})


def query(url: str | None) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url or "").query).items()}


def body(request: Any) -> Any:
    return json.loads(request.body)


# --- Every request ---


def test_every_request_names_the_revision_opts_out_of_others_and_carries_the_key() -> None:
    client, wire = scripted(page([]))
    list(client.metrics())
    headers = wire.requests[0].headers
    assert wire.requests[0].url == f"{BASE}/api/metrics"
    assert headers["revision"] == "2026-07-15"
    assert headers["X-Klaviyo-Revision-Fall-Forward-Opt-Out"] == "1"
    assert headers["Authorization"] == f"Klaviyo-API-Key {KEY}"
    assert headers["Accept"] == headers["Content-Type"] == "application/vnd.api+json"
    assert headers["User-Agent"].startswith("glowtify-klaviyo/")


def test_the_pace_is_kept_by_account_or_by_a_hash_of_the_key_before_it_is_known() -> None:
    keys: list[str] = []

    def paces(account: Any) -> str:
        client = open_client(context(account=account))
        client.http._patience._gate.acquire = lambda key, *_, **__: keys.append(key)  # type: ignore[method-assign]  # a spy
        client.http.mount(scripted(page([]))[1])
        list(client.metrics())
        return keys[-1]

    assert paces(ACCOUNT) == "a.klaviyo.com:AbCdEf:get_metrics"
    unknown = paces(None)
    assert unknown == paces(None)
    assert KEY not in unknown
    assert unknown.startswith("a.klaviyo.com:")
    assert unknown.endswith(":get_metrics")


def test_the_key_is_sent_to_no_other_address() -> None:
    for url in ("https://evil.example.com", "http://a.klaviyo.com", "https://a.klaviyo.com:444"):
        with pytest.raises(ConfigurationError):
            open_client(context(base_url=url))
    open_client(
        context(base_url="https://gateway.example.com", allowed_hosts=("gateway.example.com",))
    ).close()


def test_without_a_key_nothing_is_opened() -> None:
    without = context()
    object.__setattr__(without, "credentials", {})
    with pytest.raises(CredentialsMissing):
        open_client(without)


# --- Reading ---


def test_the_account_is_the_only_one_in_its_list() -> None:
    contact = {
        "organization_name": "Acme",
        "default_sender_name": "A",
        "default_sender_email": "a@example.com",
    }
    attributes = {"timezone": "US/Eastern", "preferred_currency": "USD", "contact_information": contact}
    client, _ = scripted(page([{"id": "AbCdEf", "attributes": attributes}]))
    account = client.account()
    assert (account.id, account.timezone, account.preferred_currency) == ("AbCdEf", "US/Eastern", "USD")
    assert (account.organization_name, account.default_sender_email) == ("Acme", "a@example.com")
    client, _ = scripted(page([]))
    with pytest.raises(MalformedResponse):
        client.account()


def test_pages_are_read_when_they_are_come_to_and_by_next_alone() -> None:
    client, wire = scripted(
        page(map(audience, range(10)), f"{BASE}/api/lists?page%5Bcursor%5D=two"), page([audience(10)])
    )
    lists = client.audiences(LISTS)
    assert next(lists).id == "L0"
    assert len(wire.requests) == 1
    assert len(list(lists)) == 10
    assert wire.sent == [
        "GET /api/lists?fields%5Blist%5D=name%2Ccreated",
        "GET /api/lists?page%5Bcursor%5D=two",
    ]


@pytest.mark.parametrize("second", [[audience(1)], []])
def test_reading_ends_when_a_page_brings_nothing_new(second: list[Any]) -> None:
    again = f"{BASE}/api/lists?page%5Bcursor%5D=again"
    client, wire = scripted(page([audience(1)], again), page(second, again))
    assert [one.id for one in client.audiences(LISTS)] == ["L1"]
    assert len(wire.requests) == 2


def test_an_item_that_slides_to_the_next_page_comes_once() -> None:
    client, _ = scripted(
        page([audience(1), audience(2)], f"{BASE}/api/lists?x"), page([audience(2), audience(3)])
    )
    assert [one.id for one in client.audiences(LISTS)] == ["L1", "L2", "L3"]


def test_a_next_link_to_another_host_is_not_followed() -> None:
    client, wire = scripted(page([audience(1)], "https://evil.example.com/api/lists"))
    with pytest.raises(MalformedResponse):
        list(client.audiences(LISTS))
    assert len(wire.requests) == 1


def test_audiences_are_found_by_exact_names_or_ids() -> None:
    client, wire = scripted(page([audience(1)]))
    found = list(client.audiences(SEGMENTS, names=['A "b"', "ä"], ids=["L1", "L1", "L2"]))
    assert [query(one.url) for one in wire.requests] == [
        {"fields[segment]": "name,created,is_active", "filter": r'any(name,["A \"b\"","ä"])'},
        {"fields[segment]": "name,created,is_active", "filter": 'any(id,["L1","L2"])'},
    ]
    assert [one.id for one in found] == ["L1", "L1"]


def test_many_ids_are_asked_for_fifty_at_a_time() -> None:
    client, wire = scripted(page([]))
    list(client.campaigns(ids=[f"C{number}" for number in range(120)]))
    assert [query(one.url)["filter"].count('"C') for one in wire.requests] == [50, 50, 20]


@pytest.mark.parametrize("refusal", [Reply(400, {"errors": [{"code": "invalid"}]}), Reply(414, b"<html>")])
def test_a_part_that_is_too_long_is_halved(refusal: Reply) -> None:
    def answer(request: Any) -> Reply:
        filters = query(request.url)["filter"]
        ids = [piece.strip('"') for piece in filters.partition("[")[2].partition("]")[0].split(",")]
        return refusal if len(ids) > 20 else page([campaign(one) for one in ids])

    client, wire = scripted(answer)
    wanted = [f"C{number}" for number in range(50)]
    assert [one.id for one in client.campaigns(ids=wanted)] == wanted
    assert len(wire.requests) == 1 + 2 + 4


def test_a_refusal_of_a_single_value_is_told() -> None:
    client, wire = scripted(Reply(400, {"errors": [{"code": "invalid", "detail": "no"}]}))
    with pytest.raises(RequestRejected):
        list(client.audiences(LISTS, ids=["a", "b"]))
    assert len(wire.requests) == 2
    client, wire = scripted(Reply(403, {"errors": [{"code": "permission_denied", "detail": "KDP only"}]}))
    with pytest.raises(RequestRejected):
        list(client.audiences(LISTS, ids=["a", "b"]))
    assert len(wire.requests) == 1


def test_a_size_is_asked_for_one_audience() -> None:
    segment = {"id": "S1", "attributes": {"name": "VIP", "profile_count": 0, "is_processing": True}}
    client, wire = scripted(Reply(200, {"data": segment}))
    assert client.audience_size(SEGMENTS, "S1").profile_count == 0
    assert wire.sent == ["GET /api/segments/S1?additional-fields%5Bsegment%5D=profile_count"]


def test_campaigns_are_listed_by_channel_and_further_conditions() -> None:
    client, wire = scripted(page([]))
    list(client.campaigns())
    list(client.campaigns(name_contains="glabc1", archived=True, messages=True))
    assert [query(one.url) for one in wire.requests] == [
        {"filter": 'equals(messages.channel,"email")'},
        {
            "filter": 'and(equals(messages.channel,"email"),contains(name,"glabc1"),equals(archived,true))',
            "include": "campaign-messages",
        },
    ]


def test_a_campaign_comes_with_its_messages_when_asked_for() -> None:
    message = {
        "type": "campaign-message",
        "id": "M1",
        "attributes": {"definition": DEFINITION},
        "relationships": {"template": {"links": {}}},
    }
    client, wire = scripted(Reply(200, {"data": campaign(), "included": [message]}))
    found = client.get_campaign("C1", messages=True)
    assert wire.sent == ["GET /api/campaigns/C1?include=campaign-messages"]
    assert found.message_ids == ("M1",)
    assert found.messages[0].subject == "Now"
    assert found.messages[0].template_id is None


def test_a_status_that_we_do_not_know_is_kept_as_it_is() -> None:
    client, _ = scripted(Reply(200, {"data": campaign(status="Cancelled: New Reason", send_strategy=None)}))
    found = client.get_campaign("C1")
    assert (found.status, found.strategy) == ("Cancelled: New Reason", None)


def test_a_message_comes_with_its_copy_of_the_template_or_with_none() -> None:
    def message(template: Any) -> dict[str, Any]:
        return {"id": "M1", "attributes": {"definition": DEFINITION}, "relationships": {"template": template}}

    copy = {"type": "template", "id": "T2", "attributes": {"name": "Clone of T1", "html": "<p>"}}
    client, wire = scripted(
        Reply(200, {"data": message({"data": {"type": "template", "id": "T2"}}), "included": [copy]}),
        Reply(200, {"data": message({"data": None}), "included": []}),
    )
    found = client.get_message("M1", template=True)
    assert found.template is not None
    assert (found.template.name, found.template.html) == ("Clone of T1", "<p>")
    assert client.get_message("M1", template=True).template is None
    assert wire.sent[0] == "GET /api/campaign-messages/M1?include=template"


def test_templates_are_found_by_name_without_their_html() -> None:
    client, wire = scripted(
        page([{"id": "T1", "attributes": {"name": "x", "created": "2026-01-01T00:00:00Z"}}])
    )
    assert [one.html for one in client.find_templates(name="x")] == [None]
    list(client.find_templates(name_contains="glabc12345"))
    assert [query(one.url)["filter"] for one in wire.requests] == [
        'equals(name,"x")',
        'contains(name,"glabc12345")',
    ]


def test_metrics_are_read_without_a_page_size_and_categories_may_be_objects() -> None:
    integration = {"name": "Shopify", "category": {"id": "1"}}
    client, wire = scripted(
        page([{"id": "01J", "attributes": {"name": "Placed Order", "integration": integration}}])
    )
    (metric,) = client.metrics()
    assert wire.sent == ["GET /api/metrics"]
    assert metric.integration_name == "Shopify"


@pytest.mark.parametrize(
    ("relationships", "ids"),
    [
        ({}, (None, None)),
        ({"relationships": {"metric": {"data": {"type": "metric", "id": "M1"}}}}, ("M1", None)),
        ({"relationships": {"custom-metric": {"data": {"type": "custom-metric", "id": "X"}}}}, (None, "X")),
    ],
)
def test_a_slot_holds_a_metric_a_custom_one_or_nothing(relationships: Any, ids: tuple[Any, Any]) -> None:
    client, _ = scripted(Reply(200, {"data": {"id": "revenue", "attributes": {}, **relationships}}))
    mapped = client.mapped_metric()
    assert (mapped.metric_id, mapped.custom_metric_id) == ids


REPORT = {
    "statistics": ["opens"],
    "timeframe": {"start": "2026-01-01T00:00:00", "end": "2026-01-31T23:59:59"},
    "conversion_metric_id": "M1",
}


def test_a_report_is_asked_for_again_until_it_has_no_cursor() -> None:
    def rows(number: int, following: str | None) -> Reply:
        row = {
            "groupings": {"campaign_id": f"C{number}"},
            "statistics": {"opens": 1.5, "conversion_value": None},
        }
        return Reply(200, {"data": {"attributes": {"results": [row]}}, "links": {"next": following}})

    more = f"{BASE}/api/campaign-values-reports?page_cursor=ab%3D%3D"
    client, wire = scripted(rows(1, more), rows(2, more), rows(3, None))
    found = list(client.campaign_values(REPORT))
    assert wire.sent == [
        "POST /api/campaign-values-reports",
        "POST /api/campaign-values-reports?page_cursor=ab%3D%3D",
    ]
    assert [row.groupings["campaign_id"] for row in found] == ["C1", "C2"]
    assert found[0].statistics == {"opens": 1.5, "conversion_value": None}
    assert body(wire.requests[1]) == {"data": {"type": "campaign-values-report", "attributes": REPORT}}


def test_a_report_without_an_end_does_not_use_up_the_day() -> None:
    def page(number: int) -> Reply:
        following = f"{BASE}/api/campaign-values-reports?page_cursor={number}"
        return Reply(200, {"data": {"attributes": {"results": []}}, "links": {"next": following}})

    client, wire = scripted(*map(page, range(100)))
    with pytest.raises(MalformedResponse, match="no end"):
        list(client.campaign_values(REPORT))
    assert len(wire.requests) == MOST_REPORT_PAGES


def test_a_report_is_repeated_like_a_read() -> None:
    client, wire = scripted(
        Reply(503), Reply(200, {"data": {"attributes": {"results": []}}, "links": {"next": None}})
    )
    assert list(client.campaign_values(REPORT)) == []
    assert len(wire.requests) == 2


# --- Writing ---


def test_a_template_is_raw_html() -> None:
    client, wire = scripted(Reply(201, {"data": {"id": "T1", "attributes": {"name": "n", "html": "<p>"}}}))
    assert client.create_template(name="n", html="<p>").id == "T1"
    client.create_template(name="n", html="<p>", text="t")
    attributes = {"name": "n", "editor_type": "CODE", "html": "<p>"}
    assert body(wire.requests[0]) == {"data": {"type": "template", "attributes": attributes}}
    assert body(wire.requests[1])["data"]["attributes"] == {**attributes, "text": "t"}


def test_a_campaign_is_created_with_its_one_message() -> None:
    client, wire = scripted(Reply(201, {"data": campaign()}))
    assert client.create_campaign(ATTRIBUTES, DEFINITION).id == "C1"
    message = {"type": "campaign-message", "attributes": {"definition": DEFINITION}}
    assert wire.sent == ["POST /api/campaigns"]
    assert body(wire.requests[0]) == {
        "data": {"type": "campaign", "attributes": {**ATTRIBUTES, "campaign-messages": {"data": [message]}}}
    }


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ATTRIBUTES.items() if key != name}


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        (without("send_strategy"), "send_strategy"),
        (without("send_options"), "send_options"),
        ({**ATTRIBUTES, "send_strategy": None}, "send_strategy"),
        ({**ATTRIBUTES, "send_strategy": {"method": "immediate"}}, "send_strategy"),
        ({**ATTRIBUTES, "send_strategy": {**STRATEGY, "options": {}}}, "is_local"),
        ({**ATTRIBUTES, "audiences": {"included": [], "excluded": []}}, "included"),
        ({**ATTRIBUTES, "options_static": {}}, "options_static"),
    ],
)
def test_a_campaign_that_could_be_sent_at_once_or_refused_never_leaves(
    attributes: dict[str, Any], path: str
) -> None:
    client, wire = scripted(Reply(201))
    with pytest.raises(ValueError, match=path):
        client.create_campaign(attributes, DEFINITION)
    with pytest.raises(ValueError, match="from_email"):
        client.create_campaign(ATTRIBUTES, {**DEFINITION, "content": {"subject": "x", "from_label": "y"}})
    assert wire.requests == []


def test_changes_name_the_object_in_path_and_body() -> None:
    client, wire = scripted(Reply(200, {"data": campaign()}), Reply(202, None), Reply(204))
    client.patch_campaign("C1", {"send_strategy": STRATEGY})
    assert client.create_send_job("C1") == SendJobRecord("C1", None)
    client.send_job_action("C1", "revert")
    assert wire.sent == [
        "PATCH /api/campaigns/C1",
        "POST /api/campaign-send-jobs",
        "PATCH /api/campaign-send-jobs/C1",
    ]
    assert [body(one)["data"] for one in wire.requests] == [
        {"type": "campaign", "id": "C1", "attributes": {"send_strategy": STRATEGY}},
        {"type": "campaign-send-job", "id": "C1"},
        {"type": "campaign-send-job", "id": "C1", "attributes": {"action": "revert"}},
    ]


def test_the_assigned_copy_is_told_from_the_flat_answer() -> None:
    answer = {
        "data": {
            "id": "M1",
            "attributes": {
                "label": "x",
                "channel": "email",
                "content": {"subject": ""},
                "render_options": None,
            },
            "relationships": {"template": {"data": {"type": "template", "id": "T2"}}},
        },
        "included": [{"type": "template", "id": "T2", "attributes": {"name": "Clone of T1", "html": "<p>"}}],
    }
    client, wire = scripted(Reply(200, answer), Reply(200, {**answer, "included": []}))
    copy = client.assign_template("M1", "T1")
    assert (copy.id, copy.name) == ("T2", "Clone of T1")
    assert body(wire.requests[0])["data"]["relationships"] == {
        "template": {"data": {"type": "template", "id": "T1"}}
    }
    with pytest.raises(MalformedResponse) as caught:
        client.assign_template("M1", "T1")
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize("status", [200, 204])
def test_a_deletion_succeeds_with_any_2xx(status: int) -> None:
    client, wire = scripted(Reply(status))
    client.delete_template("T1")
    client.delete_campaign("C1")
    assert wire.sent == ["DELETE /api/templates/T1", "DELETE /api/campaigns/C1"]


WRITES: dict[str, Callable[[KlaviyoClient], Any]] = {
    "template": lambda client: client.create_template(name="n", html="<p>"),
    "campaign": lambda client: client.create_campaign(ATTRIBUTES, DEFINITION),
    "patch": lambda client: client.patch_campaign("C1", {"name": "n"}),
    "assign": lambda client: client.assign_template("M1", "T1"),
    "send": lambda client: client.create_send_job("C1"),
    "cancel": lambda client: client.send_job_action("C1", "cancel"),
    "delete": lambda client: client.delete_campaign("C1"),
    "delete template": lambda client: client.delete_template("T1"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_is_repeated_when_its_answer_is_lost(write: Callable[[KlaviyoClient], Any]) -> None:
    for trouble in (Reply(503), ConnectionResetError("reset")):
        client, wire = scripted(trouble)
        with pytest.raises(OutcomeUnknown):
            write(client)
        assert len(wire.requests) == 1


@pytest.mark.parametrize("name", ["template", "campaign", "patch", "assign", "send"])
@pytest.mark.parametrize("reply", [Reply(201, {"data": {"type": "x"}}), Reply(200, b"<html>")])
def test_a_write_whose_answer_lacks_the_needed_is_unknown(name: str, reply: Reply) -> None:
    client, _ = scripted(reply)
    with pytest.raises(MalformedResponse) as caught:
        WRITES[name](client)
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize("item", ["", "..", "a/b", "../campaigns", "a?b", "a%2f", "é", "a b"])
def test_what_cannot_be_an_id_is_not_asked_for(item: str) -> None:
    client, wire = scripted(Reply(204))
    for act in (client.get_campaign, client.delete_campaign, client.delete_template, client.get_message):
        with pytest.raises(RemoteNotFound):
            act(item)
    with pytest.raises(RemoteNotFound):
        client.audience_size(LISTS, item)
    assert wire.requests == []
