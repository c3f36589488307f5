"""Journals for tests that call a connector directly, and say the same in every run."""

from __future__ import annotations

from datetime import timedelta

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.ports.clock import Clock
from glowtify_core.testing.memory import MemoryCampaigns

MARKER = "glrecorded"
"""Stands at the end of every remote name; a host's own markers are random."""


class Journals:
    """``journals("publish")`` is the journal of one operation; all of them are one campaign's, in memory.

    Args:
        clock: what the connector is opened with.
        settle: how long the platform may take to show what was made.
    """

    def __init__(self, clock: Clock, *, settle: timedelta = timedelta(seconds=10)) -> None:
        self._repo = MemoryCampaigns(clock)
        self._clock = clock
        self._settle = settle

    def __call__(self, operation: str, publication: str = "publication") -> StepRunner:
        """The journal of an operation, by whoever claimed the campaign last.

        Args:
            operation: such as ``publish``, ``reschedule-1`` or ``cancel``.
            publication: which one, where a test has several.
        """
        claim = self._repo.claim(CampaignKey("default", "recorded"), take_over=True)
        assert claim
        return StepRunner(
            claim.log(publication, operation),
            operation=operation,
            clock=self._clock,
            settle=self._settle,
            marker=MARKER,
        )
