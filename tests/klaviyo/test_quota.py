"""Klaviyo's 225 reports a day, of which the account's other tools need some too."""

from dataclasses import replace
from datetime import timedelta

import pytest
from klaviyo_client import context
from wire import Reply, Wire

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.kit.lanes import GUARD
from glowtify_core.kit.pacing import RollingGate
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_klaviyo.opening import open_client

REPORT = {
    "statistics": ["opens"],
    "timeframe": {"start": "2026-11-01T00:00:00", "end": "2026-11-02T00:00:00"},
    "conversion_metric_id": "MeTr1c",
}
NOTHING = Reply(200, {"data": {"type": "campaign-values-report", "attributes": {"results": []}}})


def reports_until_refused(given: ConnectorContext) -> tuple[int, RateLimited]:
    """How many reports Klaviyo is asked for on one day, and what the next one is told."""
    client, wire = open_client(given), Wire(NOTHING)
    client.http.mount(wire)
    try:
        while True:
            list(client.campaign_values(REPORT))
    except RateLimited as refused:
        return len(wire.requests), refused
    finally:
        client.close()


@pytest.mark.parametrize(("settings", "reports"), [({"quota_share": 0.5}, 112), ({}, 225)])
def test_so_many_reports_a_day_are_ours(settings: dict[str, float], reports: int) -> None:
    given = context(**settings)
    begun = given.clock.now()
    asked, refused = reports_until_refused(replace(given, gate=RollingGate(given.clock)))
    assert asked == reports
    assert given.clock.now() - begun < timedelta(days=1)
    assert refused.title == "Our share of the account's daily quota is used"
    assert refused.effect is Effect.NONE
    assert refused.renews_at == begun + timedelta(days=1, seconds=GUARD)
    assert f"It is {reports}, and renews from {refused.renews_at:%Y-%m-%d %H:%M} UTC on." in refused.detail
