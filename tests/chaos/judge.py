"""What became of one e-mail: what our records say, against what the platform holds and has sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from arena import Arena

from glowtify_klaviyo.sandbox.models import DRAFT
from glowtify_klaviyo.sandbox.state import State

GOING_OUT = frozenset({"scheduled", "submitting", "sending", "sent"})
NOT_GOING_OUT = frozenset({"cancelled", "failed", "missing", "staged", "never published"})


Live = tuple[str, str, datetime | None, bool]


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

    live: Sequence[Live] = ()
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
        at: when it may go out; one of these instants.
        jobs: the most send jobs that can be right.
        said: what ``glowtify status`` said of it in the end; empty when it was never published.
    """

    name: str
    expected: Expected
    at: Collection[datetime]
    jobs: int
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state that our records hold."""
        return str(self.said.get("state", "never published"))


def held(arena: Arena, name: str) -> Held:
    """Look at the platform itself, not through its API."""
    live: list[Live] = []
    left: list[str] = []
    for sandbox in arena.sandboxes:
        with sandbox.state.lock:
            live += _live(sandbox.state, name)
            left += _left(sandbox.state, name)
    jobs, doubled = (
        sum(count for remote_name, count in counted.items() if _bears(remote_name, name))
        for counted in (arena.jobs, arena.doubled)
    )
    return Held(live, left, jobs, doubled)


def _live(state: State, name: str) -> Iterator[Live]:
    now = state.clock.now()
    newsletter = next(one.id for one in state.audiences.values() if one.name == "Newsletter")
    wanted = {"included": [newsletter], "excluded": []}
    for campaign in state.campaigns.values():
        status = campaign.status(now)
        if _bears(campaign.name, name) and status != DRAFT and not status.startswith("Cancelled"):
            whole = campaign.audiences == wanted and bool(state.messages[campaign.message_id].template_id)
            yield campaign.id, status, campaign.send_time, whole


def _left(state: State, name: str) -> Iterator[str]:
    now = state.clock.now()
    for campaign in state.campaigns.values():
        if _bears(campaign.name, name) and campaign.status(now) == DRAFT:
            yield f"draft {campaign.id}"
    for template in state.library():
        if _bears(template.name, name):
            yield f"template {template.id}"


def sent(arena: Arena, name: str) -> list[datetime]:
    """When an e-mail went out, once for each campaign that carried it."""
    mails = [mail for sandbox in arena.sandboxes for mail in sandbox.sent]
    return [datetime.fromisoformat(mail["when"]) for mail in mails if _bears(mail["name"], name)]


def judge(case: Case, found: Held, went_out: Sequence[datetime]) -> Verdict:
    """Compare what is said, what is held, and what went out in the end."""
    orphans = _orphans(case, found)
    twice = len(found.live) > 1 or len(went_out) > 1 or found.doubled > 0 or found.jobs > case.jobs
    once = not twice and _as_expected(case, found, went_out)
    note = "" if once and not orphans else _note(case, found, went_out)
    return Verdict(case.name, once, twice, orphans, note)


def _orphans(case: Case, found: Held) -> int:
    """What is left, but for the one draft that is said to be there, unscheduled."""
    known = f"draft {case.said.get('remote', {}).get('campaign')}" if case.state == "staged" else None
    return sum(one != known for one in found.left)


def _as_expected(case: Case, found: Held, went_out: Sequence[datetime]) -> bool:
    if case.said.get("operation"):
        return False  # something is still under way
    on_time = len(went_out) == 1 and went_out[0] in case.at
    going = on_time and all(instant in case.at and whole for *_, instant, whole in found.live)
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
        f" doubled {found.doubled}, went out {_days(went_out)}, wanted {_days(case.at)}"
    )


def _bears(remote_name: str, name: str) -> bool:
    return remote_name.rpartition(" ")[0] == name


def _days(instants: Collection[datetime]) -> str:
    return ", ".join(f"{instant:%m-%d %H:%M}" for instant in instants) or "never"
