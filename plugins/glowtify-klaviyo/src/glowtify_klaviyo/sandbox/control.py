"""The control interface under ``/control``: the clock, faults, the log, and a person in Klaviyo's app."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from glowtify_klaviyo.sandbox import actions
from glowtify_klaviyo.sandbox.errors import Refusal
from glowtify_klaviyo.sandbox.faults import Fault
from glowtify_klaviyo.sandbox.state import State

LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Json = dict[str, Any]
Control = Callable[[State, Json, Request], Any]


class ControlApp:
    """Answers everything under ``/control``, to callers on this machine only and never to web pages."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._router = Router(
            [
                Route(path, self._endpoint(methods), methods=list(methods))
                for path, methods in CONTROLS.items()
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        client = request.client.host if request.client else ""
        if host not in LOOPBACK or client not in LOOPBACK or "origin" in request.headers:
            await JSONResponse({"error": "loopback only"}, 403)(scope, receive, send)
            return
        await self._router(scope, receive, send)

    def _endpoint(self, methods: dict[str, Control]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            try:
                given = json.loads(body) if body else {}
                with self._state.lock:
                    return JSONResponse(methods[request.method](self._state, given, request))
            except Refusal as refusal:
                return JSONResponse({"error": refusal.problems[0].detail}, refusal.status)
            except (ValueError, TypeError, KeyError, LookupError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

        return answer


def _clock(state: State, _given: Json, _request: Request) -> Json:
    return {"now": state.clock.now().isoformat(), "frozen": state.clock.frozen}


def _move_clock(state: State, given: Json, request: Request) -> Json:
    if "set" in given:
        moment = datetime.fromisoformat(given["set"])
        state.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    else:
        state.clock.advance(timedelta(seconds=given["advance_seconds"]))
    return _clock(state, given, request)


def _faults(state: State, _given: Json, _request: Request) -> list[Json]:
    return [actions.fault_as_json(fault) for fault in state.faults.active]


def _add_fault(state: State, given: Json, request: Request) -> list[Json]:
    state.faults.active.append(Fault(**given))
    return _faults(state, given, request)


def _clear_faults(state: State, given: Json, request: Request) -> list[Json]:
    state.faults.active.clear()
    return _faults(state, given, request)


def _reset(state: State, given: Json, request: Request) -> Json:
    state.reset()
    return _clock(state, given, request)


def _requests(state: State, _given: Json, _request: Request) -> list[Json]:
    return [entry.as_json() for entry in state.log]


def _clear_requests(state: State, _given: Json, _request: Request) -> list[Json]:
    state.log.clear()
    return []


def _sent(state: State, _given: Json, _request: Request) -> list[Json]:
    return actions.sent(state)


def _settings(state: State, _given: Json, _request: Request) -> Json:
    return actions.settings(state)


def _change_settings(state: State, given: Json, _request: Request) -> Json:
    actions.change_settings(state, given)
    return actions.settings(state)


def _campaign(state: State, _given: Json, request: Request) -> Json:
    return actions.describe(state, state.campaign(request.path_params["id"]))


def _act_on_campaign(state: State, given: Json, request: Request) -> Json:
    return actions.act(state, request.path_params["id"], **given)


def _put_audience(state: State, given: Json, _request: Request) -> Json:
    return actions.put_audience(state, **given)


def _add_templates(state: State, given: Json, _request: Request) -> Json:
    return actions.fill_library(state, given["count"])


CONTROLS: dict[str, dict[str, Control]] = {
    "/control/clock": {"GET": _clock, "POST": _move_clock},
    "/control/faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
    "/control/reset": {"POST": _reset},
    "/control/requests": {"GET": _requests, "DELETE": _clear_requests},
    "/control/sent": {"GET": _sent},
    "/control/settings": {"GET": _settings, "POST": _change_settings},
    "/control/campaigns/{id}": {"GET": _campaign, "POST": _act_on_campaign},
    "/control/audiences": {"POST": _put_audience},
    "/control/templates": {"POST": _add_templates},
}
