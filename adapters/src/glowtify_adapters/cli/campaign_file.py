"""Reading ``campaign.toml``: what a person wrote becomes a campaign, or one clear error."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from glowtify_adapters.schedules import read_schedule
from glowtify_core.domain.audience import parse_audience
from glowtify_core.domain.campaign import (
    HTML_LIMIT,
    AudienceChoice,
    Campaign,
    CampaignKey,
    Options,
    Sender,
    Utm,
)
from glowtify_core.domain.errors import InvalidCampaign
from glowtify_core.domain.schedule import Schedule

LARGEST_FILE = HTML_LIMIT + 100_000
"""Bytes of HTML or text that are read at all; the campaign itself decides what is too large."""

LARGEST_DESCRIPTION = 1_000_000
"""Bytes of the campaign file itself, which names the large parts and does not hold them."""

DEEPEST = 20
"""Levels of tables and lists: what is deeper is a mistake, or made to exhaust whoever reads it."""

_DEEP_KEY = re.compile(rf"""(?<![\w"'.\\-])(?:[\w"'\\-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}""")
"""A dotted key of too many parts: reading it takes time and memory by the square of their number."""

LONGEST_SHOWN = 300
"""Characters of a key or path that an error repeats."""

_WHOLE_NUMBERS = range(-(2**63), 2**63)

KEYS: Mapping[str, Sequence[str]] = {
    "": (
        *("id", "name", "connector", "store", "subject", "preheader", "html", "text", "language"),
        *("sender", "audience", "schedule", "options", "platform_options"),
    ),
    "sender": ("name", "email", "reply_to"),
    "audience": ("include", "exclude"),
    "schedule": ("at", "zone", "recipient_local"),
    "options": ("smart_sending", "utm"),
}
"""The keys of the file and of its tables; those of ``platform_options`` are the connectors' to know."""

IdPattern = Callable[[str], str]
"""From a connector's name to the pattern of its platform's audience ids."""


def load_campaign(path: Path, *, id_pattern: IdPattern, store: str | None = None) -> Campaign:
    """The campaign that a file describes.

    Args:
        path: the file; ``html``, and ``text`` when it ends in ``.txt``, are paths beside it.
        id_pattern: tells ids of audiences from names.
        store: stands in for the file's own.

    Raises:
        InvalidCampaign: naming the field, with what to do.
        ScheduleRejected: the time is none, or does not exist.
        ConnectorNotFound: the file names a connector that is not installed.
    """
    file = _Table(_parse(path))
    sender, audience, options = file.table("sender"), file.table("audience"), file.table("options")
    connector = file.text("connector")
    pattern = id_pattern(_cut(connector))
    return Campaign(
        key=CampaignKey(store or file.text_or_none("store") or "default", file.text("id")),
        connector=connector,
        name=file.text("name"),
        subject=file.text("subject"),
        preheader=file.text_or_none("preheader"),
        sender=Sender(sender.text("email"), sender.text("name"), sender.text_or_none("reply_to")),
        html=_read(path.parent, file.text("html"), "html"),
        text=_text_part(path.parent, file.text_or_none("text")),
        include=_audiences(audience, "include", pattern),
        exclude=_audiences(audience, "exclude", pattern),
        schedule=_schedule(file.table("schedule")),
        language=file.text_or_none("language"),
        options=Options(options.flag("smart_sending", default=True), _utm(options)),
        platform_options=_platform_options(file.table("platform_options")),
    )


class _Table:
    """One table of the file. Keys that mean nothing are refused at once: most often they are misspelt."""

    def __init__(self, values: Mapping[str, Any], name: str = "") -> None:
        self.values = values
        self._name = name
        for key in values if name in KEYS else ():
            if key not in KEYS[name]:
                _refuse(self.field(key), f"{self.field(key)} is not known", _instead(key, KEYS[name]))

    def field(self, key: str) -> str:
        """The dotted path of a key, cut where nobody would read on."""
        return _cut(f"{self._name}.{key}" if self._name else key)

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.text_or_none(key)
        if value is None:
            _refuse(self.field(key), f"{self.field(key)} is missing", f'Add {key} = "...".')
        return value

    def text_or_none(self, key: str) -> str | None:
        """A text that may be left out."""
        value: str | None = self._typed(key, str, "a text in quotes")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._typed(key, bool, "true or false, without quotes")
        return default if value is None else value

    def texts(self, key: str) -> list[str]:
        """A list of texts; empty when it is not there."""
        values = self._typed(key, list, 'a list such as ["Newsletter"]') or []
        if not all(isinstance(value, str) and value.strip() for value in values):
            _refuse(
                self.field(key), f"{self.field(key)} must hold names or ids in quotes", "Correct the list."
            )
        return list(values)

    def table(self, key: str) -> _Table:
        """A table; empty when it is not there, so that its own required keys say what is missing."""
        return _Table(self._typed(key, dict, f"a table, opened by [{key}]") or {}, self.field(key))

    def _typed(self, key: str, kind: type, words: str) -> Any:
        value = self.values.get(key)
        if value is not None and not isinstance(value, kind):
            _refuse(self.field(key), f"{self.field(key)} has the wrong type", f"It must be {words}.")
        return value


def _instead(key: str, known: Sequence[str]) -> str:
    """What was meant by a key that is not known."""
    near = get_close_matches(_cut(key), known, n=1)
    if not near and key in KEYS[""]:
        return f"{key} stands at the top of the file, before the first [table]."
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."


def _parse(path: Path) -> dict[str, Any]:
    text = _content(path, "file", LARGEST_DESCRIPTION)
    try:
        if _DEEP_KEY.search(text):
            raise RecursionError  # noqa: TRY301 - as the parser does where it notices
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        detail = str(problem) if isinstance(problem, tomllib.TOMLDecodeError) else "too large or too deep"
        raise InvalidCampaign(
            f"{path.name} is not valid TOML",
            detail=detail,
            remedy="Correct the file; texts stand in quotes.",
            field="file",
        ) from problem


def _read(folder: Path, name: str, field: str) -> str:
    return _content(folder / name, field)


def _text_part(folder: Path, value: str | None) -> str | None:
    """The plain-text part: what a ``.txt`` file holds, or the value itself."""
    is_path = value is not None and value.endswith(".txt") and "\n" not in value
    return _read(folder, value, "text") if value is not None and is_path else value


def _content(path: Path, field: str, largest: int = LARGEST_FILE) -> str:
    """A whole file as text, of so many bytes at most."""
    try:
        if path.is_dir():
            _refuse(field, f"{_cut(path)} is a folder", "Name a file.")
        if path.exists() and not path.is_file():  # a pipe or a device: reading it may never end
            _refuse(field, f"{_cut(path)} is no regular file", "Save it as a file.")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise InvalidCampaign(
            f"{_cut(path)} cannot be read",
            detail=reason or "",
            remedy="Check the name; it is read from the campaign file's folder.",
            field=field,
        ) from problem
    if len(content) > largest:
        limit = min(largest, HTML_LIMIT) / 1_000_000
        _refuse(field, f"{_cut(path)} is larger than {limit:g} MB", "Name a smaller file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidCampaign(
            f"{_cut(path)} is not UTF-8", remedy="Save it as UTF-8 and try again.", field=field
        ) from problem


def _audiences(table: _Table, key: str, pattern: str) -> tuple[AudienceChoice, ...]:
    return tuple(parse_audience(text, id_pattern=pattern) for text in table.texts(key))


def _schedule(table: _Table) -> Schedule:
    at, zone = table.values.get("at"), table.text_or_none("zone")
    recipient_local = table.flag("recipient_local", default=False)
    if at is None:
        _refuse("schedule.at", "schedule.at is missing", 'Add at = "2027-01-15T09:00".')
    if not isinstance(at, str | datetime):
        _refuse("schedule.at", "schedule.at is no date and time", "Write it as 2027-01-15T09:00.")
    return read_schedule(at, zone, recipient_local=recipient_local)


def _utm(table: _Table) -> Utm:
    value = table.values.get("utm")
    if value == "account":
        return Utm.ACCOUNT
    if value is not None and not isinstance(value, bool):
        _refuse("options.utm", "options.utm has the wrong value", 'It must be true, false or "account".')
    return Utm.OFF if value is False else Utm.ON


def _platform_options(table: _Table) -> dict[str, dict[str, Any]]:
    """Options of single platforms, which their connectors check; here only that they are plain values."""
    for name, values in table.values.items():
        field = table.field(name)
        if not isinstance(values, dict):
            _refuse(field, f"{field} has the wrong type", f"It must be a table, opened by [{field}].")
        if not _is_plain(values, DEEPEST):
            _refuse(
                field, f"{field} holds a value that cannot be kept", "Use texts, whole numbers and flags."
            )
    return dict(table.values)


def _is_plain(value: Any, deepest: int) -> bool:
    if isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return deepest > 0 and all(_is_plain(one, deepest - 1) for one in below)
    if isinstance(value, int):
        return value in _WHOLE_NUMBERS
    return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))


def _cut(text: object) -> str:
    """A key or a path in a message."""
    whole = str(text)
    return whole if len(whole) <= LONGEST_SHOWN else f"{whole[:LONGEST_SHOWN]}…"


def _refuse(field: str, title: str, remedy: str) -> NoReturn:
    raise InvalidCampaign(title, remedy=remedy, field=field)
