"""Klaviyo's HTTP API, one method an endpoint. Everything here is bound to revision 2026-07-15."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import Effect, RemoteNotFound
from glowtify_core.kit.answers import malformed
from glowtify_core.kit.http import HttpClient, Ready, always
from glowtify_klaviyo import endpoints as at
from glowtify_klaviyo.documents import (
    attributes_of,
    document,
    read_created,
    read_many,
    read_messages,
    read_metrics,
    read_one,
    read_templates,
    resource,
)
from glowtify_klaviyo.filters import any_of, both, contains, equals
from glowtify_klaviyo.paging import in_parts, page_cursor, pages
from glowtify_klaviyo.records import (
    AccountRecord,
    AudienceRecord,
    CampaignRecord,
    CreatedRecord,
    MappedMetricRecord,
    MessageRecord,
    MetricRecord,
    ReportRecord,
    ReportRow,
    SendJobRecord,
    TemplateRecord,
)

MOST_REPORT_PAGES = 20
"""Pages of one report: a page has 1,000 rows, a report asks for 100 campaigns, a day allows 225 calls."""

PAGE_SIZE = 10
"""Lists, segments and templates on a page, at most."""

EMAIL = equals("messages.channel", "email")
"""The filter on the channel, without which campaigns are not listed."""
Action = Literal["cancel", "revert"]
"""What can be asked of a send job."""

_WITH_MESSAGES = {"include": "campaign-messages"}


class KlaviyoClient:
    """Klaviyo, as one account sees it. Serves one thread at a time.

    Every method raises a :class:`~glowtify_core.domain.errors.PlatformError` that tells what the request left
    behind; :mod:`glowtify_klaviyo.errors` has the codes. Iterators read a page when they come to it.
    """

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    @property
    def last_date(self) -> datetime | None:
        """Klaviyo's time of day at its last successful answer (header ``Date``), aware, to the second."""
        return self.http.last_date

    def close(self) -> None:
        """Let go of the connection."""
        self.http.close()

    # --- Account and audiences ---

    def account(self) -> AccountRecord:
        """The account behind the key. 1 a second, 15 a minute: keep the answer."""
        answer = self.http.call("GET", "/api/accounts", endpoint=at.ACCOUNTS)
        accounts = read_many(AccountRecord, answer.body)
        if not accounts:
            raise malformed("there is no account", write=False)
        return accounts[0]

    def audiences(
        self, kind: AudienceKind, *, names: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> Iterator[AudienceRecord]:
        """Lists or segments, :data:`PAGE_SIZE` a page: all, or those with one of the names or ids."""
        collection = at.COLLECTIONS[kind]

        def read(**condition: str) -> Iterator[AudienceRecord]:
            params = {f"fields[{kind}]": collection.fields, **condition}
            read_page = partial(read_many, AudienceRecord)
            return pages(self.http, collection.endpoint, collection.path, params, read_page)

        if not names and not ids:
            yield from read()
        yield from in_parts(names, lambda part: read(filter=any_of("name", part)))
        yield from in_parts(ids, lambda part: read(filter=any_of("id", part)))

    def audience_size(self, kind: AudienceKind, audience_id: str) -> AudienceRecord:
        """A list or segment with its ``profile_count``, which for a young segment is no answer yet.

        1 a second, 15 a minute.
        """
        collection = at.COLLECTIONS[kind]
        answer = self.http.call(
            "GET",
            _item(collection.path, audience_id),
            endpoint=collection.size,
            params={f"additional-fields[{kind}]": "profile_count"},
        )
        return read_one(AudienceRecord, answer.body, asked=audience_id)

    # --- Templates ---

    def create_template(self, *, name: str, html: str, text: str | None = None) -> TemplateRecord:
        """Store HTML as a template; what comes back is normalised by Klaviyo. Names are not unique."""
        attributes = {"name": name, "editor_type": "CODE", "html": html}
        if text is not None:
            attributes["text"] = text
        body = document("template", attributes=attributes_of("template", attributes))
        answer = self.http.call("POST", "/api/templates", endpoint=at.CREATE_TEMPLATE, body=body)
        return read_created(TemplateRecord, answer.body, name=name)

    def find_templates(self, *, name: str | None = None, name_contains: str = "") -> Iterator[TemplateRecord]:
        """Templates by exact name or by a part of it (:data:`PAGE_SIZE` a page), without their HTML."""
        condition = contains("name", name_contains) if name is None else equals("name", name)
        params = {"filter": condition, "fields[template]": "name,created"}
        return pages(self.http, at.TEMPLATES, "/api/templates", params, partial(read_many, TemplateRecord))

    def delete_template(self, template_id: str, *, ready: Ready = always) -> None:
        """Remove a template; the copies that messages use stay."""
        path = _item("/api/templates", template_id)
        self.http.call("DELETE", path, endpoint=at.DELETE_TEMPLATE, ready=ready)

    # --- Campaigns ---

    def create_campaign(self, attributes: Mapping[str, Any], definition: Mapping[str, Any]) -> CreatedRecord:
        """Create a Draft with one message. Nothing is sent before a send job.

        Args:
            attributes: as :class:`~glowtify_klaviyo.bodies.CampaignWrite` allows.
            definition: of the message, as :class:`~glowtify_klaviyo.bodies.DefinitionWrite` allows.
        """
        message = resource(
            "campaign-message",
            attributes={"definition": attributes_of("message", definition)},
        )
        allowed = attributes_of("campaign", attributes)
        body = document("campaign", attributes={**allowed, "campaign-messages": {"data": [message]}})
        answer = self.http.call("POST", "/api/campaigns", endpoint=at.CREATE_CAMPAIGN, body=body)
        return read_created(CreatedRecord, answer.body, name=attributes["name"])

    def get_campaign(self, campaign_id: str, *, messages: bool = False) -> CampaignRecord:
        """One campaign; with its messages (without their templates) when asked for."""
        params = _WITH_MESSAGES if messages else None
        answer = self.http.call(
            "GET", _item("/api/campaigns", campaign_id), endpoint=at.GET_CAMPAIGN, params=params
        )
        found = read_one(CampaignRecord, answer.body, asked=campaign_id)
        return _joined([found], answer.body)[0]

    def campaigns(
        self,
        *,
        ids: Sequence[str] = (),
        name_contains: str | None = None,
        archived: bool | None = None,
        messages: bool = False,
    ) -> Iterator[CampaignRecord]:
        """E-mail campaigns that meet every condition given, 100 a page; an unknown id is left out.

        Whether archived ones come without ``archived=True`` is not documented.
        """
        conditions = [EMAIL]
        if name_contains is not None:
            conditions.append(contains("name", name_contains))
        if archived is not None:
            conditions.append(equals("archived", archived))

        def read(part: Sequence[str]) -> Iterator[CampaignRecord]:
            chosen = [*conditions, any_of("id", part)] if part else conditions
            params = {"filter": both(*chosen), **(_WITH_MESSAGES if messages else {})}
            return pages(self.http, at.CAMPAIGNS, "/api/campaigns", params, _campaigns)

        return in_parts(ids, read) if ids else read(())

    def patch_campaign(
        self, campaign_id: str, attributes: Mapping[str, Any], *, ready: Ready = always
    ) -> CampaignRecord:
        """Change a Draft. A new name overwrites the message's label.

        Args:
            campaign_id: of the Draft.
            attributes: as :class:`~glowtify_klaviyo.bodies.CampaignPatch` allows.
        """
        allowed = attributes_of("campaign patch", attributes)
        answer = self.http.call(
            "PATCH",
            _item("/api/campaigns", campaign_id),
            endpoint=at.PATCH_CAMPAIGN,
            body=document("campaign", campaign_id, attributes=allowed),
            ready=ready,
        )
        return read_one(CampaignRecord, answer.body, asked=campaign_id, write=True)

    def delete_campaign(self, campaign_id: str, *, ready: Ready = always) -> None:
        """Remove a campaign: only after reading that it is a Draft."""
        path = _item("/api/campaigns", campaign_id)
        self.http.call("DELETE", path, endpoint=at.DELETE_CAMPAIGN, ready=ready)

    # --- Messages ---

    def get_message(self, message_id: str, *, template: bool = False) -> MessageRecord:
        """One message; with its copy of the template, HTML included, when asked for."""
        params = {"include": "template"} if template else None
        answer = self.http.call(
            "GET", _item("/api/campaign-messages", message_id), endpoint=at.GET_MESSAGE, params=params
        )
        message = read_one(MessageRecord, answer.body, asked=message_id)
        copies = read_templates(answer.body)
        return replace(message, template=copies.get(message.template_id or ""))

    def assign_template(self, message_id: str, template_id: str, *, ready: Ready = always) -> TemplateRecord:
        """Give a message a copy of a template; the copy, named ``Clone of <template id>``."""
        template = {"template": {"data": {"type": "template", "id": template_id}}}
        answer = self.http.call(
            "POST",
            "/api/campaign-message-assign-template",
            endpoint=at.ASSIGN_TEMPLATE,
            body=document("campaign-message", message_id, relationships=template),
            ready=ready,
        )
        message = read_one(MessageRecord, answer.body, asked=message_id, write=True)
        copies = read_templates(answer.body, write=True)
        copy: TemplateRecord | None = copies.get(message.template_id or "")
        if copy is None:
            raise malformed("the assigned copy is missing", write=True)
        return copy

    # --- Send jobs: their id is the campaign's ---

    def create_send_job(self, campaign_id: str, *, ready: Ready = always) -> SendJobRecord:
        """Let Klaviyo send the campaign at its time. The answer promises nothing: read the campaign."""
        answer = self.http.call(
            "POST",
            "/api/campaign-send-jobs",
            endpoint=at.CREATE_SEND_JOB,
            body=document("campaign-send-job", campaign_id),
            ready=ready,
        )
        if answer.body is None:
            return SendJobRecord(campaign_id, None)
        return read_one(SendJobRecord, answer.body, asked=campaign_id, write=True)

    def send_job_action(self, campaign_id: str, action: Action, *, ready: Ready = always) -> None:
        """Cancel for good, or take back to Draft. Read the campaign until it says so."""
        body = document("campaign-send-job", campaign_id, attributes={"action": action})
        path = _item("/api/campaign-send-jobs", campaign_id)
        self.http.call("PATCH", path, endpoint=at.PATCH_SEND_JOB, body=body, ready=ready)

    # --- Performance ---

    def metrics(self) -> Iterator[MetricRecord]:
        """The account's metrics, up to 200 a page. There is no filter on names."""
        return pages(self.http, at.METRICS, "/api/metrics", {}, partial(read_many, MetricRecord))

    def mapped_metric(self, slot: str = "revenue") -> MappedMetricRecord:
        """Which metric the account has put into one of Klaviyo's slots."""
        answer = self.http.call(
            "GET", _item("/api/mapped-metrics", slot), endpoint=at.MAPPED_METRIC, params={"include": "metric"}
        )
        mapped = read_one(MappedMetricRecord, answer.body)
        metric = read_metrics(answer.body).get(mapped.metric_id or "")
        return replace(mapped, metric_name=metric.name) if metric else mapped

    def campaign_values(self, attributes: Mapping[str, Any]) -> Iterator[ReportRow]:
        """The rows of a report on campaigns. A page is a call: 2 a minute, 225 a day, for the whole account.

        Args:
            attributes: as :class:`~glowtify_klaviyo.bodies.ReportWrite` allows.
        """
        body = document("campaign-values-report", attributes=attributes_of("report", attributes))
        params: dict[str, str] | None = None
        cursors: set[str | None] = {None}
        for _ in range(MOST_REPORT_PAGES):
            answer = self.http.call(
                "POST", "/api/campaign-values-reports", endpoint=at.VALUES_REPORT, params=params, body=body
            )
            yield from read_one(ReportRecord, answer.body).rows
            cursor = page_cursor(answer.body)
            if cursor in cursors:
                return
            cursors.add(cursor)
            params = {"page_cursor": str(cursor)}
        raise malformed("there is no end to its pages", write=False)


def _item(collection: str, item_id: str) -> str:
    """The path of one object. What cannot be an id is not asked for: it could lead anywhere."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", item_id):
        raise RemoteNotFound("Not found in Klaviyo", detail="That is no id of Klaviyo's.", effect=Effect.NONE)
    return f"{collection}/{item_id}"


def _campaigns(body: Any) -> list[CampaignRecord]:
    return _joined(read_many(CampaignRecord, body), body)


def _joined(campaigns: list[CampaignRecord], body: Any) -> list[CampaignRecord]:
    """The campaigns with those of their messages that the answer includes."""
    messages = read_messages(body)
    if not messages:
        return campaigns
    return [
        replace(one, messages=tuple(messages[key] for key in one.message_ids if key in messages))
        for one in campaigns
    ]
