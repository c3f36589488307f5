"""An answer that is about another campaign, as from a proxy that mixes answers up, is never acted on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hostile_house import TamperedStore, play
from tampering import Answered, Tamper


def ids() -> dict[str, str]:
    """Somebody's draft, a sent one, and what does not exist; the sandbox's are the same in every store."""
    sandbox = TamperedStore().sandbox
    sent = next(
        one.id for one in sandbox.state.campaigns.values() if one.id != sandbox.ready["campaign"]["id"]
    )
    return {"a draft": sandbox.ready["campaign"]["id"], "a sent one": sent, "nothing": "NOPE01"}


def about(other: str, name: str | None = None) -> Callable[[Answered], None]:
    def change(answered: Answered) -> None:
        document = json.loads(answered.body)
        data = document["data"]
        for first in data[:1] if isinstance(data, list) else [data]:
            first["id"] = other
            if name:
                first["attributes"]["name"] = name
        answered.body = json.dumps(document).encode()

    return change


@pytest.mark.parametrize("scene", ["cancel", "edit", "move"])
@pytest.mark.parametrize("whose", ["a draft", "a sent one", "nothing"])
@pytest.mark.parametrize("nth", [0, 1])
def test_a_read_of_another_campaign_is_not_believed(scene: str, whose: str, nth: int) -> None:
    change = Tamper("GET /api/campaigns/ID", about(ids()[whose]), "about another", nth, 1000)
    store = play(("publish", scene), [change], after=1)
    assert store.wire.hits
    assert not store.wrong()


@pytest.mark.parametrize("scene", ["status", "repair"])
@pytest.mark.parametrize("whose", ["a draft", "a sent one", "nothing"])
def test_a_list_that_puts_another_campaign_first_is_not_believed(scene: str, whose: str) -> None:
    change = Tamper("GET /api/campaigns", about(ids()[whose]), "the first is another", 0, 1000)
    store = play(("publish", "a minute", scene), [change], after=2)
    assert store.wire.hits
    assert not store.wrong()


@pytest.mark.parametrize("endpoint", ["POST /api/campaigns", "POST /api/templates"])
@pytest.mark.parametrize("whose", ["a draft", "a sent one", "nothing"])
def test_a_create_that_answers_with_anothers_object_does_not_make_it_ours(endpoint: str, whose: str) -> None:
    change = Tamper(endpoint, about(ids()[whose], "Somebody else's"), "another was created", 0, 1)
    store = play(("publish", "publish"), [change])
    assert store.wire.hits
    assert not store.wrong()
    assert ids()["a draft"] in store.sandbox.state.campaigns
