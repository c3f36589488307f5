"""Bolt Mail's API, one method an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from glowtify_bolt.mapping import to_account, to_remote, to_remotes
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import RemoteNotFound
from glowtify_core.domain.remote import RemoteCampaign
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.documents import reading
from glowtify_core.kit.http import HeaderAuth, Ready, always
from glowtify_core.kit.opening import open_http
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.pacing import Window

T = TypeVar("T")

# TODO: where the API is, and its documented limits: so many requests in so many seconds.
BASE_URL = "https://api.bolt.example.com"
READ = Endpoint("read", limits=(Window(10, 1),))
WRITE = Endpoint("write", limits=(Window(2, 1),), write=True)


class BoltClient:
    """Requests of one account. ``ready`` is called when a write is about to leave, after all waiting."""

    def __init__(self, context: ConnectorContext) -> None:
        # TODO: how a request is signed.
        auth = HeaderAuth(context.credentials["api_key"], prefix="Bearer ")
        self._http = open_http(context, BASE_URL, auth=auth)

    def account(self) -> AccountInfo:
        """Whose key it is."""
        # TODO: the endpoint that tells whose key it is; connecting only reads.
        return self._get("/account", to_account)

    def campaign(self, campaign_id: str) -> RemoteCampaign:
        """One campaign."""
        # TODO: the endpoint that tells of one campaign; a 404 says that it is gone.
        return self._get(f"/campaigns/{campaign_id}", to_remote)

    def ending_in(self, marker: str) -> list[RemoteCampaign]:
        """The campaigns whose name ends in a marker; the search also finds it in the middle."""
        # TODO: the endpoint that lists or searches campaigns; follow its pages to their end.
        found = self._get("/campaigns", to_remotes, name=marker)
        return [remote for remote in found if remote.name.endswith(f" {marker}")]

    def create(self, draft: Any, ready: Ready) -> str:
        """Make a draft; its id."""
        # TODO: the endpoint that makes a draft, which nobody gets yet.
        made = self._write("POST", "/campaigns", ready, draft)
        with reading(write=True):
            return str(made["id"])

    def schedule(self, campaign_id: str, due: datetime, ready: Ready) -> str:
        """From now on it will be sent then."""
        # TODO: the endpoint after which the platform will send.
        self._write("POST", f"/campaigns/{campaign_id}/schedule", ready, {"send_at": due.isoformat()})
        return campaign_id

    def cancel(self, campaign_id: str, ready: Ready) -> str:
        """Never send it."""
        # TODO: the endpoint after which it will not.
        self._write("POST", f"/campaigns/{campaign_id}/cancel", ready)
        return campaign_id

    def delete(self, campaign_id: str, ready: Ready = always) -> str:
        """Remove a draft; gone already is done."""
        # TODO: the endpoint that deletes a draft, and nothing but a draft.
        with suppress(RemoteNotFound):
            self._write("DELETE", f"/campaigns/{campaign_id}", ready)
        return campaign_id

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _get(self, path: str, make: Callable[[Any], T], **params: str) -> T:
        said = self._http.call("GET", path, endpoint=READ, params=params).body
        with reading():
            return make(said)

    def _write(self, method: str, path: str, ready: Ready, body: Any = None) -> Any:
        return self._http.call(method, path, endpoint=WRITE, body=body, ready=ready).body
