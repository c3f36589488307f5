"""What most platform scripts have in common: e-mails that are kept, sent when due, and changed by people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from glowtify_core.ports.clock import Clock
from glowtify_core.testing.stage.script import Answer, Deed, Fate, Mail, PlatformScript, Request

SENDING_TAKES = timedelta(minutes=10)
"""How long an e-mail is on its way to everybody."""
ODD = "half_baked"
"""A status that no documentation names."""


class Refused(Exception):
    """Raised anywhere in a script's answering, it is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Kept:
    """One e-mail in the platform's hands.

    Attributes:
        mail: as it would be told; its fate is what people and requests have made of it, before time does.
        created_at: aware.
        odd: whether its status is one that nobody knows.
        counted: whether there are figures of it.
        partly: whether it was stopped when some had received it.
    """

    mail: Mail
    created_at: datetime
    odd: bool = False
    counted: bool = True
    partly: bool = False


class KeepingScript(PlatformScript):
    """A platform script over a dictionary of :class:`Kept`; a subclass gives it a dialect by its routes.

    Attributes:
        KEY: the API key that may do everything, as ``Authorization`` has it after its last space.
        SCOPES: what that is; for each of them there is a key that lacks it.
        kept: every e-mail, by its id.
    """

    KEY: ClassVar[str] = "key-with-every-scope-7f3a9c51"
    SCOPES: ClassVar[frozenset[str]] = frozenset()
    credentials: ClassVar[Mapping[str, str]] = MappingProxyType({"api_key": KEY})
    deeds = frozenset(Deed)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.kept: dict[str, Kept] = {}
        self._count = 0

    def scopes(self, request: Request) -> frozenset[str] | None:
        """What the request's key may do; None when nobody has this key."""
        given = request.headers.get("authorization", "").rpartition(" ")[2]
        if given == self.KEY:
            return self.SCOPES
        known, _, without = given.partition(":without:")
        return self.SCOPES - {without.replace("/", ":")} if known == self.KEY and without else None

    def credentials_without(self, scope: str) -> Mapping[str, str] | None:
        """A key whose name tells what it lacks."""
        return {"api_key": f"{self.KEY}:without:{scope.replace(':', '/')}"} if scope in self.SCOPES else None

    def answer(self, request: Request) -> Answer:
        """Refuse unknown keys, and find the method that answers."""
        if self.scopes(request) is None:
            return self.unauthorised()
        try:
            return super().answer(request)
        except Refused as refused:
            return refused.answer

    def error(self, status: int, message: str) -> Answer:
        """How the platform says no; a subclass gives it the platform's form."""
        return Answer(status, {"error": message})

    def one(self, mail_id: str, *fates: Fate) -> Kept:
        """The e-mail of this id.

        Raises:
            Refused: there is none, or its fate is none of those given.
        """
        if mail_id not in self.kept:
            raise Refused(self.error(404, "there is no such e-mail"))
        kept = self.kept[mail_id]
        if fates and self.fate(kept) not in fates:
            raise Refused(self.error(409, f"its status is {self.fate(kept)}"))
        return kept

    def keep(self, mail: Mail) -> Kept:
        """Keep a new e-mail, under a new id."""
        self._count += 1
        kept = Kept(replace(mail, id=f"m{self._count:03}"), self.clock.now())
        self.kept[kept.mail.id] = kept
        return kept

    def change(self, mail_id: str, **changes: Any) -> Kept:
        """Change an e-mail that is kept."""
        kept = self.kept[mail_id]
        kept.mail = replace(kept.mail, **changes)
        return kept

    def begins(self, kept: Kept) -> datetime | None:
        """When it begins to go out; by recipients' clocks as if all of them lived in Greenwich."""
        mail = kept.mail
        return mail.wall.replace(tzinfo=UTC) if mail.wall else mail.due

    def fate(self, kept: Kept) -> Fate:
        """What has become of it by now."""
        begins, now = self.begins(kept), self.clock.now()
        if kept.mail.fate is not Fate.SCHEDULED or begins is None or begins > now:
            return kept.mail.fate
        return Fate.SENT if begins + SENDING_TAKES <= now else Fate.SENDING

    def word(self, kept: Kept, words: Mapping[Fate, str]) -> str:
        """The platform's word for its fate, or one that no documentation names."""
        return ODD if kept.odd else words[self.fate(kept)]

    def mails(self) -> Sequence[Mail]:
        """Every e-mail, with its fate as of now."""
        return [replace(kept.mail, fate=self.fate(kept)) for kept in self.kept.values()]

    def do(self, deed: Deed, mail_id: str) -> None:
        """What people do in the app."""
        self._deeds()[deed](mail_id)

    def _deeds(self) -> Mapping[Deed, Callable[[str], object]]:
        day = timedelta(days=1)
        return {
            Deed.DELETE: self.kept.pop,
            Deed.CANCEL: lambda mail_id: self.change(mail_id, fate=Fate.STOPPED),
            Deed.UNSCHEDULE: lambda mail_id: self.change(mail_id, fate=Fate.DRAFT),
            Deed.MOVE: lambda mail_id: self.change(
                mail_id, due=(self.kept[mail_id].mail.due or self.clock.now()) + day
            ),
            Deed.CHANGE_SUBJECT: lambda mail_id: self.change(mail_id, subject="Changed in the app"),
            Deed.CHANGE_CONTENT: lambda mail_id: self.change(mail_id, html="<p>Changed in the app</p>"),
            Deed.CLONE: self._clone,
            Deed.OBSCURE: lambda mail_id: setattr(self.kept[mail_id], "odd", True),
            Deed.WITHHOLD: lambda mail_id: setattr(self.kept[mail_id], "counted", False),
        }

    def _clone(self, mail_id: str) -> None:
        mail = self.kept[mail_id].mail
        self.keep(replace(mail, name=f"Copy of {mail.name}", fate=Fate.DRAFT))
