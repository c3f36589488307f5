"""Finding what a lost answer has made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.marks import adopt

NAME = remote_name("Winter sale", "gl12345678")
SINCE = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
STAGED, SCHEDULED = PublicationState.STAGED, PublicationState.SCHEDULED


def campaign(number: int, state: PublicationState = STAGED, name: str = NAME, after: float = 0):
    ref = RemoteRef("acme", (("campaign", f"c{number}"), ("template", "t1")))
    return RemoteCampaign(
        ref, state, str(state), name=name, created_at=SINCE + number * timedelta(seconds=after or 1)
    )


def test_nothing_is_found_in_nothing():
    assert adopt([], NAME, SINCE) is None


@pytest.mark.parametrize("name", [f"Copy of {NAME}", f"{NAME} 2", NAME.upper(), "Winter sale gl87654321"])
def test_only_the_whole_name_is_ours(name):
    assert adopt([campaign(1, name=name), campaign(2)], NAME, SINCE) == "c2"


def test_what_is_older_than_the_step_is_not_what_it_made_however_clocks_differ():
    apart = CLOCKS_APART.total_seconds()
    assert adopt([campaign(1, after=-apart)], NAME, SINCE) == "c1"
    assert adopt([campaign(1, after=-apart - 1)], NAME, SINCE) is None


def test_what_does_not_tell_its_age_is_not_taken():
    nameless = RemotePart(RemoteRef("acme", (("template", "t1"),)), NAME)
    assert adopt([nameless], NAME, SINCE) is None


def test_of_several_drafts_the_oldest_wins():
    assert adopt([campaign(3), campaign(1), campaign(2)], NAME, SINCE) == "c1"


def test_one_past_draft_wins_over_older_drafts():
    assert adopt([campaign(1), campaign(2, SCHEDULED)], NAME, SINCE) == "c2"


def test_parts_are_found_too():
    part = RemotePart(RemoteRef("acme", (("template", "t1"),)), NAME, SINCE)
    assert adopt([part], NAME, SINCE) == "t1"
