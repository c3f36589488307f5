"""The judge of the hostile tests sees each thing that can be wrong: set by hand, named in its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hostile_house import NOW, S, TamperedStore, play


def ours(store: TamperedStore) -> Any:
    (campaign,) = store.marked(store.latest()[0])
    return campaign


def say(store: TamperedStore, **changes: Any) -> None:
    """Make the store say something else of its publication."""
    (publication,) = store.latest()
    key = next(key for key, one in store.repo.publications.items() if one == publication)
    store.repo.publications[key] = replace(publication, **changes)


def scheduled_twice(store: TamperedStore) -> None:
    (again,) = (other := play(("publish",), ())).marked(other.latest()[0])
    again.name = ours(store).name
    store.sandbox.state.campaigns["another"] = again


def anothers_touched(store: TamperedStore) -> None:
    store.sandbox.state.campaigns[next(iter(store.others))].name = "Mine now"


def anothers_gone(store: TamperedStore) -> None:
    del store.sandbox.state.campaigns[next(iter(store.others))]


def nothing_scheduled(store: TamperedStore) -> None:
    store.sandbox.act(ours(store).id, "cancel")


def another_time(store: TamperedStore) -> None:
    ours(store).send_strategy = {"method": "static", "datetime": (NOW + timedelta(days=9)).isoformat()}


def drift_that_is_none(store: TamperedStore) -> None:
    say(store, drift=("subject",))


def nothing_said(store: TamperedStore) -> None:
    say(store, state=S.UNKNOWN, attention="")


def still_going_out(store: TamperedStore) -> None:
    say(store, state=S.CANCELLED)


WRONGS = {
    scheduled_twice: "scheduled twice",
    anothers_touched: "somebody else's campaign was touched",
    anothers_gone: "somebody else's campaign was touched",
    nothing_scheduled: "nothing is scheduled",
    another_time: "another time",
    drift_that_is_none: "drift that is none",
    nothing_said: "nothing is said",
    still_going_out: "it is going out",
}


@pytest.mark.parametrize(("harm", "words"), WRONGS.items(), ids=[harm.__name__ for harm in WRONGS])
def test_the_judge_sees_a_store_that_is_wrong(harm: Callable[[TamperedStore], None], words: str) -> None:
    store = play(("publish",), ())
    assert not store.wrong()
    harm(store)
    assert store.wrong().startswith(words)
