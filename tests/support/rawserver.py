"""A server that answers with raw bytes, or breaks off where it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType
from typing import Self

RESET = b"RESET"
"""Instead of an answer: read the request, then break the connection off."""


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """The bytes of an answer; a ``length`` that is not the body's makes it a cut one."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class RawServer:
    """Answers its first request with the first bytes, and so on; the last go on. Closes after each answer."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.received: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.create_connection(self._socket.getsockname()):
            self._stopping = True
        self._thread.join(10)
        self._socket.close()

    _stopping = False

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(10)
                request = _read(connection)
                if not request:
                    if self._stopping:
                        return
                    continue
                self.received.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    connection.sendall(answer)


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
