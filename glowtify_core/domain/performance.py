"""What a campaign brought: raw counts, as the platform gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Revenue:
    """Money that the platform ascribes to a campaign, with everything needed to trust or doubt it."""

    amount: Decimal
    currency: str
    metric: str
    attribution: str


@dataclass(frozen=True, slots=True)
class CampaignMetrics:
    """Counts of one campaign; None means that the platform gave no figure, never 0.

    Attributes:
        as_of: when the figures were read, aware.
        recipients ... conversions: people or events, as named by the platforms' common words.
        revenue: None where there is none or it is not known.
        advice: what a person should do to get more figures; empty when nothing.
    """

    as_of: datetime
    recipients: int | None = None
    delivered: int | None = None
    bounced: int | None = None
    opens: int | None = None
    opens_unique: int | None = None
    clicks: int | None = None
    clicks_unique: int | None = None
    unsubscribes: int | None = None
    spam_complaints: int | None = None
    conversions: int | None = None
    revenue: Revenue | None = None
    advice: str = ""

    @property
    def open_rate(self) -> float | None:
        """Unique opens over delivered, 0 to 1."""
        return _ratio(self.opens_unique, self.delivered)

    @property
    def click_rate(self) -> float | None:
        """Unique clicks over delivered, 0 to 1."""
        return _ratio(self.clicks_unique, self.delivered)

    @property
    def unsubscribe_rate(self) -> float | None:
        """Unsubscribed people over delivered, 0 to 1."""
        return _ratio(self.unsubscribes, self.delivered)


def _ratio(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
