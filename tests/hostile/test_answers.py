"""Every answer that the connector reads, made wrong: no traceback, and never a wrong state.

``HYPOTHESIS_PROFILE=deep`` looks at many more examples.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence

from asking import ENDPOINTS
from hostile_house import TamperedStore, play
from hypothesis import assume, given
from hypothesis import strategies as st
from looking import examples
from tampering import tampers

SCENES: Sequence[tuple[tuple[str, ...], int]] = (
    (("connect", "check now", "connect"), 0),
    (("audiences", "dry run", "audiences"), 0),
    (("publish", "status", "publish"), 0),
    (("publish", "move", "move"), 1),
    (("publish", "cancel", "cancel"), 1),
    (("publish", "edit", "edit", "publish"), 1),
    (("publish", "status", "repair", "status"), 1),
    (("publish", "a week", "status", "performance"), 2),
    (("publish", "publish", "cancel"), 0),
    (("publish", "cancel", "publish again", "move"), 2),
)

ACTIONS = ("publish", "publish again", "move", "cancel", "stop", "edit", "status", "repair", "a minute")


@st.composite
def scenes(draw: st.DrawFn) -> tuple[tuple[str, ...], int]:
    """One of the known scenes or any other, and from which action on it is tampered with."""
    if draw(st.booleans()):
        return draw(st.sampled_from(SCENES))
    actions = draw(st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=6))
    return tuple(actions), draw(st.integers(0, min(2, len(actions) - 1)))


@functools.cache
def asked(actions: Sequence[str], after: int) -> Mapping[str, int]:
    """How often each endpoint is asked from an action on, when nothing is tampered with."""
    store = TamperedStore()
    for index, name in enumerate(actions):
        if index == after:
            store.wire.asked.clear()
        store.act(name)
    return Counter(store.wire.asked)


@examples(60)
@given(st.data())
def test_whatever_is_answered_the_state_ends_up_true(data: st.DataObject) -> None:
    actions, after = data.draw(scenes())
    counts = asked(actions, after)
    assume(counts)
    tampered = data.draw(st.lists(tampers(counts), min_size=1, max_size=3))
    store = play(actions, tampered, after=after)
    assume(store.wire.hits)  # not where the change says what was so before
    assert not store.wrong()


def test_every_endpoint_of_the_connector_is_met_by_the_scenes() -> None:
    asked = {endpoint for scene, _ in SCENES for endpoint in play(scene, ()).wire.asked}
    assert asked >= ENDPOINTS - {"GET /api/campaign-messages/ID", "GET /api/segments/ID"}
    assert asked <= ENDPOINTS
