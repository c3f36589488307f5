"""A publication as a row, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from glowtify_core.domain.campaign import CampaignKey, schedule_from_document, schedule_to_document
from glowtify_core.domain.errors import Effect
from glowtify_core.domain.publication import CancelledBy, Operation, OperationKind, Problem, Publication
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState

Document = dict[str, Any]

_INSTANTS = ("created_at", "scheduled_for", "recipient_wall", "sent_at")
_SETS = ("included", "excluded")
"""The fields of a :class:`RemoteCampaign` that JSON has no type for."""


def publication_to_row(publication: Publication) -> Document:
    """Columns of ``publications``, by name."""
    return {
        "id": publication.id,
        "store": publication.key.store,
        "campaign_id": publication.key.campaign_id,
        "connector": publication.connector,
        "account_id": publication.account_id,
        "marker": publication.marker,
        "name": publication.name,
        "fingerprint": publication.fingerprint,
        "schedule": schedule_to_document(publication.schedule),
        "state": publication.state.value,
        "closed": publication.closed,
        "opened_at": publication.opened_at,
        "operations": [_operation_to_document(operation) for operation in publication.operations],
        "remote": _remote_to_document(publication.remote) if publication.remote else None,
        "cancelled_by": publication.cancelled_by.value if publication.cancelled_by else None,
        "drift": sorted(publication.drift),
        "attention": publication.attention,
        "problem": asdict(publication.problem) if publication.problem else None,
        "attempts": publication.attempts,
        "checked_at": publication.checked_at,
    }


def publication_from_row(row: RowMapping) -> Publication:
    """The reverse of :func:`publication_to_row`."""
    return Publication(
        id=row["id"],
        key=CampaignKey(row["store"], row["campaign_id"]),
        connector=row["connector"],
        account_id=row["account_id"],
        marker=row["marker"],
        name=row["name"],
        fingerprint=row["fingerprint"],
        schedule=schedule_from_document(row["schedule"]),
        state=PublicationState(row["state"]),
        opened_at=row["opened_at"],
        operations=tuple(map(_operation_from_document, row["operations"])),
        remote=_remote_from_document(row["remote"]) if row["remote"] else None,
        cancelled_by=CancelledBy(row["cancelled_by"]) if row["cancelled_by"] else None,
        drift=frozenset(map(Drift, row["drift"])),
        attention=row["attention"],
        problem=_problem_from_document(row["problem"]) if row["problem"] else None,
        attempts=row["attempts"],
        checked_at=row["checked_at"],
    )


def _operation_to_document(operation: Operation) -> Document:
    return {
        **asdict(operation),
        "opened_at": operation.opened_at.isoformat(),
        "schedule": schedule_to_document(operation.schedule) if operation.schedule else None,
        "closed_at": _to_text(operation.closed_at),
    }


def _operation_from_document(document: Document) -> Operation:
    return Operation(
        **{
            **document,
            "kind": OperationKind(document["kind"]),
            "opened_at": datetime.fromisoformat(document["opened_at"]),
            "schedule": schedule_from_document(document["schedule"]) if document["schedule"] else None,
            "closed_at": _from_text(document["closed_at"]),
        }
    )


def _remote_to_document(remote: RemoteCampaign) -> Document:
    return {
        **asdict(remote),
        **{name: _to_text(getattr(remote, name)) for name in _INSTANTS},
        **{name: _sorted(getattr(remote, name)) for name in _SETS},
    }


def _remote_from_document(document: Document) -> RemoteCampaign:
    ref = document["ref"]
    return RemoteCampaign(
        **{
            **document,
            "ref": RemoteRef(ref["platform"], tuple((kind, remote_id) for kind, remote_id in ref["ids"])),
            "state": PublicationState(document["state"]),
            **{name: _from_text(document[name]) for name in _INSTANTS},
            **{name: None if document[name] is None else frozenset(document[name]) for name in _SETS},
        }
    )


def _problem_from_document(document: Document) -> Problem:
    return Problem(**{**document, "effect": Effect(document["effect"])})


def _sorted(ids: frozenset[str] | None) -> list[str] | None:
    return None if ids is None else sorted(ids)


def _to_text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _from_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
