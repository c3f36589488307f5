"""What ``--json`` prints: one stable shape for each thing that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from glowtify_adapters.cli.errors import error_document, problem_document
from glowtify_adapters.cli.words import seen_url
from glowtify_adapters.spreadsheet import COUNTS, RATES
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.remote import clean_name
from glowtify_core.domain.schedule import SendAt

if TYPE_CHECKING:
    from datetime import datetime

    from glowtify_core.application.collect_performance import Performance
    from glowtify_core.application.list_audiences import CountedAudience
    from glowtify_core.application.repair import Repaired
    from glowtify_core.domain.campaign import AudienceChoice, Campaign
    from glowtify_core.domain.connection import Connection
    from glowtify_core.domain.performance import CampaignMetrics
    from glowtify_core.domain.publication import Publication
    from glowtify_core.domain.remote import RemoteObject
    from glowtify_core.domain.schedule import Schedule
    from glowtify_core.ports.connectors import Installed, LoadFailure
    from glowtify_core.ports.figures import Reading
    from glowtify_core.ports.platform import Finding

Document = dict[str, Any]


def publication_document(publication: Publication) -> Document:
    """A publication; ``scheduled_for`` is the platform's word where it gave one, else what is wanted."""
    remote = publication.remote
    operation = publication.open_operation
    document = {
        "campaign_id": publication.key.campaign_id,
        "store": publication.key.store,
        "connector": publication.connector,
        "account_id": publication.account_id,
        "publication_id": publication.id,
        "name": publication.name,
        "state": publication.state.value,
        **schedule_document(publication.schedule),
        "sent_at": _iso(remote.sent_at) if remote else None,
        "remote": dict(remote.ref.ids) if remote else {},
        "platform_state": remote.raw_state if remote else None,
        "url": seen_url(publication) or None,
        "operation": operation.name if operation else None,
        "cancelled_by": publication.cancelled_by.value if publication.cancelled_by else None,
        "partly_sent": remote.partly_sent if remote else False,
        "drift": sorted(publication.drift),
        "attention": publication.attention or None,
        "problem": problem_document(publication.problem) if publication.problem else None,
        "checked_at": _iso(publication.checked_at),
    }
    if remote and remote.scheduled_for and isinstance(publication.schedule, SendAt):
        document["scheduled_for"] = _iso(remote.scheduled_for)
    return document


def schedule_document(schedule: Schedule) -> Document:
    """A time: the instant, or for recipients' own clocks the wall time."""
    wall = schedule.wall.isoformat(timespec="minutes")
    fixed = isinstance(schedule, SendAt)
    return {
        "scheduled_for": schedule.instant.isoformat() if isinstance(schedule, SendAt) else None,
        "recipient_time": None if fixed else wall,
        "zone": schedule.zone if isinstance(schedule, SendAt) else None,
        "wall": wall,
    }


def campaign_document(campaign: Campaign) -> Document:
    """A campaign that was checked and not published."""
    return {
        "campaign_id": campaign.key.campaign_id,
        "store": campaign.key.store,
        "connector": campaign.connector,
        "name": campaign.name,
        **schedule_document(campaign.schedule),
        "include": [_choice(choice) for choice in campaign.include],
        "exclude": [_choice(choice) for choice in campaign.exclude],
    }


def findings_document(findings: Iterable[Finding]) -> Sequence[Document]:
    """What a check found."""
    return [
        {
            "level": str(finding.level),
            "code": finding.code,
            "title": finding.title,
            "remedy": finding.remedy,
            "field": finding.field,
        }
        for finding in findings
    ]


def connection_document(connection: Connection) -> Document:
    """A connection; never its credential."""
    account = connection.account
    return {
        "store": connection.store,
        "connector": connection.connector,
        "state": str(connection.state),
        "account": {
            "id": account.id,
            "name": account.name,
            "zone": account.zone,
            "currency": account.currency,
            "locale": account.locale,
            "sender_name": account.sender_name,
            "sender_email": account.sender_email,
            "granted": sorted(account.granted),
            "missing": sorted(account.missing),
            "not_proven": sorted(account.not_proven),
            "notes": list(account.notes),
            "test_account": account.test_account,
        },
        "settings": dict(connection.settings),
        "problem": connection.problem or None,
        "remedy": connection.remedy or None,
        "checked_at": _iso(connection.checked_at),
    }


def connector_document(connector: Installed) -> Document:
    """An installed connector."""
    manifest = connector.manifest
    return {
        "name": manifest.name,
        "title": manifest.title,
        "distribution": connector.distribution,
        "version": connector.version,
        "contract": manifest.contract,
        "capabilities": {
            str(capability): sorted(needs.every_scope) for capability, needs in manifest.capabilities.items()
        },
        "minutes": manifest.minutes,
        "languages": list(manifest.languages),
        "most_audiences": manifest.most_audiences,
        "sandbox": manifest.sandbox is not None,
        "docs_url": manifest.docs_url or None,
    }


def failure_document(failure: LoadFailure) -> Document:
    """A connector that could not be loaded."""
    return {
        "name": failure.name,
        "distribution": failure.distribution,
        "reason": failure.reason,
        "remedy": failure.remedy,
    }


def audience_document(counted: CountedAudience) -> Document:
    """An audience; ``size`` is null where it was not asked for or is not known yet."""
    audience = counted.audience
    return {
        "id": audience.ref.id,
        "kind": str(audience.ref.kind) if audience.ref.kind else None,
        "parent": audience.ref.parent,
        "name": audience.name,
        "created_at": _iso(audience.created_at),
        "selectable": audience.selectable,
        "filling": audience.filling,
        "size": None if audience.filling else counted.size,
    }


def performance_document(performance: Performance, history: Sequence[Reading] | None = None) -> Document:
    """A campaign's figures; null is a figure that the platform did not give.

    Args:
        performance: the newest.
        history: what was read before, where it was asked for.
    """
    publication = performance.publication
    document = {
        "campaign_id": publication.key.campaign_id,
        "store": publication.key.store,
        "name": publication.name,
        "state": publication.state.value,
        "remote": dict(publication.remote.ref.ids) if publication.remote else {},
        **_figures_document(performance.metrics),
        "error": error_document(performance.error) if performance.error else None,
    }
    if history is not None:
        document["history"] = [
            {"since": _iso(reading.since), **_figures_document(reading.metrics)} for reading in history
        ]
    return document


def _figures_document(metrics: CampaignMetrics | None) -> Document:
    revenue = metrics.revenue if metrics else None
    return {
        "as_of": _iso(metrics.as_of) if metrics else None,
        **{name: getattr(metrics, name, None) for name in (*COUNTS, *RATES)},
        "revenue": {
            "amount": str(revenue.amount),
            "currency": revenue.currency,
            "metric": revenue.metric,
            "attribution": revenue.attribution,
        }
        if revenue
        else None,
        "advice": metrics.advice or None if metrics else None,
    }


def repaired_document(repaired: Repaired) -> Document:
    """What became of one publication."""
    return {
        **publication_document(repaired.publication),
        "error": error_document(repaired.error) if repaired.error else None,
        "removed": [_object(remote) for remote in repaired.removed],
        "left": [_object(remote) for remote in repaired.left],
    }


def _object(remote: RemoteObject) -> Document:
    return {"name": clean_name(remote.name), "remote": dict(remote.ref.ids), "url": remote.url or None}


def _choice(choice: AudienceChoice) -> Document:
    kind = str(choice.kind) if choice.kind else None
    if isinstance(choice, AudienceRef):
        return {"id": choice.id, "kind": kind, "name": choice.name_seen}
    return {"id": None, "kind": kind, "name": choice.name}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
