"""Finding on Klaviyo what we made, by its name, and removing what is left over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from glowtify_core.domain.errors import PlatformError, RemoteNotFound
from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemotePart, RemoteRef
from glowtify_core.kit.documents import parse_instant
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.mapping import DRAFT, PLATFORM
from glowtify_klaviyo.records import CampaignRecord, TemplateRecord
from glowtify_klaviyo.watching import Watcher

TEMPLATE = "template"
CAMPAIGN = "campaign"
REMOVE_TEMPLATE = "remove_template"

CLONE = "Clone of "
"""How Klaviyo's copies are named (its recorded answers); a person's clone is never ours."""


def marked_campaigns(client: KlaviyoClient, marker: str) -> Iterator[CampaignRecord]:
    """Every campaign whose name ends in a marker, archived ones included, each once.

    Whether archived ones come unasked is not documented, so both are asked for.
    """
    seen: set[str] = set()
    for archived in (None, True):
        for record in client.campaigns(name_contains=marker, archived=archived, messages=True):
            if record.name.endswith(f" {marker}") and record.id not in seen:
                seen.add(record.id)
                yield record


def marked_templates(client: KlaviyoClient, marker: str) -> list[RemotePart]:
    """Every template whose name ends in a marker."""
    return [
        RemotePart(RemoteRef(PLATFORM, ((TEMPLATE, record.id),)), record.name, parse_instant(record.created))
        for record in client.find_templates(name_contains=marker)
        if record.name.endswith(f" {marker}")
    ]


def adopt_campaign(watcher: Watcher, name: str, since: datetime) -> str | None:
    """The campaign of exactly this name that was made since then: one past Draft, else the oldest.

    Further drafts are deleted.
    """
    marker = name.rpartition(" ")[2]
    found = [
        record
        for record in marked_campaigns(watcher.client, marker)
        if record.name.strip() == name.strip() and made_since(record, since)
    ]
    found.sort(key=lambda record: (record.status == DRAFT, _made(record)))
    for further in found[1:]:
        with suppress(PlatformError):  # a draft that stays is listed by repair, and never sent
            watcher.discard(further.id)
    return found[0].id if found else None


def adopt_template(client: KlaviyoClient, name: str, since: datetime) -> str | None:
    """The oldest template of exactly this name that was made since then; further ones are deleted."""
    found = [record for record in client.find_templates(name=name) if made_since(record, since)]
    found.sort(key=_made)
    for further in found[1:]:
        with suppress(PlatformError):  # one that stays costs a place among 1,000, nothing else
            client.delete_template(further.id)
    return found[0].id if found else None


def without_templates(
    remote: RemoteCampaign,
    template_ids: Sequence[str],
    *,
    client: KlaviyoClient,
    journal: Journal,
    lost: bool = False,
) -> RemoteCampaign:
    """The same campaign after its throw-away templates were removed; unfinished when that failed.

    Args:
        remote: as read.
        template_ids: those that the journal knows.
        client, journal: to remove them by.
        lost: whether a template may have been stored whose id is not known; it is looked for by the marker.
    """

    def remove() -> str:
        found = marked_templates(client, journal.marker) if lost else ()
        ours = [part.ref.id(TEMPLATE) or "" for part in found if _ours(part, journal)]
        for template_id in dict.fromkeys((*template_ids, *ours)):
            with suppress(RemoteNotFound):
                client.delete_template(template_id, ready=journal.check)
        return ",".join(template_ids)

    try:
        journal.run(Step(REMOVE_TEMPLATE, StepKind.REPEATABLE, remove))
    except PlatformError:
        return replace(remote, unfinished=True)
    return remote


def _ours(part: RemotePart, journal: Journal) -> bool:
    """Whether the publication made it: no copy, and not older than the step that makes such."""
    since = min(step.since for step in journal.steps(TEMPLATE))
    made = part.created_at or datetime.min.replace(tzinfo=UTC)
    return not part.name.startswith(CLONE) and made >= since - CLOCKS_APART


def made_since(record: CampaignRecord | TemplateRecord, since: datetime) -> bool:
    """Whether Klaviyo made it since then, as far as clocks agree."""
    return _made(record) >= since - CLOCKS_APART


def _made(record: CampaignRecord | TemplateRecord) -> datetime:
    created = record.created_at if isinstance(record, CampaignRecord) else record.created
    return parse_instant(created) or datetime.min.replace(tzinfo=UTC)
