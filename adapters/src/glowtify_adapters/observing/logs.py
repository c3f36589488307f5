"""Logs: a line for each piece of work, as text or as JSON, with what it belongs to and without secrets."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from glowtify_adapters.observing.outcomes import DONE, outcome_of, problem_of
from glowtify_core.kit.redaction import SecretFilter, extras
from glowtify_core.ports.observing import Note

LOGGER = "glowtify"
"""Above the loggers of each kind of work: ``glowtify.publication``, ``glowtify.step`` and so on."""

_NOTHING: Mapping[str, str] = {}
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)

logging.getLogger(LOGGER).addHandler(logging.NullHandler())  # silent until somebody sets logging up


class LogObserver:
    """An :class:`~glowtify_core.ports.observing.Observer` that logs each piece of work when it ends.

    At INFO, or at WARNING when an error left it. The record's fields are the attributes of this work and of
    what it is part of, its ``outcome`` (``done`` or the error's code), the error's title as ``problem``, and
    ``duration_ms``.
    """

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Note]:
        """Around one piece of work; :class:`WithAttributes` gives its attributes to what others log in it."""
        outer = _about.get()
        about = {**outer, **attributes}
        _about.set(about)
        begun = time.monotonic()
        error: BaseException | None = None
        try:
            yield lambda **more: about.update(more)
        except BaseException as problem:
            error = problem
            raise
        finally:
            _about.set(outer)
            _log(name, about, error, time.monotonic() - begun)


def _log(name: str, about: Mapping[str, str], error: BaseException | None, seconds: float) -> None:
    outcome = outcome_of(error) if error else DONE
    fields: dict[str, Any] = {**about, "outcome": outcome, "duration_ms": round(seconds * 1000)}
    if error and (problem := problem_of(error)):
        fields["problem"] = problem
    level = logging.WARNING if error else logging.INFO
    logging.getLogger(f"{LOGGER}.{name}").log(level, "%s: %s", name, outcome, extra=fields)


class WithAttributes(logging.Filter):
    """Adds to every record the attributes of the work that it was logged in. For handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add to the record in place; every record passes."""
        for name, value in _about.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


@contextmanager
def set_up_logs(
    form: str = "text", level: int = logging.INFO, *, hidden: SecretFilter | None = None
) -> Iterator[None]:
    """Send everything that is logged to standard error, until the block ends.

    Inside another such block this one replaces it. What urllib3 logs of a request shows its query, so that it
    is left out; a line of ours tells of each request.

    Args:
        form: ``text``, or ``json`` for one JSON object a line.
        level: the least that is shown.
        hidden: masks secrets.
    """
    handler = _Handler(sys.stderr)
    handler.addFilter(WithAttributes())
    handler.addFilter(hidden or SecretFilter())
    handler.setFormatter(FORMS[form]())
    root, wire = logging.getLogger(), logging.getLogger("urllib3")
    before, replaced = (root.level, wire.level), [one for one in root.handlers if isinstance(one, _Handler)]
    for one in replaced:
        root.removeHandler(one)
    root.addHandler(handler)
    root.setLevel(level)
    wire.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for one in replaced:
            root.addHandler(one)
        root.setLevel(before[0])
        wire.setLevel(before[1])


class _Handler(logging.StreamHandler[Any]):
    """Tells ours from a host's."""


class TextLines(logging.Formatter):
    """``2027-01-15T14:00:00.123Z INFO glowtify.step step: done store=default step=template``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a traceback."""
        fields = " ".join(f"{name}={_word(value)}" for name, value in extras(record).items())
        line = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()} {fields}".rstrip()
        trace = _trace(record)
        return f"{line}\n{trace}" if trace else line


class JsonLines(logging.Formatter):
    """``time`` (UTC), ``level``, ``logger``, ``message``, the record's own fields, and ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **extras(record),
        }
        if trace := _trace(record):
            line["exception"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


FORMS: Mapping[str, type[logging.Formatter]] = {"text": TextLines, "json": JsonLines}
"""How logs may look."""


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    return record.exc_text or ""


def _word(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "=\n') else text
