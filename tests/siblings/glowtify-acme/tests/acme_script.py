"""Acme Mail, played by a script: what the contract speaks to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.testing import Answer, Fate, KeepingScript, Kept, Mail, Request, route

WORDS = {
    Fate.DRAFT: "draft",
    Fate.SCHEDULED: "scheduled",
    Fate.SENDING: "sending",
    Fate.SENT: "sent",
    Fate.STOPPED: "cancelled",
}
LISTS = {"L1": "Newsletter", "L2": "Customers", "L3": "Élèves"}
PAGE = 2


class AcmeScript(KeepingScript):
    """Drafts are made, scheduled, moved, taken back and cancelled; only drafts can be deleted."""

    audience = AudienceRef("L1", AudienceKind.LIST)
    SCOPES = frozenset({"campaigns:write", "lists:read", "reports:read"})

    @route("GET /account")
    def account(self, request: Request) -> Answer:
        """Whose key it is, and what it may do."""
        account = {"id": "A7", "name": "The Shop", "time_zone": "Europe/Vienna", "currency": "EUR"}
        return Answer(body={**account, "scopes": sorted(self.scopes(request) or ())})

    @route("POST /campaigns")
    def create(self, request: Request) -> Answer:
        """A new draft."""
        wish = request.json
        mail = Mail(
            id="",
            name=wish["name"],
            fate=Fate.DRAFT,
            subject=wish["subject"],
            sender=wish["from"]["email"],
            html=wish["html"],
            included=frozenset(wish["lists"]),
        )
        return Answer(201, self._shown(self.keep(mail)))

    @route("GET /campaigns")
    def search(self, request: Request) -> Answer:
        """Every campaign whose name holds a text."""
        found = [kept for kept in self.kept.values() if request.query["name"] in kept.mail.name]
        return Answer(body={"campaigns": [self._shown(kept) for kept in found]})

    @route("GET /campaigns/{campaign}")
    def read(self, request: Request, campaign: str) -> Answer:
        """One campaign."""
        return Answer(body=self._shown(self.one(campaign)))

    @route("POST /campaigns/{campaign}/schedule")
    def schedule(self, request: Request, campaign: str) -> Answer:
        """It will be sent then; once more, it is moved."""
        self.one(campaign, Fate.DRAFT, Fate.SCHEDULED)
        due = datetime.fromisoformat(request.json["send_at"])
        if due <= self.clock.now():
            return self.error(422, "send_at is past")
        return Answer(body=self._shown(self.change(campaign, fate=Fate.SCHEDULED, due=due)))

    @route("POST /campaigns/{campaign}/unschedule")
    def unschedule(self, request: Request, campaign: str) -> Answer:
        """A draft again."""
        self.one(campaign, Fate.DRAFT, Fate.SCHEDULED)
        return Answer(body=self._shown(self.change(campaign, fate=Fate.DRAFT, due=None)))

    @route("POST /campaigns/{campaign}/cancel")
    def cancel(self, request: Request, campaign: str) -> Answer:
        """It stays, and is never sent."""
        self.one(campaign, Fate.SCHEDULED, Fate.STOPPED)
        return Answer(body=self._shown(self.change(campaign, fate=Fate.STOPPED)))

    @route("DELETE /campaigns/{campaign}")
    def delete(self, request: Request, campaign: str) -> Answer:
        """Only of drafts."""
        self.one(campaign, Fate.DRAFT)
        del self.kept[campaign]
        return Answer(204)

    @route("GET /lists")
    def lists(self, request: Request) -> Answer:
        """Two on a page."""
        page = int(request.query["page"])
        shown = [{"id": one, "name": name, "people": 40} for one, name in LISTS.items()]
        more = page + 1 if page * PAGE < len(shown) else None
        return Answer(body={"lists": shown[(page - 1) * PAGE : page * PAGE], "next_page": more})

    @route("GET /campaigns/{campaign}/report")
    def report(self, request: Request, campaign: str) -> Answer:
        """What came of it."""
        if not self.one(campaign, Fate.SENT).counted:
            return self.error(404, "there is no report")
        people = {"recipients": 40, "delivered": 39, "people_who_opened": 15, "people_who_clicked": 3}
        return Answer(body={**people, "opens": 20, "clicks": 4, "unsubscribed": 0})

    def _shown(self, kept: Kept) -> dict[str, Any]:
        mail = kept.mail
        return {
            "id": mail.id,
            "name": mail.name,
            "status": self.word(kept, WORDS),
            "subject": mail.subject,
            "from": {"email": mail.sender},
            "html": mail.html,
            "lists": sorted(mail.included),
            "send_at": mail.due.isoformat() if mail.due else None,
            "created_at": kept.created_at.isoformat(),
        }
