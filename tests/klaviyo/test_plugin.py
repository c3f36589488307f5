"""The manifest, the key's form, and what discovery costs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from glowtify_core.domain.audience import AudienceName, AudienceRef, parse_audience
from glowtify_core.domain.capabilities import Capability, effective
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_klaviyo.plugin import AUDIENCE_ID, MANIFEST, check_key

KEY = "pk" + "_0123456789abcdef0123456789abcdef01"


def test_the_key_comes_from_its_field_or_its_environment_variable() -> None:
    (field,) = MANIFEST.credential_fields
    assert (field.name, field.environment, field.secret, field.check) == (
        "api_key",
        "KLAVIYO_API_KEY",
        True,
        check_key,
    )


@pytest.mark.parametrize("key", [KEY, "pk" + "_x", "pk" + "_live-with.other~signs"])
def test_a_private_key_is_let_through(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize("key", ["AbC123", " AbC123\n", "abcdef", "123456"])
def test_a_public_site_key_is_named_for_what_it_is(key: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        check_key(key)
    assert caught.value.title == "This is the public site key"
    assert "private API key" in caught.value.remedy


@pytest.mark.parametrize(
    "key",
    [
        "",
        "pk" + "_",
        "sk" + "_0123456789",
        KEY.upper(),
        f" {KEY}",
        f"{KEY}\n",
        f"{KEY[:9]} {KEY[9:]}",
        f"{KEY}\r\nX-Injected: 1",
        f"{KEY}\x00",
        f"{KEY}\x7f",
        f"{KEY}é",
        f"{KEY}\u200b",
        "Bearer token",
    ],
)
def test_what_cannot_be_a_private_key_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        check_key(key)
    shown = f"{caught.value} {caught.value.remedy} {caught.value.detail} {caught.value.code}"
    assert caught.value.title != "This is the public site key"
    assert not key.strip("pk_ \n") or key not in shown
    assert caught.value.field == "api_key"


def test_publishing_needs_one_kind_of_audience_and_no_metrics() -> None:
    able = effective(MANIFEST.capabilities, {"segments:read", "metrics:read", "profiles:read"})
    assert able == set(MANIFEST.capabilities) - {Capability.METRICS, Capability.SEGMENTS}
    unable = effective(MANIFEST.capabilities, {"segments:read", "lists:read"})
    assert Capability.PUBLISH not in unable
    assert Capability.CANCEL in unable


@pytest.mark.parametrize("scope", ["campaigns:read", "templates:read"])
def test_reading_what_an_e_mail_holds_needs_campaigns_and_templates(scope: str) -> None:
    assert Capability.CONTENT in effective(MANIFEST.capabilities, {"campaigns:write", "metrics:read"})
    assert Capability.CONTENT not in effective(MANIFEST.capabilities, {scope})


@pytest.mark.parametrize("scope", ["campaigns:write", "templates:write", "accounts:read"])
def test_without_a_needed_scope_nothing_can_be_published(scope: str) -> None:
    assert Capability.PUBLISH not in effective(MANIFEST.capabilities, {scope})


def test_audience_ids_have_six_letters_or_digits() -> None:
    assert re.fullmatch(AUDIENCE_ID, "XW53Ha")
    assert parse_audience("XW53Ha", id_pattern=AUDIENCE_ID) == AudienceRef("XW53Ha")
    assert parse_audience("Summer", id_pattern=AUDIENCE_ID) == AudienceName("Summer")


def test_the_sandbox_is_reached_through_the_manifest() -> None:
    assert MANIFEST.sandbox is not None
    with MANIFEST.sandbox().start() as sandbox:
        assert sandbox.base_url.startswith("http://127.0.0.1:")
        check_key(sandbox.api_key)


def test_discovery_imports_no_http_library_no_schemas_and_no_server() -> None:
    script = """
import sys
from glowtify_core.host import discover
assert discover(strict=True).manifest("klaviyo")
print(sorted({"requests", "urllib3", "marshmallow", "starlette", "uvicorn"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
