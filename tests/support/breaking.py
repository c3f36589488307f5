"""A proxy for any protocol over TCP that breaks connections off where it is told to."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BreakingProxy(socketserver.ThreadingTCPServer):
    """Stands between clients and a server, on a free port of loopback.

    Attributes:
        away: whoever connects is turned away, as if the server were gone.
        swallow: what the server answers to a message that holds these bytes never arrives.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.server = server
        self.away = False
        self.swallow = b""
        self.clients: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return self.server_address[1]

    def cut(self) -> None:
        """Break off every connection that there is."""
        for client in list(self.clients):
            client.shutdown(socket.SHUT_RDWR)


class _Passing(socketserver.BaseRequestHandler):
    server: BreakingProxy

    def handle(self) -> None:
        if self.server.away:
            return
        with socket.create_connection(self.server.server) as server:
            self.server.clients.add(self.request)
            try:
                self._pass_on(server)
            except ConnectionError:
                return
            finally:
                self.server.clients.discard(self.request)

    def _pass_on(self, server: socket.socket) -> None:
        other = {self.request: server, server: self.request}
        while True:
            for side in select.select(list(other), [], [])[0]:
                data = side.recv(65536)
                if not data:
                    return
                other[side].sendall(data)
                if side is self.request and self.server.swallow and self.server.swallow in data:
                    server.recv(65536)  # it was done, and nobody will know
                    return


@contextmanager
def breaking_proxy(host: str, port: int) -> Iterator[BreakingProxy]:
    """A running proxy, ended with all its connections."""
    with BreakingProxy((host, port)) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            proxy.cut()
            thread.join()
