"""Disconnecting forgets the key; the platform sends on."""

from dataclasses import replace

import fakes
import pytest

from glowtify_core.domain.errors import CampaignRejected
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.credentials import Secret


@pytest.fixture
def world():
    return fakes.build()


def test_the_key_is_forgotten_first(world, monkeypatch):
    order = []
    for port, name in ((world.credentials, "credential"), (world.connections, "connection")):
        monkeypatch.setattr(port, "delete", lambda *args, name=name: order.append(name))
    world.disconnect("default", "fake")
    assert order == ["credential", "connection"]


def test_nothing_is_left_of_the_connection(world):
    world.disconnect("default", "fake")
    assert world.connections.all() == []
    assert world.credentials.accounts() == []
    assert world.disconnect("default", "fake") == []


def test_what_still_sends_is_listed(world):
    listed = {PublicationState(s) for s in ("submitting", "scheduled", "sending", "unknown")}
    for state in PublicationState:
        made = world.publish(fakes.campaign(state.value)).publication
        world.repo.publications[made.id] = replace(made, state=state)
    assert {publication.state for publication in world.disconnect("default", "fake")} == listed


def test_another_account_carries_nothing_on(world):
    world.server.before["create"] = [fakes.down()]
    with pytest.raises(fakes.PlatformUnavailable):
        world.publish(fakes.campaign())
    world.server.account = replace(world.server.account, id="ACC002")
    world.connect("default", "fake", {"api_key": Secret("of-another-account")}, other_account=True)
    publication = world.repo.latest(fakes.campaign().key)
    for work in (
        lambda: world.advance(publication.id),
        lambda: world.publish(fakes.campaign()),
        lambda: world.cancel(publication.key),
        lambda: world.cancel.edit(publication.key),
    ):
        world.server.calls.clear()
        with pytest.raises(CampaignRejected, match="Another account is connected"):
            work()
        assert world.server.calls == []
        assert world.repo.latest(publication.key) == publication
