"""Finding on a platform what a publication has made, by the marker that ends its names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemoteObject
from glowtify_core.domain.state import PublicationState


def adopt(found: Iterable[RemoteObject], name: str, since: datetime) -> str | None:
    """The id of what a request has made whose answer was lost: what a step's ``find`` returns.

    It has the whole name, so that nobody's copy is taken for it, and is not older than the step. Of several
    a campaign that is past draft wins, else the oldest; drafts that are left over are removed by repair.

    Args:
        found: everything that bears the marker.
        name: as :func:`~glowtify_core.domain.remote.remote_name` gave it.
        since: when the step was first begun, aware; clocks may differ.
    """
    earliest = since - CLOCKS_APART
    made = [
        (_is_draft(one), one.created_at, one.ref.ids[0][1])
        for one in found
        if one.name == name and one.created_at and one.created_at >= earliest
    ]
    return min(made)[2] if made else None


def _is_draft(one: RemoteObject) -> bool:
    return isinstance(one, RemoteCampaign) and one.state is PublicationState.STAGED
