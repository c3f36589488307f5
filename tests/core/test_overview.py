"""Looking a campaign over: everything is said at once, and nothing is refused or written."""

from dataclasses import replace
from datetime import datetime

import fakes
import pytest

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.platform import Finding, Level

AT = datetime(2027, 1, 15, 23, 50)  # noqa: DTZ001 - a wall time
NEEDY = {"languages": ("en-CA", "fr-CA"), "most_audiences": 1, "minutes": 15}


def test_no_reason_hides_another(monkeypatch):
    def findings(self, campaign, *, online):
        yield Finding(Level.ERROR, "no_tag", "No tag", "Add one.", "html")

    monkeypatch.setattr(fakes.FakePlatform, "preflight", findings)
    world = fakes.build(**NEEDY)
    overview = world.publish.look_over(
        fakes.campaign(
            subject="x" * 61,
            include=(AudienceRef("LIST01"), AudienceRef("LIST02")),
            schedule=SendAt.at(AT, "America/Toronto"),
        )
    )
    codes = [refusal.code for refusal in overview.refusals]
    assert codes == ["schedule_unsupported_time", "language_required", "too_many_audiences"]
    assert {"long_subject", "no_tag"} <= {finding.code for finding in overview.findings}
    assert not overview.publishable
    assert world.server.calls == []
    assert world.repo.publications == {}


def test_the_times_that_would_do_come_along():
    world = fakes.build(minutes=15)
    overview = world.publish.look_over(fakes.campaign(schedule=SendAt.at(AT, "America/Toronto")))
    (refusal,) = overview.refusals
    assert refusal.instead == (AT.replace(minute=45), AT.replace(day=16, hour=0, minute=0))


def test_what_can_be_published_has_only_warnings():
    world = fakes.build()
    overview = world.publish.look_over(fakes.campaign(text=None))
    assert overview.publishable
    assert {finding.level for finding in overview.findings} == {Level.WARNING}


def test_the_connector_is_told_whether_it_may_ask(monkeypatch):
    asked = []

    def findings(self, campaign, *, online):
        asked.append(online)
        return ()

    monkeypatch.setattr(fakes.FakePlatform, "preflight", findings)
    world = fakes.build()
    for online in (False, True):
        world.publish.look_over(fakes.campaign(), online=online)
    assert asked == [False, True]


def test_what_is_not_connected_cannot_be_looked_over():
    world = fakes.build()
    elsewhere = replace(fakes.campaign(), key=replace(fakes.campaign().key, store="other"))
    with pytest.raises(CredentialsMissing, match="not connected"):
        world.publish.look_over(elsewhere)
