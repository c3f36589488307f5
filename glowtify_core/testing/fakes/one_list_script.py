"""A platform that mails one list or one segment of a list, every quarter of an hour, and knows no scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.testing.stage.keeping import KeepingScript, Kept
from glowtify_core.testing.stage.script import Answer, Deed, Fate, Mail, Request, route

MOST = 2
"""How many items a page may have."""
LISTS = {"L1": "Everybody", "L2": "Wholesale", "L3": "Press"}
SEGMENTS = {"L1": {"S1": "New", "S2": "Loyal", "S3": "Asleep"}, "L2": {"S1": "New"}, "L3": {}}
STATUS = {Fate.DRAFT: "save", Fate.SCHEDULED: "schedule", Fate.SENDING: "sending", Fate.SENT: "sent"}
PROBLEMS = {400: "invalid", 401: "api-key-invalid", 404: "not-found", 409: "wrong-state"}


class OneListScript(KeepingScript):
    """Says no in problem documents (RFC 9457); times are instants."""

    KEY: ClassVar[str] = "4c1d9be07a52f368-us7"
    credentials: ClassVar[Mapping[str, str]] = MappingProxyType({"api_key": KEY})
    audience = AudienceRef("L1.S2", AudienceKind.SEGMENT, parent="L1")
    deeds = KeepingScript.deeds - {Deed.CANCEL}

    def wrong_credentials(self) -> Mapping[str, str]:
        """A key of the same data centre that nobody has."""
        return {"api_key": "0000000000000000-us7"}

    def error(self, status: int, message: str, problem: str = "") -> Answer:
        """A problem document."""
        kind = problem or PROBLEMS[status]
        document = {
            "type": f"https://one-list.example.com/problems/{kind}",
            "title": kind.replace("-", " ").capitalize(),
            "status": status,
            "detail": message,
            "instance": "request-0815",
        }
        return Answer(status, document, {"Content-Type": "application/problem+json"})

    def refusal(self) -> Answer:
        """Something that people have to mend in their account."""
        return self.error(400, "verify your domain first", "sender-not-verified")

    def unauthorised(self) -> Answer:
        """The key is nobody's."""
        return self.error(401, "your key may be wrong")

    @route("GET /account")
    def account(self, request: Request) -> Answer:
        """Whose key it is."""
        return Answer(body={"id": "acc-2", "name": "The Shop", "timezone": "Europe/Paris", "currency": "EUR"})

    @route("GET /lists")
    def lists(self, request: Request) -> Answer:
        """Every list."""
        return self._page(request, [{"id": one, "name": name, "members": 90} for one, name in LISTS.items()])

    @route("GET /lists/{people}/segments")
    def segments(self, request: Request, people: str) -> Answer:
        """The segments of a list."""
        known = SEGMENTS.get(people)
        if known is None:
            return self.error(404, "there is no such list")
        return self._page(request, [{"id": one, "name": n, "members": 30} for one, n in known.items()])

    @route("POST /campaigns")
    def create(self, request: Request) -> Answer:
        """Create a draft."""
        wish = request.json
        people, segment = wish["list"], wish["segment"]
        if people not in LISTS or (segment and segment not in SEGMENTS[people]):
            return self.error(400, "there is no such list or segment")
        mail = Mail(
            "",
            wish["title"],
            Fate.DRAFT,
            subject=wish["subject"],
            sender=wish["from_email"],
            sender_name=wish["from_name"],
            reply_to=wish["reply_to"],
            preheader=wish["preview"],
            included=frozenset({f"{people}.{segment}" if segment else people}),
        )
        return Answer(body=self._shown(self.keep(mail)))

    @route("GET /campaigns")
    def find(self, request: Request) -> Answer:
        """Those whose title holds a text."""
        text = request.query.get("title", "")
        return self._page(request, [self._shown(one) for one in self.kept.values() if text in one.mail.name])

    @route("GET /campaigns/{campaign}")
    def read(self, request: Request, campaign: str) -> Answer:
        """One of them."""
        return Answer(body=self._shown(self.one(campaign)))

    @route("DELETE /campaigns/{campaign}")
    def delete(self, request: Request, campaign: str) -> Answer:
        """Delete a draft."""
        self.one(campaign, Fate.DRAFT)
        del self.kept[campaign]
        return Answer(204)

    @route("PUT /campaigns/{campaign}/content")
    def fill(self, request: Request, campaign: str) -> Answer:
        """Say what a draft holds."""
        self.one(campaign, Fate.DRAFT)
        self.change(campaign, html=request.json["html"], text=request.json["plain_text"])
        return Answer(body={"html": request.json["html"]})

    @route("POST /campaigns/{campaign}/schedule")
    def schedule(self, request: Request, campaign: str) -> Answer:
        """Schedule a draft."""
        html = self.one(campaign, Fate.DRAFT).mail.html
        due = datetime.fromisoformat(request.json["at"])
        if due <= self.clock.now():
            return self.error(400, "the time is past", "time-past")
        if due.minute % 15 or not html:
            return self.error(400, "not on the quarter of an hour, or without content")
        self.change(campaign, fate=Fate.SCHEDULED, due=due)
        return Answer(204)

    @route("POST /campaigns/{campaign}/unschedule")
    def unschedule(self, request: Request, campaign: str) -> Answer:
        """Back to a draft, which has no time."""
        self.one(campaign, Fate.SCHEDULED)
        self.change(campaign, fate=Fate.DRAFT)
        return Answer(204)

    @route("GET /reports/{campaign}")
    def report(self, request: Request, campaign: str) -> Answer:
        """What it brought; no money, since this platform knows of none."""
        if not self.one(campaign, Fate.SENT).counted:
            return self.error(404, "there is no report yet")
        opens, clicks = {"total": 61, "unique": 40}, {"total": 9, "unique": 7}
        return Answer(body={"sent": 90, "bounces": 2, "opens": opens, "clicks": clicks, "unsubscribed": 1})

    def _page(self, request: Request, items: Sequence[Any]) -> Answer:
        begin = int(request.query.get("offset", 0))
        return Answer(body={"items": items[begin : begin + MOST], "total": len(items)})

    def _shown(self, kept: Kept) -> dict[str, Any]:
        mail, fate = kept.mail, self.fate(kept)
        people, _, segment = next(iter(mail.included)).partition(".")
        return {
            "id": mail.id,
            "title": mail.name,
            "status": self.word(kept, STATUS),
            "at": mail.due.isoformat() if mail.due and fate is not Fate.DRAFT else None,
            "created_at": kept.created_at.isoformat(),
            "list": people,
            "segment": segment or None,
            "subject": mail.subject,
            "from_email": mail.sender,
        }
