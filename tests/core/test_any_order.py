"""Whatever people and workers do, and whatever breaks: at most one is live, and in the end all is known."""

from contextlib import suppress
from datetime import datetime, timedelta

import fakes
from fakes import S
from hypothesis import given, settings
from hypothesis import strategies as st

from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.schedule import SendAt

KEY = fakes.campaign().key
TIMES = [
    SendAt.at(datetime(2027, 1, day, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
    for day in (15, 20)
]
FAULTS = {
    "lost": fakes.lost,
    "down": fakes.down,
    "refused": fakes.refused,
    "crash": KeyboardInterrupt,
}
REQUESTS = ("create", "send", "cancel", "revert", "patch", "delete", "read", "find")
ACTIONS = {
    "publish": lambda world: world.publish(fakes.campaign()),
    "publish changed": lambda world: world.publish(fakes.campaign(subject="Changed")),
    "publish again": lambda world: world.publish(fakes.campaign(), again=True),
    "advance": lambda world: world.advance(world.repo.latest(KEY).id),
    "cancel": lambda world: world.cancel(KEY),
    "edit": lambda world: world.cancel.edit(KEY),
    "move": lambda world: world.reschedule(KEY, TIMES[1]),
    "move back": lambda world: world.reschedule(KEY, TIMES[0]),
    "track": lambda world: world.track([world.repo.latest(KEY)]),
    "repair": lambda world: list(world.repair()),
    "somebody unschedules": lambda world: somebody(world, S.STAGED),
    "somebody cancels": lambda world: somebody(world, S.CANCELLED),
    "somebody deletes": lambda world: world.server.campaigns.clear(),
}
requests = st.sampled_from(REQUESTS)
faults = st.lists(
    st.tuples(st.just("before"), requests, st.sampled_from(sorted(FAULTS)))
    | st.tuples(st.just("after"), requests, st.sampled_from(["lost", "crash"])),
    max_size=3,
)
stories = st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), faults), min_size=1, max_size=6)


def somebody(world, state):
    for campaign_id, campaign in world.server.campaigns.items():
        if campaign.state is S.SCHEDULED:
            world.server.put(campaign_id, state=state)


@settings(max_examples=300)
@given(stories)
def test_one_live_campaign_at_most_and_in_the_end_all_is_known(story):
    world = fakes.build()
    with suppress(GlowtifyError):
        world.publish(fakes.campaign())
    for action, breaks in story:
        world.server.before, world.server.after = {}, {}
        for moment, request, fault in breaks:
            getattr(world.server, moment).setdefault(request, []).append(FAULTS[fault]())
        with suppress(GlowtifyError, KeyboardInterrupt):
            ACTIONS[action](world)
        world.clock.move(timedelta(seconds=20))
        assert len(world.server.live) <= 1, action
    world.server.before, world.server.after = {}, {}
    list(world.repair())
    (publication,) = world.track([world.repo.latest(KEY)])
    shown = [campaign.state for campaign in world.server.campaigns.values()]
    if publication.state is S.UNKNOWN:  # accepted and yet a draft: a person has to say
        assert S.STAGED in shown
        publication = world.cancel.edit(KEY)
        shown = [campaign.state for campaign in world.server.campaigns.values()]
        assert publication.state is S.CANCELLED
    assert publication.open_operation is None
    if publication.state.final:
        assert S.SCHEDULED not in shown
    else:
        assert [publication.state] == [state for state in shown if state is not S.CANCELLED]
