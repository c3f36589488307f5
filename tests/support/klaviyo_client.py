"""A Klaviyo client on a fake clock, over a scripted transport or over a sandbox."""

from __future__ import annotations

from typing import Any

from fakes import FakeClock, OpenGate
from wire import Wire

from glowtify_core.domain.connection import AccountInfo
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.opening import open_client

KEY = "pk" + "_0123456789abcdef"
ACCOUNT = AccountInfo("AbCdEf", "Acme", "Europe/Berlin", "EUR")


def context(key: str = KEY, *, account: AccountInfo | None = ACCOUNT, **settings: Any) -> ConnectorContext:
    return ConnectorContext(account, {"api_key": Secret(key)}, FakeClock(), OpenGate(), settings)


def scripted(*script: Any, **settings: Any) -> tuple[KlaviyoClient, Wire]:
    """A client whose answers are scripted."""
    client = open_client(context(**settings))
    wire = Wire(*script)
    client.http.mount(wire)
    return client, wire
