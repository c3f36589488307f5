"""Many publications while every fifth request breaks: each ends scheduled once, and nothing else is left.

``make soak`` prints the figures; the clock moves only by sleeping.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from klaviyo_house import House

from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.state import PublicationState
from glowtify_klaviyo.sandbox.faults import Fault, Faults
from glowtify_klaviyo.sandbox.walk import planned

KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "drop", "when": "before"},
    {"kind": "drop", "when": "after"},
    {"kind": "status", "status": 500, "when": "before"},
    {"kind": "status", "status": 503, "when": "after"},
    {"kind": "cut"},
    {"kind": "html", "status": 502},
    {"kind": "html"},
    {"kind": "throttle", "retry_after": 5},
)
ROUNDS = 50
"""How often a publication is taken up again before it counts as lost."""


class BadWeather(Faults):
    """Every request is hit with the same chance, by any of :data:`KINDS`."""

    def __init__(self, chance: float, seed: int) -> None:
        super().__init__()
        self._chance = chance
        self._random = Random(seed)
        self.hit = 0

    def take(self, method: str, path: str) -> list[Fault]:
        if self._random.random() >= self._chance:
            return []
        self.hit += 1
        return [Fault(**self._random.choice(KINDS))]


@dataclass(frozen=True)
class Figures:
    """What a soak came to.

    Attributes:
        campaigns: publications asked for.
        scheduled: those that the platform has scheduled, once, at their time.
        twice: those that it has more than once.
        lost: those that it has not.
        orphans: drafts and templates that nobody will ever use.
        requests, faults: sent, and hit.
        seconds: of real time.
    """

    campaigns: int
    scheduled: int
    twice: int
    lost: int
    orphans: int
    requests: int
    faults: int
    seconds: float


def soak(campaigns: int, *, chance: float = 0.2, seed: int = 1) -> Figures:
    """Publish so many, each until our store calls it done, and count at the platform."""
    began = time.perf_counter()
    house = House("real")
    state = house.sandbox.state
    seeded = set(state.campaigns), set(state.templates)
    weather = state.faults = BadWeather(chance, seed)
    requests = 0
    for number in range(campaigns):
        publish(house, f"soak-{number}")
        requests += len(house.sandbox.requests)
        house.sandbox.clear_requests()
    requests += mended(house)
    state.faults = Faults()
    made = [campaign for key, campaign in state.campaigns.items() if key not in seeded[0]]
    good = [campaign for campaign in made if stands(house, campaign)]
    scheduled = Counter(campaign.name.rpartition(" ")[0] for campaign in good)
    copies = {state.messages[campaign.message_id].template_id for campaign in made}
    orphans = len(made) - len(good) + len(set(state.templates) - seeded[1] - copies)
    twice = sum(count > 1 for count in scheduled.values())
    return Figures(
        campaigns=campaigns,
        scheduled=len(scheduled) - twice,
        twice=twice,
        lost=campaigns - len(scheduled),
        orphans=orphans,
        requests=requests,
        faults=weather.hit,
        seconds=time.perf_counter() - began,
    )


def publish(house: House, name: str) -> None:
    """Publish until our store calls it done: the same wish again, or its operation carried on, in turns."""
    campaigns, wish = house.app.campaigns, house.campaign(name, house.in_(days=30))
    for attempt in range(ROUNDS):
        latest = house.repo.latest(wish.key)
        with suppress(GlowtifyError):
            if latest and attempt % 2:
                campaigns.advance(latest.id, insist=True)
            else:
                campaigns.publish(wish)
        latest = house.repo.latest(wish.key)
        if latest and latest.state is PublicationState.SCHEDULED and not latest.open_operation:
            return
        house.clock.sleep(20)


def mended(house: House) -> int:
    """Repair, in the same weather, until nothing is left to do; how many requests that took."""
    for _ in range(ROUNDS):
        if not any(one.error or one.removed for one in house.app.campaigns.repair()):
            break
        house.clock.sleep(20)
    return len(house.sandbox.requests)


def stands(house: House, campaign: Any) -> bool:
    """Whether it is scheduled at the time that our store says."""
    now = house.clock.now()
    wanted = [one.schedule.instant for one in house.publications() if campaign.name.endswith(one.marker)]
    return campaign.status(now) == "Scheduled" and wanted == [planned(house.sandbox.state, campaign)]


def main() -> int:
    """Run and print; 1 when one is not scheduled exactly once, or something is left."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--campaigns", type=int, default=1000)
    options.add_argument("--chance", type=float, default=0.2)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    figures = soak(given.campaigns, chance=given.chance, seed=given.seed)
    for name, value in vars(figures).items():
        sys.stdout.write(f"{name:<10} {round(value, 1)}\n")
    return int(figures.scheduled != figures.campaigns or figures.orphans > 0)


if __name__ == "__main__":
    raise SystemExit(main())
