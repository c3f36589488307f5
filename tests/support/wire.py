"""A transport that answers from a script, so that tests need no network and see what was sent."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse


@dataclass
class Reply:
    """One answer; ``body`` is sent as JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Scripted = Reply | Exception | Callable[[requests.PreparedRequest], Reply]


class Wire(BaseAdapter):
    """Answers each request with the next of the script; the last one goes on for ever."""

    def __init__(self, *script: Scripted) -> None:
        super().__init__()
        self.script = list(script)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # options are not looked at
        self.requests.append(request)
        act = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(act, Exception):
            raise act
        reply = act if isinstance(act, Reply) else act(request)
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response.raw = HTTPResponse(
            io.BytesIO(reply.content), headers=reply.headers, status=reply.status, preload_content=False
        )
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None: ...

    @property
    def sent(self) -> list[str]:
        """Method and path with query of each request."""
        return [f"{one.method} {one.path_url}" for one in self.requests]
