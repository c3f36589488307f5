"""A server that answers with raw bytes, or breaks off where it is told to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

RESET = b"RESET"
"""Instead of an answer: read the request, then break the connection off."""


@dataclass(frozen=True)
class Trickle:
    """An answer sent byte by byte, with a pause in seconds after each."""

    answer: bytes
    pause: float


@dataclass(frozen=True)
class Kept:
    """An answer after which the connection serves the next request; with ``last``, it closes unannounced."""

    answer: bytes
    last: bool = False


Act = bytes | Trickle | Kept


def http(
    status: str, body: bytes, *headers: str, length: int | None = None, connection: str = "close"
) -> bytes:
    """The bytes of an answer; a ``length`` that is not the body's makes it a cut one."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", f"Connection: {connection}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class RawServer:
    """Answers its first request with the first act, and so on; the last goes on.

    Closes after each answer but a :class:`Kept` one, and releases ``closed`` then. With a TLS context it
    speaks TLS; with ``tunnel`` it is a proxy first, which answers CONNECT with these bytes.
    """

    def __init__(self, *answers: Act, tls: ssl.SSLContext | None = None, tunnel: bytes | None = None) -> None:
        self.answers = list(answers)
        self.received: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self._tls = tls
        self._tunnel = tunnel
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with socket.create_connection(self._socket.getsockname()):
            pass
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._stop.is_set():
                connection.close()
                return
            self.connections += 1
            connection.settimeout(10)
            with contextlib.suppress(OSError), self._wrapped(connection) as peer:  # the peer may go away
                while self._answer(peer):
                    pass
            self.closed.release()

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        try:
            if self._tunnel is not None:
                _read(connection)
                connection.sendall(self._tunnel)
            return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
        except OSError:
            connection.close()
            raise

    def _answer(self, peer: socket.socket) -> bool:
        """Whether the connection serves another request."""
        request = _read(peer)
        if not request:
            return False
        self.received.append(request)
        act = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        match act:
            case Trickle():
                for byte in act.answer:
                    peer.sendall(bytes([byte]))
                    time.sleep(act.pause)
                    if self._stop.is_set():
                        break
            case Kept():
                peer.sendall(act.answer)
                return not act.last
            case bytes() if act == RESET:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case bytes():
                peer.sendall(act)
        return False


def _read(connection: socket.socket) -> bytes:
    """One whole request, or nothing when the peer went away."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < size:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
