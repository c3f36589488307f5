"""Making a client from what the core gives a connector."""

from __future__ import annotations

from importlib.metadata import version

from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.kit.http import HeaderAuth
from glowtify_core.kit.opening import open_http
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.endpoints import BASE_URL, REVISION
from glowtify_klaviyo.errors import refusal

API_KEY = "api_key"
MEDIA_TYPE = "application/vnd.api+json"


def open_client(context: ConnectorContext) -> KlaviyoClient:
    """A client for one connected account; it asks nothing yet.

    Settings: ``base_url`` (Klaviyo's own, a loopback address, or https on one of ``allowed_hosts``).

    Raises:
        ConfigurationError: the base URL is one that the key must not be sent to.
        CredentialsMissing: there is no key, or none that could be sent.
    """
    key = context.credentials.get(API_KEY)
    if key is None:
        raise CredentialsMissing("The API key is missing", remedy="Connect Klaviyo again.", field=API_KEY)
    http = open_http(
        context,
        BASE_URL,
        auth=HeaderAuth(key, prefix="Klaviyo-API-Key "),
        refusal=refusal,
        headers={
            "Accept": MEDIA_TYPE,
            "Content-Type": MEDIA_TYPE,
            "revision": REVISION,
            "X-Klaviyo-Revision-Fall-Forward-Opt-Out": "1",
            "User-Agent": f"glowtify-klaviyo/{version('glowtify-klaviyo')}",
        },
    )
    return KlaviyoClient(http)
