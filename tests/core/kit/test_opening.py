"""Opening a client from what a connector is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fakes import FakeClock, OpenGate
from wire import Reply, Wire

from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.http import HeaderAuth
from glowtify_core.kit.opening import open_http
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.pacing import Window

KEY = Secret("a-long-enough-key")
ACCOUNT = AccountInfo("acc-1", "The Shop", "UTC", "EUR")


class Gate(OpenGate):
    """Remembers whose pace was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []
        self.limits: list[Sequence[Window]] = []

    def acquire(self, key: str, limits: Sequence[Window], **options: Any) -> None:
        self.keys.append(key)
        self.limits.append(limits)


def asked(account: AccountInfo | None, **settings: Any) -> tuple[Any, str]:
    """One request: what went out, and whose pace it kept."""
    request, gate = asked_of(account, (), **settings)
    return request, gate.keys[0]


def asked_of(account: AccountInfo | None, limits: tuple[Window, ...], **settings: Any) -> tuple[Any, Gate]:
    gate, wire = Gate(), Wire(Reply(200, {}))
    context = ConnectorContext(account, {"api_key": KEY}, FakeClock(), gate, settings)
    http = open_http(context, "https://api.example.com", auth=HeaderAuth(KEY, prefix="Bearer "))
    http.mount(wire)
    http.call("GET", "/account", endpoint=Endpoint("read", limits))
    http.close()
    return wire.requests[0], gate


def test_requests_are_json_to_the_platforms_own_address_and_signed():
    request, _ = asked(ACCOUNT)
    assert request.url == "https://api.example.com/account"
    assert request.headers["Accept"] == request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == f"Bearer {KEY.reveal()}"


def test_the_pace_is_the_accounts_or_the_keys_while_the_account_is_not_known():
    assert asked(ACCOUNT)[1] == "api.example.com:acc-1:read"
    unknown = asked(None)[1]
    assert unknown == asked(None)[1]
    assert KEY.reveal() not in unknown


def test_a_setting_leads_to_this_machine_or_to_a_host_that_was_allowed_and_nowhere_else():
    assert asked(ACCOUNT, base_url="http://127.0.0.1:8000")[0].url.startswith("http://127.0.0.1:8000/")
    gateway = {"base_url": "https://gateway.example.com", "allowed_hosts": ("gateway.example.com",)}
    assert asked(ACCOUNT, **gateway)[0].url.startswith("https://gateway.example.com/")
    with pytest.raises(ConfigurationError):
        asked(ACCOUNT, base_url="https://gateway.example.com")


def test_a_setting_says_how_much_of_a_daily_quota_is_ours_and_otherwise_it_is_all():
    limits = (Window(2, 60), Window(225, 86400))
    assert asked_of(ACCOUNT, limits)[1].limits == [limits]
    assert asked_of(ACCOUNT, limits, quota_share=0.5)[1].limits == [(Window(2, 60), Window(112, 86400))]
