"""Who is logged in: a random id in a cookie, everything else in this process."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

IDLE = 12 * 60 * 60
"""Seconds after which a session that is not used ends."""

STRANGERS = 1_000
"""Sessions of those who have not logged in; the oldest ends when there are more."""


@dataclass(slots=True)
class Session:
    """What is remembered of one browser.

    Attributes:
        id: what the cookie holds.
        csrf: stands in every form of ours, which another site cannot know.
        logged_in: whether the link or the password was shown.
        language: chosen by the person; empty: the browser's.
        notes: said at the top of the next page, once; (style, text).
        kept: what was typed and is not to be lost, by form.
        used_at: when the last request of it came, in the seconds of :class:`Sessions`' clock.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    logged_in: bool = False
    language: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    used_at: float = 0.0


class Sessions:
    """The sessions of this process; they end with it.

    Args:
        secure: whether browsers reach us by https.
        port: of the server: browsers give a cookie of one port to all others of a host too.
        seconds: a clock.
    """

    def __init__(self, *, secure: bool, port: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._secure = secure
        self.cookie = "__Host-glowtify" if secure else f"glowtify-{port}"
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def of(self, request: Request) -> Session:
        """The session of a request; where there is none a new one, which lasts if its cookie is set."""
        with self._lock:
            self._end_old()
            session = self._sessions.get(request.cookies.get(self.cookie, "")) or Session()
            session.used_at = self._seconds()
            return session

    def rotate(self, session: Session) -> None:
        """Give a session another id and token, so that whoever knew the old ones knows nothing."""
        with self._lock:
            self._sessions.pop(session.id, None)
            session.id, session.csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)

    def end(self, session: Session, response: Response) -> None:
        """Log out."""
        with self._lock:
            self._sessions.pop(session.id, None)
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="strict", secure=self._secure)

    def set_cookie(self, response: Response, session: Session) -> None:
        """Remember it, and let the browser keep its id where no script and no other site gets at it."""
        with self._lock:
            self._sessions[session.id] = session
        response.set_cookie(
            self.cookie, session.id, path="/", httponly=True, samesite="strict", secure=self._secure
        )

    def _end_old(self) -> None:
        oldest = self._seconds() - IDLE
        idle = [one for one in self._sessions.values() if one.used_at < oldest]
        strangers = [one for one in self._sessions.values() if not one.logged_in]
        for session in {one.id: one for one in (*idle, *strangers[:-STRANGERS])}:
            del self._sessions[session]
