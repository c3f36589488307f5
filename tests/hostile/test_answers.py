"""Every answer that the connector reads, made wrong: no traceback, and never a wrong state.

``HYPOTHESIS_PROFILE=deep`` looks at many more examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from hostile_house import play
from hypothesis import given
from hypothesis import strategies as st
from looking import examples
from tampering import ENDPOINTS, Tamper, tampers

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

scenes = st.one_of(
    st.sampled_from(SCENES),
    st.tuples(
        st.lists(
            st.sampled_from(
                ("publish", "publish again", "move", "cancel", "stop", "edit", "status", "repair", "a minute")
            ),
            min_size=2,
            max_size=6,
        ).map(tuple),
        st.integers(0, 2),
    ),
)


@examples(60)
@given(scenes, st.lists(tampers(), min_size=1, max_size=3))
def test_whatever_is_answered_the_state_ends_up_true(
    scene: tuple[Sequence[str], int], tampered: Sequence[Tamper]
) -> None:
    actions, after = scene
    store = play(actions, tampered, after=after)
    assert not store.wrong()


def test_every_endpoint_of_the_connector_is_met_by_the_scenes() -> None:
    asked = {endpoint for scene, _ in SCENES for endpoint in play(scene, ()).wire.asked}
    assert asked >= set(ENDPOINTS) - {"GET /api/campaign-messages/ID", "GET /api/segments/ID"}
    assert asked <= set(ENDPOINTS)


def test_the_judge_sees_a_store_that_is_wrong() -> None:
    store = play(("publish",), ())
    assert not store.wrong()
    (campaign,) = store.marked(store.latest()[0])
    store.sandbox.act(campaign.id, "cancel")
    assert "nothing is scheduled" in store.wrong()

    store = play(("publish", "cancel"), ())
    assert not store.wrong()
    (campaign,) = (other := play(("publish",), ())).marked(other.latest()[0])
    store.sandbox.state.campaigns[campaign.id] = campaign
    campaign.name = f"Winter sale {store.latest()[0].marker}"
    assert "it is going out" in store.wrong()
