"""Lists and segments, as the person chooses among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.errors import RemoteNotFound
from glowtify_core.kit.documents import parse_instant
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.records import AudienceRecord

FILLING = timedelta(minutes=15)
"""How old a segment must be before a count of 0 is believed.

Members of a new one appeared after about 9 minutes, and ``is_processing`` was seen both ways meanwhile
(Klaviyo's recorded answers), so its age decides.
"""


def read_audiences(
    client: KlaviyoClient, kind: AudienceKind, query: AudienceQuery, now: datetime
) -> Iterator[Audience]:
    """The audiences of a kind, page by page: all, or those of the names and ids asked for."""
    for record in client.audiences(kind, names=query.names, ids=query.ids):
        yield Audience(
            ref=AudienceRef(record.id, kind, name_seen=record.name),
            name=record.name,
            created_at=parse_instant(record.created),
            selectable=record.is_active is not False,
            filling=kind is AudienceKind.SEGMENT and is_filling(record, now),
        )


def read_size(client: KlaviyoClient, ref: AudienceRef, now: datetime) -> int | None:
    """How many people are in it; None while a young segment shows nobody yet.

    Without a kind the id is looked for among lists, then among segments: they share one space of ids.
    """
    if ref.kind is not AudienceKind.SEGMENT:
        try:
            return client.audience_size(AudienceKind.LIST, ref.id).profile_count
        except RemoteNotFound:
            if ref.kind is AudienceKind.LIST:
                raise
    record = client.audience_size(AudienceKind.SEGMENT, ref.id)
    return None if record.profile_count == 0 and is_filling(record, now) else record.profile_count


def is_filling(record: AudienceRecord, now: datetime) -> bool:
    """Whether a segment is too young for its count to mean anything."""
    created = parse_instant(record.created)
    return created is not None and now - created < FILLING
