"""Which endpoint a method and path belong to."""

from __future__ import annotations

from glowtify_klaviyo.sandbox import (
    account,
    audiences,
    campaigns,
    messages,
    reports,
    sending,
    tags,
    templates,
)
from glowtify_klaviyo.sandbox.endpoint import Endpoint
from glowtify_klaviyo.sandbox.errors import method_not_allowed, not_found

ENDPOINTS: tuple[Endpoint, ...] = (
    *account.ENDPOINTS,
    *audiences.ENDPOINTS,
    *campaigns.ENDPOINTS,
    *messages.ENDPOINTS,
    *templates.ENDPOINTS,
    *sending.ENDPOINTS,
    *tags.ENDPOINTS,
    *reports.ENDPOINTS,
)


def find(method: str, path: str) -> tuple[Endpoint, dict[str, str], str]:
    """Return the endpoint, the ids in the path and the methods that the path knows; raises 404 or 405."""
    segments = tuple(path.strip("/").split("/"))
    matching = [(endpoint, ids) for endpoint in ENDPOINTS if (ids := endpoint.match(segments)) is not None]
    if not matching:
        raise not_found(f"The path '{path}' does not exist.")
    allowed = ", ".join(endpoint.method for endpoint, _ in matching)
    for endpoint, ids in matching:
        if endpoint.method == method:
            return endpoint, ids, allowed
    raise method_not_allowed(method, allowed)
