"""Answers recorded from Klaviyo: our schemas read them, and the sandbox's answers have the same members.

The recordings lie beside the repository and are no part of it; their README tells where they come from.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    PermissionDenied,
    PlatformError,
    RateLimited,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.kit.answers import Answer
from glowtify_klaviyo import endpoints, records
from glowtify_klaviyo.errors import refusal
from glowtify_klaviyo.sandbox import Sandbox
from glowtify_klaviyo.schemas import read_many, read_messages, read_one, read_templates

Json = dict[str, Any]

FOLDER = Path(__file__).parents[3].parent / "shared" / "klaviyo-fixtures"
OBSERVED = FOLDER / "errors-observed.json"
NAMES = [
    str(path.relative_to(FOLDER).with_suffix(""))
    for path in sorted(FOLDER.rglob("*.json"))
    if path != OBSERVED
]
pytestmark = pytest.mark.skipif(not NAMES, reason="the recordings, ../shared/klaviyo-fixtures, are not here")

RECORDS: Mapping[str, type[Any]] = {
    "account": records.AccountRecord,
    "list": records.AudienceRecord,
    "segment": records.AudienceRecord,
    "campaign": records.CampaignRecord,
    "campaign-message": records.MessageRecord,
    "campaign-send-job": records.SendJobRecord,
    "campaign-values-report": records.ReportRecord,
    "mapped-metric": records.MappedMetricRecord,
    "metric": records.MetricRecord,
    "template": records.TemplateRecord,
}
UNREAD = {
    "campaign-recipient-estimation-job": "publishing does not wait for an estimation",
    "image": "images stay where the HTML says that they are",
    "tag": "the connector does not tag",
}
MEANINGS: Mapping[int, type[PlatformError] | tuple[type[PlatformError], ...]] = {
    400: RequestRejected,
    401: AuthenticationFailed,
    403: (PermissionDenied, RequestRejected),
    404: RemoteNotFound,
    409: StateConflict,
    429: RateLimited,
}
NOT_SERVED = {
    "image-*": "images are no part of the sandbox",
    "segment-create": "audiences are made in Klaviyo, or through the control interface",
    "webhooks-*": "no webhook tells of a campaign",
    "*/update_mapped_metric.403": "the sandbox's mapped metrics are set through the control interface",
}
EMPTY = "the recorder wrote empty objects as []"
OTHER_CONDITION = "the recorded segment asks for members of a list, the sandbox's for an address"
CONDITION = "data.attributes.definition.condition_groups[].conditions[]"
ACCEPTED = (
    ("live-*/*.400", "errors[].links: list, not object", EMPTY),
    ("live-*/*.400", "errors[].meta: list, not object", EMPTY),
    ("live-*/delete_template.409", "errors[].links: list, not object", EMPTY),
    ("live-*/delete_template.409", "errors[].meta: list, not object", EMPTY),
    ("live-*/query_campaign_values.429", "errors[].meta: list, not object", EMPTY),
    ("live-*/get_segment.200", f"{CONDITION}.group_ids: missing", OTHER_CONDITION),
    ("live-*/get_segment.200", f"{CONDITION}.is_member: missing", OTHER_CONDITION),
    ("live-*/get_segment.200", f"{CONDITION}.timeframe_filter: missing", OTHER_CONDITION),
    ("live-*/get_segment.200", f"{CONDITION}.property: not recorded", OTHER_CONDITION),
    ("live-*/get_segment.200", f"{CONDITION}.filter: not recorded", OTHER_CONDITION),
)
"""Where the sandbox differs: pattern of recordings, the difference, the reason. All of them must show."""

ADDRESS = "customer@example.com"
SENDER = {"from_email": ADDRESS, "from_label": "Example", "reply_to_email": ADDRESS}
CONTENT = {"subject": "Hello", "preview_text": "Hello", **SENDER, "cc_email": ADDRESS, "bcc_email": ADDRESS}
EMAIL = {"channel": "email", "label": "Main", "content": CONTENT}
TEXT_MESSAGE = {"channel": "sms", "content": {"body": "Hello"}}
IN_JANUARY = {"method": "static", "datetime": "2027-01-15T12:00:00+00:00"}
REPORT = {
    "timeframe": {"key": "yesterday"},
    "conversion_metric_id": "",
    "statistics": ["opens", "clicks", "delivered"],
}


def draft(definition: Json) -> Json:
    message = {"type": "campaign-message", "attributes": {"definition": definition}}
    attributes = {
        "name": "A draft",
        "audiences": {"included": [""]},
        "send_strategy": IN_JANUARY,
        "campaign-messages": {"data": [message]},
    }
    return {"type": "campaign", "attributes": attributes}


def message(definition: Json) -> Json:
    return {"type": "campaign-message", "id": "", "attributes": {"definition": definition}}


BODIES: Mapping[str, Json] = {
    "campaign-values-report-empty": {"type": "campaign-values-report", "attributes": REPORT},
    "live-*/assign_template_to_campaign_message.200": {
        "type": "campaign-message",
        "id": "",
        "relationships": {"template": {"data": {"type": "template", "id": ""}}},
    },
    "live-*/create_campaign.201": draft(TEXT_MESSAGE),
    "live-*/create_template.201": {
        "type": "template",
        "attributes": {"name": "One", "editor_type": "CODE", "html": "<p>hi</p>", "text": "hi"},
    },
    "live-*/query_campaign_values.429": {"type": "campaign-values-report", "attributes": REPORT},
    "live-*/refresh_*": {"type": "campaign-recipient-estimation-job", "id": ""},
    "live-*/render_template.200": {
        "type": "template",
        "id": "",
        "attributes": {"context": {"first_name": "Ada"}},
    },
    "live-*/update_campaign_message.200": message(EMAIL),
    "live-*/update_campaign_message.400": message({**EMAIL, "render_options": {}}),
}
"""The ``data`` of requests whose body was not recorded, or is known to have been edited afterwards."""


def load(name: str) -> Json:
    fixture: Json = json.loads((FOLDER / f"{name}.json").read_text())
    return fixture


def entry(table: Mapping[str, Any], name: str) -> Any:
    """The entry whose pattern fits; None if there is none."""
    return next((found for pattern, found in table.items() if fnmatch(name, pattern)), None)


def resources(name: str) -> list[Json]:
    """The resources that a recording answers with; none if it refuses or has no body."""
    data = (load(name)["response"]["body"] or {}).get("data") or []
    return data if isinstance(data, list) else [data]


def refusals() -> Iterator[tuple[int, Json]]:
    for one in json.loads(OBSERVED.read_text()) if OBSERVED.exists() else ():
        yield one["status"], one["body"]
    for response in (load(name)["response"] for name in NAMES):
        if "errors" in (response["body"] or ()):
            yield response["status"], response["body"]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(one["type"] not in UNREAD for one in resources(name))]
)
def test_our_schemas_read_what_klaviyo_answered(name: str) -> None:
    body, recorded = load(name)["response"]["body"], resources(name)
    kind = RECORDS[recorded[0]["type"]]

    read = read_many(kind, body) if isinstance(body["data"], list) else [read_one(kind, body)]

    assert len(read) == len(recorded)
    for record, resource in zip(read, recorded, strict=True):
        assert getattr(record, "id", resource["id"]) == resource["id"]
        assert getattr(record, "name", None) == resource["attributes"].get("name")
    related = {
        one["id"] for one in body.get("included", ()) if one["type"] in {"campaign-message", "template"}
    }
    assert {**read_messages(body), **read_templates(body)}.keys() == related


@pytest.mark.parametrize(("status", "body"), [*refusals()])
def test_our_errors_carry_what_klaviyo_said(status: int, body: Json) -> None:
    error = refusal(Answer(status, body=body), endpoints.GET_CAMPAIGN)

    said = " ".join(one["detail"] or "" for one in body["errors"])
    assert isinstance(error, MEANINGS[status])
    assert set(said.split()) <= set(error.detail.split())


class Asker:
    """Asks the sandbox what was asked of Klaviyo, its own ids in place of the recorded ones."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.key = sandbox, "full"
        ready = sandbox.ready
        self.own = {
            kind: ready[f"{kind}s"][0]["id"] if f"{kind}s" in ready else ready["campaign"].get(kind)
            for kind in ("list", "segment", "metric", "template")
        }
        made = self.ask("POST", "/api/campaigns", body={"data": draft(EMAIL)}).json()["data"]
        self.own["campaign"] = made["id"]
        self.own["campaign-message"] = made["relationships"]["campaign-messages"]["data"][0]["id"]

    def ask(
        self, method: str, path: str, query: Json | None = None, body: Json | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            self.sandbox.base_url + self._path(path),
            params={name: self._filter(text) for name, text in flat(query or {})},
            json=self._body(body),
            headers={
                "authorization": f"Klaviyo-API-Key {self.sandbox.keys[self.key]}",
                "revision": "2026-07-15",
                "content-type": "application/vnd.api+json",
            },
            timeout=10,
        )

    def _path(self, path: str) -> str:
        _, _, collection, *rest = path.split("/")
        if rest and re.fullmatch(r"\w{6}|01\w{24}", rest[0]) and rest[0] != "NOPE01":
            rest[0] = self.own[collection.removesuffix("s")]
        return "/".join(["", "api", collection, *rest])

    def _filter(self, text: str) -> str:
        return re.sub(r'any\(id,\[".*"\]\)', f'any(id,["{self.own["list"]}"])', text)

    def _body(self, value: Any) -> Any:
        """A body with our ids: a campaign's is also that of its jobs."""
        if isinstance(value, list):
            return [self._body(one) for one in value]
        if not isinstance(value, dict):
            return value
        given = {name: self._body(one) for name, one in value.items()}
        kind = re.sub("campaign-.*-job", "campaign", given.get("type", ""))
        if "id" in given:
            given["id"] = self.own[kind]
        if "conversion_metric_id" in given:
            given["conversion_metric_id"] = self.own["metric"]
        if "included" in given:
            given["included"] = [self.own["list"]]
        return given


def flat(query: Json) -> Iterator[tuple[str, str]]:
    """The parameters of a query: one recorder nested ``fields[campaign]``."""
    for name, value in query.items():
        if isinstance(value, dict):
            yield from ((f"{name}[{inner}]", text) for inner, text in value.items())
        else:
            yield name, value


def add_tag(asker: Asker) -> None:
    made = asker.ask("POST", "/api/tags", body={"data": {"type": "tag", "attributes": {"name": "One"}}})
    asker.sandbox.state.campaign(asker.own["campaign"]).tags.append(made.json()["data"]["id"])


def make_recipient_local(asker: Asker) -> None:
    options = {"is_local": True, "send_past_recipients_immediately": False}
    attributes = {"send_strategy": {**IN_JANUARY, "options": options}}
    data = {"type": "campaign", "id": "", "attributes": attributes}
    asker.ask("PATCH", f"/api/campaigns/{asker.own['campaign']}", body={"data": data})


def take_seeded_draft(asker: Asker) -> None:
    asker.own["campaign"] = asker.sandbox.ready["campaign"]["id"]


def take_copy(asker: Asker) -> None:
    seeded = asker.sandbox.state.messages[asker.sandbox.ready["campaign"]["message"]]
    asker.own["template"] = str(seeded.template_id)


def revoke(asker: Asker) -> None:
    asker.key = "revoked"


PREPARATIONS: Mapping[str, Callable[[Asker], object]] = {
    "*tags*": add_tag,
    "campaign-get-include-messages": make_recipient_local,
    "campaign-send-job-create": take_seeded_draft,
    "*/delete_template.409": take_copy,
    "*/get_accounts.401": revoke,
    "*/query_campaign_values.429": lambda asker: asker.sandbox.add_fault("throttle"),
    "*/get_mapped_metric*.200": lambda asker: asker.sandbox.configure(mapped_metrics={"revenue": None}),
    "*template.200": lambda asker: asker.sandbox.configure(guesses={"live_template_statuses": True}),
}
"""What must be so in the sandbox before it is asked."""


@pytest.mark.parametrize("name", [name for name in NAMES if entry(NOT_SERVED, name) is None])
def test_the_sandbox_answers_with_the_same_members(name: str, sandbox: Sandbox) -> None:
    fixture, asker = load(name), Asker(sandbox)
    request, recorded = fixture["request"], fixture["response"]
    body = {"data": data} if (data := entry(BODIES, name)) else request.get("body")
    (entry(PREPARATIONS, name) or (lambda _asker: None))(asker)

    answer = asker.ask(request["method"], request["path"], request["query"], body)

    assert answer.status_code == (recorded.get("status") or recorded["status_documented"])
    found = set(differences(recorded["body"], answer.json() if answer.content else None))
    assert found == {difference for pattern, difference, _ in ACCEPTED if fnmatch(name, pattern)}
    limits = {text for header, text in recorded["headers"].items() if header == "ratelimit-limit"}
    assert limits <= {answer.headers.get("ratelimit-limit", "")}
    assert ("retry-after" in recorded["headers"]) == ("retry-after" in answer.headers)


def differences(recorded: Any, answered: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values have other members or types; lists by first elements, links by form."""
    kinds = kind_of(recorded), kind_of(answered)
    if "null" in kinds and not {"object", "list"} & set(kinds):
        return
    if kinds[0] != kinds[1]:
        yield f"{place}: {kinds[0]}, not {kinds[1]}"
    elif isinstance(recorded, dict):
        for name in sorted(recorded.keys() | answered.keys()):
            inner = f"{place}.{name}".lstrip(".")
            if name not in answered or name not in recorded:
                yield f"{inner}: {'missing' if name in recorded else 'not recorded'}"
            else:
                yield from differences(recorded[name], answered[name], inner)
    elif isinstance(recorded, list) and recorded and answered:
        yield from differences(recorded[0], answered[0], f"{place}[]")


def kind_of(value: Any) -> str:
    if isinstance(value, str) and value.startswith("http") and "/api/" in value:
        return re.sub(r"(/api/[a-z-]+/)[^/?]+", r"\1*", urlsplit(value).path)
    kinds = {dict: "object", list: "list", str: "string", bool: "flag", type(None): "null"}
    return kinds.get(type(value), "number")
