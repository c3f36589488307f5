"""Watching the work, as a port: for logs, traces and figures of whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol


class Note(Protocol):
    """Adds what a piece of work has shown meanwhile."""

    def __call__(self, **attributes: str) -> None:
        """Add these; a name that is there already gets the new value."""
        ...


class Observer(Protocol):
    """Is told of pieces of work, each inside the one that it belongs to. Safe to share between threads.

    Names are few and fixed: ``publication`` (an operation on one), ``step``, ``track``, ``figures``,
    ``request``. Attributes are ids, names and outcomes; never a secret, nor anything of an e-mail.
    """

    def span(self, name: str, **attributes: str) -> AbstractContextManager[Note]:
        """Around one piece of work. An error that leaves it is part of what is seen, and passes on."""
        ...


class _Silent:
    def span(self, name: str, **attributes: str) -> AbstractContextManager[Note]:
        del name, attributes
        return _NOTHING


def _forget(**attributes: str) -> None:
    del attributes


_NOTHING: AbstractContextManager[Note] = nullcontext(_forget)

SILENT: Observer = _Silent()
"""Watches nothing."""

_watching: ContextVar[Observer] = ContextVar("watching", default=SILENT)


def observer() -> Observer:
    """Who watches the work that this code is part of: for connectors, which are handed none."""
    return _watching.get()


@contextmanager
def observed_by(watcher: Observer) -> Iterator[None]:
    """Let :func:`observer` be this one."""
    before = _watching.get()
    _watching.set(watcher)
    try:
        yield
    finally:
        _watching.set(before)  # no token: a generator that was left half-way may be closed elsewhere
