"""The keys that seal credentials: given in the settings, or in a file of one's own."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.ports.credentials import Secret

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """One AES-256 key; its id tells nothing of the value."""

    id: str
    value: bytes = field(repr=False)


class Keys(Protocol):
    """Where keys come from."""

    def for_sealing(self) -> Key:
        """The key that new credentials are sealed with."""
        ...

    def find(self, key_id: str) -> Key | None:
        """The key that something was sealed with, or None when it is lost."""
        ...


class GivenKeys:
    """Keys from the settings: the first seals, all open."""

    def __init__(self, values: Sequence[Secret]) -> None:
        self._keys = tuple(read_key(value, source="GLOWTIFY_SECRET_KEY") for value in values)

    def for_sealing(self) -> Key:
        """The first."""
        return self._keys[0]

    def find(self, key_id: str) -> Key | None:
        """Any of them."""
        return next((key for key in self._keys if key.id == key_id), None)


class KeyFile:
    """One key in a file that only its owner may read, made when first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def for_sealing(self) -> Key:
        """The file's key; a new one where there is no file.

        Raises:
            ConfigurationError: the file is readable by others, cannot be read or written, or holds no key.
        """
        return self._read() or self._make()

    def find(self, key_id: str) -> Key | None:
        """The file's key, if it is that one.

        Raises:
            ConfigurationError: as above.
        """
        key = self._read()
        return key if key and key.id == key_id else None

    def _read(self) -> Key | None:
        try:
            with self._path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._refusal("cannot be read", "Make it readable for you alone.") from problem
        if os.name == "posix" and mode & 0o077:
            raise self._refusal("can be read by others", f"Run: chmod 600 {self._path}")
        return read_key(Secret(content.decode("ascii", "replace").strip()), source=str(self._path))

    def _make(self) -> Key:
        """Write it beside its place, then link it in: another process sees the whole file or none."""
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        content = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):  # another process was first: its key stands
                    os.link(draft, self._path)
            finally:
                draft.unlink()
        except OSError as problem:
            raise self._refusal(
                "cannot be written", "Check the folder, or set GLOWTIFY_SECRET_KEY."
            ) from problem
        key = self._read()
        if key is None:
            raise self._refusal("vanished", "Try again.")
        return key

    def _refusal(self, what: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(f"The key file {self._path} {what}", code="key_file", remedy=remedy)


def read_key(value: Secret, *, source: str) -> Key:
    """A key from its text: 32 bytes as 64 hexadecimal digits or in base64 (of URLs or not).

    Raises:
        ConfigurationError: naming the source, never the value.
    """
    text = value.reveal().strip()
    try:
        if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
            raw = bytes.fromhex(text)
        else:
            raw = base64.b64decode(text.translate({45: "+", 95: "/"}).rstrip("=") + "=", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ConfigurationError(
            f"{source} holds no usable key",
            code="secret_key",
            detail=f"A key is {KEY_BYTES} random bytes, written as 64 hexadecimal digits or in base64.",
            remedy="Make one with: openssl rand -hex 32",
        )
    return Key(hashlib.sha256(b"glowtify key id\0" + raw).hexdigest()[:16], raw)
