"""Credentials that come from environment variables."""

from __future__ import annotations

import pytest

from glowtify_adapters.credentials.environment import EnvironmentCredentials
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Secret

REF = CredentialRef("default", "klaviyo")


@pytest.fixture
def store() -> EnvironmentCredentials:
    return EnvironmentCredentials(
        {
            "GLOWTIFY_CREDENTIAL_SECOND__KLAVIYO__API_KEY": "two",
            "GLOWTIFY_CREDENTIAL_DEFAULT__KLAVIYO__API_KEY": "one",
            "GLOWTIFY_CREDENTIAL_DEFAULT__KLAVIYO__REGION": "eu",
            "GLOWTIFY_CREDENTIAL_EMPTY__KLAVIYO__API_KEY": "",
            "GLOWTIFY_CREDENTIAL_DEFAULT_KLAVIYO_API_KEY": "single underscores part nothing",
            "HOME": "/home/me",
        }
    )


def test_only_variables_of_the_form_count_that_are_not_empty(store):
    assert store.get(REF) == {"api_key": Secret("one"), "region": Secret("eu")}
    assert store.accounts() == [REF, CredentialRef("second", "klaviyo")]


@pytest.mark.parametrize(
    "ref",
    [
        CredentialRef("default", "mailchimp"),
        CredentialRef("empty", "klaviyo"),
        CredentialRef("Default", "klaviyo"),
        CredentialRef("default-", "klaviyo"),
    ],
)
def test_what_is_not_set_is_missing_with_a_remedy(store, ref):
    with pytest.raises(CredentialsMissing) as missing:
        store.get(ref)
    assert "GLOWTIFY_CREDENTIAL_" in missing.value.remedy


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv("GLOWTIFY_CREDENTIAL_DEFAULT__KLAVIYO__API_KEY", "one")
    assert EnvironmentCredentials().get(REF) == {"api_key": Secret("one")}
