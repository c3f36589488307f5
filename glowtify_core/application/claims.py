"""Holding a campaign while working on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import PublicationBusy
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.ports.clock import Clock

WAIT = 30.0
"""Seconds to wait for another worker to let go."""

ASK_EVERY = 0.5

Report = Callable[[str], None]
"""Takes a word on what is being done, for whoever watches."""


def silent(word: str) -> None:
    """Report to nobody."""
    del word


@contextmanager
def holding(
    repo: CampaignRepo,
    key: CampaignKey,
    clock: Clock,
    *,
    report: Report = silent,
    take_over: bool = False,
    wait: float = WAIT,
) -> Iterator[Claim]:
    """Claim a campaign and release it at the end; waits for another worker's claim unless taking it over.

    Raises:
        PublicationBusy: the other worker did not let go within ``wait`` seconds.
    """
    claim = repo.claim(key, take_over=take_over)
    left = wait
    while claim is None:
        if left <= 0:
            raise PublicationBusy(
                f"Another worker is busy with {key}",
                remedy="Nothing was done. Try again in a minute.",
            )
        if left == wait:
            report("waiting for another worker")
        clock.sleep(ASK_EVERY)
        left -= ASK_EVERY
        claim = repo.claim(key)
    try:
        yield claim
    finally:
        claim.release()
