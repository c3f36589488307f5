"""How the three fake connectors open their HTTP client."""

from __future__ import annotations

from glowtify_core.kit import opening
from glowtify_core.kit.answers import by_status
from glowtify_core.kit.http import HeaderAuth, HttpClient, Refusal
from glowtify_core.ports.connectors import ConnectorContext, CredentialField

API_KEY = CredentialField("api_key", "API key", "In the platform's settings, under API.")


def open_http(context: ConnectorContext, base_url: str, refusal: Refusal = by_status) -> HttpClient:
    """A client that signs with the API key."""
    auth = HeaderAuth(context.credentials[API_KEY.name], prefix="Bearer ")
    return opening.open_http(context, base_url, auth=auth, refusal=refusal)
