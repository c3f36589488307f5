"""The states of a publication, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PublicationState(StrEnum):
    """Where a publication stands. People see the capitalised word, JSON has the value."""

    OPENED = "opened"
    STAGED = "staged"
    SUBMITTING = "submitting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"
    MISSING = "missing"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return not TRANSITIONS[self]


_S = PublicationState
_ON_PLATFORM = frozenset({_S.STAGED, _S.SUBMITTING, _S.SCHEDULED, _S.SENDING, _S.SENT})
_ENDINGS = frozenset({_S.CANCELLED, _S.FAILED, _S.MISSING, _S.UNKNOWN})

TRANSITIONS: Mapping[PublicationState, frozenset[PublicationState]] = MappingProxyType(
    {
        _S.OPENED: _ON_PLATFORM | _ENDINGS,
        _S.STAGED: (_ON_PLATFORM | _ENDINGS) - {_S.STAGED},
        _S.SUBMITTING: (_ON_PLATFORM | _ENDINGS) - {_S.SUBMITTING},
        _S.SCHEDULED: (_ON_PLATFORM | _ENDINGS) - {_S.SCHEDULED},
        _S.SENDING: frozenset({_S.SENT, _S.CANCELLED, _S.MISSING, _S.UNKNOWN}),
        _S.UNKNOWN: (_ON_PLATFORM | _ENDINGS) - {_S.UNKNOWN},
        _S.SENT: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.FAILED: frozenset(),
        _S.MISSING: frozenset(),
    }
)
"""The legal transitions. A final state has none."""
