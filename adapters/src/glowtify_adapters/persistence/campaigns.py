"""Publications in the database, and the claims that allow changing them."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, Update, and_, bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from glowtify_adapters.persistence.clock import db_began, db_now
from glowtify_adapters.persistence.database import Database, insert_if_absent
from glowtify_adapters.persistence.documents import Document, publication_from_row, publication_to_row
from glowtify_adapters.persistence.journal import SqlStepLog
from glowtify_adapters.persistence.renewal import renewer
from glowtify_adapters.persistence.tables import (
    claims,
    contents,
    publications,
    step_in_doubt,
    steps,
)
from glowtify_core.domain.campaign import Campaign, CampaignKey, from_document, to_document
from glowtify_core.domain.errors import CampaignNotFound, ClaimLost, PublicationBusy, RepositoryError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.rhythm import next_look
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Due

_log = logging.getLogger(__name__)


class SqlCampaigns:
    """A :class:`~glowtify_core.ports.campaigns.CampaignRepo` on a database.

    Args:
        database: where.
        claim_length: how long a claim lasts unless it is renewed.
    """

    def __init__(self, database: Database, *, claim_length: timedelta = timedelta(seconds=15)) -> None:
        self._database = database
        self._claim_length = claim_length

    def get(self, publication_id: str) -> Publication:
        """One publication.

        Raises:
            CampaignNotFound: there is none.
        """
        found = self._select(select(publications).where(publications.c.id == publication_id))
        if not found:
            raise _not_found(publication_id)
        return found[0]

    def content(self, publication_id: str) -> Campaign:
        """The campaign that a publication carries.

        Raises:
            CampaignNotFound: there is none.
        """
        query = select(contents.c.document).where(contents.c.publication_id == publication_id)
        with self._database.reading() as connection:
            document = connection.scalar(query)
        if document is None:
            raise _not_found(publication_id)
        return from_document(document)

    def latest(self, key: CampaignKey) -> Publication | None:
        """The newest publication of a campaign, or None."""
        query = select(publications).filter_by(**_columns(key)).order_by(publications.c.position.desc())
        return next(iter(self._select(query.limit(1))), None)

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
        query, of = select(publications), publications.c.store
        if store is not None and newest is not None:
            # a range, and its order: by position alone PostgreSQL may read all that others have opened since
            query = query.where(of.between(store, store)).order_by(of.desc())
        elif store is not None:
            query = query.where(of == store)
        if connector is not None:
            query = query.where(publications.c.connector == connector)
        if campaign_ids is not None:
            query = query.where(publications.c.campaign_id.in_(campaign_ids))
        if states is not None:
            query = query.where(publications.c.state.in_([state.value for state in states]))
        if ids is not None:
            query = query.where(publications.c.id.in_(ids))
        if unfinished:
            query = query.where(~publications.c.closed)
        return self._select(query.order_by(publications.c.position.desc()).limit(newest))[::-1]

    def hand_out(self, *, now: datetime, again: datetime, most: int) -> Sequence[Due]:
        """Publications that are due and that nobody holds, the longest due first; due again later."""
        same = and_(
            claims.c.store == publications.c.store, claims.c.campaign_id == publications.c.campaign_id
        )
        free = or_(claims.c.expires_at.is_(None), claims.c.expires_at <= db_now())
        due = publications.c.due_at <= now
        query = (
            select(publications, claims.c.fence)
            .join(claims, same)
            .where(due, free)
            .order_by(publications.c.due_at)
            .limit(most)
        )
        with self._database.writing() as connection:
            rows = (
                connection.execute(query.with_for_update(of=publications, skip_locked=True)).mappings().all()
            )
            taken = publications.update().where(publications.c.id.in_([row["id"] for row in rows]))
            connection.execute(taken.values(due_at=again))
        return [Due(publication_from_row(row), row["fence"]) for row in rows]

    def plan(self, looks: Mapping[str, datetime | None], *, checked_at: datetime | None = None) -> None:
        """Set when publications, by id, are due; None: never."""
        if not looks:
            return
        checked = {"checked_at": checked_at} if checked_at else {}
        change = publications.update().where(publications.c.id == bindparam("of"))
        with self._database.writing() as connection:
            connection.execute(
                change.values(due_at=bindparam("at"), **checked),
                [{"of": one, "at": at} for one, at in sorted(looks.items())],
            )

    def in_doubt(self, *, within: timedelta, store: str | None = None) -> Sequence[Publication]:
        """Publications, closed ones too, of which a step begun within that time is in doubt, oldest first."""
        begun = select(steps.c.publication_id).where(step_in_doubt, steps.c.begun_at > db_began(-within))
        query = select(publications).where(publications.c.id.in_(begun)).order_by(publications.c.position)
        return self._select(query if store is None else query.where(publications.c.store == store))

    def claim(self, key: CampaignKey, *, take_over: bool = False) -> SqlClaim | None:
        """Claim a campaign; None while another claim lives, of this process too, unless taken over."""
        free = or_(claims.c.expires_at.is_(None), claims.c.expires_at <= db_now())
        raise_fence = (
            claims.update()
            .filter_by(**_columns(key))
            .values(
                fence=claims.c.fence + 1,
                holder=f"{platform.node()}/{os.getpid()}",
                expires_at=db_now(self._claim_length),
            )
            .returning(claims.c.fence)
        )
        with self._database.writing() as connection:
            insert_if_absent(connection, claims, {**_columns(key), "fence": 0})
            fence = connection.scalar(raise_fence if take_over else raise_fence.where(free))
        if fence is None:
            return None
        claim = SqlClaim(self._database, key, fence, self._claim_length)
        renewer.hold(claim)
        return claim

    def _select(self, query: Select[*tuple[object, ...]]) -> list[Publication]:
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [publication_from_row(row) for row in rows]


class SqlClaim:
    """A :class:`~glowtify_core.ports.campaigns.Claim`: writes are good while its fence is the current one."""

    def __init__(self, database: Database, key: CampaignKey, fence: int, length: timedelta) -> None:
        self._database = database
        self._key = key
        self._fence = fence
        self._length = length

    @property
    def fence(self) -> int:
        """Raised by every claim; the current one may write."""
        return self._fence

    @property
    def length(self) -> timedelta:
        """How long it lasts unless it is renewed."""
        return self._length

    def add(self, publication: Publication, campaign: Campaign) -> None:
        """Store a new publication with its content.

        Raises:
            ClaimLost: the fence has moved.
            PublicationBusy: the campaign has a publication that is not closed.
        """
        with self._database.writing() as connection:
            self._check_fence(connection)
            try:
                connection.execute(publications.insert().values(self._row(publication)))
            except IntegrityError as conflict:
                raise _busy(self._key) from conflict
            connection.execute(
                contents.insert().values(publication_id=publication.id, document=to_document(campaign))
            )

    def save(self, publication: Publication, campaign: Campaign | None = None) -> None:
        """Store a publication's new state, and its content when that changed.

        Raises:
            ClaimLost: the fence has moved.
            CampaignNotFound: it was never added.
            PublicationBusy: it would be open beside another one.
        """
        mine = publications.update().filter_by(id=publication.id, **_columns(self._key))
        with self._database.writing() as connection:
            self._check_fence(connection)
            try:
                saved = connection.execute(mine.values(self._row(publication)))
            except IntegrityError as conflict:
                raise _busy(self._key) from conflict
            if not saved.rowcount:
                raise _not_found(publication.id)
            if campaign is not None:
                connection.execute(
                    contents.update()
                    .filter_by(publication_id=publication.id)
                    .values(document=to_document(campaign))
                )

    def log(self, publication_id: str, operation: str) -> SqlStepLog:
        """The step log of one operation."""
        return SqlStepLog(self._database, publication_id, operation, self._check_fence)

    def renew(self) -> None:
        """Extend the claim by its full length.

        Raises:
            ClaimLost: the fence has moved, or it was released.
        """
        renewed = self._mine.where(claims.c.expires_at.is_not(None)).values(expires_at=db_now(self._length))
        with self._database.writing() as connection:
            if not connection.execute(renewed).rowcount:
                raise _lost(self._key)

    def release(self) -> None:
        """Give the claim back; where even that fails, it runs out by itself."""
        renewer.drop(self)
        try:
            with self._database.writing() as connection:
                connection.execute(self._mine.values(expires_at=None, holder=None))
        except RepositoryError as problem:
            _log.warning("A claim on %s could not be released and will run out: %s", self._key, problem)

    @property
    def _mine(self) -> Update:
        return claims.update().filter_by(fence=self._fence, **_columns(self._key))

    def _check_fence(self, connection: Connection) -> None:
        current = select(claims.c.fence).filter_by(**_columns(self._key)).with_for_update()
        if connection.scalar(current) != self._fence:
            raise _lost(self._key)

    def _row(self, publication: Publication) -> Document:
        if publication.key != self._key:
            raise ValueError(f"a claim on {self._key} cannot change {publication.key}")
        return {**publication_to_row(publication), "due_at": next_look(publication)}


def _columns(key: CampaignKey) -> dict[str, str]:
    return {"store": key.store, "campaign_id": key.campaign_id}


def _not_found(publication_id: str) -> CampaignNotFound:
    return CampaignNotFound(
        f"There is no publication {publication_id}",
        remedy="Check the store and the id; only what was published from this database is known here.",
    )


def _lost(key: CampaignKey) -> ClaimLost:
    return ClaimLost(
        f"Another worker has taken over {key}",
        remedy="It carries on with the work; look at the campaign's status before doing anything.",
    )


def _busy(key: CampaignKey) -> PublicationBusy:
    return PublicationBusy(
        f"{key} has a publication that is still open",
        remedy="Look at its status; let it finish or cancel it, then publish again.",
    )
