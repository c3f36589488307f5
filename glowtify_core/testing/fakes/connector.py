"""What the three fake connectors share: asking, and reading how one campaign stands."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from glowtify_core.domain.campaign import schedule_from_document, schedule_to_document
from glowtify_core.domain.errors import Effect, OutcomeUnknown, Phase, RemoteNotFound, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.documents import reading
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.http import HttpClient, Ready, always
from glowtify_core.kit.settling import Settling
from glowtify_core.ports.campaigns import CAMPAIGN, Journal
from glowtify_core.ports.connectors import ConnectorContext

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)
OLD_TIME = "old_time"
"""The step that writes down when a campaign was due, before it is moved."""
COPY = "Copy of "
"""How the names begin that these platforms give to what people copy there: never ours."""

_S = PublicationState


class FakeConnector(ABC):
    """See :mod:`glowtify_core.ports.platform` for what each public method promises.

    Attributes:
        name: of the connector.
        path: of the platform's campaigns.
    """

    name: ClassVar[str]
    path: ClassVar[str] = "/campaigns"

    def __init__(self, context: ConnectorContext, http: HttpClient) -> None:
        self._context = context
        self._clock = context.clock
        self._settling = Settling.of(context)
        self._http = http

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {ref: self._read(ref.id(CAMPAIGN) or "") or self._missing(ref) for ref in refs}

    @abstractmethod
    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]: ...

    def close(self) -> None:
        self._http.close()

    # --- asking ---

    def _get(self, target: str, **params: str) -> Any:
        return self._http.call("GET", target, endpoint=READ, params=params).body

    def _write(self, method: str, target: str, body: Any = None, *, ready: Ready = always) -> Any:
        return self._http.call(method, target, endpoint=WRITE, body=body, ready=ready).body

    def _made(self, target: str, body: Any, journal: Journal) -> str:
        """Create something; its id."""
        made = self._write("POST", target, body, ready=journal.check)
        with reading(write=True):
            return str(made["id"])

    # --- reading one campaign ---

    @abstractmethod
    def _remote(self, shown: Any) -> RemoteCampaign:
        """What the platform shows of a campaign, in our words."""

    def _shown(self, campaign_id: str) -> RemoteCampaign:
        """One campaign.

        Raises:
            RemoteNotFound: it is gone.
        """
        shown = self._get(f"{self.path}/{campaign_id}")
        with reading():
            return self._remote(shown)

    def _read(self, campaign_id: str) -> RemoteCampaign | None:
        try:
            return self._shown(campaign_id)
        except RemoteNotFound:
            return None

    def _confirmed(self, campaign_id: str) -> RemoteCampaign:
        """What the platform shows after the commit, which a read that fails does not undo."""
        with leaving(Effect.DONE, Phase.POST_HANDOFF):
            return self._read(campaign_id) or self._missing(self._ref(campaign_id))

    def _gone_by_now(self, campaign_id: str) -> None:
        """Read that what was just deleted is gone.

        Raises:
            OutcomeUnknown: it is not.
        """
        with leaving(Effect.DONE):
            if self._read(campaign_id):
                raise not_yet("It is still there")

    # --- what a publication has made ---

    def _begun(self, ref: RemoteRef | None, journal: Journal) -> Sequence[str]:
        """Every campaign that the publication made, looked for where an answer was lost."""
        steps = journal.steps(CAMPAIGN)
        ids = [step.remote_id for step in steps]
        if None in ids:
            self._settling.wait_out(steps)
            found = self.find_by_marker(journal.marker)
            ids += [remote.ref.id(CAMPAIGN) for remote in found if not remote.name.startswith(COPY)]
        ids.append(ref.id(CAMPAIGN) if ref else None)
        return [campaign_id for campaign_id in dict.fromkeys(ids) if campaign_id]

    def _ref(self, campaign_id: str) -> RemoteRef:
        return RemoteRef(self.name, ((CAMPAIGN, campaign_id),))

    def _missing(self, ref: RemoteRef) -> RemoteCampaign:
        return RemoteCampaign(ref, _S.MISSING, "404")

    def _deleted(self, ref: RemoteRef | None) -> RemoteCampaign:
        """Taken away, or never there."""
        return RemoteCampaign(ref or RemoteRef(self.name, ()), _S.CANCELLED, "Deleted")


def too_late(remote: RemoteCampaign) -> StateConflict:
    """What a campaign has come to allows no change any more."""
    return StateConflict(
        "It is too late to change this e-mail",
        effect=Effect.NONE,
        detail=f"The platform shows it as {remote.raw_state!r}.",
        remedy="What is sent cannot be taken back; what was cancelled can be published again.",
    )


def not_yet(title: str) -> OutcomeUnknown:
    """The platform took a request, and does not show it."""
    return OutcomeUnknown(title, effect=Effect.UNKNOWN, remedy="Run `glowtify repair` in a minute.")


def time_of(remote: RemoteCampaign) -> str:
    """When a campaign is due, as the journal keeps it; empty where it is not."""
    if remote.state is not _S.SCHEDULED:
        return ""
    if remote.recipient_wall:
        schedule: Schedule = SendAtRecipientTime(remote.recipient_wall)
    elif remote.scheduled_for:
        schedule = SendAt(remote.scheduled_for.replace(tzinfo=None), "UTC", remote.scheduled_for)
    else:
        return ""
    return json.dumps(schedule_to_document(schedule))


def schedule_of(text: str) -> Schedule:
    """The reverse of :func:`time_of`."""
    return schedule_from_document(json.loads(text))
