"""Looking for secrets wherever something is said."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from glowtify_core.ports.connectors import ConnectorManifest


class Leaks(logging.Handler):
    """Remembers where a secret showed; listens to everything that is logged while it is :meth:`attached`."""

    def __init__(self, manifest: ConnectorManifest, credentials: Mapping[str, str]) -> None:
        super().__init__(logging.DEBUG)
        secret = {field.name for field in manifest.credential_fields if field.secret}
        self._forms = [
            form for name, value in credentials.items() if name in secret for form in _forms(value)
        ]
        self.found: list[str] = []

    def look_at(self, text: str, where: str) -> None:
        """Remember ``where`` if the text holds a secret."""
        if any(form in text for form in self._forms):
            self.found.append(where)

    def look_at_error(self, error: BaseException) -> None:
        """Everything that is said of an error: its text, its parts, its traceback and its pickle."""
        kind = type(error).__name__
        self.look_at(f"{error} {error!r} {vars(error)}", f"the text of {kind}")
        self.look_at("".join(traceback.format_exception(error)), f"the traceback of {kind}")
        self.look_at(pickle.dumps(error).decode("latin-1"), f"the pickle of {kind}")

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the log."""
        self.look_at(f"{record.getMessage()} {record.exc_info} {record.args}", f"the log {record.name}")

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen to every logger, at every level."""
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(self)
            root.setLevel(level)


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, and as it looks in a URL or in a basic authorisation."""
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
