"""``connectors``, ``connect``, ``connections``, ``disconnect``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from glowtify_adapters.cli.addresses import kept_address, saying_where
from glowtify_adapters.cli.documents import (
    connection_document,
    connector_document,
    failure_document,
    publication_document,
)
from glowtify_adapters.cli.errors import DONE, UNDECIDED, error_document, exit_code
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import NOTHING, instant, short_time
from glowtify_adapters.plain import plain
from glowtify_core.domain.connection import Connection, ConnectionState
from glowtify_core.domain.errors import CredentialsMissing, GlowtifyError
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorManifest, CredentialField
from glowtify_core.ports.credentials import CredentialRef, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from glowtify_adapters.app import App
    from glowtify_core.domain.publication import Publication
    from glowtify_core.ports.connectors import ConnectorDirectory


@click.command()
@output_options
@click.pass_obj
def connectors(terminal: Terminal) -> None:
    """Show what is installed: versions, abilities, and what could not be loaded."""
    with open_app(terminal) as app:
        directory = app.connections.directory
        document = {
            "contract": CONTRACT_VERSION,
            "connectors": [connector_document(connector) for connector in directory.installed],
            "failures": [failure_document(failure) for failure in directory.failures],
        }
        terminal.result(document, lambda out: _show_connectors(out, directory))


@click.command()
@click.argument("connector")
@store_option()
@click.option(
    "--base-url",
    metavar="URL",
    help="Another address of the platform's API, kept with the connection; \"\" for the platform's own.",
)
@click.option("--conversion-metric", metavar="ID", help="The metric that counts as a conversion.")
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input, one line a field.")
@click.option("--other-account", is_flag=True, help="Allow a key of another account than before.")
@output_options
@click.pass_obj
def connect(
    terminal: Terminal,
    *,
    connector: str,
    store: str,
    base_url: str | None,
    conversion_metric: str | None,
    key_stdin: bool,
    other_account: bool,
) -> None:
    """Connect an account, or connect it again with a new key.

    The key comes from standard input (--key-stdin), else from the connector's environment variable
    (KLAVIYO_API_KEY), else from a hidden prompt. It is never an argument, and it is kept encrypted.

    \b
        glowtify connect klaviyo
        glowtify connect klaviyo --key-stdin < key.txt
    """  # noqa: D301 - the backspace is click's mark for lines that are not to be wrapped
    with open_app(terminal) as app:
        manifest = app.connections.directory.manifest(connector)
        credentials = {field.name: _read(terminal, field, key_stdin) for field in manifest.credential_fields}
        terminal.hide(credentials.values())
        if base_url is None:
            base_url = kept_address(terminal, app, CredentialRef(store, connector), credentials)
        given = {"base_url": base_url, "conversion_metric": conversion_metric}
        settings = _settings(app.connections.repo.get(store, connector), given)
        with terminal.working(f"Asking {manifest.title} about the account"), saying_where(settings):
            connection = app.connections.connect(
                store, connector, credentials, settings=settings, other_account=other_account
            )
    terminal.result(connection_document(connection), lambda out: show_connection(out, connection))


@click.command()
@store_option(None, "Only this store; all when left out.")
@click.option("--check", is_flag=True, help="Ask the platforms now.")
@output_options
@click.pass_obj
def connections(terminal: Terminal, store: str | None, check: bool) -> int:
    """Show which accounts are connected."""
    code, shown = DONE, []
    with open_app(terminal) as app:
        for connection in app.connections.repo.all(store):
            error = _check(terminal, app, connection) if check else None
            code = code or (exit_code(error) if error else DONE)
            latest = app.connections.repo.get(connection.store, connection.connector) or connection
            shown.append((latest, error))
    document = {
        "connections": [
            {**connection_document(connection), "error": error_document(error) if error else None}
            for connection, error in shown
        ]
    }
    terminal.result(document, lambda out: _show_connections(out, [one for one, _ in shown]))
    for _, error in shown:
        if error and not terminal.as_json:
            terminal.error(error)
    return code


@click.command()
@click.argument("connector")
@store_option()
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_options
@click.pass_obj
def disconnect(terminal: Terminal, connector: str, store: str, yes: bool) -> int:
    """Forget an account's key. What is scheduled on the platform still sends; it is listed."""
    with open_app(terminal) as app:
        connected = app.connections.repo.get(store, connector) is not None
        if not connected:
            app.connections.directory.manifest(connector)
        sending = app.connections.disconnect.still_sends(store, connector) if connected else ()
        if terminal.asks and not yes and not terminal.as_json and not _agreed(terminal, connector, sending):
            terminal.note("Nothing was done.")
            return UNDECIDED
        app.connections.disconnect(store, connector)
    document = {
        "store": store,
        "connector": connector,
        "state": str(ConnectionState.NOT_CONNECTED),
        "was_connected": connected,
        "still_sends": [publication_document(publication) for publication in sending],
    }
    terminal.result(document, lambda out: _show_disconnected(out, connector, connected, sending))
    return DONE


def show_connection(out: Console, connection: Connection) -> None:
    """One connection, in full."""
    account = connection.account
    out.print(f"{connection.state}:", plain(account.name), f"({account.id})", style=_style(connection.state))
    rows = [
        ("Store", connection.store),
        ("Time zone", account.zone),
        ("Currency", account.currency),
        ("Sender", f"{account.sender_name or ''} <{account.sender_email}>" if account.sender_email else ""),
        ("Address", str(connection.settings.get("base_url", ""))),
        ("Missing", ", ".join(sorted(account.missing))),
        ("Not proven", _not_proven(account.not_proven)),
        ("Problem", connection.problem),
        ("To do", connection.remedy),
        *(("Note", note) for note in account.notes),
    ]
    for label, value in rows:
        if value.strip():
            out.print(f"  {label:<11}{plain(value)}")


def _not_proven(scopes: frozenset[str]) -> str:
    return f"{', '.join(sorted(scopes))} (the first write shows)" if scopes else ""


def _read(terminal: Terminal, field: CredentialField, from_stdin: bool) -> Secret:
    """One field of a credential, from where the person put it."""
    if from_stdin:
        try:
            return Secret(sys.stdin.readline().strip())
        except UnicodeDecodeError:
            raise CredentialsMissing(
                f"{field.label} on standard input is not text", remedy=field.help, field=field.name
            ) from None
    if field.environment and (value := os.environ.get(field.environment, "").strip()):
        return Secret(value)
    if not terminal.asks:
        variable = f" or set {field.environment}" if field.environment else ""
        raise CredentialsMissing(
            f"{field.label} is missing",
            detail="There is no terminal to ask on.",
            remedy=f"Pass it with --key-stdin{variable}.",
            field=field.name,
        )
    if field.help:
        terminal.note(field.help)
    value = click.prompt(plain(field.label), hide_input=field.secret, err=True, type=str)
    return Secret(value.strip())


def _settings(earlier: Connection | None, given: dict[str, str | None]) -> dict[str, Any]:
    """What is set now over what was kept; an empty value takes a setting away."""
    kept = dict(earlier.settings) if earlier else {}
    changed = {name: value for name, value in given.items() if value is not None}
    return {name: value for name, value in {**kept, **changed}.items() if value != ""}


def _check(terminal: Terminal, app: App, connection: Connection) -> GlowtifyError | None:
    try:
        with terminal.working(f"Asking about {connection.account.name}"), saying_where(connection.settings):
            app.connections.connect.check_now(connection.store, connection.connector)
    except GlowtifyError as error:
        return error
    return None


def _agreed(terminal: Terminal, connector: str, sending: Sequence[Publication]) -> bool:
    for publication in sending:
        terminal.note(f"Still sends: {publication.name}, {short_time(publication.schedule)}", "yellow")
    return click.confirm(f"Disconnect {connector}?", err=True)


def _style(state: ConnectionState) -> str:
    return {ConnectionState.CONNECTED: "bold green", ConnectionState.RECONNECT_REQUIRED: "bold red"}.get(
        state, "bold yellow"
    )


def _abilities(manifest: ConnectorManifest) -> str:
    return ", ".join(sorted(capability.replace("_", " ") for capability in manifest.capabilities))


def _limits(manifest: ConnectorManifest) -> Iterator[str]:
    """What a campaign for this platform has to keep to."""
    if manifest.minutes != 1:
        yield f"sends every {manifest.minutes} minutes"
    if manifest.languages:
        yield f"needs a language: {', '.join(manifest.languages)}"
    if manifest.most_audiences is not None:
        yield f"audiences of a campaign: {manifest.most_audiences} at most"


def _show_connectors(out: Console, directory: ConnectorDirectory) -> None:
    for connector in directory.installed:
        manifest = connector.manifest
        out.print(manifest.title, f"({manifest.name})", style="bold")
        out.print(f"  {connector.distribution} {connector.version}, contract {manifest.contract}")
        out.print(f"  {_abilities(manifest)}")
        for limit in _limits(manifest):
            out.print(f"  {limit}")
        if manifest.sandbox:
            out.print(f"  has a sandbox: glowtify sandbox {manifest.name}")
    for failure in directory.failures:
        out.print(f"{failure.name}: {failure.distribution} could not be loaded", style="bold red")
        out.print(f"  {plain(failure.reason)}")
        out.print(f"  {failure.remedy}")
    if not directory.installed:
        out.print("No connector is installed: pip install glowtify-klaviyo")


def _show_connections(out: Console, shown: Sequence[Connection]) -> None:
    from rich.table import Table

    if not shown:
        out.print("Nothing is connected. Start with: glowtify connect klaviyo")
        return
    table = Table("Store", "Connector", "State", "Account", "Zone", "Currency", "Checked", box=None)
    for connection in shown:
        account = connection.account
        table.add_row(
            connection.store,
            connection.connector,
            str(connection.state),
            plain(account.name),
            account.zone,
            account.currency,
            instant(connection.checked_at),
        )
    out.print(table)
    for connection in shown:
        if connection.problem:
            out.print(
                f"{connection.store}/{connection.connector}: {plain(connection.problem)}", style="yellow"
            )
            out.print(f"  {plain(connection.remedy) or NOTHING}")


def _show_disconnected(out: Console, connector: str, connected: bool, sending: Sequence[Publication]) -> None:
    if not connected:
        out.print(f"{connector} was not connected.")
        return
    out.print(f"Disconnected {connector}; its key is deleted.", style="bold")
    for publication in sending:
        name = f"{plain(publication.name)} ({publication.key.campaign_id})"
        out.print(f"  Still sends: {name}, {short_time(publication.schedule)}", style="yellow")
    if sending:
        out.print("  Connect again to cancel them from here, or do it on the platform.")
