"""What Glowtify learns about this connector without loading it: the manifest, offered through the hook."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.host.hookspecs import hookimpl
from glowtify_core.ports.connectors import (
    CONTRACT_VERSION,
    ConnectorContext,
    ConnectorManifest,
    CredentialField,
    Sandbox,
)
from glowtify_klaviyo import scopes

if TYPE_CHECKING:
    from glowtify_core.ports.platform import EmailPlatform

NAME = "klaviyo"
AUDIENCE_ID = r"[A-Za-z0-9]{6}"

_SITE_KEY_LENGTH = 6
_FIELD = "api_key"
_WHERE = "In Klaviyo: Settings, API keys, Create Private API Key."


def check_key(value: str) -> None:
    """Refuse what cannot be a private key, before any request. No message repeats the value.

    Raises:
        CredentialsMissing: titled "This is the public site key" where it looks like one.
    """
    bare = value.strip()
    if len(bare) == _SITE_KEY_LENGTH and bare.isascii() and bare.isalnum():
        raise _no_key("This is the public site key", "public_site_key")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise _no_key("The API key holds spaces, line breaks or characters that no key has", "key_characters")
    if not value.startswith("pk_") or value == "pk_":
        raise _no_key("This is not a private API key", "key_form")


def _no_key(title: str, code: str) -> CredentialsMissing:
    return CredentialsMissing(
        title, code=code, field=_FIELD, remedy=f"Paste a private API key: it starts with pk_. {_WHERE}"
    )


def _platform(context: ConnectorContext) -> EmailPlatform:
    from glowtify_klaviyo.platform import KlaviyoPlatform

    return KlaviyoPlatform(context)


class _LocalKlaviyo:
    """How the sandbox is started; its server is imported only then."""

    def start(self, **options: Any) -> Sandbox:
        """A sandbox in this process, to be used as a context manager."""
        from glowtify_klaviyo.sandbox import Sandbox as LocalKlaviyo

        return LocalKlaviyo(**options)

    def run(self, *, ready_file: Path | None, **options: Any) -> None:
        """Serve in the foreground until told to stop."""
        from glowtify_klaviyo.sandbox import run

        run(ready_file=ready_file, **options)


_READ = ("campaigns:read",)
_CHANGE = ("campaigns:read", "campaigns:write")
_PUBLISH = Needs(scopes.NEEDED, any_of=(scopes.AUDIENCES,))

MANIFEST = ConnectorManifest(
    name=NAME,
    title="Klaviyo",
    contract=CONTRACT_VERSION,
    credential_fields=(
        CredentialField(
            name=_FIELD,
            label="Private API key",
            help=f"{_WHERE} It needs the scopes {', '.join(scopes.FULL)}.",
            environment="KLAVIYO_API_KEY",
            check=check_key,
        ),
    ),
    capabilities={
        Capability.PUBLISH: _PUBLISH,
        Capability.RECIPIENT_TIME: _PUBLISH,
        Capability.EXCLUDE: _PUBLISH,
        Capability.SMART_SENDING: _PUBLISH,
        Capability.CANCEL: Needs(_CHANGE),
        Capability.STOP_SENDING: Needs(_CHANGE),
        Capability.EDIT: Needs(_CHANGE),
        Capability.RESCHEDULE: Needs(_CHANGE),
        Capability.LISTS: Needs((scopes.LISTS,)),
        Capability.SEGMENTS: Needs((scopes.SEGMENTS,)),
        Capability.PREFLIGHT: Needs(),
        Capability.CONTENT: Needs((*_READ, "templates:read")),
        Capability.RECONCILE: Needs((*_CHANGE, "templates:read", "templates:write")),
        Capability.METRICS: Needs((*_READ, scopes.METRICS)),
    },
    factory=_platform,
    scope_words=scopes.WORDS,
    audience_id_pattern=AUDIENCE_ID,
    sandbox=_LocalKlaviyo if find_spec("starlette") and find_spec("uvicorn") else None,
    docs_url="https://help.glowtify.com/connectors/klaviyo",
)


@hookimpl
def glowtify_connectors() -> Iterator[ConnectorManifest]:
    """The Klaviyo connector."""
    yield MANIFEST
