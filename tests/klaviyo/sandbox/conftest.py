"""A sandbox whose clock stands still, set back before each test, and a client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
REVISION = "2026-07-15"
LATER = "2026-12-01T12:00:00+00:00"

Json = dict[str, Any]


class Api:
    """Calls the sandbox as any client would: over HTTP, with nothing of its own in between."""

    def __init__(self, sandbox: Sandbox, key: str = "full") -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(
            {
                "Authorization": f"Klaviyo-API-Key {sandbox.keys[key]}",
                "revision": REVISION,
                "Content-Type": "application/vnd.api+json",
            }
        )

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.base_url}{path}", timeout=10, **options)

    def get(self, path: str, **params: Any) -> Json:
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, method: str, path: str, status: int, **options: Any) -> Json:
        response = self.call(method, path, **options)
        assert response.status_code == status, response.text
        return response.json()["errors"][0]

    def send(self, method: str, path: str, data: Any, status: int) -> Any:
        response = self.call(method, path, json={"data": data})
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def create(self, **changes: Any) -> Json:
        return self.send("POST", "/api/campaigns", make_campaign_body(self.sandbox, **changes), 201)["data"]

    def planned(self, **changes: Any) -> str:
        """Create a campaign with a template, ready for a send job; returns its id."""
        campaign = self.create(**changes)
        message = campaign["relationships"]["campaign-messages"]["data"][0]["id"]
        self.assign(message, self.sandbox.ready["campaign"]["template"])
        return campaign["id"]

    def assign(self, message: str, template: str) -> Json:
        data = {
            "type": "campaign-message",
            "id": message,
            "relationships": {"template": {"data": {"type": "template", "id": template}}},
        }
        return self.send("POST", "/api/campaign-message-assign-template", data, 200)

    def send_job(self, campaign: str, status: int = 202) -> Any:
        data = {"type": "campaign-send-job", "id": campaign}
        return self.send("POST", "/api/campaign-send-jobs", data, status)

    def scheduled(self, **changes: Any) -> str:
        """Create a campaign and schedule it; returns its id."""
        campaign = self.planned(**changes)
        self.send_job(campaign)
        return campaign

    def job_action(self, campaign: str, action: str, status: int = 204) -> Any:
        data = {"type": "campaign-send-job", "id": campaign, "attributes": {"action": action}}
        return self.send("PATCH", f"/api/campaign-send-jobs/{campaign}", data, status)

    def campaign(self, campaign: str) -> Json:
        return self.get(f"/api/campaigns/{campaign}")["data"]["attributes"]

    def status(self, campaign: str) -> str:
        return self.campaign(campaign)["status"]

    def pages(self, path: str, **params: Any) -> list[Json]:
        document = self.get(path, **params)
        pages = [document]
        while document["links"]["next"]:
            document = self.get(document["links"]["next"].removeprefix(self.sandbox.base_url))
            pages.append(document)
        return pages


def make_campaign_body(sandbox: Sandbox, *, content: Json | None = None, **changes: Any) -> Json:
    message = {
        "subject": "Hello",
        "preview_text": "There",
        "from_email": "shop@example.com",
        "from_label": "Shop",
        **(content or {}),
    }
    definition = {"channel": "email", "label": "Main", "content": message}
    attributes = {
        "name": "Trial",
        "audiences": {"included": [sandbox.ready["lists"][0]["id"]]},
        "send_strategy": {"method": "static", "datetime": LATER, "options": {"is_local": False}},
        "send_options": {"use_smart_sending": True},
        "campaign-messages": {
            "data": [{"type": "campaign-message", "attributes": {"definition": definition}}]
        },
        **changes,
    }
    return {"type": "campaign", "attributes": attributes}


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def klaviyo(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
def client(klaviyo: Sandbox) -> Iterator[Callable[..., Api]]:
    """Make clients with another key or of another sandbox; they are closed with the test."""
    made: list[Api] = []

    def make(key: str = "full", *, sandbox: Sandbox | None = None) -> Api:
        made.append(Api(sandbox or klaviyo, key))
        return made[-1]

    yield make
    for api in made:
        api.session.close()


@pytest.fixture
def api(client: Callable[..., Api]) -> Api:
    return client()


@pytest.fixture
def campaign_body(klaviyo: Sandbox) -> Callable[..., Json]:
    """Make the ``data`` of a create request."""
    return lambda **changes: make_campaign_body(klaviyo, **changes)
