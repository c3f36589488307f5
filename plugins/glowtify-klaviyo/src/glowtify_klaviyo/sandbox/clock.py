"""The sandbox's own time: real time plus an offset, or an instant that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)


class Clock:
    """Tells sandbox time in UTC; ``frozen`` is the instant at which a still clock stands."""

    def __init__(self, frozen: datetime | None = None) -> None:
        self._frozen = frozen.astimezone(UTC) if frozen else None
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)
        self.started = self.now()

    @property
    def frozen(self) -> bool:
        """Whether time moves only when told to."""
        return self._frozen is not None

    def now(self) -> datetime:
        """Return the present instant of the sandbox."""
        return (self._frozen or datetime.now(UTC)) + self._offset

    def stamp(self) -> datetime:
        """Return an instant for a new object: the present, but later than every stamp before."""
        self._last = max(self.now(), self._last + TICK)
        return self._last

    def advance(self, delta: timedelta) -> None:
        """Move the clock by ``delta``."""
        self._offset += delta

    def set(self, moment: datetime) -> None:
        """Move the clock to ``moment``."""
        self._offset += moment.astimezone(UTC) - self.now()

    def reset(self) -> None:
        """Return to the time that the sandbox would have if nobody had moved it."""
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)


def iso(moment: datetime | None) -> str | None:
    """Write an instant as Klaviyo does: UTC as ``+00:00``, microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat() if moment else None


def whole_second(moment: datetime) -> datetime:
    """Round to the nearest second, as later reads of a template show its times."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def parse(text: str) -> datetime | None:
    """Read an ISO 8601 date and time; None if it is not one. The answer may lack a zone."""
    try:
        return datetime.fromisoformat(text) if "T" in text or " " in text else None
    except ValueError:
        return None
