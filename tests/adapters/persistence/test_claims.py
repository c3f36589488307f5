"""Claims that are renewed, by threads and processes; what every store promises is in test_contract.py."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.campaigns import SqlClaim
from glowtify_adapters.persistence.renewal import Renewer, renewer
from glowtify_adapters.persistence.tables import claims
from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import RepositoryError
from glowtify_core.domain.publication import Publication

KEY = CampaignKey("default", "spring")
SHORT = timedelta(seconds=0.3)
PATIENCE = 30.0
"""Seconds after which a condition that should come true is given up."""


def until(condition: Callable[[], object]) -> object:
    """The condition's value as soon as it is true; fails when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return value


def claimed(repo: SqlCampaigns, *, take_over: bool = False) -> SqlClaim:
    claim = repo.claim(KEY, take_over=take_over)
    assert claim is not None
    return claim


def expiry(database: Database) -> datetime | None:
    with database.reading() as connection:
        return connection.scalar(select(claims.c.expires_at))


def crashed(claim: SqlClaim) -> None:
    """Stop renewing, as the end of the process would."""
    renewer.drop(claim)


@pytest.fixture(autouse=True)
def _no_claim_outlives_its_test(database):
    yield
    renewer._due.clear()
    with renewer._changed:
        renewer._changed.notify()
    until(lambda: renewer.idle)


def test_release_never_hides_what_went_wrong_before_it(repo, database, caplog, monkeypatch):
    claim = claimed(repo)

    def broken() -> None:
        raise RepositoryError("The database is busy")

    monkeypatch.setattr(database, "writing", broken)
    claim.release()
    assert "will run out" in caplog.text


def test_a_held_claim_is_renewed_beyond_its_length(database):
    claimed(SqlCampaigns(database, claim_length=SHORT))
    first = expiry(database)
    until(lambda: expiry(database) > first + 2 * SHORT)


def test_one_thread_renews_every_claim_and_ends_with_the_last(repo):
    held = [repo.claim(CampaignKey("default", str(number))) for number in range(5)]
    assert [thread.name for thread in threading.enumerate()].count("glowtify-claims") == 1
    for claim in held:
        claim.release()
    until(lambda: "glowtify-claims" not in [thread.name for thread in threading.enumerate()])


def test_a_claim_that_was_taken_over_is_renewed_no_more(database):
    claimed(SqlCampaigns(database, claim_length=SHORT))
    crashed(claimed(SqlCampaigns(database), take_over=True))
    until(lambda: renewer.idle)


class Stubborn:
    """A claim whose first renewals fail."""

    length = timedelta(seconds=0.03)

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.renewed = threading.Event()

    def renew(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RepositoryError("The database is busy")
        self.renewed.set()


def test_renewing_survives_failures_of_the_database(caplog):
    caplog.set_level(logging.WARNING)
    renewer, claim = Renewer(), Stubborn(failures=2)
    renewer.hold(claim)
    assert claim.renewed.wait(PATIENCE)
    renewer.drop(claim)
    until(lambda: renewer.idle)
    assert caplog.text.count("The database is busy") == 2


def test_a_forked_child_renews_nothing_of_its_parent():
    renewer, claim = Renewer(), Stubborn(failures=0)
    renewer.hold(claim)
    renewer.reset()
    assert renewer.idle


def test_of_many_processes_one_gets_each_claim(repo, python):
    repo.latest(KEY)  # the tables are there, so that all start at the same work
    code = (
        "repo = SqlCampaigns(database); print('ready', flush=True); sys.stdin.readline()\n"
        "print(*[n for n in range(20) if repo.claim(CampaignKey('default', str(n)))], flush=True)\n"
        "sys.stdin.readline()\n"
    )
    processes = [python(code) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    won = Counter(number for process in processes for number in process.stdout.readline().split())
    assert won == {str(number): 1 for number in range(20)}


def test_the_claim_of_a_killed_process_runs_out(repo, python):
    process = python(
        "claim = SqlCampaigns(database, claim_length=timedelta(seconds=0.5)).claim("
        "CampaignKey('default', 'spring'))\n"
        "print(claim.fence, flush=True); sys.stdin.readline()\n"
    )
    assert process.stdout.readline() == "1\n"
    process.kill()
    assert until(lambda: repo.claim(KEY)).fence == 2


def test_a_process_that_was_taken_over_from_learns_it_at_its_next_write(
    repo, python, publication: Publication, campaign: Campaign
):
    claim = claimed(repo)
    claim.add(publication, campaign)
    claim.release()
    process = python(
        "from glowtify_core.domain.errors import ClaimLost\n"
        "repo = SqlCampaigns(database); claim = repo.claim(CampaignKey('default', 'spring'))\n"
        "print('claimed', flush=True); sys.stdin.readline()\n"
        "try: claim.save(repo.latest(CampaignKey('default', 'spring')))\n"
        "except ClaimLost as lost: print(lost.code, flush=True)\n"
    )
    assert process.stdout.readline() == "claimed\n"
    assert claimed(repo, take_over=True).fence == 3
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "claim_lost\n"
