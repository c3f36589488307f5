"""Whether accounts take turns: what another account's long queue costs one that has a single campaign.

``make scale ARGS=turns``. A real worker on the engine, and a sandbox that refuses what Klaviyo's documented
limits would. Measured is the time from Publish to Scheduled of the single campaign, by the clock.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from board import Board, place
from crew import Crew, crew, handed_over_at, wait_for

from glowtify_core.domain.campaign import CampaignKey

QUEUES = (0, 500, 5000)
"""Campaigns that the other account has waiting."""

ROUNDS = 5
TARGET = 1.5
"""At most so many times as long as without any queue."""


def boards(options: argparse.Namespace) -> Iterator[Board]:
    """One table for both databases."""
    board = Board(
        "Fairness: seconds from Publish to Scheduled of one campaign, while another account has a queue",
        "waiting there",
        "median",
        "longest",
        "times without",
        notes=[f"Target: at most {TARGET} times, with {QUEUES[1]} waiting. One worker; limits documented."],
    )
    for kind in options.database:
        alone = 0.0
        for waiting in QUEUES[:2] if options.short else QUEUES:
            with place(kind) as where:
                seconds = measure(where, waiting, 2 if options.short else ROUNDS)
            middle = statistics.median(seconds)
            alone = alone or middle
            board.row(
                f"{kind}, {waiting:,}",
                f"{middle:.1f}",
                f"{max(seconds):.1f}",
                f"{middle / alone:.2f}",
                good=middle / alone <= TARGET,
            )
    yield board


def measure(where: Path | str, waiting: int, rounds: int) -> Sequence[float]:
    """Seconds that each campaign of the account with the short queue takes."""
    with crew(where, sandboxes=2, limits="documented") as there:
        busy, quiet = there.open_accounts(2)
        there.leave(busy, *(f"queued-{number}" for number in range(waiting)))
        there.hire(1, concurrency=16)
        if waiting:
            wait_for(there.done)
        return [_one(there, quiet, f"single-{number}") for number in range(rounds)]


def _one(there: Crew, store: str, name: str) -> float:
    there.leave(store, name)
    repo, key = there.app.campaigns.repo, CampaignKey(store, name)
    wait_for(lambda: not repo.latest(key).open_operation)
    publication = repo.latest(key)
    return handed_over_at(publication) - publication.opened_at.timestamp()
