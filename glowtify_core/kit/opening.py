"""Opening an account's HTTP client from what the core gives a connector."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from glowtify_core.kit.answers import by_status
from glowtify_core.kit.http import HeaderAuth, HttpClient, Refusal, check_base_url
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret

JSON: Mapping[str, str] = MappingProxyType({"Accept": "application/json", "Content-Type": "application/json"})
"""The headers of a plain JSON API."""


def open_http(
    context: ConnectorContext,
    base_url: str,
    *,
    auth: HeaderAuth,
    headers: Mapping[str, str] = JSON,
    refusal: Refusal = by_status,
) -> HttpClient:
    """A client that keeps the account's pace and asks nothing yet.

    Settings: ``base_url`` (the platform's own, a loopback address, or https on one of ``allowed_hosts``);
    ``quota_share``, how much of the account's quotas of a day or longer is ours (all of it unless it is set).

    Args:
        context: the connector's; while connecting the credential stands for the account.
        base_url: the platform's own address.
        auth, headers, refusal: as :class:`~glowtify_core.kit.http.HttpClient` takes them.

    Raises:
        ConfigurationError: the base URL is one that the credential must not be sent to.
    """
    host = urlsplit(base_url).hostname or ""
    url = check_base_url(
        context.settings.get("base_url") or base_url,
        official=(host,),
        allowed=context.settings.get("allowed_hosts") or (),
    )
    account = context.account.id if context.account else _fingerprint(auth.secret)
    return HttpClient(
        url,
        auth=auth,
        patience=Patience(context.clock, context.gate, quota_share=context.settings.get("quota_share", 1.0)),
        pace_key=f"{host}:{account}",
        headers=headers,
        refusal=refusal,
    )


def _fingerprint(secret: Secret) -> str:
    """What stands for a credential whose account is not known yet."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()[:16]
