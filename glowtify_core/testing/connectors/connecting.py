"""The contract of connecting: whose account it is, what the credential may do, and that it is told nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import pytest
import requests

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import AuthenticationFailed, PermissionDenied
from glowtify_core.domain.schedule import load_zone
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Credentials, Secret
from glowtify_core.ports.platform import EmailPlatform
from glowtify_core.testing.connectors.case import ConnectorCase
from glowtify_core.testing.memory import OpenGate
from glowtify_core.testing.stage.leaks import Leaks
from glowtify_core.testing.stage.world import World


class ConnectContract(ConnectorCase):
    """What ``connect`` and ``close`` promise, and how credentials are treated."""

    def test_c07_connecting_only_reads(self, world: World) -> None:
        """C-7: connect() asks and changes nothing on the platform.

        Why: it is called again and again, to see whether all is well.
        If this fails: probe scopes by reading; a scope that only a write can prove belongs to not_proven.
        Where a write to an object that nobody has proves it, the script's writes() may leave that out.
        """
        world.wire.forget()
        with world.platform() as platform:
            platform.connect()
        assert world.wire.exchanges, "it asked nothing"
        assert [str(one) for one in world.wire.writes] == []

    def test_c07_the_account_is_told(self, world: World) -> None:
        """C-7: connect() tells a stable id, a name, a zone that exists and a currency.

        Why: publications are bound to the account's id, and wall times are read in its zone.
        If this fails: fill AccountInfo from the platform's account endpoint, the same each time.
        """
        with world.platform() as platform:
            first, again = platform.connect(), platform.connect()
        assert first.id
        assert first.id == again.id
        assert first.name.strip()
        load_zone(first.zone)
        assert re.fullmatch(r"[A-Z]{3}", first.currency), "currency: ISO 4217"

    def test_c08_a_wrong_credential_is_said_to_be_wrong(self) -> None:
        """C-8: A credential that the platform does not know is AuthenticationFailed, with what to do.

        Why: only then the connection turns to Reconnect required; anything else is tried again for ever.
        If this fails: turn the platform's 401 (or what it says instead) into AuthenticationFailed.
        """
        world = self.make_world()
        wrong = {name: Secret(value) for name, value in world.script.wrong_credentials().items()}
        with world.wire.installed():
            with pytest.raises(AuthenticationFailed) as failed:
                world.host.connect_with(wrong)
            assert failed.value.remedy
            assert not world.host.connections.all()
            assert not world.host.credentials.accounts()

    def test_c09_a_missing_scope_is_told(self) -> None:
        """C-9: A scope that a credential lacks is told as missing, or as not proven; never as granted.

        Why: what a key may do decides what a person is offered.
        If this fails: probe the scope in connect(), or list it as not_proven.
        """
        for scope, world, secrets in self._lacking():
            opened = world.host.platforms.open(self.manifest, secrets, world.host.settings, None)
            with world.wire.installed(), opened as platform:
                lacking, granted = _scopes(platform)
            assert scope in lacking, scope
            assert scope not in granted, scope

    def test_c09_a_needed_scope_keeps_a_store_from_connecting(self) -> None:
        """C-9: Without a scope that publishing needs nothing is connected; without another, partially.

        Why: a person must hear it before the e-mail is due.
        If this fails: see that connect() lists what is missing, and that the manifest's Needs are right.
        """
        publish = self.manifest.capabilities[Capability.PUBLISH]
        for scope, world, secrets in self._lacking():
            denied: PermissionDenied | None = None
            with world.wire.installed():
                try:
                    world.host.connect_with(secrets)
                except PermissionDenied as refusal:
                    denied = refusal
            if denied:
                assert scope in publish.every_scope, scope
                assert scope in denied.missing
                assert not world.host.connections.all()
            else:
                (connection,) = world.host.connections.all()
                proven = scope in connection.account.missing
                assert (connection.state is ConnectionState.CONNECTED) != proven, scope

    def test_c10_secrets_show_nowhere(self, world: World) -> None:
        """C-10: A credential shows in no repr, log, error or address.

        Why: logs and tickets are read by many.
        If this fails: keep the Secret, and reveal it only where a request is signed; never put it in a URL.
        """
        leaks = Leaks(self.manifest, world.script.credentials)
        with leaks.attached(), world.platform() as platform:
            leaks.look_at(f"{platform!r} {platform} {platform.__dict__}", "the platform's repr")
            platform.connect()
            world.host.publish(world.campaign())
            world.wire.break_at(1, lambda wire, _: wire.script.unauthorised())
            world.wire.exchanges.clear()
            with pytest.raises(AuthenticationFailed) as failed:
                platform.connect()
            leaks.look_at_error(failed.value)
        for exchange in world.wire.exchanges:
            leaks.look_at(f"{exchange.request.path} {exchange.request.query}", "an address")
        leaks.look_at(repr(world.publication), "the publication")
        assert leaks.found == []

    def test_c11_accounts_are_kept_apart(self, world: World) -> None:
        """C-11: Two platforms at once use each its own credential.

        Why: stores share nothing; an agency has many.
        If this fails: keep nothing in module globals or on the class.
        """
        context = ConnectorContext(None, world.secrets, world.clock, OpenGate(), dict(world.host.settings))
        wrong = {name: Secret(value) for name, value in world.script.wrong_credentials().items()}
        good, bad = (self.manifest.factory(one) for one in (context, replace(context, credentials=wrong)))
        try:
            good.connect()
            with pytest.raises(AuthenticationFailed):
                bad.connect()
            good.connect()
        finally:
            good.close()
            bad.close()

    def test_c12_closing_twice_is_harmless(self, world: World) -> None:
        """C-12: close() lets go of connections, and may be called again.

        Why: it is called on every way out, also after an error.
        If this fails: make close() do nothing the second time.
        """
        with world.platform() as platform:
            platform.connect()
            with mock.patch.object(requests.Session, "close") as closed:
                platform.close()
            assert closed.called, "no session was closed"
            platform.close()
            platform.close()

    def _lacking(self) -> Iterator[tuple[str, World, Credentials]]:
        """Each scope of the manifest, with a fresh world and a credential that lacks it; else skips."""
        found = False
        needs = self.manifest.capabilities.values()
        for scope in sorted({one for need in needs for one in need.every_scope}):
            world = self.make_world()
            lacking = world.script.credentials_without(scope)
            if lacking is not None:
                found = True
                yield scope, world, {name: Secret(value) for name, value in lacking.items()}
        if not found:
            pytest.skip(f"the script of {self.manifest.title} has no credential that lacks a scope")


def _scopes(platform: EmailPlatform) -> tuple[frozenset[str], frozenset[str]]:
    """What connect() says is missing or not proven, and what is granted.

    A credential that may not even say whose it is has no account to tell; its error names what it lacks.
    """
    try:
        account = platform.connect()
    except PermissionDenied as denied:
        return frozenset(denied.missing), frozenset()
    return account.missing | account.not_proven, account.granted
