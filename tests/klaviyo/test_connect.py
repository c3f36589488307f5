"""Connecting: whose key it is, and what it may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from klaviyo_client import context, scripted
from wire import Reply

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    PermissionDenied,
    Phase,
    PlatformUnavailable,
    RateLimited,
)
from glowtify_klaviyo import scopes
from glowtify_klaviyo.connecting import NO_AUDIENCE, NO_PERFORMANCE, PROBES, connect
from glowtify_klaviyo.opening import open_client
from glowtify_klaviyo.plugin import MANIFEST
from glowtify_klaviyo.sandbox import Sandbox

EVERYTHING = {*scopes.FULL, scopes.PROFILES}
ACCOUNT = {
    "data": [
        {
            "type": "account",
            "id": "AbCdEf",
            "attributes": {
                "timezone": "Europe/Berlin",
                "preferred_currency": "EUR",
                "locale": "de-DE",
                "test_account": False,
                "contact_information": {"organization_name": "Acme", "default_sender_email": ""},
            },
        }
    ]
}
DENIED = {
    "errors": [{"code": "permission_denied", "detail": "You do not have permission to perform this action."}]
}


def klaviyo(**answers: Reply) -> Callable[[Any], Reply]:
    """Klaviyo as a key with every scope sees it, but for the answers given as ``get_lists=...``."""

    def answer(request: Any) -> Reply:
        kind = request.path_url.split("?")[0].split("/")[2]
        if given := answers.get(f"{request.method.lower()}_{kind}"):
            return given
        if kind == "accounts":
            return Reply(200, ACCOUNT)
        if request.method == "PATCH":
            return Reply(404, {"errors": [{"code": "not_found", "detail": "no such thing"}]})
        return Reply(200, {"data": [{"id": "X"}], "links": {"next": None}})

    return answer


def test_a_full_key_shows_the_account_and_every_scope() -> None:
    client, wire = scripted(klaviyo())
    account = connect(client)
    assert (account.id, account.name, account.zone, account.currency) == (
        "AbCdEf",
        "Acme",
        "Europe/Berlin",
        "EUR",
    )
    assert (account.locale, account.sender_email, account.test_account) == ("de-DE", None, False)
    assert (account.granted, account.missing, account.not_proven) == (EVERYTHING, frozenset(), frozenset())
    assert account.notes == ()
    assert len(wire.requests) == 1 + len(PROBES)


def test_connecting_changes_nothing() -> None:
    client, wire = scripted(klaviyo())
    connect(client)
    for request in wire.requests:
        if request.method != "GET":
            assert request.method == "PATCH"
            assert request.path_url.endswith("/NOPE01")
            assert b'"attributes":{}' in (request.body or b"")


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.endpoint.scopes[0])
def test_a_403_of_a_probe_is_a_missing_scope(probe: Any) -> None:
    kind = probe.path.split("/")[2]
    client, _ = scripted(klaviyo(**{f"{probe.method.lower()}_{kind}": Reply(403, DENIED)}))
    account = connect(client)
    assert account.missing == set(probe.endpoint.scopes)
    assert account.granted == EVERYTHING - account.missing


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(404, {"errors": [{"code": "not_found"}]}), "granted"),
        (Reply(400, {"errors": [{"code": "invalid"}]}), "granted"),
        (Reply(200, {"data": {}}), "granted"),
        (Reply(403, DENIED), "missing"),
        (Reply(403, {"errors": [{"code": "permission_denied", "detail": "Some odd words"}]}), "missing"),
        (
            Reply(403, {"errors": [{"code": "permission_denied", "detail": "Upgrade your plan"}]}),
            "not_proven",
        ),
        (Reply(409, {"errors": [{"code": "conflict"}]}), "not_proven"),
        (Reply(500), "not_proven"),
        (Reply(200, b"<html>"), "not_proven"),
    ],
)
def test_a_write_scope_is_granted_missing_or_not_proven(reply: Reply, outcome: str) -> None:
    client, _ = scripted(klaviyo(patch_campaigns=reply))
    account = connect(client)
    found = {
        name for name in ("granted", "missing", "not_proven") if "campaigns:write" in getattr(account, name)
    }
    assert found == {outcome}


def test_a_plan_is_told_apart_from_a_scope() -> None:
    gate = {"errors": [{"code": "permission_denied", "detail": "You must have Advanced KDP enabled."}]}
    client, _ = scripted(klaviyo(get_segments=Reply(403, gate)))
    account = connect(client)
    assert account.not_proven == {"segments:read"}
    assert account.notes == ("Klaviyo refused a check of segments:read: You must have Advanced KDP enabled.",)


def test_a_wrong_key_ends_it_at_once() -> None:
    client, wire = scripted(Reply(401, {"errors": [{"code": "authentication_failed"}]}))
    with pytest.raises(AuthenticationFailed, match="Invalid API key"):
        connect(client)
    assert len(wire.requests) == 1


def test_a_key_that_may_not_say_whose_it_is_is_told_every_missing_scope() -> None:
    client, _ = scripted(klaviyo(get_accounts=Reply(403, DENIED), get_metrics=Reply(403, DENIED)))
    with pytest.raises(PermissionDenied) as caught:
        connect(client)
    error = caught.value
    assert error.title == "Scopes insufficient"
    assert error.missing == ("accounts:read", "metrics:read")
    assert error.detail == "The key lacks accounts:read, metrics:read."
    assert (error.effect, error.phase) == (Effect.NONE, Phase.CONNECT)
    assert all(scope in error.remedy for scope in scopes.FULL)


@pytest.mark.parametrize("at", ["get_accounts", "get_lists", "patch_templates"])
def test_an_edge_page_or_a_failure_says_nothing_about_scopes(at: str) -> None:
    client, _ = scripted(klaviyo(**{at: Reply(403, b"<html>", {"cf-mitigated": "challenge"})}))
    with pytest.raises(PlatformUnavailable):
        connect(client)
    client, _ = scripted(klaviyo(**{at: Reply(429, None, {"Retry-After": "9999"})}))
    with pytest.raises(RateLimited):
        connect(client)


@pytest.mark.parametrize("data", [-1, 1.5, True, "many", {"id": "X"}])
def test_what_is_no_list_counts_for_no_audience(data: Any) -> None:
    odd = Reply(200, {"data": data})
    client, _ = scripted(klaviyo(get_lists=odd, get_segments=odd))
    assert NO_AUDIENCE in connect(client).notes


def test_an_account_without_audiences_or_metrics_is_told_what_to_do() -> None:
    nothing = Reply(200, {"data": []})
    client, _ = scripted(klaviyo(get_lists=nothing, get_segments=nothing, get_metrics=Reply(403, DENIED)))
    assert connect(client).notes == (NO_AUDIENCE, NO_PERFORMANCE)
    client, _ = scripted(klaviyo(get_lists=nothing))
    assert connect(client).notes == ()


def test_audiences_that_may_not_be_read_are_not_called_absent() -> None:
    client, _ = scripted(klaviyo(get_lists=Reply(403, DENIED), get_segments=Reply(403, DENIED)))
    assert connect(client).notes == ()


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("full", set()),
        ("read-only", {"campaigns:write", "templates:write"}),
        ("without-metrics", {"metrics:read"}),
        ("without-templates", {"templates:read", "templates:write"}),
        ("without-lists", {"lists:read"}),
    ],
)
def test_the_sandboxs_keys_are_seen_for_what_they_are(
    local_klaviyo: Sandbox, key: str, missing: set[str]
) -> None:
    local_klaviyo.reset()
    client = open_client(context(local_klaviyo.keys[key], account=None, base_url=local_klaviyo.base_url))
    account = connect(client)
    client.close()
    assert account.missing == missing
    assert account.granted == EVERYTHING - missing


def test_the_manifest_asks_for_what_is_probed() -> None:
    named = {scope for needs in MANIFEST.capabilities.values() for scope in needs.every_scope}
    probed = {scope for probe in PROBES for scope in probe.endpoint.scopes} | {"accounts:read"}
    assert named == set(scopes.FULL)
    assert probed == EVERYTHING
    assert {scope for words in MANIFEST.scope_words.values() for scope in words} == EVERYTHING
