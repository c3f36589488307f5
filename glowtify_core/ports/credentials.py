"""Secrets, and where they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

MASK = "********"


class Secret:
    """A value that shows itself only when asked by name.

    Masked in ``repr``, ``str`` and ``format``; pickling or copying it raises :class:`TypeError`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is neither pickled nor copied")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is neither pickled nor copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a Secret is neither pickled nor copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a Secret is neither pickled nor copied")


Credentials = Mapping[str, Secret]
"""Credential field name (as in the manifest) to its value."""


@dataclass(frozen=True, slots=True, order=True)
class CredentialRef:
    """Whose credential: a store's for a platform."""

    store: str
    platform: str


class CredentialStore(Protocol):
    """Keeps credentials. Knows nothing of what they are for."""

    def get(self, ref: CredentialRef) -> Credentials:
        """The stored credentials.

        Raises:
            CredentialsMissing: none are stored, or they cannot be decrypted.
        """
        ...

    def put(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Store, in place of whatever was there.

        Raises:
            ConfigurationError: this store is read-only.
        """
        ...

    def replace(self, ref: CredentialRef, expected: Credentials, credentials: Credentials) -> bool:
        """Store only if ``expected`` is what is stored now, at once; whether it was.

        Raises:
            ConfigurationError: this store is read-only.
        """
        ...

    def delete(self, ref: CredentialRef) -> None:
        """Forget; nothing happens when nothing is stored.

        Raises:
            ConfigurationError: something is, and this store is read-only.
        """
        ...

    def accounts(self) -> Sequence[CredentialRef]:
        """Everything that is stored, sorted."""
        ...
