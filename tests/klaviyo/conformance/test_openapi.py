"""What the sandbox answers fits Klaviyo's own OpenAPI document, and what that refuses the sandbox refuses."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import klaviyo_openapi as openapi
import pytest
import requests
from klaviyo_openapi import Json, Operation

from glowtify_klaviyo.sandbox import Sandbox
from glowtify_klaviyo.sandbox.models import Key

NOT_SERVED = {
    "/api/image": "images stay where the HTML says that they are",
    "/api/webhook": "no webhook tells of a campaign",
}
NO_IMAGE = "an e-mail has no image of its own: Klaviyo refuses to read it"
WITHOUT_SUCCESS = {
    "get_image_for_campaign_message": NO_IMAGE,
    "get_image_id_for_campaign_message": NO_IMAGE,
}
SERVED = [
    operation
    for operation in openapi.OPERATIONS
    if not operation.path.startswith(tuple(NOT_SERVED))
    and operation.name != "update_image_for_campaign_message"
]
ANSWERING = [operation for operation in SERVED if operation.name not in WITHOUT_SUCCESS]
READS = [operation for operation in ANSWERING if operation.method == "GET"]
WRITES = [operation for operation in ANSWERING if operation.body]

pytestmark = pytest.mark.skipif(not openapi.OPERATIONS, reason=openapi.WHY_ABSENT)

CHANNEL = "equals(messages.channel,'email')"
SENDER = {"from_email": "shop@example.com", "from_label": "Shop", "reply_to_email": None}
CONTENT = {"subject": "Hello", "preview_text": "", **SENDER, "cc_email": None, "bcc_email": None}
EMAIL = {"channel": "email", "label": "Main", "content": CONTENT}
STRATEGY = {
    "method": "static",
    "datetime": "2027-01-15T12:00:00+00:00",
    "options": {"is_local": True, "send_past_recipients_immediately": False},
}
TRACKING = {
    "add_tracking_params": True,
    "custom_tracking_params": [
        {"type": "static", "name": "utm_source", "value": "shop"},
        {"type": "static", "name": "utm_medium", "value": "email"},
        {"type": "dynamic", "name": "utm_campaign", "value": "campaign_name"},
    ],
    "is_tracking_clicks": True,
    "is_tracking_opens": True,
}
REPORT = {
    "statistics": ["recipients", "open_rate", "conversion_value"],
    "timeframe": {"start": "2026-01-01T00:00:00", "end": "2026-11-23T00:00:00"},
    "group_by": ["campaign_id", "campaign_message_id", "send_channel"],
    "filter": "equals(send_channel,'email')",
}
TEMPLATE = {"html": "<p>Hello</p>", "text": "Hello", "amp": None}


class Api:
    """A sandbox with one object of each kind, and a request for every operation."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers.update({"revision": "2026-07-15", "content-type": "application/vnd.api+json"})
        ready = sandbox.ready
        campaign = ready["campaign"]
        self.own = {
            "accounts": ready["account_id"],
            "lists": ready["lists"][0]["id"],
            "segments": ready["segments"][0]["id"],
            "metrics": ready["metrics"][0]["id"],
            "profiles": next(iter(sandbox.state.people)),
            "templates": campaign["template"],
            "campaigns": campaign["id"],
            "campaign-messages": campaign["message"],
            "campaign-send-jobs": campaign["id"],
            "campaign-recipient-estimation-jobs": campaign["id"],
            "campaign-recipient-estimations": campaign["id"],
        }
        tag = {"data": {"type": "tag", "attributes": {"name": "Own"}}}
        self.own["tags"] = self.send("POST", "/api/tags", tag).json()["data"]["id"]
        sandbox.state.campaign(campaign["id"]).tags.append(self.own["tags"])

    def send(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None, key: str = ""
    ) -> requests.Response:
        headers = {"authorization": f"Klaviyo-API-Key {key or self.sandbox.api_key}"}
        url = self.sandbox.base_url + path
        return self.session.request(method, url, json=body, params=query, headers=headers, timeout=10)

    def ask(
        self, operation: Operation, query: Mapping[str, str] | None = None, body: Any = None, **other: Any
    ) -> requests.Response:
        """Send the operation's own request, changed as said."""
        needed = {"filter": CHANNEL} if operation.name == "get_campaigns" else {}
        given = body if body is not None else self.body(operation)
        path = other.pop("path", self.path(operation))
        return self.send(operation.method, path, given, {**needed, **(query or {})}, **other)

    def path(self, operation: Operation) -> str:
        return operation.path.replace("{id}", str(self.own.get(operation.path.split("/")[2])))

    def prepare(self, operation: Operation) -> None:
        """Do what must have happened before."""
        job = self.own["campaigns"]
        if operation.name in {"get_campaign_send_job", "cancel_campaign_send"}:
            self.send("POST", "/api/campaign-send-jobs", {"data": {"type": "campaign-send-job", "id": job}})
        if operation.name.startswith("get_campaign_recipient_estimation"):
            kind = "campaign-recipient-estimation-job"
            self.send("POST", f"/api/{kind}s", {"data": {"type": kind, "id": job}})

    def body(self, operation: Operation) -> Json | None:
        """A whole, valid body: every member that the operation knows of an e-mail campaign is there."""
        if operation.body is None:
            return None
        audiences = {"included": [self.own["lists"]], "excluded": [self.own["segments"]]}
        settings = {
            "send_strategy": STRATEGY,
            "send_options": {"use_smart_sending": False},
            "tracking_options": TRACKING,
        }
        message = {"type": "campaign-message", "attributes": {"definition": EMAIL}}
        campaign = {"name": "One", "audiences": audiences, **settings}
        template = {"data": {"type": "template", "id": self.own["templates"]}}
        metric = {"conversion_metric_id": self.own["metrics"]}
        group = {"tag-group": {"data": {"type": "tag-group", "id": self.sandbox.state.tag_group}}}
        bodies: Mapping[str, Any] = {
            "create_campaign": ("campaign", "", {**campaign, "campaign-messages": {"data": [message]}}),
            "update_campaign": ("campaign", "campaigns", campaign),
            "create_campaign_clone": ("campaign", "campaigns", {"new_name": "Two"}),
            "update_campaign_message": ("campaign-message", "campaign-messages", {"definition": EMAIL}),
            "assign_template_to_campaign_message": ("campaign-message", "campaign-messages", None),
            "send_campaign": ("campaign-send-job", "campaigns", None),
            "cancel_campaign_send": ("campaign-send-job", "campaigns", {"action": "cancel"}),
            "refresh_campaign_recipient_estimation": (
                "campaign-recipient-estimation-job",
                "campaigns",
                None,
            ),
            "create_template": ("template", "", {"name": "One", "editor_type": "CODE", **TEMPLATE}),
            "update_template": ("template", "templates", {"name": "Two", **TEMPLATE}),
            "clone_template": ("template", "templates", {"name": "Three"}),
            "render_template": ("template", "templates", {"context": {"first_name": "Ada"}}),
            "create_tag": ("tag", "", {"name": "Another"}),
            "query_campaign_values": ("campaign-values-report", "", {**REPORT, **metric}),
        }
        if operation.name not in bodies:
            return {"data": [{"type": "campaign", "id": self.own["campaigns"]}]}
        kind, own, attributes = bodies[operation.name]
        data = {"type": kind, **({"id": self.own[own]} if own else {})}
        if attributes is not None:
            data["attributes"] = copy.deepcopy(attributes)
        related = {"assign_template_to_campaign_message": {"template": template}, "create_tag": group}
        if operation.name in related:
            data["relationships"] = related[operation.name]
        return {"data": data}


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    api = Api(sandbox)
    with api.session:
        yield api


def answered(response: requests.Response) -> Any:
    return response.json() if response.content else None


def check(operation: Operation, response: requests.Response, status: int) -> None:
    assert response.status_code == status, response.text
    assert operation.faults(status, answered(response)) == []


@pytest.mark.parametrize("operation", ANSWERING, ids=str)
def test_an_answer_has_the_documented_status_shape_and_limits(api: Api, operation: Operation) -> None:
    api.prepare(operation)

    answer = api.ask(operation)

    check(operation, answer, operation.success)
    assert answer.headers["ratelimit-limit"] == operation.limit


@pytest.mark.parametrize("operation", [one for one in READS if one.parameters], ids=str)
def test_all_that_can_be_asked_for_is_given(api: Api, operation: Operation) -> None:
    api.prepare(operation)
    query = {
        name: ",".join(schema["items"]["enum"])
        for name, schema in operation.parameters.items()
        if "enum" in schema.get("items", {})
    }

    answer = api.ask(operation, query)

    check(operation, answer, 200)
    assert ("included" in answer.json()) == ("include" in query)


@pytest.mark.parametrize("operation", [one for one in READS if "sort" in one.parameters], ids=str)
def test_it_sorts_by_what_is_documented(api: Api, operation: Operation) -> None:
    for sort in operation.parameters["sort"]["enum"]:
        check(operation, api.ask(operation, {"sort": sort}), 200)

    check(operation, api.ask(operation, {"sort": "nonsense"}), 400)


@pytest.mark.parametrize("operation", [one for one in READS if "page[size]" in one.parameters], ids=str)
def test_pages_are_as_large_as_documented(api: Api, operation: Operation) -> None:
    size = operation.parameters["page[size]"]

    check(operation, api.ask(operation, {"page[size]": str(size["maximum"])}), 200)
    for wrong in (size["minimum"] - 1, size["maximum"] + 1, "x"):
        check(operation, api.ask(operation, {"page[size]": str(wrong)}), 400)


COMPARISONS = ("greater-than", "greater-or-equal", "less-than", "less-or-equal")
TEXT_OPERATORS = ("equals", "contains", "starts-with", "ends-with")


@pytest.mark.parametrize("operation", [one for one in READS if one.filters], ids=str)
def test_it_filters_by_what_is_documented_and_nothing_else(api: Api, operation: Operation) -> None:
    for attribute, rule in operation.filters.items():
        value = literal(rule["value"])
        forms = {(operator, form) for form, operators in rule["operators"].items() for operator in operators}
        asked = (
            forms | {(operator, "single") for operator in (*TEXT_OPERATORS, *COMPARISONS)} | {("any", "list")}
        )
        operators = {operator for operator, _ in forms}
        for operator, form in sorted(asked):
            condition = f"{operator}({attribute},{f'[{value}]' if form == 'list' else value})"
            by_channel = operation.name == "get_campaigns" and attribute != "messages.channel"
            query = {"filter": f"and({CHANNEL},{condition})" if by_channel else condition}
            status = api.ask(operation, query).status_code
            assert (condition, status) == (condition, 200 if operator in operators else 400)


def literal(schema: Json) -> str:
    """A value for a filter, as its grammar wants it."""
    if schema["type"] == "boolean":
        return "true"
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    return f'"{schema.get("enum", ["text"])[0]}"'


@pytest.mark.parametrize("operation", SERVED, ids=str)
def test_it_needs_a_key_with_every_documented_scope(api: Api, operation: Operation) -> None:
    api.prepare(operation)
    check(operation, api.ask(operation, key=api.sandbox.keys["revoked"]), 401)

    for scope in operation.scopes:
        others = frozenset(operation.scopes) - {scope}
        check(operation, api.ask(operation, key=key_with(api, others)), 403)
    enough = api.ask(operation, key=key_with(api, frozenset(operation.scopes)))

    assert enough.status_code == (400 if operation.name in WITHOUT_SUCCESS else operation.success)


def key_with(api: Api, scopes: frozenset[str]) -> str:
    value = f"pk_{len(scopes)}-" + "-".join(scopes)
    api.sandbox.state.keys[value] = Key("a key of the test", value, scopes)
    return value


@pytest.mark.parametrize("operation", [one for one in SERVED if "{id}" in one.path], ids=str)
def test_an_unknown_id_is_not_found(api: Api, operation: Operation) -> None:
    body = api.body(operation)
    if body and "id" in body["data"]:
        body["data"]["id"] = "NOPE01"

    answer = api.ask(operation, path=operation.path.replace("{id}", "NOPE01"), body=body)

    check(operation, answer, 404)


@pytest.mark.parametrize("operation", SERVED, ids=str)
def test_parameters_that_are_not_documented_are_refused(api: Api, operation: Operation) -> None:
    for query in ({"include": "nonsense"}, {"fields[nonsense]": "id"}, {"page[number]": "1"}):
        answer = api.ask(operation, query)
        check(operation, answer, 400)
        assert answer.json()["errors"][0]["source"] == {"parameter": next(iter(query))}


@pytest.mark.parametrize("operation", SERVED, ids=str)
def test_a_revision_that_is_missing_or_nonsense_is_refused(api: Api, operation: Operation) -> None:
    for revision in (None, "yesterday"):
        api.session.headers["revision"] = revision  # type: ignore[assignment]  # None takes it out
        check(operation, api.ask(operation), 400)


OTHER_VALUES: tuple[Any, ...] = (7, True, "nonsense", [], {}, ["nonsense"], {"nonsense": 1})
TO_POINT = "a relationship is there to point to something"
RULES: Mapping[str, Mapping[str, str]] = {
    "create_template": {"/data/attributes/html": "a template of the kind CODE has HTML"},
    "create_tag": {"/data/relationships/tag-group/data": TO_POINT},
    "assign_template_to_campaign_message": {"/data/relationships/template/data": TO_POINT},
}
"""What the sandbox refuses although the document allows it: operation, member, why."""


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_bodies_that_do_not_fit_are_refused_at_their_place(api: Api, operation: Operation) -> None:
    whole, shape = api.body(operation), operation.body
    assert shape is not None
    assert shape.is_valid(whole)

    broken = [(place, body) for place, _, body in changed(whole) if not shape.is_valid(body)]

    assert broken
    for place, body in broken:
        answer = api.ask(operation, body=body)
        check(operation, answer, 400)
        pointers = [error["source"]["pointer"] for error in answer.json()["errors"]]
        holder = place.rpartition("/")[0]
        assert any(pointer == holder or pointer.startswith(place) for pointer in pointers), (place, body)


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_bodies_may_leave_out_what_is_optional(api: Api, operation: Operation) -> None:
    whole, shape = api.body(operation), operation.body
    assert shape is not None

    for place, change, body in changed(whole):
        if change in {"removed", "null"} and shape.is_valid(body):
            refused = place in RULES.get(operation.name, ())
            assert (place, change, api.ask(operation, body=body).status_code == 400) == (
                place,
                change,
                refused,
            )


def changed(whole: Any) -> Iterator[tuple[str, str, Any]]:
    """Bodies with one change each: where, which, and the body."""
    for place, holder, name in places(whole):
        kept = holder[name]
        for value in OTHER_VALUES:
            holder[name] = value
            yield place, "other", copy.deepcopy(whole)
        holder[name] = None
        yield place, "null", copy.deepcopy(whole)
        holder[name] = kept
        if isinstance(holder, dict):
            del holder[name]
            yield place, "removed", copy.deepcopy(whole)
            holder[name] = kept
            holder["nonsense"] = 1
            yield f"{place.rpartition('/')[0]}/nonsense", "added", copy.deepcopy(whole)
            del holder["nonsense"]


def places(value: Any, above: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every member and element: its pointer, and what holds it under which name."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in list(members):
        yield f"{above}/{name}", value, name
        if isinstance(member, dict | list):
            yield from places(member, f"{above}/{name}")
