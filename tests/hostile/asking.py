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

    QUESTIONS = (
        "GET /api/accounts",
        "GET /api/profiles",
        "PATCH /api/templates/ID",
        "PATCH /api/campaigns/ID",
        "GET /api/lists",
        "GET /api/segments",
        "GET /api/lists (probe)",
        "GET /api/lists/ID",
        "GET /api/segments/ID",
        "GET /api/templates",
        "POST /api/templates",
        "DELETE /api/templates/ID",
        "GET /api/campaigns",
        "POST /api/campaigns",
        "GET /api/campaigns/ID",
        "DELETE /api/campaigns/ID",
        "GET /api/campaign-messages/ID",
        "POST /api/campaign-message-assign-template",
        "POST /api/campaign-send-jobs",
        "PATCH /api/campaign-send-jobs/ID",
        "GET /api/metrics",
        "GET /api/mapped-metrics/ID",
        "POST /api/campaign-values-reports",
    )
    """By endpoint; what stands in brackets tells two questions of one endpoint apart."""

    def __init__(self) -> None:
        self.store = TamperedStore()
        self.store.act("publish")
        self._ref = self._known()
        self.store.clock.move(timedelta(minutes=1))
        self._marker = self.store.latest()[0].marker
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

    @property
    def questions(self) -> Mapping[str, Callable[[KlaviyoPlatform], Any]]:
        """How each is asked."""
        every = AudienceQuery()
        name = f"Sale {self._marker}"
        return {
            "GET /api/accounts": lambda it: it.connect(),
            "GET /api/profiles": lambda it: it.connect(),
            "PATCH /api/templates/ID": lambda it: it.connect(),
            "PATCH /api/campaigns/ID": lambda it: _client(it).patch_campaign(self._draft, {"name": "Other"}),
            "GET /api/lists": lambda it: list(it.audiences(AudienceKind.LIST, every)),
            "GET /api/segments": lambda it: list(it.audiences(AudienceKind.SEGMENT, every)),
            "GET /api/lists (probe)": lambda it: it.connect(),
            "GET /api/lists/ID": lambda it: it.size(self._list),
            "GET /api/segments/ID": lambda it: it.size(self._segment),
            "GET /api/templates": lambda it: it.parts_by_marker(self._marker),
            "POST /api/templates": lambda it: _client(it).create_template(name="T", html="<p>x</p>"),
            "DELETE /api/templates/ID": lambda it: _client(it).delete_template("NOPE01"),
            "GET /api/campaigns": lambda it: [it.status([self._ref]), it.find_by_marker(self._marker)],
            "POST /api/campaigns": lambda it: _client(it).create_campaign(
                campaign_attributes(self._campaign, name), message_definition(self._campaign, name)
            ),
            "GET /api/campaigns/ID": self._read,
            "DELETE /api/campaigns/ID": lambda it: _client(it).delete_campaign("NOPE01"),
            "GET /api/campaign-messages/ID": lambda it: it.content(self._ref),
            "POST /api/campaign-message-assign-template": lambda it: _client(it).assign_template(
                self._message, self._template
            ),
            "POST /api/campaign-send-jobs": lambda it: _client(it).create_send_job(self._draft),
            "PATCH /api/campaign-send-jobs/ID": lambda it: _client(it).send_job_action(self._draft, "cancel"),
            "GET /api/metrics": lambda it: it.metrics([self._sent], conversion_metric=None),
            "GET /api/mapped-metrics/ID": lambda it: it.metrics([self._sent], conversion_metric=None),
            "POST /api/campaign-values-reports": lambda it: it.metrics([self._sent], conversion_metric=None),
        }

    def ask(self, question: str, tamper: Tamper | None = None) -> GlowtifyError | None:
        """Ask; the error that came of it, if it is one of ours. Whatever comes back can be kept."""
        self.store.wire.arm([tamper] if tamper else [])
        with self.store.platforms.connected(*KEY_OF_CONNECTION) as connected:
            try:
                kept(repr(self.questions[question](connected.platform)))
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
