"""Counting the requests of the three jobs whose cost matters most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import fakes

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox


def count_requests() -> Iterator[tuple[str, str, str]]:
    """Name, count and target of each job."""
    with Sandbox(now=fakes.START, campaigns=100) as sandbox:
        clock = fakes.FakeClock()
        account = AccountInfo(sandbox.ready["account_id"], "Example Shop", "Europe/Berlin", "EUR")
        key = {"api_key": Secret(sandbox.api_key)}
        settings = {"base_url": sandbox.base_url}
        platform = MANIFEST.factory(ConnectorContext(account, key, clock, fakes.OpenGate(), settings))
        yield ("publish, from the template to the send job", str(publish(sandbox, platform, clock)), "5")
        refs, sent = sent_campaigns(sandbox, platform)
        sandbox.clear_requests()
        platform.status(refs)
        yield (f"status of {len(refs)} campaigns", str(len(sandbox.requests)), "at most 2")
        sandbox.clear_requests()
        metric = sandbox.ready["metrics"][0]["id"]
        platform.metrics(sent, conversion_metric=metric)
        yield (f"metrics of {len(sent)} campaigns of a year", str(len(sandbox.requests)), "at most 2")
        platform.close()


def publish(sandbox: Sandbox, platform: object, clock: fakes.FakeClock) -> int:
    """Requests of a publish by audience id, up to and including the send job."""
    repo = fakes.MemoryCampaigns(clock)
    campaign = fakes.campaign(connector="klaviyo", include=(AudienceRef(sandbox.ready["lists"][0]["id"]),))
    log = repo.claim(campaign.key).log("publication", "publish")
    journal = StepRunner(log, operation="publish", clock=clock, settle=timedelta(0), marker="glbench0001")
    sandbox.clear_requests()
    platform.publish(campaign, journal=journal)
    paths = [entry.path.rstrip("/") for entry in sandbox.requests]
    return paths.index("/api/campaign-send-jobs") + 1


def sent_campaigns(sandbox: Sandbox, platform: object) -> tuple[list[RemoteRef], list[RemoteCampaign]]:
    """A hundred campaigns of the sandbox's history, as refs and as the platform describes them."""
    ids = [campaign.id for campaign in sandbox.state.campaigns.values() if campaign.history][:100]
    refs = [RemoteRef("klaviyo", (("campaign", campaign_id),)) for campaign_id in ids]
    return refs, list(platform.status(refs).values())
