"""Connecting: what each kind of key is told."""

import pytest

from glowtify_core.application.platforms import judge
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import AuthenticationFailed, CredentialsMissing
from glowtify_klaviyo.plugin import MANIFEST


@pytest.mark.live
@pytest.mark.vcr
def test_key_good(story):
    account = story(key="full").platform.connect()

    assert (account.name, account.zone, account.currency) == ("Example Shop", "Europe/Berlin", "EUR")
    assert not account.missing
    assert {"campaigns:read", "lists:read", "metrics:read"} <= account.granted


@pytest.mark.vcr
def test_key_revoked(story):
    with pytest.raises(AuthenticationFailed) as refused:
        story(key="revoked").platform.connect()

    assert refused.value.title == "Invalid API key"
    assert "Generate a new private key in Klaviyo" in refused.value.remedy


@pytest.mark.vcr
def test_scope_missing_that_publishing_needs(story):
    account = story(key="without-templates").platform.connect()

    assert {"templates:read"} <= account.missing
    connection = judge(MANIFEST, Connection("default", "klaviyo", ConnectionState.CONNECTED, account))
    assert connection.state is ConnectionState.RECONNECT_REQUIRED


@pytest.mark.vcr
def test_scope_missing_that_is_optional(story):
    account = story(key="without-metrics").platform.connect()

    assert account.missing == {"metrics:read"}
    connection = judge(MANIFEST, Connection("default", "klaviyo", ConnectionState.CONNECTED, account))
    assert connection.state is ConnectionState.PARTIALLY_CONNECTED
    assert "metrics off" in connection.problem


def test_public_key_makes_no_request():
    (field,) = MANIFEST.credential_fields

    with pytest.raises(
        CredentialsMissing
    ) as refused:  # the network is blocked: a request would fail otherwise
        field.check("AbC123")

    assert refused.value.title == "This is the public site key"
