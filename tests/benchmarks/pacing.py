"""How much of what Klaviyo's limits allow is used, in the platform's own time: publishing many at once.

Part of ``make bench``; alone: ``python tests/benchmarks/pacing.py``. The sandbox refuses what Klaviyo's
documented limits would; connector, runner, use cases and gate are the real ones. Time is virtual, so the
machine's speed does not matter, and a request takes none: what is measured is the waiting.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

TARGET = 0.95
CAMPAIGNS = 300
SCENES: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("1 account", 1, {}),
    ("1 account, 24 s until Scheduled", 1, {"walk": "real"}),
    ("20 accounts at once", 20, {}),
)


def main() -> None:
    """Measure and print."""
    Console(width=110).print(used_limits())


def used_limits() -> Table:
    """Seconds that publishing takes, against those of the busiest endpoint's calls at its limits."""
    from klaviyo_accounts import publish_all

    table = Table(
        "publishing",
        "seconds",
        "ideal",
        "used",
        "429s",
        "busiest endpoint, calls a campaign",
        title=f"Pacing, {CAMPAIGNS} campaigns an account (target: used at least {TARGET:.0%}, no 429)",
    )
    for name, accounts, options in SCENES:
        paces = publish_all(accounts, CAMPAIGNS, **options)
        slowest = min(paces, key=lambda pace: pace.share)
        refused = sum(pace.refused for pace in paces)
        assert all(pace.published == CAMPAIGNS for pace in paces), "not everything was published"
        table.add_row(
            name if accounts == 1 else f"{name}, the slowest",
            f"{slowest.seconds:.1f}",
            f"{slowest.ideal:.1f}",
            f"{slowest.share:.1%}",
            str(refused),
            f"{slowest.busiest}: {slowest.calls[slowest.busiest] / CAMPAIGNS:.1f}",
            style="" if slowest.share >= TARGET and not refused else "bold red",
        )
    return table


if __name__ == "__main__":
    main()
