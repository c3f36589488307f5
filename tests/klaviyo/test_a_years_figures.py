"""A thousand campaigns of one year: what their figures cost of an account's 225 reports a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import MemoryCampaigns
from inprocess import in_process
from klaviyo_world import SandboxClock, klaviyo_campaign
from wiring import wired

from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.publication import Publication, open_publication
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.sandbox import Sandbox

STORE, KLAVIYO = "default", "klaviyo"
MOST_REPORTS = 10


class Year:
    """The application, connected to an account whose thousand campaigns it published, at Klaviyo's limits."""

    def __init__(self) -> None:
        now = datetime(2026, 11, 23, 10, tzinfo=UTC)
        self.sandbox = Sandbox(port=1, now=now, campaigns=1000, limits="documented")
        self.clock = SandboxClock(self.sandbox)
        self.repo = MemoryCampaigns(self.clock)
        self.container = wired(in_process(self.sandbox), clock=self.clock, repo=self.repo)
        self.app = self.container.app()
        key = {"api_key": Secret(self.sandbox.api_key)}
        self.app.connections.connect(STORE, KLAVIYO, key, settings={"base_url": self.sandbox.base_url})
        for remote in self._history():
            self._keep(remote)
        self.sandbox.clear_requests()

    @property
    def publications(self) -> Sequence[Publication]:
        return self.repo.find()

    @property
    def reports(self) -> int:
        """How many were asked for so far."""
        return sum("campaign-values-reports" in request.path for request in self.sandbox.requests)

    def work(self) -> int:
        """Do everything that is due, as a worker does; how many campaigns it was."""
        background, done = self.container.background(), 0
        while jobs := [job for job in background.hand_out() if job.publications]:
            for job in jobs:
                background.perform(job)
                done += len(job.publications)
        return done

    def _history(self) -> Sequence[RemoteCampaign]:
        sent = [id_ for id_, campaign in self.sandbox.state.campaigns.items() if campaign.history]
        refs = [RemoteRef(KLAVIYO, (("campaign", id_),)) for id_ in sent]
        with self.container.platforms().connected(STORE, KLAVIYO) as connected:
            return list(connected.platform.status(refs).values())

    def _keep(self, remote: RemoteCampaign) -> None:
        campaign = klaviyo_campaign(key=CampaignKey(STORE, str(remote.ref.id("campaign"))))
        account = self.sandbox.ready["account_id"]
        opened = open_publication(campaign, account_id=account, now=remote.sent_at or self.clock.now())
        claim = self.repo.claim(campaign.key)
        assert claim
        claim.add(replace(opened.finish(opened.opened_at), state=remote.state, remote=remote), campaign)
        claim.release()


@pytest.fixture
def year() -> Iterator[Year]:
    made = Year()
    yield made
    made.app.close()


def test_they_take_ten_reports_and_none_when_asked_again(year: Year) -> None:
    collected = year.app.performance(year.publications)
    assert len(collected) == sum(one.metrics is not None for one in collected) == 1000
    assert [one.error for one in collected if one.error] == []
    assert year.reports <= MOST_REPORTS
    year.sandbox.clear_requests()
    again = year.app.performance(year.publications)
    assert [one.metrics for one in again] == [one.metrics for one in collected]
    assert year.sandbox.requests == []


def test_they_take_ten_reports_when_a_worker_finds_them_due(year: Year) -> None:
    assert year.work() == 1000
    assert year.reports <= MOST_REPORTS
    assert len(year.app.figures.latest([one.id for one in year.publications])) == 1000
    year.sandbox.clear_requests()
    assert year.work() == 0
    assert len(year.app.performance(year.publications)) == 1000
    assert year.sandbox.requests == []


def test_in_a_week_each_is_read_again_and_many_fall_due_together(year: Year) -> None:
    year.work()
    began = year.clock.now()
    spent = []
    while year.clock.now() < began + timedelta(days=7):
        year.clock.move(timedelta(hours=1))
        year.sandbox.clear_requests()
        year.work()
        spent.append(year.reports)
    assert max(spent) <= MOST_REPORTS
    assert sum(spent) < 100  # of 1,575 that the account has
    read = year.app.figures.latest([one.id for one in year.publications])
    assert len(read) == sum(one.as_of > began for one in read.values()) == 1000
