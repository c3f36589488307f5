"""A connector for a platform with many lists and segments, which can do all that can be declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import (
    Effect,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.schedule import Schedule
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.documents import dig, parse_instant, reading
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.http import Ready, always
from glowtify_core.kit.marks import adopt
from glowtify_core.ports.campaigns import CAMPAIGN, Journal, Step, StepKind
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorContext, ConnectorManifest
from glowtify_core.ports.platform import CancelMode, Finding
from glowtify_core.testing.fakes import many_lists_words as words
from glowtify_core.testing.fakes.connector import READ
from glowtify_core.testing.fakes.drafts import DraftConnector
from glowtify_core.testing.fakes.opening import API_KEY, open_http

TEMPLATE = "template"
REMOVE_TEMPLATE = "remove_template"
ORDERS = "orders"
"""What counts as a conversion where nobody has chosen."""

_S = PublicationState


class ManyLists(DraftConnector):
    """A campaign's content comes from a template, which is made before it and removed afterwards."""

    name = "many_lists"
    back = "recall"

    def __init__(self, context: ConnectorContext) -> None:
        super().__init__(context, open_http(context, "https://api.many-lists.example.com", words.refusal))

    def connect(self) -> AccountInfo:
        account = self._get("/account")
        with reading():
            granted = SCOPES.intersection(account["scopes"])
            return AccountInfo(
                account["id"],
                account["name"],
                account["timezone"],
                account["currency"],
                granted=granted,
                missing=SCOPES - granted,
            )

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        name = remote_name(campaign.name, journal.marker)
        template = self._store(campaign, name, journal)
        with leaving(Effect.PARTIAL):
            campaign_id = self._draft(name, words.draft_of(campaign, name), journal)
            content = self._fill(campaign_id, template, journal)
            self._schedule(campaign_id, campaign.schedule, journal)
        published = replace(self._confirmed(campaign_id), content=content)
        return self._without_template(published, journal)

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        asked = {ref.id(CAMPAIGN): ref for ref in refs}
        listed = self._campaigns(ids=",".join(map(str, asked))) if refs else ()
        seen = {asked[remote.ref.id(CAMPAIGN)]: remote for remote in listed}
        return {**seen, **super().status([ref for ref in refs if ref not in seen])}

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        try:
            return self._without_template(super().cancel(ref, mode=mode, journal=journal), journal)
        except StateConflict:  # it goes out, or has gone out, and needs its template no longer
            self._without_template(self._deleted(ref), journal)
            raise

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        assert self._context.account
        facts = {"currency": self._context.account.currency, "metric": conversion_metric or ORDERS}
        refs = {remote.ref.id(CAMPAIGN): remote.ref for remote in sent}
        asked = {"campaigns": list(refs), "goal": facts["metric"]}
        report = self._http.call("POST", "/figures", endpoint=READ, body=asked).body
        now = self._clock.now()
        with reading():
            return {refs[row["campaign"]]: words.figures(row, as_of=now, **facts) for row in report["items"]}

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for shown in self._all(f"/{kind}s"):
            with reading():
                audience = Audience(AudienceRef(shown["id"], kind), shown["name"])
            if query.wants(audience):
                yield audience

    def size(self, ref: AudienceRef) -> int | None:
        people = dig(self._audience(ref), "people")
        return people if isinstance(people, int) else None

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        findings = [] if campaign.text else [words.WITHOUT_TEXT]
        chosen = (*campaign.included, *campaign.excluded) if online else ()
        return findings + [words.no_such(ref) for ref in chosen if self._audience(ref) is None]

    def content(self, ref: RemoteRef) -> str | None:
        try:
            return words.fingerprint(self._get(f"{self.path}/{ref.id(CAMPAIGN)}/content"))
        except RemoteNotFound:
            return None

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        return [one for one in self._campaigns(name=marker) if one.name.endswith(f" {marker}")]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        with reading():
            found = [self._part(shown) for shown in self._all("/templates", name=marker)]
        return [one for one in found if one.name.endswith(f" {marker}")]

    def discard(self, ref: RemoteRef) -> None:
        if ref.kind == TEMPLATE:
            self._remove(ref.id(TEMPLATE) or "")
        else:
            super().discard(ref)

    # --- a campaign and its template ---

    def _store(self, campaign: Campaign, name: str, journal: Journal) -> str:
        """Make the template; its id."""
        body = {"name": name, "html": campaign.html, "text": campaign.text}
        return journal.run(
            Step(
                TEMPLATE,
                StepKind.CREATE,
                lambda: self._made("/templates", body, journal),
                find=lambda since: adopt(self.parts_by_marker(journal.marker), name, since),
                undo=self._remove,
            )
        )

    def _fill(self, campaign_id: str, template: str, journal: Journal) -> str:
        """Copy the template into a draft; the fingerprint of what the platform then holds."""
        target, body = f"{self.path}/{campaign_id}/content", {"template": template}

        def fill() -> str:
            return words.fingerprint(self._write("PUT", target, body, ready=journal.check), write=True)

        return journal.run(Step("fill", StepKind.REPEATABLE, fill))

    def _commit(self, campaign_id: str, schedule: Schedule, journal: Journal) -> None:
        """Set the time, and launch only what shows it: without a time a launch sends at once."""
        target, wanted = f"{self.path}/{campaign_id}", words.when(schedule)
        changed = self._write("PATCH", target, {"when": wanted}, ready=journal.check)
        if dig(changed, "when") != wanted:
            raise RequestRejected(
                "The platform did not take the time", effect=Effect.NONE, remedy="Choose another one."
            )
        self._write("POST", f"{target}/launch", ready=journal.check)

    def _end(self, remote: RemoteCampaign, journal: Journal) -> None:
        """Stop it, which is for good; a draft is deleted."""
        campaign_id = remote.ref.id(CAMPAIGN) or ""
        if remote.state is _S.STAGED:
            self._discard(campaign_id, journal)
        else:
            self._ask("stop", campaign_id, _S.CANCELLED, journal)

    def _without_template(self, remote: RemoteCampaign, journal: Journal) -> RemoteCampaign:
        """The same once its template is removed; unfinished where that failed.

        One that a lost answer has made is not known here: repair finds and removes it.
        """
        stored = [step.remote_id for step in journal.steps(TEMPLATE) if step.remote_id]
        if not stored or any(step.remote_id for step in journal.steps(REMOVE_TEMPLATE)):
            return remote

        def remove() -> str:
            self._remove(stored[0], journal.check)
            return stored[0]

        try:
            journal.run(Step(REMOVE_TEMPLATE, StepKind.REPEATABLE, remove))
        except PlatformError:
            return replace(remote, unfinished=True)
        return remote

    def _remove(self, template: str, ready: Ready = always) -> None:
        with suppress(RemoteNotFound):
            self._write("DELETE", f"/templates/{template}", ready=ready)

    # --- reading ---

    def _all(self, target: str, **params: str) -> Iterator[Any]:
        """Everything that a collection holds, page by page."""
        following: str | None = target
        while following:
            page = self._get(following, **params)
            with reading():
                items, following, params = page["items"], page["next"], {}
            yield from items

    def _campaigns(self, **params: str) -> Iterator[RemoteCampaign]:
        for shown in self._all(self.path, **params):
            with reading():
                remote = self._remote(shown)
            yield remote

    def _remote(self, shown: Any) -> RemoteCampaign:
        return words.remote_campaign(self._ref(shown["id"]), shown)

    def _part(self, shown: Any) -> RemotePart:
        ref = RemoteRef(self.name, ((TEMPLATE, shown["id"]),))
        return RemotePart(ref, shown["name"], parse_instant(shown["created_at"]))

    def _audience(self, ref: AudienceRef) -> Any:
        """An audience as it is shown, None where there is none; under either kind where none is given."""
        for kind in (ref.kind,) if ref.kind else AudienceKind:
            with suppress(RemoteNotFound):
                return self._get(f"/{kind}s/{ref.id}")
        return None


_BASIC = Needs(
    ("campaigns:read", "campaigns:write", "templates:read", "templates:write"),
    any_of=(("lists:read", "segments:read"),),
)
_CAPABILITIES: Mapping[Capability, Needs] = MappingProxyType(
    {
        **dict.fromkeys(Capability, _BASIC),
        Capability.LISTS: Needs(("lists:read",)),
        Capability.SEGMENTS: Needs(("segments:read",)),
        Capability.METRICS: Needs(("figures:read",)),
    }
)
SCOPES = frozenset(scope for needs in _CAPABILITIES.values() for scope in needs.every_scope)

MANIFEST = ConnectorManifest(
    name=ManyLists.name,
    title="Many Lists",
    contract=CONTRACT_VERSION,
    credential_fields=(API_KEY,),
    capabilities=_CAPABILITIES,
    factory=ManyLists,
    audience_id_pattern=r"[ls]\d+",
)
