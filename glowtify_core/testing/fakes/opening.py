"""How the three fake connectors open their HTTP client."""

from __future__ import annotations

from glowtify_core.kit import opening
from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.ports.connectors import ConnectorContext, CredentialField

API_KEY = CredentialField("api_key", "API key", "In the platform's settings, under API.")


def open_http(context: ConnectorContext, base_url: str) -> HttpClient:
    """A client that signs with the API key."""
    key = context.credentials[API_KEY.name]
    return opening.open_http(context, base_url, auth=HeaderAuth(key, prefix="Bearer "))
