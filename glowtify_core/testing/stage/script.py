"""What an author supplies: an object that answers like their platform, and tells the truth about it."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.ports.clock import Clock

_NOWHERE = re.compile("(?!)")
_F = TypeVar("_F", bound=Callable[..., Any])


class Fate(StrEnum):
    """What becomes of an e-mail on a platform if nobody does anything more."""

    DRAFT = "draft"
    """It will not be sent."""
    SCHEDULED = "scheduled"
    """It will be sent when it is due."""
    SENDING = "sending"
    """It is going out now."""
    SENT = "sent"
    """It has gone out to everybody."""
    STOPPED = "stopped"
    """It was cancelled, and is still shown."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail as the platform holds it, told by the script and not by the connector.

    Attributes:
        id: the platform's id, as the connector's ``RemoteRef`` has it.
        name: its remote name, marker included.
        fate: see :class:`Fate`.
        due: the instant at which it goes out or went out, aware; None where there is none.
        wall: the wall time of one that is sent by each recipient's clock, naive; None otherwise.
        subject, sender, html: as the recipient gets them; ``sender`` is the address.
        included, excluded: ids of audiences.
        smart_sending: whether people who got mail a short while ago are skipped; None where unknown to it.
        sender_name, reply_to, preheader, text, language: as the recipient gets them; None where the script
            does not tell, and nobody looks.
    """

    id: str
    name: str
    fate: Fate
    due: datetime | None = None
    wall: datetime | None = None
    subject: str = ""
    sender: str = ""
    html: str = ""
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    smart_sending: bool | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    preheader: str | None = None
    text: str | None = None
    language: str | None = None

    @property
    def live(self) -> bool:
        """Whether people get it, or have got it."""
        return self.fate in {Fate.SCHEDULED, Fate.SENDING, Fate.SENT}


class Deed(StrEnum):
    """What people do in the platform's own app, behind our back."""

    DELETE = "delete"
    CANCEL = "cancel"
    UNSCHEDULE = "unschedule"
    MOVE = "move"
    CHANGE_SUBJECT = "change_subject"
    CHANGE_CONTENT = "change_content"
    CLONE = "clone"
    OBSCURE = "obscure"
    """Not a person's: the platform gets a status that no documentation names."""
    WITHHOLD = "withhold"
    """Not a person's: the platform has no figures of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a connector asked.

    Attributes:
        method: in capitals.
        path: without host and query, percent-decoded.
        query: the last value of each name.
        headers: names in lower case.
        body: raw.
        host: whom it was sent to.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""
    host: str = ""

    @property
    def json(self) -> Any:
        """The body, parsed; None when it is empty."""
        return json.loads(self.body) if self.body else None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform says; ``body`` is sent as JSON unless it is bytes, and not at all when None."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it goes over the wire."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def route(template: str) -> Callable[[_F], _F]:
    """Mark a script's method as the one that answers ``METHOD /path/{name}``; it gets the names' values."""
    method, _, path = template.partition(" ")
    pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))

    def mark(answering: _F) -> _F:
        answering.__dict__["route"] = (method, pattern)
        return answering

    return mark


class PlatformScript(ABC):
    """Answers like one platform, from state that it keeps in memory; faults are the suite's business.

    Attributes:
        credentials: what a person pastes to connect, by the manifest's field names; good for everything.
        audience: whom the suite's e-mails are for.
        another: a second audience, included beside the first, or left out; None where there is none.
        settings: the connector's settings, such as ``base_url``.
        deeds: what the script can do of :class:`Deed`; the suite skips, with a reason, what needs another.
    """

    credentials: ClassVar[Mapping[str, str]]
    audience: ClassVar[AudienceRef]
    another: ClassVar[AudienceRef | None] = None
    settings: Mapping[str, Any] = MappingProxyType({})
    deeds: ClassVar[frozenset[Deed]] = frozenset()

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    @abstractmethod
    def mails(self) -> Sequence[Mail]:
        """Every e-mail that the platform holds now, as of the clock, oldest first; deleted ones are gone."""

    def parts(self) -> Sequence[str]:
        """Ids of what the platform keeps beside e-mails for us alone, such as a throw-away template."""
        return ()

    def do(self, deed: Deed, mail_id: str) -> None:
        """Do one of :attr:`deeds` to an e-mail."""
        raise NotImplementedError(f"{type(self).__name__} lists {deed} among its deeds and does not do it")

    def answer(self, request: Request) -> Answer:
        """Answer one request. By default the method whose :func:`route` fits does, else a plain 404."""
        for name in dir(type(self)):
            method, pattern = getattr(getattr(type(self), name), "route", ("", _NOWHERE))
            if method == request.method and (fits := pattern.fullmatch(request.path)):
                answered: Answer = getattr(self, name)(request, **fits.groupdict())
                return answered
        return Answer(404, {"error": "no such endpoint"})

    def writes(self, request: Request) -> bool:
        """Whether a request may change something; override it where reading is done by POST too."""
        return request.method not in {"GET", "HEAD"}

    def wrong_credentials(self) -> Mapping[str, str]:
        """Credentials of the right form that nobody has."""
        return {name: f"{value[:-4]}0000" for name, value in self.credentials.items()}

    def credentials_without(self, scope: str) -> Mapping[str, str] | None:
        """Credentials that lack one scope of the manifest; None where the script has none."""
        del scope
        return None

    def throttled(self, seconds: int) -> Answer:
        """How the platform says that it wants a pause."""
        return Answer(429, {"error": "too many requests"}, {"Retry-After": str(seconds)})

    def unavailable(self) -> Answer:
        """How the platform, or what stands in front of it, says that it is down."""
        return Answer(503, b"<html><body>Service Unavailable</body></html>", {"Content-Type": "text/html"})

    def refusal(self) -> Answer:
        """How the platform says that something in a request is not allowed."""
        return Answer(400, {"error": "this is not allowed"})

    def unauthorised(self) -> Answer:
        """How the platform says that it does not know the credential (any more)."""
        return Answer(401, {"error": "who are you?"})
