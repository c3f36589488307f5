"""How the three fake connectors open their HTTP client."""

from __future__ import annotations

import hashlib

from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.connectors import ConnectorContext, CredentialField

API_KEY = CredentialField("api_key", "API key", "In the platform's settings, under API.")


def open_http(context: ConnectorContext, base_url: str) -> HttpClient:
    """A client that signs with the API key and keeps an account's pace."""
    key = context.credentials[API_KEY.name]
    account = (
        context.account.id if context.account else hashlib.sha256(key.reveal().encode()).hexdigest()[:16]
    )
    return HttpClient(
        base_url,
        auth=HeaderAuth(key, prefix="Bearer "),
        patience=Patience(context.clock, context.gate),
        pace_key=f"{base_url}:{account}",
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )
