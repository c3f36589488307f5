"""Credentials in a database and in the environment keep the promises of their port."""

from __future__ import annotations

import pytest

from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.environment import EnvironmentCredentials
from glowtify_adapters.credentials.keys import GivenKeys
from glowtify_adapters.persistence import Database
from glowtify_core.ports.credentials import CredentialRef, Secret
from glowtify_core.testing import CredentialStoreContract, ReadOnlyCredentialStoreContract


class TestEncryptedCredentials(CredentialStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        database = Database(tmp_path / "glowtify.db")
        yield EncryptedCredentials(database, GivenKeys([Secret("11" * 32)]))
        database.close()

    @pytest.fixture
    def at_rest(self, tmp_path):
        return lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir())


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
