"""Finding a running sandbox, and talking to its control interface."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from glowtify_core.domain.errors import (
    ConfigurationError,
    Effect,
    PlatformUnavailable,
    RequestRejected,
)

if TYPE_CHECKING:
    from urllib.error import HTTPError

PATIENCE = 10.0
"""Seconds to wait for an answer."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@contextmanager
def announced(ready_file: Path) -> Iterator[None]:
    """Say in ``GLOWTIFY_HOME`` where the sandbox that is about to start writes its address, until it ends."""
    pointer, mine = _pointer(), json.dumps({"pid": os.getpid(), "ready_file": str(ready_file.absolute())})
    pointer.write_text(mine, encoding="utf-8")
    try:
        yield
    finally:
        if pointer.exists() and pointer.read_text(encoding="utf-8") == mine:
            pointer.unlink()


def own_ready_file() -> Path:
    """Where a sandbox writes its address when the person names no file."""
    return _pointer().with_name(f"sandbox-{os.getpid()}.json")


class Control:
    """The control interface of one sandbox, under ``/control`` of its address; never anywhere but here."""

    def __init__(self, url: str | None) -> None:
        base = url or _running()
        if urlsplit(base).scheme != "http" or urlsplit(base).hostname not in LOOPBACK:
            raise ConfigurationError(
                "A sandbox runs on this machine only",
                code="sandbox_address",
                remedy="Name it as http://127.0.0.1:PORT.",
                field="url",
            )
        self._base = base.rstrip("/").removesuffix("/control") + "/control"

    def get(self, path: str) -> Any:
        """Read something."""
        return self._ask("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Change something."""
        return self._ask("POST", path, body or {})

    def delete(self, path: str) -> Any:
        """Clear something."""
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request.

        Raises:
            RequestRejected: the sandbox cannot do that.
            PlatformUnavailable: it does not answer.
        """
        from urllib.error import HTTPError
        from urllib.request import ProxyHandler, Request, build_opener

        content = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - http on loopback, checked above
            f"{self._base}/{path}", content, {"Content-Type": "application/json"}, method=method
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except HTTPError as problem:
            raise RequestRejected(
                "The sandbox cannot do that", effect=Effect.NONE, detail=_detail(problem)
            ) from None
        except (OSError, ValueError):
            raise PlatformUnavailable(
                "The sandbox does not answer",
                effect=Effect.NONE,
                code="sandbox_unreachable",
                remedy="Start one with `glowtify sandbox klaviyo`, or name it with --url.",
            ) from None


def _detail(problem: HTTPError) -> str:
    with problem:
        try:
            return str(json.load(problem)["error"])
        except (ValueError, KeyError, TypeError):
            return f"HTTP {problem.code}"


def _running() -> str:
    """The address of the sandbox that was started last.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        ready_file = json.loads(_pointer().read_text(encoding="utf-8"))["ready_file"]
        return str(json.loads(Path(ready_file).read_text(encoding="utf-8"))["base_url"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(
            "No sandbox is running",
            code="no_sandbox",
            remedy="Start one with `glowtify sandbox klaviyo` in another terminal, or name it with --url.",
        ) from None


def _pointer() -> Path:
    from glowtify_adapters.settings import Settings

    return Settings.read().home / "sandbox.json"
