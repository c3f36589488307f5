"""Scale in small, and only what no machine's speed changes; ``make scale`` has the figures."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from board import DATABASES, place
from crew import crew, handed_over_at, wait_for
from firm import Firm
from growth import grown
from limits_used import use_limits

KIND = pytest.mark.parametrize("kind", DATABASES)


@pytest.mark.parametrize(
    ("kind", "small", "large", "most"),
    [
        ("sqlite", 1_000, 10_000, 1.05),
        ("postgresql", 5_000, 20_000, 2),  # indexes are a level deeper, and planning is by samples
    ],
)
def test_no_chore_has_more_work_the_larger_the_journal_is(kind, small, large, most):
    with grown(kind, small) as one, grown(kind, large) as other:
        before, after = one.work(), other.work()
    assert {name: (before[name], after[name]) for name in before if after[name] > most * before[name]} == {}


@KIND
def test_an_account_uses_what_its_limits_allow_and_is_never_refused(kind):
    with place(kind) as where:
        (use,) = use_limits(where, accounts=1, minutes=1)
    assert use.share >= 0.95
    assert use.refused == 0


def test_one_campaign_does_not_wait_for_another_accounts_queue(tmp_path):
    with crew(tmp_path / "glowtify.db", sandboxes=2, limits="documented") as there:
        busy, quiet = there.open_accounts(2)
        there.leave(busy, *(f"queued-{number}" for number in range(100)))
        there.hire(1, concurrency=16)
        wait_for(there.done)
        there.leave(quiet, "single")
        wait_for(lambda: any(one.key.store == quiet for one in there.done()))
        done = sorted(there.done(), key=handed_over_at)
    assert len(done) < 60


def test_what_was_done_leaves_nothing_in_memory(tmp_path):
    firm = Firm(tmp_path / "glowtify.db", 1)
    (account,) = firm.accounts
    held = []
    tracemalloc.start()
    try:
        for turn in range(4):
            for number in range(10):
                firm.leave(account, f"epic-{turn}-{number}")
            firm.work(30)
            account.sandbox.reset()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        firm.close()
    assert (held[-1] - held[1]) / 20 < 5_000, "bytes a publication"
