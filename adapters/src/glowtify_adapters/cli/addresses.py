"""Where a key goes: the platform's own address, or one that was set."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glowtify_core.domain.errors import CredentialsMissing, PlatformUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glowtify_adapters.app import App
    from glowtify_adapters.cli.terminal import Terminal
    from glowtify_core.ports.credentials import CredentialRef, Credentials


def kept_address(terminal: Terminal, app: App, ref: CredentialRef, credentials: Credentials) -> str | None:
    """The address kept from before, said aloud; a sandbox's is not for another key, and left ("")."""
    earlier = app.connections.repo.get(ref.store, ref.platform)
    address = str(earlier.settings.get("base_url", "")) if earlier else ""
    if not address:
        return None
    from glowtify_core.kit.http import is_loopback

    if is_loopback(address) and _stored(app, ref) != dict(credentials):
        terminal.note(
            f"Using the platform's own address for this key, not {address} as before;"
            f" --base-url {address} keeps that.",
            "yellow",
        )
        return ""
    terminal.note(f"Using {address} kept from before; --base-url '' for the platform's own.", "yellow")
    return address


def _stored(app: App, ref: CredentialRef) -> Credentials | None:
    try:
        return dict(app.connections.credentials.get(ref))
    except CredentialsMissing:
        return None


@contextmanager
def saying_where(settings: Mapping[str, Any]) -> Iterator[None]:
    """Name the address that was set, when nothing answers there."""
    try:
        yield
    except PlatformUnavailable as error:
        if address := settings.get("base_url"):
            error.detail = f"{error.detail} at {address}".strip()
        raise
