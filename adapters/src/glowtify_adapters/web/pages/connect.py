"""Connecting an account, or connecting it again, by a form that the connector's manifest makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.web.desk import by_script, desk_of, go, page, posted, text_of, tongue_of
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CredentialsMissing,
    GlowtifyError,
    PermissionDenied,
)
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.ports.credentials import Secret

PREFIX = "credential-"
"""Stands before a credential field's name in the form, so that it meets no name of ours."""

ADDRESS = "base_url"
CONVERSION = "conversion_metric"


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it is shown.

    Attributes:
        manifest: whose form it is.
        earlier: the connection that there is already.
        typed: by the form's names; nothing secret.
        error: why it was refused.
        other_account: whether the box that allows another account is ticked.
    """

    manifest: ConnectorManifest
    earlier: Connection | None
    typed: Mapping[str, str] = field(default_factory=dict)
    error: GlowtifyError | None = None
    other_account: bool = False

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that can be made, besides the credential."""
        measures = Capability.METRICS in self.manifest.capabilities
        return (ADDRESS, CONVERSION) if measures else (ADDRESS,)

    @property
    def refused(self) -> str:
        """The form's name of the field that the error stands beside; empty: it stands above the form."""
        error, credential = self.error, [one.name for one in self.manifest.credential_fields]
        if error is None:
            return ""
        if error.field in credential:
            return f"{PREFIX}{error.field}"
        if error.field in self.settings:
            return error.field
        of_the_key = isinstance(error, AuthenticationFailed | PermissionDenied | CredentialsMissing)
        return f"{PREFIX}{credential[0]}" if of_the_key and len(credential) == 1 else ""

    @property
    def advanced(self) -> bool:
        """Whether the settings are to be seen at once: something is set, or wrong."""
        return self.refused in self.settings or any(self.typed.get(name) for name in self.settings)

    @property
    def missing(self) -> tuple[str, ...]:
        """The scopes that the key lacks, where that is why."""
        return self.error.missing if isinstance(self.error, PermissionDenied) else ()

    @property
    def another_account(self) -> bool:
        """Whether the key was good, and of another account."""
        return self.other_account or (self.error is not None and self.error.code == "another_account")

    @property
    def needed(self) -> frozenset[str]:
        """The scopes without which nothing is published."""
        return frozenset(self.manifest.capabilities[Capability.PUBLISH].every_scope)

    @property
    def scopes(self) -> tuple[str, ...]:
        """All scopes that are of use, in the order in which they are shown."""
        return tuple(dict.fromkeys(scope for group in self.manifest.scope_words.values() for scope in group))


def show(request: Request) -> Response:
    """The form, with the settings that the connection has."""
    desk, name = desk_of(request), request.path_params["name"]
    manifest = desk.app.connections.directory.manifest(name)
    earlier = desk.app.connections.repo.get(desk.store, name)
    kept = {setting: str(value) for setting, value in earlier.settings.items()} if earlier else {}
    return page(request, "connect.html", form=Filled(manifest, earlier, kept), again=False)


def connect(request: Request, form: FormData) -> Response:
    """Verify the key and connect; what is refused comes back with the form."""
    desk, name = desk_of(request), request.path_params["name"]
    manifest = desk.app.connections.directory.manifest(name)
    earlier = desk.app.connections.repo.get(desk.store, name)
    other_account = text_of(form, "other_account") == "yes"
    filled = Filled(manifest, earlier, _typed(form, manifest), other_account=other_account)
    credentials = {one.name: Secret(text_of(form, PREFIX + one.name)) for one in manifest.credential_fields}
    try:
        connection = desk.app.connections.connect(
            desk.store, name, credentials, settings=_settings(filled), other_account=other_account
        )
    except GlowtifyError as error:
        template = "parts/connect_form.html" if by_script(request) else "connect.html"
        return page(request, template, status=422, form=replace(filled, error=error), again=True)
    well = connection.state is ConnectionState.CONNECTED
    said = _said(request, manifest, connection)
    return go(request, "/connectors?tab=connected", said, style="good" if well else "warn")


def _typed(form: FormData, manifest: ConnectorManifest) -> Mapping[str, str]:
    """What was typed and is not secret, by the form's names."""
    shown = [PREFIX + one.name for one in manifest.credential_fields if not one.secret]
    return {name: text_of(form, name) for name in (*shown, ADDRESS, CONVERSION)}


def _settings(filled: Filled) -> Mapping[str, Any]:
    """What is set now over what was kept; an empty field takes a setting away."""
    kept = dict(filled.earlier.settings) if filled.earlier else {}
    given = {name: filled.typed[name] for name in filled.settings}
    return {name: value for name, value in {**kept, **given}.items() if value != ""}


def _said(request: Request, manifest: ConnectorManifest, connection: Connection) -> str:
    """What came of it, for the top of the page."""
    tongue, named = tongue_of(request), {"title": manifest.title, "account": connection.account.name}
    if connection.state is ConnectionState.CONNECTED:
        return tongue.say("{title} is connected to {account}.", **named)
    return tongue.say("{title} is partially connected to {account}. Its card says what is missing.", **named)


ROUTES = [
    Route("/connectors/{name}/connect", show, methods=["GET"]),
    Route("/connectors/{name}/connect", posted(connect), methods=["POST"]),
]
