"""A platform with many lists and segments, drafts and templates, paged, whose keys have scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.ports.clock import Clock
from glowtify_core.testing.stage.keeping import KeepingScript, Kept
from glowtify_core.testing.stage.script import Answer, Fate, Mail, Request, route

HOST = "https://api.many-lists.example.com"
PAGE = 2
"""Small, so that everything has several pages."""
People = Mapping[str, tuple[str, int | None]]
"""Name and number of people of each list or segment, by id."""
LISTS: People = {"l1": ("Newsletter", 1200), "l2": ("Customers", 300), "l3": ("Staff", 12)}
SEGMENTS: People = {"s1": ("Bought last week", 45), "s2": ("VIP", 7), "s3": ("Just being counted", None)}
FIGURES = {
    "sent": 1200,
    "delivered": 1190,
    "bounced": 10,
    "opens": 900,
    "opened_by": 600,
    "clicks": 150,
    "clicked_by": 120,
    "left": 3,
    "complaints": 1,
    "goals": 12,
    "money": "431.50",
    "attribution": "within 5 days after a click",
}
WORDS = {fate: str(fate) for fate in Fate}


class ManyListsScript(KeepingScript):
    """Speaks plain JSON; times are instants, or wall times of each recipient."""

    SCOPES = frozenset(
        {
            "campaigns:read",
            "campaigns:write",
            "templates:read",
            "templates:write",
            "lists:read",
            "segments:read",
            "figures:read",
        }
    )
    audience = AudienceRef("l1", AudienceKind.LIST)
    another = AudienceRef("s2", AudienceKind.SEGMENT)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.templates: dict[str, dict[str, Any]] = {}
        self._numbers = count(1)

    def parts(self) -> Sequence[str]:
        """Every template: nobody but us makes any."""
        return tuple(self.templates)

    def writes(self, request: Request) -> bool:
        """Figures are read by POST."""
        return super().writes(request) and request.path != "/figures"

    def answer(self, request: Request) -> Answer:
        """Refuse what the key may not do: each collection has a scope for reading and one for writing."""
        scope = f"{request.path.split('/')[1]}:{'write' if self.writes(request) else 'read'}"
        granted = self.scopes(request)
        if granted is not None and scope in self.SCOPES - granted:
            return Answer(403, {"error": f"this key lacks {scope}", "scope": scope})
        return super().answer(request)

    @route("GET /account")
    def account(self, request: Request) -> Answer:
        """Whose key it is, and what it may do."""
        scopes = sorted(self.scopes(request) or ())
        shown = {"id": "acc-1", "name": "The Shop", "timezone": "America/Toronto", "currency": "CAD"}
        return Answer(body={**shown, "scopes": scopes})

    # --- people ---

    @route("GET /lists")
    def lists(self, request: Request) -> Answer:
        """Every list."""
        return self._page(request, [_counted(LISTS, one) for one in LISTS])

    @route("GET /segments")
    def segments(self, request: Request) -> Answer:
        """Every segment."""
        return self._page(request, [_counted(SEGMENTS, one) for one in SEGMENTS])

    @route("GET /lists/{people}")
    def one_list(self, request: Request, people: str) -> Answer:
        """One list."""
        return self._people(LISTS, people)

    @route("GET /segments/{people}")
    def one_segment(self, request: Request, people: str) -> Answer:
        """One segment."""
        return self._people(SEGMENTS, people)

    # --- templates ---

    @route("POST /templates")
    def store(self, request: Request) -> Answer:
        """Keep a template."""
        template = f"t{next(self._numbers):03}"
        created = {"created_at": self.clock.now().isoformat()}
        self.templates[template] = {"id": template, **request.json, **created}
        return Answer(201, self.templates[template])

    @route("GET /templates")
    def find_templates(self, request: Request) -> Answer:
        """Those whose name holds a text."""
        text = request.query.get("name", "")
        return self._page(request, [one for one in self.templates.values() if text in one["name"]])

    @route("DELETE /templates/{template}")
    def remove(self, request: Request, template: str) -> Answer:
        """Forget a template; campaigns have copies."""
        return Answer(204) if self.templates.pop(template, None) else self.error(404, "it is gone")

    # --- campaigns ---

    @route("POST /campaigns")
    def create(self, request: Request) -> Answer:
        """Create a draft."""
        wish = request.json
        if not {*wish["to"], *wish["not_to"]} <= {*LISTS, *SEGMENTS}:
            return self.error(422, "there is no such list or segment")
        mail = Mail(
            "",
            wish["name"],
            Fate.DRAFT,
            subject=wish["subject"],
            sender=wish["from"]["email"],
            sender_name=wish["from"]["name"],
            reply_to=wish["from"]["reply_to"],
            preheader=wish["preheader"],
            included=frozenset(wish["to"]),
            excluded=frozenset(wish["not_to"]),
            smart_sending=wish["skip_recent"],
        )
        return Answer(201, self._shown(self.keep(mail)))

    @route("GET /campaigns")
    def find(self, request: Request) -> Answer:
        """Those of some ids, or whose name holds a text."""
        text, ids = request.query.get("name", ""), request.query.get("ids", "").split(",")
        found = [kept for kept in self.kept.values() if text in kept.mail.name]
        chosen = [kept for kept in found if "ids" not in request.query or kept.mail.id in ids]
        return self._page(request, [self._shown(kept) for kept in chosen])

    @route("GET /campaigns/{campaign}")
    def read(self, request: Request, campaign: str) -> Answer:
        """One of them."""
        return Answer(body=self._shown(self.one(campaign)))

    @route("PATCH /campaigns/{campaign}")
    def set_time(self, request: Request, campaign: str) -> Answer:
        """Set the time of a draft."""
        self.one(campaign, Fate.DRAFT)
        when = request.json["when"]
        due = datetime.fromisoformat(when["at"]) if "at" in when else None
        wall = datetime.fromisoformat(when["local"]) if "local" in when else None
        if due and due <= self.clock.now():
            return self.error(422, "the time is past")
        return Answer(body=self._shown(self.change(campaign, due=due, wall=wall)))

    @route("DELETE /campaigns/{campaign}")
    def delete(self, request: Request, campaign: str) -> Answer:
        """Delete a draft."""
        self.one(campaign, Fate.DRAFT)
        del self.kept[campaign]
        return Answer(204)

    @route("GET /campaigns/{campaign}/content")
    def content(self, request: Request, campaign: str) -> Answer:
        """The e-mail itself."""
        kept = self.one(campaign)
        return Answer(body={"html": kept.mail.html, "text": kept.mail.text})

    @route("PUT /campaigns/{campaign}/content")
    def fill(self, request: Request, campaign: str) -> Answer:
        """Copy a template into a draft."""
        self.one(campaign, Fate.DRAFT)
        template = self.templates.get(request.json["template"])
        if template is None:
            return self.error(422, "there is no such template")
        self.change(campaign, html=template["html"], text=template["text"])
        return self.content(request, campaign)

    @route("POST /campaigns/{campaign}/launch")
    def launch(self, request: Request, campaign: str) -> Answer:
        """Schedule a draft; at once, where it has no time."""
        mail = self.one(campaign, Fate.DRAFT).mail
        now = self.clock.now()
        due = mail.due or (None if mail.wall else now)
        if not mail.html or (due and due < now):
            return self.error(422, "it has no content, or its time is past")
        return Answer(202, self._shown(self.change(campaign, fate=Fate.SCHEDULED, due=due)))

    @route("POST /campaigns/{campaign}/recall")
    def recall(self, request: Request, campaign: str) -> Answer:
        """Back to a draft."""
        self.one(campaign, Fate.SCHEDULED)
        return Answer(202, self._shown(self.change(campaign, fate=Fate.DRAFT)))

    @route("POST /campaigns/{campaign}/stop")
    def stop(self, request: Request, campaign: str) -> Answer:
        """For good, also while it goes out."""
        kept = self.one(campaign, Fate.SCHEDULED, Fate.SENDING)
        kept.partly = self.fate(kept) is Fate.SENDING
        return Answer(202, self._shown(self.change(campaign, fate=Fate.STOPPED)))

    @route("POST /figures")
    def figures(self, request: Request) -> Answer:
        """What some campaigns brought, if anything is known of it."""
        ids = request.json["campaigns"]
        rows = [
            {"campaign": one, **FIGURES}
            for one, kept in self.kept.items()
            if one in ids and kept.counted and self.fate(kept) is Fate.SENT
        ]
        return Answer(body={"items": rows})

    def _people(self, known: People, one: str) -> Answer:
        return Answer(body=_counted(known, one)) if one in known else self.error(404, "there are none")

    def _page(self, request: Request, items: Sequence[Any]) -> Answer:
        begin = int(request.query.get("from", 0))
        end = begin + PAGE
        query = urlencode({**request.query, "from": end})
        following = f"{HOST}{request.path}?{query}" if end < len(items) else None
        return Answer(body={"items": items[begin:end], "next": following})

    def _shown(self, kept: Kept) -> dict[str, Any]:
        mail, fate = kept.mail, self.fate(kept)
        began = fate in {Fate.SENDING, Fate.SENT} or kept.partly
        begins = self.begins(kept)
        when = {"at": mail.due.isoformat()} if mail.due else None
        return {
            "id": mail.id,
            "name": mail.name,
            "status": self.word(kept, WORDS),
            "when": {"local": mail.wall.isoformat(timespec="minutes")} if mail.wall else when,
            "created_at": kept.created_at.isoformat(),
            "began_at": begins.isoformat() if begins and began else None,
            "subject": mail.subject,
            "from": {"email": mail.sender},
            "to": sorted(mail.included),
            "not_to": sorted(mail.excluded),
        }


def _counted(known: People, one: str) -> dict[str, Any]:
    name, people = known[one]
    return {"id": one, "name": name, "people": people}
