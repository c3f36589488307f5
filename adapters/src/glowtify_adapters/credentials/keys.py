"""The keys that seal credentials: given in the settings, or in a file of our own."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Sequence
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

    def present(self) -> Sequence[Key]:
        """All, the one that seals first."""
        ...

    def renew(self) -> None:
        """Let a new key seal from now on, where we are the ones who keep them. One caller at a time."""
        ...

    def keep(self, key_ids: Collection[str]) -> bool:
        """Drop all others; False, and nothing happens, where a person keeps them. One caller at a time."""
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
        return _named(key_id, self._keys)

    def present(self) -> Sequence[Key]:
        """All, as they are given."""
        return self._keys

    def renew(self) -> None:
        """Nothing: the person has put the new one first."""

    def keep(self, key_ids: Collection[str]) -> bool:
        """Not here."""
        del key_ids
        return False


class KeyFile:
    """Keys in a file that only its owner may read, made when first needed: one a line, the first seals.

    It is read at each use, and changes whole: nobody who reads it meanwhile misses a key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def for_sealing(self) -> Key:
        """The file's first key; a new one where there is no file.

        Raises:
            ConfigurationError: the file is readable by others, cannot be read or written, or holds no key.
        """
        return (self._read() or self._make())[0]

    def find(self, key_id: str) -> Key | None:
        """The file's key of this id.

        Raises:
            ConfigurationError: as above.
        """
        return _named(key_id, self._read())

    def present(self) -> Sequence[Key]:
        """The file's keys.

        Raises:
            ConfigurationError: as above.
        """
        return self._read()

    def renew(self) -> None:
        """Put a new key before the others.

        Raises:
            ConfigurationError: as above.
        """
        self._write([_new_key(), *self._read()], os.replace)

    def keep(self, key_ids: Collection[str]) -> bool:
        """Leave only these in the file.

        Raises:
            ConfigurationError: as above.
        """
        self._write([key for key in self._read() if key.id in key_ids], os.replace)
        return True

    def _read(self) -> tuple[Key, ...]:
        try:
            with self._path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise self._refusal("cannot be read", "Make it readable for you alone.") from problem
        if os.name == "posix" and mode & 0o077:
            raise self._refusal("can be read by others", f"Run: chmod 600 {self._path}")
        lines = content.decode("ascii", "replace").split() or [""]
        return tuple(read_key(Secret(line), source=str(self._path)) for line in lines)

    def _make(self) -> tuple[Key, ...]:
        with contextlib.suppress(FileExistsError):  # another process was first: its key stands
            self._write([_new_key()], os.link)
        keys = self._read()
        if not keys:
            raise self._refusal("vanished", "Try again.")
        return keys

    def _write(self, keys: Sequence[Key], put_in_place: Callable[[Path, Path], None]) -> None:
        """Write beside the file, then put it in place: another process sees the whole of it or nothing."""
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        content = b"".join(base64.urlsafe_b64encode(key.value) + b"\n" for key in keys)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                put_in_place(draft, self._path)
                _flush(self._path.parent)
            finally:
                draft.unlink(missing_ok=True)
        except FileExistsError:
            raise
        except OSError as problem:
            raise self._refusal(
                "cannot be written", "Check the folder, or set GLOWTIFY_SECRET_KEY."
            ) from problem

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
    return _key(raw)


def _key(raw: bytes) -> Key:
    return Key(hashlib.sha256(b"glowtify key id\0" + raw).hexdigest()[:16], raw)


def _new_key() -> Key:
    return _key(secrets.token_bytes(KEY_BYTES))


def _named(key_id: str, keys: Sequence[Key]) -> Key | None:
    return next((key for key in keys if key.id == key_id), None)


def _flush(folder: Path) -> None:
    """Make sure that the key outlives a power cut before anything is sealed with it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
