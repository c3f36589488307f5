"""What became of one e-mail: what our records say, against what the platform holds and has sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from arena import Arena

from glowtify_klaviyo.sandbox import Sandbox
from glowtify_klaviyo.sandbox.models import DRAFT

GOING_OUT = frozenset({"scheduled", "submitting", "sending", "sent"})
NOT_GOING_OUT = frozenset({"cancelled", "failed", "missing", "staged", "never published"})


class Expected(Enum):
    """How it has to end."""

    SCHEDULED = auto()
    TAKEN_BACK = auto()
    TRUTH_TOLD = auto()


@dataclass(frozen=True)
class Held:
    """What the platform holds of an e-mail, before any of it is sent.

    Attributes:
        live: each campaign past Draft and not cancelled: its id, status, instant, and whether audience and
            content are as they should be.
        left: drafts and library templates that bear its name.
        jobs: send jobs that were taken.
        doubled: send jobs that were taken for what was on its way already.
    """

    live: Sequence[tuple[str, str, datetime | None, bool]] = ()
    left: Sequence[str] = ()
    jobs: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class Verdict:
    """How one point ended."""

    point: str
    once: bool = False
    twice: bool = False
    orphans: int = 0
    note: str = ""

    @property
    def lost(self) -> bool:
        """Neither as asked for nor told as it is."""
        return not self.once and not self.twice


@dataclass(frozen=True)
class Case:
    """One e-mail whose fate is to be judged.

    Attributes:
        name: of the campaign, unique on its sandbox.
        at: when it is to go out.
        jobs: the most send jobs that can be right.
        said: what ``glowtify status`` said of it in the end; empty when it was never published.
    """

    name: str
    expected: Expected
    at: datetime
    jobs: int
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state that our records hold."""
        return str(self.said.get("state", "never published"))


def held(arena: Arena, name: str, sandbox: Sandbox | None = None) -> Held:
    """Look at the platform itself, not through its API."""
    state = (sandbox or arena.sandbox).state
    with state.lock:
        now = state.clock.now()
        newsletter = next(one.id for one in state.audiences.values() if one.name == "Newsletter")
        wanted = {"included": [newsletter], "excluded": []}
        ours = [campaign for campaign in state.campaigns.values() if _bears(campaign.name, name)]
        live = [
            (
                campaign.id,
                status,
                campaign.send_time,
                campaign.audiences == wanted and bool(state.messages[campaign.message_id].template_id),
            )
            for campaign in ours
            if (status := campaign.status(now)) != DRAFT and not status.startswith("Cancelled")
        ]
        drafts = [f"draft {campaign.id}" for campaign in ours if campaign.status(now) == DRAFT]
        templates = [f"template {one.id}" for one in state.library() if _bears(one.name, name)]
    return Held(
        live,
        [*drafts, *templates],
        sum(count for marked, count in arena.jobs.items() if _bears(marked, name)),
        sum(count for marked, count in arena.doubled.items() if _bears(marked, name)),
    )


def sent(sandbox: Sandbox, name: str) -> list[datetime]:
    """When an e-mail went out, once for each campaign that carried it."""
    return [datetime.fromisoformat(mail["when"]) for mail in sandbox.sent if _bears(mail["name"], name)]


def judge(case: Case, found: Held, went_out: Sequence[datetime]) -> Verdict:
    """Compare what is said, what is held, and what went out in the end."""
    twice = len(found.live) > 1 or len(went_out) > 1 or found.doubled > 0 or found.jobs > case.jobs
    once = not twice and _as_expected(case, found, went_out)
    note = "" if once and not found.left else _note(case, found, went_out)
    return Verdict(case.name, once, twice, len(found.left), note)


def _as_expected(case: Case, found: Held, went_out: Sequence[datetime]) -> bool:
    going = list(went_out) == [case.at] and all(
        instant == case.at and whole for *_, instant, whole in found.live
    )
    if case.expected is Expected.SCHEDULED:
        ids = [campaign_id for campaign_id, *_ in found.live]
        known = case.said.get("remote", {}).get("campaign")
        return going and case.state == "scheduled" and ids == [known]
    if case.expected is Expected.TAKEN_BACK:
        return not went_out and not found.live and case.state == "cancelled"
    if case.state in GOING_OUT:
        return going
    return case.state in NOT_GOING_OUT and not went_out


def _note(case: Case, found: Held, went_out: Sequence[datetime]) -> str:
    problem = (case.said.get("problem") or {}).get("title")
    held_there = [f"{campaign_id} {status} {instant}" for campaign_id, status, instant, _ in found.live]
    return (
        f"said {case.state}, operation {case.said.get('operation')}, problem {problem};"
        f" held {held_there or 'nothing live'}, left {list(found.left)}, jobs {found.jobs},"
        f" doubled {found.doubled}, went out {[str(when) for when in went_out]} (wanted {case.at})"
    )


def _bears(remote_name: str, name: str) -> bool:
    return remote_name.rpartition(" ")[0] == name
