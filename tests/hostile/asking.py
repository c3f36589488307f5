"""One question for each endpoint that the connector asks, so that each answer can be made wrong alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hostile_house import KEY, TamperedStore, kept
from tampering import Tamper

from glowtify_core.domain.audience import AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.remote import RemoteRef
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.mapping import campaign_attributes, differences, message_definition
from glowtify_klaviyo.platform import KlaviyoPlatform
from glowtify_klaviyo.watching import Watcher


class Asking:
    """Questions to an account where one campaign was sent and another is scheduled; asking changes little."""

    def __init__(self) -> None:
        self.store = TamperedStore()
        self.store.act("publish")
        self._ref = self._known()
        self.store.clock.move(timedelta(minutes=1))
        self._marker = self.store.latest()[0].marker
        self._name = f"Sale {self._marker}"
        self._campaign = self.store.publish.check(self.store.campaign()).campaign
        ready = self.store.sandbox.ready
        self._list = AudienceRef(ready["lists"][0]["id"], AudienceKind.LIST)
        self._segment = AudienceRef(ready["segments"][0]["id"], AudienceKind.SEGMENT)
        self._draft, self._message = ready["campaign"]["id"], ready["campaign"]["message"]
        self._template = ready["campaign"]["template"]
        self._sent = self._sent_one()
        self.store.sandbox.configure(
            mapped_metrics={"revenue": None},
            guesses={"second_send_job": "accept", "cancel_of_cancelled": "accept"},
        )

    def ask(self, question: str, tamper: Tamper | None = None) -> GlowtifyError | None:
        """Ask; the error that came of it, if it is one of ours. Whatever comes back can be kept."""
        self.store.wire.arm([tamper] if tamper else [])
        with self.store.platforms.connected(*KEY_OF_CONNECTION) as connected:
            try:
                kept(repr(QUESTIONS[question](self, connected.platform)))
            except GlowtifyError as error:
                kept([str(error), error.remedy, error.field])
                return error
        return None

    def _read(self, platform: KlaviyoPlatform) -> Any:
        watcher: Watcher = platform._watcher
        record = watcher.read(self._ref.id("campaign") or "", messages=True)
        return record and (watcher.remote(record), differences(record, self._campaign))

    def _known(self) -> RemoteRef:
        ref = self.store.latest()[0].ref
        assert ref
        return ref

    def _sent_one(self) -> Any:
        gone = next(c for c in self.store.sandbox.state.campaigns.values() if c.history)
        with self.store.platforms.connected(*KEY_OF_CONNECTION) as connected:
            ref = RemoteRef("klaviyo", (("campaign", gone.id),))
            return connected.platform.status([ref])[ref]


KEY_OF_CONNECTION = (KEY.store, "klaviyo")


def _client(platform: KlaviyoPlatform) -> KlaviyoClient:
    return platform._client


QUESTIONS: Mapping[str, Callable[[Asking, KlaviyoPlatform], Any]] = {
    "GET /api/accounts": lambda here, it: it.connect(),
    "GET /api/profiles": lambda here, it: it.connect(),
    "PATCH /api/templates/ID": lambda here, it: it.connect(),
    "PATCH /api/campaigns/ID": lambda here, it: _client(it).patch_campaign(here._draft, {"name": "Other"}),
    "GET /api/lists": lambda here, it: list(it.audiences(AudienceKind.LIST, AudienceQuery())),
    "GET /api/segments": lambda here, it: list(it.audiences(AudienceKind.SEGMENT, AudienceQuery())),
    "GET /api/lists (probe)": lambda here, it: it.connect(),
    "GET /api/lists/ID": lambda here, it: it.size(here._list),
    "GET /api/segments/ID": lambda here, it: it.size(here._segment),
    "GET /api/templates": lambda here, it: it.parts_by_marker(here._marker),
    "POST /api/templates": lambda here, it: _client(it).create_template(name="T", html="<p>x</p>"),
    "DELETE /api/templates/ID": lambda here, it: _client(it).delete_template("NOPE01"),
    "GET /api/campaigns": lambda here, it: [it.status([here._ref]), it.find_by_marker(here._marker)],
    "POST /api/campaigns": lambda here, it: _client(it).create_campaign(
        campaign_attributes(here._campaign, here._name),
        message_definition(here._campaign, here._name),
    ),
    "GET /api/campaigns/ID": Asking._read,
    "DELETE /api/campaigns/ID": lambda here, it: _client(it).delete_campaign("NOPE01"),
    "GET /api/campaign-messages/ID": lambda here, it: it.content(here._ref),
    "POST /api/campaign-message-assign-template": lambda here, it: _client(it).assign_template(
        here._message, here._template
    ),
    "POST /api/campaign-send-jobs": lambda here, it: _client(it).create_send_job(here._draft),
    "PATCH /api/campaign-send-jobs/ID": lambda here, it: _client(it).send_job_action(here._draft, "cancel"),
    "GET /api/metrics": lambda here, it: it.metrics([here._sent], conversion_metric=None),
    "GET /api/mapped-metrics/ID": lambda here, it: it.metrics([here._sent], conversion_metric=None),
    "POST /api/campaign-values-reports": lambda here, it: it.metrics([here._sent], conversion_metric=None),
}
"""How each is asked, by endpoint; what stands in brackets tells two questions of one endpoint apart."""


def endpoint_of(question: str) -> str:
    """The endpoint whose answer a question is about."""
    return question.partition(" (")[0]


ENDPOINTS = frozenset(map(endpoint_of, QUESTIONS))
"""Everything that the connector asks."""
