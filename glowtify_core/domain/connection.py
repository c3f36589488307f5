"""A connection: one store linked to one platform account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class ConnectionState(StrEnum):
    """The four labels that people see, exactly."""

    NOT_CONNECTED = "Not connected"
    CONNECTED = "Connected"
    PARTIALLY_CONNECTED = "Partially connected"
    RECONNECT_REQUIRED = "Reconnect required"


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """What the platform says about the account behind a credential.

    Attributes:
        id: the platform's stable account id.
        name: the organisation's name.
        zone: IANA name of the account's zone.
        currency: ISO 4217 code.
        locale: such as ``en-US``.
        sender_name, sender_email: the default sender, or None.
        granted: scopes that were proved.
        missing: scopes that were refused.
        not_proven: scopes that no harmless request can prove.
        notes: what a person should know ("Create a list or segment first").
        test_account: True, False, or None where the platform does not say.
    """

    id: str
    name: str
    zone: str
    currency: str
    locale: str = ""
    sender_name: str | None = None
    sender_email: str | None = None
    granted: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    not_proven: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    test_account: bool | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A store's link to an account.

    Attributes:
        store: the Glowtify workspace.
        connector: the connector's name.
        state: one of the four labels.
        account: as read when last checked.
        settings: what the connector was set up with (``base_url``, ``conversion_metric``), never a secret.
        problem: why the state is not Connected, in a sentence; empty otherwise.
        remedy: what to do about it.
        checked_at: when the account was last asked, aware.
    """

    store: str
    connector: str
    state: ConnectionState
    account: AccountInfo
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""
    remedy: str = ""
    checked_at: datetime | None = None
