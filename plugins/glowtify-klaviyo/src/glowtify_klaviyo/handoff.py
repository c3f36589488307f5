"""Handing a campaign over: template, campaign, assign, read back, send, confirm, clean up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    Phase,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.remote import RemoteCampaign, remote_name
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.braces import escape_literals
from glowtify_klaviyo.mapping import (
    DRAFT,
    campaign_attributes,
    differences,
    message_definition,
    missing,
)
from glowtify_klaviyo.ours import (
    CAMPAIGN,
    CLONE,
    TEMPLATE,
    adopt_campaign,
    adopt_template,
    without_templates,
)
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.reverting import sent_already
from glowtify_klaviyo.sending import SEND, SendJob, TooLate, confirm, too_late
from glowtify_klaviyo.watching import Watcher, ref_of

ASSIGN = "assign"
REMOVE_DRAFT = "remove_draft"


class CampaignGone(RemoteNotFound):
    """A campaign that we made was deleted by somebody else."""


class Handoff:
    """One campaign on its way to Klaviyo; :meth:`run` may be called again after a crash.

    Args:
        watcher: reads campaigns.
        campaign: audiences resolved.
        journal: every write goes through it.
        zone: the account's, which decides when a recipient-local time is past.
    """

    def __init__(self, watcher: Watcher, campaign: Campaign, journal: Journal, zone: str) -> None:
        self._watcher = watcher
        self._client = watcher.client
        self._campaign = campaign
        self._journal = journal
        self._due = campaign.schedule.latest_instant(zone)
        self._name = remote_name(campaign.name, journal.marker)
        self._message_id: str | None = None
        self._content: str | None = None

    def run(self) -> RemoteCampaign:
        """Hand the campaign over; what Klaviyo says of it then."""
        with _parts_remain(self._journal):
            if self._journal.steps(REMOVE_DRAFT) and self._withdrawn():
                raise too_late(self._due)
            template_id = self._store_template()
            campaign_id = self._create_campaign()
            try:
                template_id = self._assign(template_id, campaign_id)
                self._send(campaign_id)
            except CampaignGone:
                return self._tidy(template_id, missing(ref_of(campaign_id)))
        with leaving(Effect.DONE, Phase.POST_HANDOFF):
            seen = confirm(self._watcher, campaign_id, read=self._watcher.glance)
        remote = self._watcher.remote(seen) if seen else missing(ref_of(campaign_id))
        return self._tidy(template_id, replace(remote, content=self._content))

    # --- what sends nothing ---

    def _store_template(self) -> str:
        def create() -> str:
            html = escape_literals(self._campaign.html)
            return self._client.create_template(name=self._name, html=html, text=self._campaign.text).id

        def find(since: datetime) -> str | None:
            return adopt_template(self._client, self._name, since)

        return self._journal.run(
            Step(TEMPLATE, StepKind.CREATE, create, find=find, undo=self._client.delete_template)
        )

    def _create_campaign(self) -> str:
        def create() -> str:
            attributes = campaign_attributes(self._campaign, self._name)
            record = self._client.create_campaign(attributes, message_definition(self._campaign, self._name))
            self._message_id = next(iter(record.message_ids), None)
            return record.id

        def find(since: datetime) -> str | None:
            return adopt_campaign(self._watcher, self._name, since)

        return self._journal.run(
            Step(CAMPAIGN, StepKind.CREATE, create, find=find, undo=self._watcher.discard)
        )

    def _assign(self, template_id: str, campaign_id: str) -> str:
        """Give the message its content; a template that was deleted meanwhile is stored anew, once.

        Returns the template's id.
        """
        try:
            self._assign_once(template_id, campaign_id)
        except CampaignGone:
            raise
        except StateConflict:
            if self._read(campaign_id).status == DRAFT:  # one past Draft was scheduled as it is
                raise
        except RemoteNotFound:
            self._read(campaign_id)
            self._journal.forget(TEMPLATE)
            template_id = self._store_template()
            self._assign_once(template_id, campaign_id)
        return template_id

    def _assign_once(self, template_id: str, campaign_id: str) -> None:
        """Assign; the content is proved by the name that Klaviyo gives to its copy (its recorded answers).

        The journal keeps the copy's id and its fingerprint, so that a resumed publish knows both.
        """

        def assign() -> str:
            message_id = self._message_id or next(iter(self._read(campaign_id).message_ids), "")
            copy = self._client.assign_template(message_id, template_id, ready=self._journal.check)
            if copy.name != f"{CLONE}{template_id}":
                raise _differs(["content"])
            return f"{copy.id} {copy.fingerprint or ''}".rstrip()

        copied = self._journal.run(Step(ASSIGN, StepKind.REPEATABLE, assign))
        self._content = copied.partition(" ")[2] or None

    # --- the commit ---

    def _send(self, campaign_id: str) -> None:
        """Send what was read back and is as it should be; what was sent already is left alone.

        A draft whose time has come too near is removed with its template.
        """
        begun = self._journal.steps(SEND)
        if begun and begun[-1].remote_id:
            return
        record = self._read(campaign_id, messages=True)
        if record.status == DRAFT and (wrong := differences(record, self._campaign)):
            raise _differs(wrong)
        if record.status != DRAFT and not begun:
            return
        job = SendJob(self._watcher, self._journal, campaign_id, self._due, accepted=lambda *_: True)
        try:
            self._journal.run(job.step())
        except TooLate:
            if self._withdrawn():
                raise

    def _withdrawn(self) -> bool:
        """Remove draft and template, also after a crash in the middle; False when it is no draft any more.

        An earlier send job of ours that is still on its way then finds nothing. It is forgotten only once a
        read after the settle time shows the draft gone; until then the publication stays open. Where none
        was begun, what could not be removed is left to who clears up.

        Raises:
            PlatformError: a send job was begun, and the draft may still be there.
        """
        begun = bool(self._journal.steps(SEND))
        try:
            self._remove_draft(settle=begun)
        except StateConflict:
            self._journal.forget(REMOVE_DRAFT)
            return False
        except PlatformError:
            if begun:
                raise
            return True
        with suppress(PlatformError):
            if template_id := self._made(TEMPLATE):
                with suppress(RemoteNotFound):
                    self._client.delete_template(template_id)
            self._forget(TEMPLATE)
        self._forget(SEND, ASSIGN, CAMPAIGN, REMOVE_DRAFT)
        return True

    def _forget(self, *names: str) -> None:
        """Forget steps up to a create in doubt: its double is still to be looked for."""
        for name in names:
            if any(step.in_doubt for step in self._journal.steps(name)):
                return
            self._journal.forget(name)

    def _remove_draft(self, *, settle: bool) -> None:
        campaign_id = self._made(CAMPAIGN)
        if campaign_id is None:
            return

        def discard() -> str:
            self._watcher.discard(campaign_id, ready=self._journal.check)
            return campaign_id

        self._journal.run(Step(REMOVE_DRAFT, StepKind.REPEATABLE, discard))
        if settle:
            self._watcher.clock.sleep(self._watcher.settle.total_seconds())
            seen = self._watcher.look(campaign_id)
            if seen:
                self._journal.forget(REMOVE_DRAFT)  # so that it is tried again
                raise _in_doubt() if seen.status == DRAFT else sent_already(seen)

    def _made(self, name: str) -> str | None:
        return next((step.remote_id for step in self._journal.steps(name) if step.remote_id), None)

    # --- afterwards ---

    def _tidy(self, template_id: str, remote: RemoteCampaign) -> RemoteCampaign:
        return without_templates(remote, [template_id], client=self._client, journal=self._journal)

    def _read(self, campaign_id: str, *, messages: bool = False) -> CampaignRecord:
        record = self._watcher.look(campaign_id, messages=messages)
        if record is None:
            raise CampaignGone("The campaign was deleted in Klaviyo", effect=Effect.NONE)
        return record


def _in_doubt() -> OutcomeUnknown:
    """No send job is made any more, and one was begun before of which nothing shows."""
    return OutcomeUnknown(
        "Nobody knows whether this e-mail will be sent",
        effect=Effect.UNKNOWN,
        detail="The answer to its send job was lost, it is too late for another, and it is still there.",
        remedy="Cancel it, or look at it in Klaviyo.",
    )


def _differs(what: Sequence[str]) -> RequestRejected:
    return RequestRejected(
        "Klaviyo stored something else than was asked for",
        code="readback_differs",
        effect=Effect.NONE,
        detail=f"Different: {', '.join(what)}.",
        remedy="Nothing was scheduled. Publish again; if it stays so, update the connector.",
    )


@contextmanager
def _parts_remain(journal: Journal) -> Iterator[None]:
    """An error without effect of its own still leaves behind what earlier steps made."""
    try:
        yield
    except PlatformError as problem:
        made = any(step.kind is StepKind.CREATE and step.remote_id for step in journal.steps())
        if made and problem.effect is Effect.NONE:
            problem.having(effect=Effect.PARTIAL)
        problem.having(phase=Phase.HANDOFF)
        raise
