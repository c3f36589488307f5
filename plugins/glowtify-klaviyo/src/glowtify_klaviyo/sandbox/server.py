"""The sandbox as a server: uvicorn in a thread, on the loopback interface only."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

import uvicorn
from starlette.types import Receive, Scope, Send

from glowtify_klaviyo.sandbox import actions, seed
from glowtify_klaviyo.sandbox.app import Api
from glowtify_klaviyo.sandbox.control import ControlApp
from glowtify_klaviyo.sandbox.faults import Fault
from glowtify_klaviyo.sandbox.guesses import Guesses
from glowtify_klaviyo.sandbox.state import Logged, Settings, State

HOST = "127.0.0.1"
START_WITHIN, STOP_WITHIN = 15.0, 10.0


class Sandbox:
    """A local Klaviyo: ``with Sandbox() as klaviyo: requests.get(klaviyo.base_url + "/api/accounts", ...)``.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        seed: Decides ids, keys, names and figures.
        limits: ``documented`` refuses with 429 what Klaviyo would; ``off`` only sends the headers.
        walk: ``quick`` gets through every step after a send job at once, ``real`` in 20 to 30 s.
        campaigns, lists, segments: How many the account begins with.
        now: If given, the clock stands at this instant and moves only by :meth:`advance`.
        guesses: Behaviours that nobody public has shown; see ``docs/reference/sandbox.md``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 1,
        limits: Literal["documented", "off"] = "off",
        walk: Literal["quick", "real"] = "quick",
        campaigns: int = 12,
        lists: int = 3,
        segments: int = 2,
        now: datetime | None = None,
        guesses: Guesses | None = None,
    ) -> None:
        self.state = _state(
            Settings(
                seed=seed,
                limits=limits,
                walk=walk,
                campaigns=campaigns,
                lists=lists,
                segments=segments,
                now=now,
                guesses=guesses or Guesses(),
            )
        )
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when requests are answered. Raises OSError if the port is taken."""
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="klaviyo-sandbox", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_WITHIN)
        self._server = self._thread = None

    @property
    def base_url(self) -> str:
        """Where the API is: scheme, host and port, no path."""
        return f"http://{HOST}:{self._port}"

    @property
    def control_url(self) -> str:
        """Where the control interface is."""
        return f"{self.base_url}/control"

    @property
    def keys(self) -> Mapping[str, str]:
        """Name -> private key: ``full``, ``read-only``, ``revoked``, ``without-...``."""
        return {key.name: key.value for key in self.state.keys.values()}

    @property
    def api_key(self) -> str:
        """The private key that may do everything."""
        return self.keys["full"]

    @property
    def ready(self) -> dict[str, Any]:
        """The content of the ready file."""
        with self.state.lock:
            return seed.ready(self.state, self.base_url)

    @property
    def requests(self) -> list[Logged]:
        """The requests so far, oldest first."""
        with self.state.lock:
            return list(self.state.log)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What was sent to whom: one entry a campaign."""
        with self.state.lock:
            return actions.sent(self.state)

    def advance(self, delta: timedelta) -> None:
        """Move the clock."""
        with self.state.lock:
            self.state.clock.advance(delta)

    def set_clock(self, moment: datetime) -> None:
        """Move the clock to an instant."""
        with self.state.lock:
            self.state.clock.set(moment)

    def add_fault(self, kind: Any, **pattern: Any) -> Fault:
        """Add a fault; see :class:`Fault` for the words."""
        fault = Fault(kind=kind, **pattern)
        with self.state.lock:
            self.state.faults.active.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Take all faults out."""
        with self.state.lock:
            self.state.faults.active.clear()

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        with self.state.lock:
            self.state.log.clear()

    def configure(self, **settings: Any) -> None:
        """Change settings while running; :func:`actions.settings` has their names."""
        with self.state.lock:
            actions.change_settings(self.state, settings)

    def act(self, campaign_id: str, action: str, **given: Any) -> dict[str, Any]:
        """Act on a campaign as a person in Klaviyo's app."""
        with self.state.lock:
            return actions.act(self.state, campaign_id, action, **given)

    def add_audience(self, name: str, **given: Any) -> str:
        """Add a list or segment and return its id."""
        with self.state.lock:
            return str(actions.put_audience(self.state, name=name, **given)["id"])

    def reset(self) -> None:
        """Return to the seeded beginning."""
        with self.state.lock:
            self.state.reset()

    def _app(self) -> Any:
        api, control = Api(self.state, self._close), ControlApp(self.state)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await (control if scope["path"].startswith("/control/") else api)(scope, receive, send)

        return app

    def _close(self, scope: Scope) -> None:
        """Close the connection that a request came on, after what was written to it."""
        for connection in list(self._server.server_state.connections) if self._server else ():
            if getattr(connection, "client", None) == scope["client"]:
                connection.transport.close()


def _state(settings: Settings) -> State:
    return State(settings, seed.fill)


def _listen(port: int) -> socket.socket:
    """Bind with the protocol named: without it asyncio leaves TCP_NODELAY off and answers wait."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener
