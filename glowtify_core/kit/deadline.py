"""A time by which an answer must have come whole: urllib3's own limit is only the one between two pieces."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST = 60.0
"""Seconds for a whole answer, headers included, however steadily it trickles in."""


class DeadlineAdapter(HTTPAdapter):
    """Sends as requests does, and breaks off an answer that is not complete after :data:`LONGEST`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Answer(HTTPResponse):
    """An answer that is read until its deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock, time.monotonic() + LONGEST))


class _Reader(io.RawIOBase):
    """Reads a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        usual = self._sock.gettimeout()
        self._sock.settimeout(left if usual is None else min(usual, left))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(usual)  # the next request on this connection has its own deadline

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Http(HTTPConnectionPool):
    def _new_conn(self) -> Any:
        return _limited(super()._new_conn())


class _Https(HTTPSConnectionPool):
    def _new_conn(self) -> Any:
        return _limited(super()._new_conn())


def _limited(connection: Any) -> Any:
    connection.response_class = _Answer
    return connection


_POOLS = {"http": _Http, "https": _Https}
