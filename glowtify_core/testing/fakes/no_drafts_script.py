"""A platform without drafts: what is created is scheduled, and nothing can be changed but by deleting it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.testing.stage.keeping import KeepingScript, Kept
from glowtify_core.testing.stage.script import Answer, Deed, Fate, Mail, Request, route

ZONE = "America/Montreal"
LANGUAGES = ("fr-CA", "en-CA")
GROUPS = {"10": "Infolettre", "11": "Clients", "12": "Élèves"}
STATUS = {Fate.SCHEDULED: "scheduled", Fate.SENDING: "sending", Fate.SENT: "sent", Fate.STOPPED: "stopped"}


class NoDraftsScript(KeepingScript):
    """Speaks plain JSON; times are wall times of the account's zone."""

    audience = AudienceRef("10", AudienceKind.LIST)
    another = AudienceRef("11", AudienceKind.LIST)
    deeds = KeepingScript.deeds - {
        Deed.UNSCHEDULE,
        Deed.MOVE,
        Deed.CHANGE_SUBJECT,
        Deed.CHANGE_CONTENT,
        Deed.CLONE,
    }

    @route("GET /account")
    def account(self, request: Request) -> Answer:
        """Whose key it is."""
        return Answer(body={"id": "acc-3", "company": "La Boutique", "timezone": ZONE, "currency": "CAD"})

    @route("GET /groups")
    def groups(self, request: Request) -> Answer:
        """Every group, on one page."""
        return Answer(body={"groups": [{"id": i, "name": n, "members": 40} for i, n in GROUPS.items()]})

    @route("POST /mailings")
    def create(self, request: Request) -> Answer:
        """Create, and thereby schedule."""
        wish = request.json
        due = _instant(wish["send_at"])
        wrong = wish["language"] not in LANGUAGES or not {*wish["groups"]} <= {*GROUPS}
        if wrong or due <= self.clock.now():
            return self.error(422, "language, groups or send_at cannot be used")
        kept = self.keep(
            Mail(
                "",
                wish["name"],
                Fate.SCHEDULED,
                due,
                subject=wish["subject"],
                sender=wish["from"]["email"],
                sender_name=wish["from"]["name"],
                reply_to=wish["reply_to"],
                language=wish["language"],
                text=wish["text"],
                html=wish["html"],
                included=frozenset(wish["groups"]),
            )
        )
        return Answer(201, self._shown(kept))

    @route("GET /mailings")
    def find(self, request: Request) -> Answer:
        """Those whose name holds a text."""
        text = request.query.get("name", "")
        return Answer(body={"mailings": [self._shown(k) for k in self.kept.values() if text in k.mail.name]})

    @route("GET /mailings/{mailing}")
    def read(self, request: Request, mailing: str) -> Answer:
        """One of them."""
        return Answer(body=self._shown(self.one(mailing)))

    @route("DELETE /mailings/{mailing}")
    def delete(self, request: Request, mailing: str) -> Answer:
        """Delete what has not begun to go out."""
        self.one(mailing, Fate.SCHEDULED, Fate.STOPPED)
        del self.kept[mailing]
        return Answer(204)

    @route("GET /mailings/{mailing}/figures")
    def figures(self, request: Request, mailing: str) -> Answer:
        """What it brought; no money, since this platform knows of none."""
        if not self.one(mailing, Fate.SENT).counted:
            return self.error(404, "there are no figures yet")
        return Answer(body={"sent": 40, "delivered": 39, "views": 20, "unique_views": 15, "unsubscribed": 0})

    def _shown(self, kept: Kept) -> dict[str, Any]:
        mail = kept.mail
        assert mail.due
        return {
            "id": mail.id,
            "name": mail.name,
            "status": self.word(kept, STATUS),
            "send_at": mail.due.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S"),
            "created_at": kept.created_at.isoformat(),
            "subject": mail.subject,
            "from": mail.sender,
            "groups": sorted(mail.included),
        }


def _instant(wall: str) -> datetime:
    return datetime.strptime(wall, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
