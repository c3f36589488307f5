"""Credentials in a database and in the environment keep the promises of their port."""

from __future__ import annotations

import pytest

from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.environment import EnvironmentCredentials
from glowtify_adapters.credentials.keys import GivenKeys
from glowtify_core.ports.credentials import CredentialRef, Secret
from glowtify_core.testing import CredentialStoreContract, ReadOnlyCredentialStoreContract


class TestEncryptedCredentials(CredentialStoreContract):
    @pytest.fixture
    def store(self, database):
        return EncryptedCredentials(database, GivenKeys([Secret("11" * 32)]))

    @pytest.fixture
    def at_rest(self, at_rest):
        return at_rest


class TestEnvironmentCredentials(ReadOnlyCredentialStoreContract):
    @pytest.fixture
    def stored(self):
        return {
            CredentialRef("second", "klaviyo"): {"api_key": Secret("a-key-of-the-second-store")},
            CredentialRef("default", "klaviyo"): {
                "api_key": Secret("a-key: ключ 🔑 "),
                "region": Secret("eu"),
            },
        }

    @pytest.fixture
    def store(self, stored):
        return EnvironmentCredentials(
            {
                f"GLOWTIFY_CREDENTIAL_{ref.store}__{ref.platform}__{name}".upper(): value.reveal()
                for ref, credentials in stored.items()
                for name, value in credentials.items()
            }
        )
