"""The crash matrix in short: the real command, killed at every boundary; in full with `make chaos`."""

from __future__ import annotations

import pytest
from arena import Arena, shut_down, warm_up
from boundaries import Act
from points import OPERATIONS, Manner, run
from variants import Race

pytestmark = [
    pytest.mark.block_network(
        allowed_hosts=[r"127\.0\.0\.1", "localhost", r"/.*/pymp-"]  # the last is the fork server
    ),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module", autouse=True)
def fork_server():
    """One for all, gone afterwards."""
    warm_up()
    yield
    shut_down()


def failures(verdicts):
    """What must not be: sent twice, lost, or something left behind; with what was said and held."""
    return [
        (verdict.point, verdict.note)
        for verdict in verdicts
        if verdict.twice or verdict.lost or verdict.orphans
    ]


def every_step(operation, boundary):
    """All of a publish; of the others each state once: before a step it is the one after the step before."""
    return operation.name == "publish" or boundary.startswith("after")


def test_killed_at_any_boundary_and_told_again_it_is_done_once():
    longest_first = reversed(OPERATIONS.values())
    with Arena() as arena:
        verdicts = run(arena, longest_first, Manner(), every_step)

    assert failures(verdicts) == []
    assert len(verdicts) > 90


def test_paused_around_its_commit_overtaken_and_woken_it_is_done_once():
    commit = {"begin send", "POST campaign-send-jobs", "record send"}

    def around_the_commit(operation, boundary):
        return boundary.partition(" ")[2] in commit

    with Arena() as arena:
        verdicts = run(arena, [OPERATIONS["publish"]], Manner(act=Act.STOP), around_the_commit)

    assert failures(verdicts) == []
    assert len(verdicts) == 6


def test_told_to_many_threads_of_several_processes_at_once_each_is_done_once():
    verdicts = Race(processes=2, threads=2, campaigns=5).run()

    assert failures(verdicts) == []
    assert len(verdicts) == 5
