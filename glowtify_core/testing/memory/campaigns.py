"""Publications in memory, and the claims that allow changing them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import RLock

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.errors import CampaignNotFound, ClaimLost, PublicationBusy
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.rhythm import next_look
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Due, StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.testing.memory.journal import MemoryLog, Rows, copies, records


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a :class:`MemoryCampaigns` held at one moment."""

    publications: Mapping[str, Publication]
    contents: Mapping[str, Campaign]
    rows: Mapping[str, Rows]
    fences: Mapping[CampaignKey, int]
    held_until: Mapping[CampaignKey, datetime]
    due: Mapping[str, datetime]


class MemoryCampaigns:
    """A :class:`~glowtify_core.ports.campaigns.CampaignRepo` that forgets at the end. Threads may share it.

    No thread renews its claims: one lasts until the clock has moved on by its length, or it is renewed.

    Args:
        clock: tells how old claims and steps are.
        claim_length: how long a claim lasts.

    Attributes:
        publications, contents: by id, oldest first.
        rows: the steps, by the publication's id.
        fences, held_until: the claims; a released one is held no more.
        due: when publications are to be looked at, by id; those that never are, are not in it.
        saves: how often a publication was written.
    """

    def __init__(self, clock: Clock, *, claim_length: timedelta = timedelta(seconds=15)) -> None:
        self.clock = clock
        self.claim_length = claim_length
        self.publications: dict[str, Publication] = {}
        self.contents: dict[str, Campaign] = {}
        self.rows: dict[str, Rows] = {}
        self.fences: dict[CampaignKey, int] = {}
        self.held_until: dict[CampaignKey, datetime] = {}
        self.due: dict[str, datetime] = {}
        self.saves = 0
        self.lock = RLock()

    def get(self, publication_id: str) -> Publication:
        """One publication.

        Raises:
            CampaignNotFound: there is none.
        """
        if publication_id not in self.publications:
            raise _not_found(publication_id)
        return self.publications[publication_id]

    def content(self, publication_id: str) -> Campaign:
        """The campaign that a publication carries.

        Raises:
            CampaignNotFound: there is none.
        """
        self.get(publication_id)
        return deepcopy(self.contents[publication_id])

    def latest(self, key: CampaignKey) -> Publication | None:
        """The newest publication of a campaign, or None."""
        return next(reversed(self._of(key)), None)

    def find(
        self,
        *,
        store: str | None = None,
        connector: str | None = None,
        campaign_ids: Collection[str] | None = None,
        states: Collection[PublicationState] | None = None,
        ids: Collection[str] | None = None,
        unfinished: bool = False,
        newest: int | None = None,
    ) -> Sequence[Publication]:
        """Publications that meet every condition given, oldest first."""
        found = [
            one
            for one in list(self.publications.values())
            if store in (None, one.key.store)
            and connector in (None, one.connector)
            and (campaign_ids is None or one.key.campaign_id in campaign_ids)
            and (states is None or one.state in states)
            and (ids is None or one.id in ids)
            and not (unfinished and one.closed)
        ]
        return found if newest is None else found[max(len(found) - newest, 0) :]

    def hand_out(self, *, now: datetime, again: datetime, most: int) -> Sequence[Due]:
        """Publications that are due and that nobody holds, the longest due first; due again later."""
        with self.lock:
            ids = sorted(
                (one for one, at in self.due.items() if at <= now and not self.held(self.get(one).key)),
                key=self.due.__getitem__,
            )[:most]
            self.due |= dict.fromkeys(ids, again)
            return [Due(self.get(one), self.fences[self.get(one).key]) for one in ids]

    def plan(self, looks: Mapping[str, datetime | None], *, checked_at: datetime | None = None) -> None:
        """Set when publications, by id, are due; None: never."""
        with self.lock:
            for one in looks.keys() & self.publications.keys():
                if checked_at:
                    self.publications[one] = replace(self.publications[one], checked_at=checked_at)
                self.due.pop(one, None)
                if (at := looks[one]) is not None:
                    self.due[one] = at

    def in_doubt(self, *, within: timedelta, store: str | None = None) -> Sequence[Publication]:
        """Publications, closed ones too, of which a step begun within that time is in doubt, oldest first."""
        return [
            one
            for one in self.find(store=store)
            if any(step.in_doubt and step.age < within for step in self.steps(one.id))
        ]

    def claim(self, key: CampaignKey, *, take_over: bool = False) -> MemoryClaim | None:
        """Claim a campaign; None while another claim lives, unless taken over."""
        with self.lock:
            if self.held(key) and not take_over:
                return None
            self.fences[key] = self.fences.get(key, 0) + 1
            self.hold(key)
            return MemoryClaim(self, key, self.fences[key])

    def held(self, key: CampaignKey) -> bool:
        """Whether a claim on a campaign lives."""
        until = self.held_until.get(key)
        return until is not None and until > self.clock.now()

    def hold(self, key: CampaignKey) -> None:
        """Let the claim on a campaign last its full length from now."""
        self.held_until[key] = self.clock.now() + self.claim_length

    def steps(self, publication_id: str) -> Sequence[StepRecord]:
        """What was begun of a publication, oldest first."""
        return records(self.rows.get(publication_id, {}), self.clock.now())

    def others_open(self, publication: Publication) -> bool:
        """Whether its campaign has another publication that is not closed."""
        return any(one.id != publication.id and not one.closed for one in self._of(publication.key))

    def snapshot(self) -> Snapshot:
        """Everything as it is now: what would be left if the process died here."""
        with self.lock:
            return Snapshot(
                dict(self.publications),
                dict(self.contents),
                copies(self.rows),
                dict(self.fences),
                dict(self.held_until),
                dict(self.due),
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Everything as it was then, claims too: that of a process which has died still has to run out."""
        with self.lock:
            self.publications = dict(snapshot.publications)
            self.contents = dict(snapshot.contents)
            self.rows = copies(snapshot.rows)
            self.fences = dict(snapshot.fences)
            self.held_until = dict(snapshot.held_until)
            self.due = dict(snapshot.due)

    def _of(self, key: CampaignKey) -> Sequence[Publication]:
        return [one for one in list(self.publications.values()) if one.key == key]


@dataclass
class MemoryClaim:
    """A :class:`~glowtify_core.ports.campaigns.Claim` on a :class:`MemoryCampaigns`."""

    repo: MemoryCampaigns
    key: CampaignKey
    fence: int

    @property
    def current(self) -> bool:
        """Whether nobody has claimed the campaign since."""
        return self.repo.fences[self.key] == self.fence

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Write in here, alone.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self.repo.lock:
            if not self.current:
                raise ClaimLost(
                    f"Another worker has taken over {self.key}",
                    remedy="It carries on with the work; look at the status before doing anything.",
                )
            yield

    def add(self, publication: Publication, campaign: Campaign) -> None:
        """Store a new publication with its content.

        Raises:
            ClaimLost: the fence has moved.
            PublicationBusy: the campaign has a publication that is not closed, or this one.
        """
        with self.fenced():
            self._check_mine(publication)
            if publication.id in self.repo.publications or self.repo.others_open(publication):
                raise _busy(self.key)
            self.write(publication, campaign)

    def save(self, publication: Publication, campaign: Campaign | None = None) -> None:
        """Store a publication's new state, and its content when that changed.

        Raises:
            ClaimLost: the fence has moved.
            CampaignNotFound: it was never added.
            PublicationBusy: it would be open beside another one.
        """
        with self.fenced():
            self._check_mine(publication)
            if self.repo.get(publication.id).key != self.key:
                raise _not_found(publication.id)
            if not publication.closed and self.repo.others_open(publication):
                raise _busy(self.key)
            self.write(publication, campaign)

    def write(self, publication: Publication, campaign: Campaign | None) -> None:
        """What :meth:`add` and :meth:`save` do once nothing is in the way."""
        self.repo.saves += 1
        self.repo.publications[publication.id] = publication
        self.repo.plan({publication.id: next_look(publication)})
        if campaign is not None:
            self.repo.contents[publication.id] = deepcopy(campaign)

    def log(self, publication_id: str, operation: str) -> MemoryLog:
        """The step log of one operation."""
        return MemoryLog(self, publication_id, operation)

    def renew(self) -> None:
        """Extend the claim by its full length.

        Raises:
            ClaimLost: the fence has moved, or it was released.
        """
        with self.fenced():
            if self.key not in self.repo.held_until:
                raise ClaimLost(f"The claim on {self.key} was given back", remedy="Claim the campaign again.")
            self.repo.hold(self.key)

    def release(self) -> None:
        """Give the claim back; nothing happens when it is lost already."""
        with self.repo.lock:
            if self.current:
                self.repo.held_until.pop(self.key, None)

    def _check_mine(self, publication: Publication) -> None:
        if publication.key != self.key:
            raise ValueError(f"a claim on {self.key} cannot change {publication.key}")


def _not_found(publication_id: str) -> CampaignNotFound:
    return CampaignNotFound(f"There is no publication {publication_id}", remedy="Check the store and the id.")


def _busy(key: CampaignKey) -> PublicationBusy:
    return PublicationBusy(
        f"{key} has a publication that is still open",
        remedy="Look at its status; let it finish or cancel it, then publish again.",
    )
