"""Where figures are kept, so that they outlast what platforms remember."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from glowtify_core.domain.performance import CampaignMetrics


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures as they stood for a while.

    Attributes:
        since: when they were first read so, aware.
        metrics: they; its ``as_of`` is when they were last read so.
    """

    since: datetime
    metrics: CampaignMetrics


class FiguresRepo(Protocol):
    """Keeps what campaigns brought, over time. Publications are named by id."""

    def record(self, figures: Mapping[str, CampaignMetrics]) -> None:
        """Keep figures that were just read; where they are as before, only the time moves on.

        Figures older than the newest ones kept change nothing.
        """
        ...

    def latest(self, publication_ids: Collection[str]) -> Mapping[str, CampaignMetrics]:
        """The newest figures of each; those without any are left out."""
        ...

    def history(self, publication_id: str) -> Sequence[Reading]:
        """Everything that was read, oldest first."""
        ...
