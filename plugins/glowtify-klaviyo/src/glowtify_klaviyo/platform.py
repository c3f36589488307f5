"""Klaviyo as an e-mail platform: the port's methods as short lists of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import ConfigurationError, Phase, PlatformError, RemoteNotFound
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef
from glowtify_core.domain.schedule import load_zone
from glowtify_core.ports.campaigns import Journal
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.platform import CancelMode, Finding
from glowtify_klaviyo.audiences import read_audiences, read_size
from glowtify_klaviyo.cancelling import Cancelling
from glowtify_klaviyo.handoff import Handoff
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.ours import CAMPAIGN, TEMPLATE, marked_campaigns, marked_templates
from glowtify_klaviyo.rescheduling import Rescheduling
from glowtify_klaviyo.tracking import read_content, read_status
from glowtify_klaviyo.watching import SETTLE, Watcher


class KlaviyoPlatform:
    """One connected Klaviyo account; see :mod:`glowtify_core.ports.platform` for what each method promises.

    Settings: those of :func:`~glowtify_klaviyo.opening.open_client`, and ``settle_seconds``, how long Klaviyo
    may take to show what was made.
    """

    def __init__(self, context: ConnectorContext) -> None:
        settle = context.settings.get("settle_seconds")
        self._context = context
        self._client = open_client(context)
        self._watcher = Watcher(
            self._client, context.clock, SETTLE if settle is None else timedelta(seconds=settle)
        )

    def connect(self) -> AccountInfo:
        """Whose key it is, and which scopes it has."""
        from glowtify_klaviyo import connecting  # here and below: what not every process needs comes late

        return connecting.connect(self._client)

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Hand a campaign over, in four writes and one read up to the send job."""
        return Handoff(self._watcher, campaign, journal, self._account.zone).run()

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        """What Klaviyo says of many campaigns."""
        with _phase(Phase.SYNC):
            return read_status(self._watcher, refs)

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        """Take back what was begun; a draft that was removed is CANCELLED too."""
        with _phase(Phase.CANCEL):
            return Cancelling(self._watcher, journal, mode).run(ref)

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Revert, change the time, send again."""
        with _phase(Phase.RESCHEDULE):
            return Rescheduling(self._watcher, campaign, journal, self._account.zone).run(ref)

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        """Figures of many campaigns, a report for up to 100 of a year."""
        from glowtify_klaviyo.conversion import choose_metric
        from glowtify_klaviyo.reports import make_groups, read_metrics

        now = self._watcher.now()
        groups = list(make_groups(sent, zone=load_zone(self._account.zone), now=now))
        if not groups:
            return {}
        with _phase(Phase.METRICS):
            metric = choose_metric(self._client, conversion_metric)
            return read_metrics(
                self._client, groups, metric=metric, currency=self._account.currency, now=self._watcher.now
            )

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        """Lists or segments, page by page."""
        with _phase(Phase.SYNC):
            yield from read_audiences(self._client, kind, query, self._watcher.now())

    def size(self, ref: AudienceRef) -> int | None:
        """How many people; None while a young segment fills. 15 a minute."""
        with _phase(Phase.SYNC):
            return read_size(self._client, ref, self._watcher.now())

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        """What stands against publishing, and what a person should know; at most 4 reads."""
        from glowtify_klaviyo import preflight

        account = self._context.account
        findings = list(preflight.offline(campaign, account, self._context.clock.now()))
        if online:
            with _phase(Phase.PREFLIGHT):
                findings += preflight.online(campaign, self._client)
        return findings

    def content(self, ref: RemoteRef) -> str | None:
        """The fingerprint of the HTML and text that Klaviyo holds for this campaign, in one read."""
        with _phase(Phase.SYNC):
            return read_content(self._watcher, ref)

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        """Every campaign whose name ends in this marker, a person's clones included."""
        with _phase(Phase.SYNC):
            return [self._watcher.remote(record) for record in marked_campaigns(self._client, marker)]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        """Every template whose name ends in this marker."""
        with _phase(Phase.SYNC):
            return marked_templates(self._client, marker)

    def discard(self, ref: RemoteRef) -> None:
        """Remove a template, or a draft with its message and its copy; the latter confirmed by reading."""
        with _phase(Phase.CANCEL):
            if campaign_id := ref.id(CAMPAIGN):
                self._watcher.discard(campaign_id)
            elif template_id := ref.id(TEMPLATE):
                with suppress(RemoteNotFound):
                    self._client.delete_template(template_id)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    @property
    def _account(self) -> AccountInfo:
        if self._context.account is None:
            raise ConfigurationError("Klaviyo is not connected", remedy="Connect it first.")
        return self._context.account


@contextmanager
def _phase(phase: Phase) -> Iterator[None]:
    """Errors tell which part of the work they came up in."""
    try:
        yield
    except PlatformError as problem:
        problem.having(phase=problem.phase or phase)
        raise
