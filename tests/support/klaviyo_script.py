"""Klaviyo, played for the published contract by our own sandbox, in process and on the contract's clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote, urlencode

from inprocess import ask

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.remote import clean_name
from glowtify_core.ports.clock import Clock
from glowtify_core.testing import Answer, Deed, Fate, Mail, PlatformScript, Request
from glowtify_core.testing.clock import START
from glowtify_klaviyo.endpoints import REVISION
from glowtify_klaviyo.sandbox import Sandbox, errors, ids, walk
from glowtify_klaviyo.sandbox import clock as sandbox_clock
from glowtify_klaviyo.sandbox.app import Api
from glowtify_klaviyo.sandbox.keys import FULL
from glowtify_klaviyo.sandbox.models import Campaign, Key

NOBODY = "NOPE01"
"""An id that no object has: whether a key may write is asked by a PATCH of it."""
ODD = "Half Baked"
"""A status that no documentation names."""


def _account(now: datetime) -> Sandbox:
    return Sandbox(port=1, now=now, campaigns=0, walk="real")


_READY = _account(START).ready  # the same for every account of this seed


class KlaviyoScript(PlatformScript):
    """One account at the sandbox, which begins without campaigns."""

    credentials = MappingProxyType({"api_key": _READY["api_key"]})
    audience = AudienceRef(_READY["lists"][2]["id"], AudienceKind.LIST)
    another = AudienceRef(_READY["segments"][1]["id"], AudienceKind.SEGMENT)
    deeds = frozenset(Deed)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.sandbox = _account(clock.now())
        self._state = self.sandbox.state
        self._state.clock = _SameTime(clock)
        self._state.people = {}  # dear to make, and of interest to nobody but who lists profiles
        self._app = Api(self._state, close=lambda scope: None)
        self.settings = {"base_url": self.sandbox.base_url}
        self.sandbox.act(self._state.draft["id"], "delete")

    # --- what it answers ---

    def answer(self, request: Request) -> Answer:
        """What the sandbox answers."""
        url = f"{self.sandbox.base_url}{quote(request.path)}?{urlencode(request.query)}"
        said = ask(self._app, request.method, url, request.headers, request.body)
        assert said.start, "the sandbox breaks nothing unless told to"
        headers = {name.decode().title(): value.decode() for name, value in said.start["headers"]}
        return Answer(said.start["status"], said.body, headers)

    def writes(self, request: Request) -> bool:
        """Reports are asked for by POST; what nobody has cannot be changed."""
        harmless = request.path.endswith((f"/{NOBODY}", "-reports"))
        return super().writes(request) and not harmless

    def credentials_without(self, scope: str) -> Mapping[str, str]:
        """A key of its own for each scope."""
        key = Key(f"without {scope}", ids.private_key(self._state.rng), FULL - {scope})
        self._state.keys[key.value] = key
        return {"api_key": key.value}

    def throttled(self, seconds: int) -> Answer:
        """Request was throttled."""
        return self._refused(errors.throttled(seconds))

    def unavailable(self) -> Answer:
        """A server error."""
        return self._refused(errors.server_error(503))

    def refusal(self) -> Answer:
        """Invalid input."""
        return self._refused(errors.invalid("This is not allowed.", pointer="/data"))

    def unauthorised(self) -> Answer:
        """A key that nobody has, any more."""
        return self._refused(errors.unauthenticated("authentication_failed"))

    def _refused(self, refusal: errors.Refusal) -> Answer:
        headers = {name.title(): value for name, value in refusal.headers.items()}
        return Answer(refusal.status, refusal.document(self._state.trace_id), headers)

    # --- the truth ---

    def mails(self) -> Sequence[Mail]:
        """Every campaign that there is."""
        return [self._mail(campaign) for campaign in self._state.campaigns.values()]

    def parts(self) -> Sequence[str]:
        """The templates of the library that bear a marker of ours."""
        library = [one for one in self._state.templates.values() if one.message_id is None]
        return [one.id for one in library if clean_name(one.name) != one.name]

    def _mail(self, campaign: Campaign) -> Mail:
        fate = self._fate(campaign)
        message = self._state.messages[campaign.message_id]
        copy = self._state.templates.get(message.template_id or "")
        planned = walk.planned(self._state, campaign) if fate is not Fate.DRAFT else None
        local = walk.is_local(campaign)
        return Mail(
            campaign.id,
            campaign.name,
            fate,
            due=None if local else planned,
            wall=planned.replace(tzinfo=None) if planned and local else None,
            subject=message.content["subject"],
            sender=message.content["from_email"],
            html=copy.html if copy else "",
            included=frozenset(campaign.audiences["included"]),
            excluded=frozenset(campaign.audiences["excluded"]),
            smart_sending=campaign.send_options["use_smart_sending"],
        )

    def _fate(self, campaign: Campaign) -> Fate:
        """An action that was taken and does not show yet counts already."""
        now = self._state.clock.now()
        campaign.settle(now)
        job = campaign.job
        if job is None or job.reverted_at:
            return Fate.DRAFT
        status = campaign.status(now)
        if job.cancelled or status.startswith(walk.CANCELLED):
            return Fate.STOPPED
        if status in {walk.PREPARING, walk.SENDING}:
            return Fate.SENDING
        return Fate.SENT if status == walk.SENT else Fate.SCHEDULED

    # --- what people do ---

    def do(self, deed: Deed, mail_id: str) -> None:
        """What people do in the app."""
        act, campaign = self.sandbox.act, self._state.campaign(mail_id)
        later = walk.planned(self._state, campaign) + timedelta(days=1)
        match deed:
            case Deed.DELETE | Deed.CANCEL:
                act(mail_id, str(deed))
            case Deed.UNSCHEDULE:
                act(mail_id, "revert")
            case Deed.MOVE:
                act(mail_id, "reschedule", datetime=later.isoformat())
            case Deed.CHANGE_SUBJECT:
                act(mail_id, "edit", content={"subject": "Changed in the app"})
            case Deed.CHANGE_CONTENT:
                act(mail_id, "edit", html="<p>Changed in the app</p>")
            case Deed.CLONE:
                self._clone(mail_id)
            case Deed.OBSCURE if campaign.job:
                campaign.job.phases.append((self.clock.now(), ODD))
            case Deed.WITHHOLD if campaign.job:
                campaign.job.waves.clear()

    def _clone(self, campaign_id: str) -> None:
        """Copy it by the API, which names copies as the app does but for the first word."""
        headers = {
            "authorization": f"Klaviyo-API-Key {self.sandbox.api_key}",
            "revision": REVISION,
            "content-type": "application/json",
        }
        wish = {"data": {"type": "campaign", "id": campaign_id, "attributes": {}}}
        cloned = self.answer(
            Request("POST", "/api/campaign-clone", headers=headers, body=json.dumps(wish).encode())
        )
        assert cloned.status == 201


class _SameTime(sandbox_clock.Clock):
    """The sandbox's time is the contract's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__(clock.now())

    def now(self) -> datetime:
        return self._clock.now().astimezone(UTC)
