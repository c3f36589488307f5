"""Credentials from environment variables, for hosts whose secrets come that way."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from glowtify_core.domain.errors import ConfigurationError, CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Credentials, Secret

PREFIX = "GLOWTIFY_CREDENTIAL_"

_WORD = r"[A-Z0-9]+(?:_[A-Z0-9]+)*"
_VARIABLE = re.compile(rf"{PREFIX}({_WORD})__({_WORD})__({_WORD})")


class EnvironmentCredentials:
    """A read-only :class:`~glowtify_core.ports.credentials.CredentialStore`.

    ``GLOWTIFY_CREDENTIAL_DEFAULT__KLAVIYO__API_KEY`` is the field ``api_key`` of platform ``klaviyo`` in
    store ``default``: two underscores between the parts. Names are of lower-case letters, digits and single
    underscores, so that no two stores share a variable; others cannot have credentials here.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def get(self, ref: CredentialRef) -> Credentials:
        """The credentials of the variables that are set.

        Raises:
            CredentialsMissing: there are none.
        """
        fields = self._all().get(ref)
        if not fields:
            raise CredentialsMissing(
                f"No credentials for {ref.platform} are in the environment",
                remedy=f"Set {PREFIX}{ref.store}__{ref.platform}__<FIELD>, all in capitals.",
            )
        return fields

    def put(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Refused.

        Raises:
            ConfigurationError: always.
        """
        del credentials
        raise _read_only(ref)

    def replace(self, ref: CredentialRef, expected: Credentials, credentials: Credentials) -> bool:
        """Refused.

        Raises:
            ConfigurationError: always.
        """
        del expected, credentials
        raise _read_only(ref)

    def delete(self, ref: CredentialRef) -> None:
        """Nothing, where there is nothing.

        Raises:
            ConfigurationError: the variables are set.
        """
        if ref in self._all():
            raise _read_only(ref)

    def accounts(self) -> Sequence[CredentialRef]:
        """Everything that is set, sorted."""
        return sorted(self._all())

    def _all(self) -> dict[CredentialRef, dict[str, Secret]]:
        found: dict[CredentialRef, dict[str, Secret]] = {}
        for variable, value in self._environment.items():
            if value and (match := _VARIABLE.fullmatch(variable)):
                store, platform, field = (part.lower() for part in match.groups())
                found.setdefault(CredentialRef(store, platform), {})[field] = Secret(value)
        return found


def _read_only(ref: CredentialRef) -> ConfigurationError:
    return ConfigurationError(
        f"The credentials for {ref.platform} come from the environment and cannot be changed here",
        code="credentials_read_only",
        remedy=f"Change or unset the variables that start with {PREFIX}.",
    )
