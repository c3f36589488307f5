"""Connecting, checking again, and what errors do to a connection."""

from dataclasses import replace

import fakes
import pytest

from glowtify_core.domain.audience import AudienceKind, AudienceName
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    ConfigurationError,
    CredentialsMissing,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    Unsupported,
)
from glowtify_core.ports.connectors import CredentialField
from glowtify_core.ports.credentials import CredentialRef, Secret

KEY = {"api_key": Secret("another-long-key")}
OURS = CredentialRef("default", "fake")


@pytest.fixture
def world():
    return fakes.build()


def unauthorized():
    return AuthenticationFailed("Invalid API key", effect=Effect.NONE, remedy="Generate a new one.")


def lack(world, *scopes):
    world.server.account = replace(world.server.account, missing=frozenset(scopes))


def connection(world):
    return world.connections.get("default", "fake")


def test_connecting_keeps_the_account_and_the_credential(world):
    made = world.connect("north", "fake", KEY, settings={"base_url": "http://127.0.0.1"})
    assert made == world.connections.get("north", "fake")
    assert made.state is ConnectionState.CONNECTED
    assert made.account == world.server.account
    assert made.settings == {"base_url": "http://127.0.0.1"}
    assert made.checked_at == world.clock.now()
    assert world.credentials.get(CredentialRef("north", "fake")) == KEY


@pytest.mark.parametrize("credentials", [{}, {"api_key": Secret("")}, {"other": Secret("x")}])
def test_a_missing_field_is_refused_before_any_request(world, credentials):
    world.server.connect_error = AssertionError("a request was sent")
    with pytest.raises(CredentialsMissing) as refusal:
        world.connect("default", "fake", credentials)
    assert refusal.value.field == "api_key"


def test_a_public_key_is_refused_before_any_request(world):
    world.server.connect_error = AssertionError("a request was sent")
    with pytest.raises(CredentialsMissing, match="This is the public site key"):
        world.connect("default", "fake", {"api_key": Secret("AbC123")})


def test_a_wrong_key_stores_nothing_and_leaves_the_earlier_connection(world):
    before = connection(world), world.credentials.get(OURS)
    world.server.connect_error = unauthorized()
    for store in ("default", "new"):
        with pytest.raises(AuthenticationFailed):
            world.connect(store, "fake", KEY)
    assert (connection(world), world.credentials.get(OURS)) == before
    assert world.connections.get("new", "fake") is None
    assert world.credentials.accounts() == [OURS]


def test_scopes_that_publishing_needs_are_named_and_nothing_is_stored(world):
    lack(world, "campaigns:write", "metrics:read")
    with pytest.raises(PermissionDenied, match="Scopes insufficient") as refusal:
        world.connect("new", "fake", KEY)
    assert "campaigns:write" in refusal.value.detail
    for scope in ("campaigns:write", "lists:read", "metrics:read", "segments:read"):
        assert scope in refusal.value.remedy
    assert refusal.value.missing == ("campaigns:write", "metrics:read")
    assert world.connections.get("new", "fake") is None
    assert world.credentials.accounts() == [OURS]


def test_an_optional_scope_that_is_missing_connects_partially_and_turns_its_ability_off(world):
    lack(world, "metrics:read")
    made = world.connect("default", "fake", KEY)
    assert made.state is ConnectionState.PARTIALLY_CONNECTED
    assert made.problem == "The key lacks metrics:read: metrics off."
    assert "metrics:read" in made.remedy
    assert world.publish(fakes.campaign()).publication.state == "scheduled"
    with (
        pytest.raises(Unsupported, match="Scopes insufficient"),
        world.platforms.connected("default", "fake") as connected,
    ):
        connected.require(*connected.manifest.capabilities)


def test_one_of_two_alternative_scopes_missing_connects_partially_and_publishing_works(world):
    lack(world, "segments:read")
    made = world.connect("default", "fake", KEY)
    assert made.state is ConnectionState.PARTIALLY_CONNECTED
    assert made.problem == "The key lacks segments:read: segments off."
    kinds = {found.audience.ref.kind for found in world.audiences("default", "fake")}
    assert kinds == {AudienceKind.LIST}
    wished = fakes.campaign(include=(AudienceName("VIP"),))
    assert world.publish(wished).publication.state is fakes.S.SCHEDULED


def test_a_scope_that_nothing_needs_never_lowers_the_state(world):
    lack(world, "profiles:read")
    assert world.connect("default", "fake", KEY).state is ConnectionState.CONNECTED


@pytest.mark.parametrize(
    ("label", "words"), [("API key", "The API key "), ("Access token", "The access token ")]
)
def test_a_credential_is_called_as_its_platform_calls_it(label, words):
    world = fakes.build(credential_fields=(CredentialField("credential", label),))
    secret = {"credential": Secret("a-long-enough-one")}
    lack(world, "metrics:read")
    assert world.connect("default", "fake", secret).remedy.startswith(words)
    world.server.account = replace(world.server.account, id="ACC002", name="Other")
    with pytest.raises(CampaignRejected) as refusal:
        world.connect("default", "fake", secret)
    assert f"{words}belongs to Other." in refusal.value.detail
    assert refusal.value.field == "credential"


def test_another_account_is_refused_unless_asked_for(world):
    world.server.account = replace(world.server.account, id="ACC002", name="Other")
    with pytest.raises(CampaignRejected, match="another account") as refusal:
        world.connect("default", "fake", KEY)
    assert refusal.value.code == "another_account"
    assert connection(world).account.id == "ACC001"
    assert world.connect("default", "fake", KEY, other_account=True).account.id == "ACC002"
    assert world.credentials.get(OURS) == KEY


def test_connecting_again_keeps_the_settings_unless_new_ones_are_given(world):
    world.connect("default", "fake", KEY, settings={"base_url": "http://127.0.0.1"})
    assert world.connect("default", "fake", KEY).settings == {"base_url": "http://127.0.0.1"}
    assert world.connect("default", "fake", KEY, settings={}).settings == {}


def test_stores_share_an_account_and_nothing_else(world):
    world.connect("north", "fake", KEY)
    world.disconnect("default", "fake")
    assert world.connections.get("north", "fake")
    assert world.credentials.get(CredentialRef("north", "fake")) == KEY


def test_checking_again_takes_over_what_the_account_says_now(world):
    world.server.account = replace(
        world.server.account, zone="Europe/Paris", missing=frozenset({"metrics:read"})
    )
    world.clock.move(fakes.timedelta(hours=1))
    checked = world.connect.check_now("default", "fake")
    assert checked == connection(world)
    assert checked.account.zone == "Europe/Paris"
    assert checked.state is ConnectionState.PARTIALLY_CONNECTED
    assert checked.checked_at == world.clock.now()


def test_checking_again_finds_a_key_of_another_account(world):
    world.server.account = replace(world.server.account, id="ACC002", name="Other")
    with pytest.raises(CampaignRejected, match="another account"):
        world.connect.check_now("default", "fake")
    assert connection(world).state is ConnectionState.RECONNECT_REQUIRED
    assert connection(world).account.id == "ACC001"


def test_a_key_that_is_revoked_later_asks_for_reconnecting_and_reconnecting_mends_it(world):
    world.server.before["read"] = [unauthorized()]
    published = world.publish
    with pytest.raises(AuthenticationFailed):
        published(fakes.campaign())
    assert connection(world).state is ConnectionState.RECONNECT_REQUIRED
    assert connection(world).problem == "Invalid API key"
    assert connection(world).remedy == "Generate a new one."
    assert world.connect("default", "fake", KEY).state is ConnectionState.CONNECTED


def test_a_revoked_key_behind_an_unknown_outcome_is_noted_too(world):
    world.server.after["create"] = [fakes.lost()]
    world.server.before["read"] = [unauthorized()]
    with pytest.raises(OutcomeUnknown, match="Invalid API key"):
        world.publish(fakes.campaign())
    assert connection(world).state is ConnectionState.RECONNECT_REQUIRED


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (("campaigns:write",), ConnectionState.RECONNECT_REQUIRED),
        (("metrics:read",), ConnectionState.PARTIALLY_CONNECTED),
        ((), ConnectionState.CONNECTED),
    ],
)
def test_a_scope_that_turns_out_missing_later_is_noted(world, missing, state):
    denied = PermissionDenied("Scopes insufficient", effect=Effect.NONE)
    denied.missing = missing
    world.server.before["create"] = [denied]
    with pytest.raises(PermissionDenied):
        world.publish(fakes.campaign())
    assert connection(world).state is state
    assert connection(world).account.missing == set(missing)


@pytest.mark.parametrize(
    "trouble",
    [
        RateLimited("slow down", effect=Effect.NONE),
        fakes.down(),
        fakes.refused(),
        fakes.lost(),
        MalformedResponse("what?", effect=Effect.NONE),
    ],
)
def test_other_trouble_never_changes_a_connection(world, trouble):
    before = connection(world)
    world.server.before["create"] = [trouble] * 9
    with pytest.raises(type(trouble)):
        world.publish(fakes.campaign())
    assert connection(world) == before


def test_an_old_keys_failure_does_not_spoil_a_new_connection(world):
    world.server.meanwhile["create"] = lambda: world.connect("default", "fake", KEY, settings={"new": True})
    world.server.before["create"] = [unauthorized()]
    with pytest.raises(AuthenticationFailed):
        world.publish(fakes.campaign())
    assert connection(world).state is ConnectionState.CONNECTED
    assert connection(world).settings == {"new": True}


def test_who_is_not_connected_is_told_how_to(world):
    with pytest.raises(CredentialsMissing, match="not connected") as refusal:
        world.publish(fakes.campaign(key=fakes.CampaignKey("north", "epic-1")))
    assert refusal.value.code == "not_connected"
    assert "glowtify connect fake --store north" in refusal.value.remedy


def test_a_key_that_is_connected_again_is_stored_again(world, monkeypatch):
    stored = []
    put = world.credentials.put
    monkeypatch.setattr(world.credentials, "put", lambda ref, key: (stored.append(ref), put(ref, key)))
    world.connect("default", "fake", KEY)
    world.connect("default", "fake", KEY)
    assert len(stored) == 2  # so that a new encryption key seals it


def test_a_read_only_store_that_holds_the_key_is_as_good(world, monkeypatch):
    def refuse(*_):
        raise ConfigurationError("read-only")

    world.connect("default", "fake", KEY)
    monkeypatch.setattr(world.credentials, "put", refuse)
    assert world.connect("default", "fake", KEY).state is ConnectionState.CONNECTED
    with pytest.raises(ConfigurationError, match="read-only"):
        world.connect("default", "fake", {"api_key": Secret("a-third-long-key")})


def test_what_was_chosen_inside_an_account_is_not_taken_to_another(world):
    chosen = {"base_url": "http://127.0.0.1:1", "conversion_metric": "M1"}
    world.connect("default", "fake", KEY, settings=chosen)
    world.server.account = replace(world.server.account, id="ACC002")
    world.connect("default", "fake", KEY, other_account=True)
    assert connection(world).settings == {"base_url": "http://127.0.0.1:1"}
