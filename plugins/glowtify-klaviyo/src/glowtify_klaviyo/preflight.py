"""What can be said about a campaign before anything is written to Klaviyo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign, Utm
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import PermissionDenied
from glowtify_core.domain.schedule import IN_THE_PAST, SendAtRecipientTime
from glowtify_core.ports.platform import Finding, Level
from glowtify_klaviyo.braces import Brace, Kind, escape_literals, find_braces
from glowtify_klaviyo.client import PAGE_SIZE, KlaviyoClient
from glowtify_klaviyo.mapping import EASTERNMOST, PLATFORM
from glowtify_klaviyo.records import AudienceRecord
from glowtify_klaviyo.sending import LEAD

MOST_READS = 4
"""Requests that an online check may cost."""

MOST_AUDIENCES = 15
"""Included audiences that Klaviyo's app allows (its help centre); the API's own limit is not documented."""

LARGEST_BODY = 5_000_000
"""Bytes that one request to Klaviyo may hold (its developer guides)."""

ENVELOPE = 2_000
"""Bytes that are left for what stands around the content there: the name, and JSON:API's members."""

MOST_BRACES = 20
"""Braces of one part that are told: what is wrong further down is seen once these are mended."""

_UNSUBSCRIBE = re.compile(r"\{%\s*unsubscribe(_link)?\b")
_NESTED_LINK = re.compile(
    r"""href\s*+=\s*+["']?\s*+\{%\s*+(unsubscribe|manage_preferences|web_view)\b""", re.IGNORECASE
)


def offline(campaign: Campaign, account: AccountInfo | None, now: datetime) -> Iterator[Finding]:
    """What the campaign itself shows, without a request.

    Args:
        campaign: audiences need not be resolved.
        account: whose default sender and zone count, where known.
        now: aware.
    """
    yield from _about_content(campaign)
    yield from _about_braces(campaign.html, "html")
    for field, text in (
        ("text", campaign.text),
        ("subject", campaign.subject),
        ("preheader", campaign.preheader),
        ("sender.name", campaign.sender.name),
    ):
        yield from _about_braces(text or "", field)
    yield from _about_audiences(campaign)
    yield from _about_lead(campaign, account, now)
    if isinstance(campaign.schedule, SendAtRecipientTime):
        yield from _about_recipient_time(campaign.schedule, account, now)
    yield from _about_sender(campaign, account)
    if campaign.options.utm is Utm.ACCOUNT:
        yield _warning(
            "marker_in_links",
            "The account's own link tracking may show Glowtify's marker in utm_campaign",
            "Set utm to on to have the clean name there.",
            "options.utm",
        )
    for option in campaign.platform_options.get(PLATFORM, {}):
        field = f"platform_options.{PLATFORM}.{option}"
        yield _error("unknown_option", f"Klaviyo has no option {option!r}", "Leave it out.", field)


def _about_lead(campaign: Campaign, account: AccountInfo | None, now: datetime) -> Iterator[Finding]:
    """A time that would be refused at the send job is refused before anything is written."""
    if campaign.schedule.latest_instant(account.zone if account else "UTC") < now + LEAD:
        remedy = f"Choose a time at least {LEAD.seconds // 60} minutes ahead."
        yield _error("schedule_in_past", IN_THE_PAST, remedy, "schedule.at")


def online(campaign: Campaign, client: KlaviyoClient) -> Iterator[Finding]:
    """What Klaviyo knows of the campaign's audiences, in at most :data:`MOST_READS` requests.

    Audiences that would take more requests are left to Klaviyo, which refuses unknown ones at create
    (operator's report, unverified).
    """
    refs = [ref for ref in (*campaign.include, *campaign.exclude) if isinstance(ref, AudienceRef)]
    found, asked = _look_up(refs, client)
    for ref in refs:
        field = "audience.include" if ref in campaign.include else "audience.exclude"
        record = found.get(ref.id)
        shown = ref.name_seen or ref.id
        if record is None and _kinds(ref) <= asked.get(ref.id, frozenset()):
            remedy = "Choose one that `glowtify audiences klaviyo` shows."
            yield _error("audience_unknown", f"Klaviyo has no list or segment {shown}", remedy, field)
        if record is not None and record.is_active is False:
            remedy = "Activate it in Klaviyo, or choose another."
            yield _error("segment_inactive", f"The segment {record.name!r} is inactive", remedy, field)


def _look_up(
    refs: list[AudienceRef], client: KlaviyoClient
) -> tuple[dict[str, AudienceRecord], dict[str, frozenset[AudienceKind]]]:
    """The records by id, and in which collections each id was looked for."""
    found: dict[str, AudienceRecord] = {}
    asked: dict[str, frozenset[AudienceKind]] = {}
    pages = (
        (kind, ids[start : start + PAGE_SIZE])
        for kind in AudienceKind
        if (ids := list(dict.fromkeys(ref.id for ref in refs if kind in _kinds(ref))))
        for start in range(0, len(ids), PAGE_SIZE)
    )
    for kind, ids in islice(pages, MOST_READS):
        try:
            found.update({record.id: record for record in client.audiences(kind, ids=ids)})
        except PermissionDenied:  # the key may lack one of the two scopes; then this kind cannot be checked
            continue
        asked.update({id_: asked.get(id_, frozenset()) | {kind} for id_ in ids})
    return found, asked


def _kinds(ref: AudienceRef) -> frozenset[AudienceKind]:
    """Where an id may be found: lists and segments share one space of ids."""
    return frozenset({ref.kind}) if ref.kind else frozenset(AudienceKind)


def _about_content(campaign: Campaign) -> Iterator[Finding]:
    if nested := _NESTED_LINK.search(campaign.html):
        tag = nested.group(1)
        yield _error(
            "nested_link",
            f"{{% {tag} %}} writes a whole link and stands inside an href on line"
            f" {campaign.html.count(chr(10), 0, nested.start()) + 1}",
            f"Use {{% {tag}_link %}} there.",
            "html",
        )
    if not _UNSUBSCRIBE.search(campaign.html):
        yield _warning(
            "no_unsubscribe",
            "There is no unsubscribe tag, so Klaviyo will add a plain link at the end",
            "Put {% unsubscribe_link %} into a link of your own.",
            "html",
        )
    if _body_size(campaign) > LARGEST_BODY - ENVELOPE:
        yield _error(
            "too_large",
            "HTML and text are larger than 5 MB together, as they are sent",
            "Shorten them.",
            "text" if campaign.text else "html",
        )


def _body_size(campaign: Campaign) -> int:
    """Bytes that the content takes in the one request that holds it: written as JSON, braces as entities."""
    content = (escape_literals(campaign.html), campaign.text or "")
    return sum(len(json.dumps(part, ensure_ascii=False).encode()) for part in content)


def _about_braces(source: str, field: str) -> Iterator[Finding]:
    for brace in islice(_doubtful(source, field), MOST_BRACES):
        at = f"{brace.text!r} on line {brace.line}"
        if brace.kind is Kind.UNCLOSED:
            yield _error("tag_unclosed", f"The template tag {at} is not closed", _MEND_TAG, field)
        elif brace.kind is Kind.UNKNOWN:
            yield _error("tag_unknown", f"Klaviyo has no template tag {at}", _MEND_TAG, field)
        else:
            remedy = "Leave them out: only HTML has another way to write them."
            yield _error("braces_in_text", f"Klaviyo would run the braces {at}", remedy, field)


def _doubtful(source: str, field: str) -> Iterator[Brace]:
    """The braces that cannot stay as they are; punctuation can in HTML, which has another way to write it."""
    fine = {Kind.TAG, Kind.LITERAL} if field == "html" else {Kind.TAG}
    return (brace for brace in find_braces(source) if brace.kind not in fine)


def _about_audiences(campaign: Campaign) -> Iterator[Finding]:
    both = {str(choice) for choice in campaign.include} & {str(choice) for choice in campaign.exclude}
    ids = {ref.id for ref in campaign.include if isinstance(ref, AudienceRef)}
    both |= {str(ref) for ref in campaign.exclude if isinstance(ref, AudienceRef) and ref.id in ids}
    for audience in sorted(both):
        remedy = "Take it out of one of the two."
        title = f"{audience} is both included and excluded"
        yield _error("included_and_excluded", title, remedy, "audience.exclude")
    if len(campaign.include) > MOST_AUDIENCES:
        yield _warning(
            "many_audiences",
            f"Klaviyo's app allows {MOST_AUDIENCES} lists and segments, these are {len(campaign.include)}",
            "Combine some of them into a segment.",
            "audience.include",
        )


def _about_recipient_time(
    schedule: SendAtRecipientTime, account: AccountInfo | None, now: datetime
) -> Iterator[Finding]:
    """People without a zone get it in the account's; those in the east come first (Klaviyo's help centre)."""
    past = schedule.latest_instant(account.zone if account else "UTC") <= now
    if not past and schedule.wall.replace(tzinfo=UTC) - now < EASTERNMOST:
        yield _warning(
            "recipients_past",
            "In the easternmost zones this hour has passed; people there get the e-mail a day later",
            "Choose a time at least 14 hours ahead in UTC to reach everybody on the day.",
            "schedule.at",
        )


def _about_sender(campaign: Campaign, account: AccountInfo | None) -> Iterator[Finding]:
    default = account.sender_email if account else None
    if default and _domain(default) != _domain(campaign.sender.email):
        yield _warning(
            "sender_domain",
            f"The sender's domain is not that of the account's default sender, {_domain(default)}",
            "Check in Klaviyo, Settings, Email, Sender configuration, that it may send.",
            "sender.email",
        )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


_MEND_TAG = "Correct it; to show braces as they are write &#123; and &#125;."


def _error(code: str, title: str, remedy: str, field: str) -> Finding:
    return Finding(Level.ERROR, code, title, remedy, field)


def _warning(code: str, title: str, remedy: str, field: str) -> Finding:
    return Finding(Level.WARNING, code, title, remedy, field)
