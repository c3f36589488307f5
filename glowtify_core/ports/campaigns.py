"""Where publications are kept, who may change one, and the journal of what was begun on the platform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState

CAMPAIGN = "campaign"
"""Names the step that makes the campaign itself: its result is the campaign's id."""

DISCARD = "discard"
"""Names the step that takes a campaign away, draft or not: by it our doing is told from that of others."""


class StepKind(StrEnum):
    """What may be done about a step of which only the begin is known."""

    CREATE = "create"
    """Makes an object: look for it, adopt it or make it again. Named after the kind of object."""
    REPEATABLE = "repeatable"
    """Doing it twice is the same as doing it once: do it again."""
    COMMIT = "commit"
    """After it the platform will send: done again only when reading proves that it did not happen."""
    CREATE_AND_COMMIT = "create_and_commit"
    """Makes the campaign, and after it the platform will send: never done a second time, unless it was
    refused without effect. For platforms without drafts."""

    @property
    def creates(self) -> bool:
        """Whether it makes an object."""
        return self in {StepKind.CREATE, StepKind.CREATE_AND_COMMIT}

    @property
    def commits(self) -> bool:
        """Whether the platform will send after it."""
        return self in {StepKind.COMMIT, StepKind.CREATE_AND_COMMIT}


@dataclass(frozen=True, slots=True)
class Step:
    """One write on a platform, with what is needed to find out whether it happened.

    Attributes:
        name: unique in its operation; one that creates is named after the kind of object that it makes, so
            the one that makes the campaign itself is :data:`CAMPAIGN`.
        kind: see :class:`StepKind`.
        do: sends the request; returns the remote id. A :class:`PlatformError` it raises tells its effect.
        find: looks on the platform for what ``do`` would have made since the given instant; the id, or None.
            Needed by every step that creates or commits. Where a campaign is made anew in place of another,
            the other is not it, though it may still be listed: the journal knows its id.
        undo: removes what ``do`` made, given its id; the way to clear up after losing a race of a step that
            creates.
        keyed: whether a commit is keyed by the remote id, so that a repeat cannot commit a second object.
            Nothing that creates is: it would make another.
    """

    name: str
    kind: StepKind
    do: Callable[[], str]
    find: Callable[[datetime], str | None] | None = None
    undo: Callable[[str], object] | None = None
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What the journal knows of a step.

    Attributes:
        operation, name, kind: which step.
        since: when it was first begun, by the database's clock, aware.
        age: time since it was last begun, by the database's clock, when the record was read.
        remote_id: the id that stands; None while only the begin is known.
        begins: how often it was begun since it was last cleared.
    """

    operation: str
    name: str
    kind: StepKind
    since: datetime
    age: timedelta
    remote_id: str | None = None
    begins: int = 1

    @property
    def in_doubt(self) -> bool:
        """Whether it may have made an object that is not recorded."""
        return self.kind.creates and (self.remote_id is None or self.begins > 1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How things stood when a step was written down.

    Attributes:
        remote_id: the id that stands.
        closed: whether the publication has been closed meanwhile.
        replaced: whether another worker has taken over meanwhile.
    """

    remote_id: str
    closed: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A publication that somebody should look at now.

    Attributes:
        publication: as it stands.
        fence: of its campaign, by which one try at it is told from the next.
    """

    publication: Publication
    fence: int


class Journal(Protocol):
    """The one way a connector writes to its platform."""

    @property
    def marker(self) -> str:
        """The publication's marker, for the end of remote names."""
        ...

    def run(self, step: Step) -> str:
        """Do a step once, whatever happened before; its remote id.

        Raises:
            ClaimLost: another worker has taken over.
            OutcomeUnknown: it may have happened, and reading cannot tell.
            PlatformError: the platform refused or is down.
        """
        ...

    def check(self) -> None:
        """Make sure that nobody has taken over, right before a request leaves that has waited for its turn.

        Raises:
            ClaimLost: another worker has; do not send it.
        """
        ...

    def steps(self, name: str | None = None) -> Sequence[StepRecord]:
        """The publication's steps of this name (all when None), of every operation, oldest first."""
        ...

    def forget(self, name: str) -> None:
        """Drop this operation's record of a step whose object is gone, so that it is done anew.

        Raises:
            ValueError: it commits by creating, and nobody knows whether it has.
        """
        ...


class StepLog(Protocol):
    """The durable record under a journal: one operation's view of a publication's steps."""

    def steps(self) -> Sequence[StepRecord]:
        """Every step of the publication, of every operation, oldest first."""
        ...

    def check(self) -> None:
        """Do nothing while the fence stands.

        Raises:
            ClaimLost: the fence has moved.
        """
        ...

    def begin(self, name: str, kind: StepKind) -> None:
        """Write down that a step is about to be done; a later begin keeps ``since`` and restarts ``age``.

        Raises:
            ClaimLost: the fence has moved.
        """
        ...

    def record(self, name: str, remote_id: str) -> Recorded:
        """Write down what came of a step; the first id written stands.

        Needs no fence, so that nothing that was created gets lost. Of a step that creates nothing a worker
        that was replaced writes nothing: its successor reads how things stand.

        Raises:
            CampaignNotFound: the step was never begun.
        """
        ...

    def clear(self, name: str) -> None:
        """Forget a step that was begun or recorded, as if it had never been begun. Needs the fence.

        An id that is recorded after all is kept, and makes the step known again.
        """
        ...


class Claim(Protocol):
    """The right to change one campaign's publications, for a while; renewed by its store until released.

    Every write below needs the claim's fence to be the campaign's current one and raises
    :class:`~glowtify_core.domain.errors.ClaimLost` when another claim has moved it on. The fence alone
    decides: a claim that ran out is good until another is made. A publication of another campaign is a
    ``ValueError``.
    """

    @property
    def fence(self) -> int:
        """Raised by every claim; the current one may write."""
        ...

    def add(self, publication: Publication, campaign: Campaign) -> None:
        """Store a new publication with its content.

        Raises:
            PublicationBusy: the campaign has a publication that is not closed.
        """
        ...

    def save(self, publication: Publication, campaign: Campaign | None = None) -> None:
        """Store a publication's new state, and its content when that changed.

        Raises:
            CampaignNotFound: it was never added.
            PublicationBusy: it would be reopened beside another that is not closed.
        """
        ...

    def log(self, publication_id: str, operation: str) -> StepLog:
        """The step log of one operation."""
        ...

    def renew(self) -> None:
        """Let the claim last its full length from now; one that was released is lost."""
        ...

    def release(self) -> None:
        """Give the claim back; nothing happens when it is lost already."""
        ...


class CampaignRepo(Protocol):
    """Keeps publications. Reading is free; writing needs a :class:`Claim`.

    Beside each publication stands when it is due, which whoever saves it sets to what
    :func:`~glowtify_core.domain.rhythm.next_look` says. It is advice, so that moving it needs no claim.
    """

    def get(self, publication_id: str) -> Publication:
        """One publication.

        Raises:
            CampaignNotFound: there is none.
        """
        ...

    def content(self, publication_id: str) -> Campaign:
        """The campaign that a publication carries, audiences resolved.

        Raises:
            CampaignNotFound: there is none.
        """
        ...

    def latest(self, key: CampaignKey) -> Publication | None:
        """The newest publication of a campaign, or None."""
        ...

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
        """Publications that meet every condition given, oldest first.

        Args:
            store, connector, campaign_ids, states, ids: of which they are; None: of any.
            unfinished: only those that are not closed.
            newest: no more than so many, the newest ones.
        """
        ...

    def hand_out(self, *, now: datetime, again: datetime, most: int) -> Sequence[Due]:
        """Publications that are due at ``now`` and that nobody holds, the longest due first.

        Each is due again at ``again``, so that it goes to one of those who ask at once, and comes back when
        the one who took it is lost.
        """
        ...

    def plan(self, looks: Mapping[str, datetime | None], *, checked_at: datetime | None = None) -> None:
        """Set when publications, by id, are due; None: never. What is not there is left out.

        Args:
            looks: when, aware.
            checked_at: that their platform was asked at this time and said nothing new is kept too; None: it
                was not asked.
        """
        ...

    def in_doubt(self, *, within: timedelta, store: str | None = None) -> Sequence[Publication]:
        """Publications, closed ones too, of which a step begun within that time is in doubt, oldest first."""
        ...

    def claim(self, key: CampaignKey, *, take_over: bool = False) -> Claim | None:
        """Claim a campaign; None while another worker's claim lives, unless taken over."""
        ...
