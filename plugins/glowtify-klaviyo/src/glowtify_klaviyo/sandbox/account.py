"""Endpoints of the account and its metrics."""

from __future__ import annotations

from glowtify_klaviyo.sandbox import jsonapi
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import invalid, not_found
from glowtify_klaviyo.sandbox.filters import Rule
from glowtify_klaviyo.sandbox.limits import XS, M, S
from glowtify_klaviyo.sandbox.vocabulary import MAPPED_METRICS

METRIC_PAGE = (200, 200)


def get_accounts(call: Call) -> Answer:
    """List the one account."""
    return jsonapi.many(call, "account", [call.state.account], links={"next": None, "prev": None})


def get_account(call: Call) -> Answer:
    """Read the account by its id."""
    if call.id != call.state.account.id:
        raise not_found(f"Account with id {call.id} not found.")
    return jsonapi.one(call, "account", call.state.account)


def get_metrics(call: Call) -> Answer:
    """List the metrics; the first is "Placed Order"."""
    items, links = jsonapi.page(call, call.state.metrics.values())
    return jsonapi.many(call, "metric", items, links=links)


def get_metric(call: Call) -> Answer:
    """Read one metric."""
    return jsonapi.one(call, "metric", call.state.metric(call.id))


def get_mapped_metrics(call: Call) -> Answer:
    """List the seven slots."""
    return jsonapi.many(call, "mapped-metric", MAPPED_METRICS)


def get_mapped_metric(call: Call) -> Answer:
    """Read one slot; an unknown one is a 400, not a 404."""
    if call.id not in MAPPED_METRICS:
        raise invalid(f"'{call.id}' is not a valid choice for 'id'.", pointer="/data/attributes/id")
    return jsonapi.one(call, "mapped-metric", call.id)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/accounts",
        handle=get_accounts,
        scopes=("accounts:read",),
        limit=XS,
        types=("account",),
    ),
    Endpoint(
        method="GET",
        path="/api/accounts/{id}",
        handle=get_account,
        scopes=("accounts:read",),
        limit=XS,
        types=("account",),
    ),
    Endpoint(
        method="GET",
        path="/api/metrics",
        handle=get_metrics,
        scopes=("metrics:read",),
        limit=M,
        types=("metric", "flow"),
        include=("flow-triggers",),
        filters={
            "integration.name": Rule(("equals",), lambda item, _now: item.integration["name"]),
            "integration.category": Rule(("equals",), lambda item, _now: item.integration["category"]),
        },
        page=METRIC_PAGE,
        cursor_only=True,
    ),
    Endpoint(
        method="GET",
        path="/api/metrics/{id}",
        handle=get_metric,
        scopes=("metrics:read",),
        limit=M,
        types=("metric", "flow"),
        include=("flow-triggers",),
    ),
    Endpoint(
        method="GET",
        path="/api/mapped-metrics",
        handle=get_mapped_metrics,
        scopes=("metrics:read",),
        limit=S,
        types=("mapped-metric", "metric", "custom-metric"),
        include=("metric", "custom-metric"),
    ),
    Endpoint(
        method="GET",
        path="/api/mapped-metrics/{id}",
        handle=get_mapped_metric,
        scopes=("metrics:read",),
        limit=S,
        types=("mapped-metric", "metric", "custom-metric"),
        include=("metric", "custom-metric"),
    ),
)
