"""Keeping secrets out of what is logged, and tricks out of what platforms say."""

from __future__ import annotations

import base64
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from glowtify_core.ports.credentials import MASK, Secret

LONGEST_TEXT = 500
"""Characters of a platform's text that we keep."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|\x9b[0-?]*[ -/]*[@-~]"
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Everything that is no character to read, but for tabs and line breaks."""

_INVISIBLE = frozenset({"Cf", "Cs", "Co", "Cn"})


def sanitise(text: object, limit: int = LONGEST_TEXT) -> str:
    """A platform's text as one plain line that is safe to show in a terminal.

    Terminal escapes, control characters and invisible or direction-changing ones are removed, runs of white
    space become one space, and what exceeds ``limit`` characters is cut. Markup stays, as text: whoever
    renders HTML escapes it.
    """
    plain = _ESCAPES.sub("", str(text)[: limit * 20])
    kept = "".join(
        " " if unicodedata.category(one) == "Cc" else one
        for one in plain
        if unicodedata.category(one) not in _INVISIBLE
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def mask(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret's value replaced."""
    for secret in secrets:
        if value := secret.reveal():
            text = text.replace(value, MASK)
    return text


class Traces:
    """Finds a secret in what a platform says: whole, in pieces, in any case, or encoded."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Made when it is first needed: most clients never meet a refusal."""
        windows = dict.fromkeys(_windows(self._secret.reveal()))
        return re.compile(f"(?=({'|'.join(map(re.escape, windows))}))", re.IGNORECASE)

    def mask(self, text: str) -> str:
        """The text with everything replaced that shows a part of the secret."""
        kept: list[str] = []
        done = 0
        for found in self._pattern.finditer(text):
            start, end = found.span(1)
            if start > done or not kept:
                kept += [text[done:start], MASK]
            done = max(done, end)
        return "".join([*kept, text[done:]])

    def clean(self, value: Any) -> Any:
        """A parsed document whose texts are plain lines that do not show the secret.

        Raises:
            RecursionError: it is too deep.
        """
        if isinstance(value, str):
            return self.mask(sanitise(value, len(value)))
        if isinstance(value, dict):
            return {self.clean(name): self.clean(below) for name, below in value.items()}
        return [self.clean(below) for below in value] if isinstance(value, list) else value


def _windows(value: str) -> Iterator[str]:
    """The shortest pieces that show anything of a secret, in each of its forms."""
    raw = value.encode()
    forms = [(value, 8), (raw.hex(), 16), ("".join(f"%{byte:02x}" for byte in raw), 24)]
    for before in range(3):  # what stands before it in the encoded text shifts the digits
        digits = base64.b64encode(b"\0" * before + raw).decode()
        forms.append((digits[4 if before else 0 : len(digits) - 4], 12))
    for form, shortest in forms:
        size = min(shortest, len(form))
        yield from (form[start : start + size] for start in range(len(form) - size + 1) if size)


_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message"}
"""What every record has."""


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that a record was given besides its message."""
    return {name: value for name, value in vars(record).items() if name not in _OWN}


_HARMLESS = (bool, int, float, type(None))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever it is, logging it must not fail
        return type(value).__name__


class SecretFilter(logging.Filter):
    """Masks known secrets in every record that passes a handler: message, arguments, fields, tracebacks.

    What could steer the terminal that shows a log is taken out too.

    Add it to handlers, not to loggers: a logger's filters do not see the records of its children.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        super().__init__()
        self._secrets = list(secrets)

    def hide(self, secret: Secret) -> None:
        """Mask this one too from now on."""
        self._secrets.append(secret)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; every record passes."""
        try:
            message = record.getMessage()
        except Exception as mistake:  # noqa: BLE001 - a wrong log call, or an argument that cannot be shown
            said = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            message = f"{said} (not formatted: {type(mistake).__name__})"
        record.msg = self._shown(message)
        record.args = None
        for name, value in extras(record).items():
            if not isinstance(value, _HARMLESS):
                setattr(record, name, self._shown(_text(value)))
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._shown(record.exc_text)
        return True

    def _shown(self, text: str) -> str:
        return mask(_UNSAFE.sub("", text), self._secrets)
