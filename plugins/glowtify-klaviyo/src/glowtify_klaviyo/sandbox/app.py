"""The API itself: an ASGI application that leads each request through its gates to its handler."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from glowtify_klaviyo.sandbox import gates, query, shapes
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import Refusal, invalid, server_error, throttled
from glowtify_klaviyo.sandbox.faults import BAD_GATEWAY, CHALLENGE, Fault
from glowtify_klaviyo.sandbox.routes import find
from glowtify_klaviyo.sandbox.state import Logged, State

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/vnd.api+json"
BAD_GATEWAY_STATUS = 502

Close = Callable[[Scope], None]
"""Closes the connection of a request, what was written included."""


class Api:
    """Answers everything under ``/api``."""

    def __init__(self, state: State, close: Close) -> None:
        self._state = state
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do to it what the faults in force say."""
        request = Request(scope, receive)
        body = await request.body()
        with self._state.lock:
            hits = self._state.faults.take(request.method, request.url.path)
        response = await self._faulty(hits, "before")
        if response is None and not _drops(hits, "before"):
            response = self._answer(request, body, _lag(hits))
            replaced = await self._faulty(hits, "after")
            response = replaced or response
        dropped = response is None or _drops(hits, "after")
        self._log(request, None if dropped else response)
        if dropped or response is None:
            await self._hang_up(scope, receive)
        elif any(fault.kind == "cut" for fault in hits):
            await self._cut(response, scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _faulty(self, hits: list[Fault], when: str) -> Response | None:
        """Wait as long as the faults say and return the answer that one of them gives instead."""
        now = [fault for fault in hits if fault.when == when]
        for fault in now:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        given = next((fault for fault in now if fault.kind in {"status", "html", "throttle", "error"}), None)
        if given is None:
            return None
        with self._state.lock:
            return self._given(given)

    def _given(self, fault: Fault) -> Response:
        match fault.kind:
            case "html" if fault.status == BAD_GATEWAY_STATUS:
                return Response(BAD_GATEWAY, BAD_GATEWAY_STATUS, media_type="text/html")
            case "html":
                headers = {"cf-mitigated": "challenge"}
                return Response(CHALLENGE, fault.status or 403, headers, media_type="text/html")
            case "throttle":
                refusal = throttled(fault.retry_after or 0, retry_after=fault.retry_after is not None)
                return self._render(refusal, {})
            case "error":
                return Response(json.dumps(fault.body), fault.status or 400, media_type=MEDIA_TYPE)
            case _:
                return self._render(server_error(fault.status or 500), {})

    def _answer(self, request: Request, body: bytes, lag: float) -> Response:
        """Do what the request asks for and return the answer."""
        with self._state.lock:
            headers = {"x-klaviyo-req-id": self._state.trace_id(), "content-language": "en-us"}
            try:
                return self._render(self._handle(request, body, lag, headers), headers)
            except Refusal as refusal:
                return self._render(refusal, headers)
            except Exception:
                logger.exception("the sandbox failed at %s %s", request.method, request.url.path)
                return self._render(server_error(500), headers)

    def _handle(self, request: Request, body: bytes, lag: float, headers: dict[str, str]) -> Answer:
        """Pass the gates in their order; each adds its headers or refuses."""
        state, path = self._state, request.url.path
        endpoint, ids, allowed = find(request.method, path)
        headers["allow"] = allowed
        scopes = gates.authenticate(state, request.headers.get("authorization"))
        headers["x-klaviyo-api-revision"] = gates.revision(request.headers)
        headers |= gates.throttle(state, endpoint, request.url.query)
        gates.media_type(request.headers.get("content-type"), body, endpoint)
        gates.permit(state, endpoint, scopes, ids)
        call = Call(
            state=state,
            endpoint=endpoint,
            origin=origin(request),
            path=path,
            query=query.read(request.url.query, endpoint, state),
            body=_parsed(body, endpoint),
            ids=ids,
            lag=max(lag, state.guesses.collection_lag),
        )
        return endpoint.handle(call)

    def _render(self, outcome: Answer | Refusal, headers: dict[str, str]) -> Response:
        headers = {"date": _http_date(self._state.clock.now()), **headers}
        if isinstance(outcome, Refusal):
            if outcome.status == 429:  # noqa: PLR2004 -- the status that loses its rate-limit headers
                headers = {name: text for name, text in headers.items() if not name.startswith("ratelimit")}
            document = outcome.document(self._state.trace_id)
            return _json(document, outcome.status, {**headers, **outcome.headers})
        if outcome.document is None:
            return Response(status_code=outcome.status, headers=headers)
        return _json(outcome.document, outcome.status, headers)

    def _log(self, request: Request, response: Response | None) -> None:
        with self._state.lock:
            key = gates.key_of(self._state, request.headers.get("authorization"))
            entry = Logged(
                time=self._state.clock.now(),
                method=request.method,
                path=request.url.path,
                query=request.url.query,
                status=response.status_code if response else None,
                key=key.name if key else None,
            )
            self._state.log.append(entry)

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        """Close without an answer, and wait until the server has noticed, so that it does not complain."""
        self._close(scope)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _cut(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce the whole body, send half of it, and close."""
        start = {"type": "http.response.start", "status": response.status_code}
        await send({**start, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await self._hang_up(scope, receive)


def origin(request: Request) -> str:
    """Return scheme and host as the client sees them, so that links stay with a proxy's name."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{scheme}://{request.headers.get('host', request.url.netloc)}"


def _parsed(body: bytes, endpoint: Endpoint) -> Any:
    if endpoint.body is None:
        return None
    try:
        parsed = json.loads(body)
    except ValueError:
        raise invalid("The request body is not valid JSON.", pointer="/data") from None
    shapes.require(endpoint.body, parsed)
    return parsed


def _json(document: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(document), status, headers, media_type=MEDIA_TYPE)


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _drops(hits: list[Fault], when: str) -> bool:
    return any(fault.kind == "drop" and fault.when == when for fault in hits)


def _lag(hits: list[Fault]) -> float:
    return max((fault.seconds for fault in hits if fault.kind == "lag"), default=0.0)
