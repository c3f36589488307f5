"""The account that a sandbox begins with: audiences, metrics, a year of sent campaigns, one Draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from glowtify_klaviyo.sandbox import ids, profiles, walk
from glowtify_klaviyo.sandbox.html import normalise
from glowtify_klaviyo.sandbox.models import (
    EMAIL_CONTENT,
    Account,
    Audience,
    Campaign,
    Job,
    Message,
    Metric,
    Template,
    Wave,
)
from glowtify_klaviyo.sandbox.state import State
from glowtify_klaviyo.sandbox.templates import copy_for
from glowtify_klaviyo.sandbox.vocabulary import MAPPED_METRICS

LISTS: tuple[tuple[str, Sequence[int]], ...] = (
    ("Newsletter", range(4200)),
    ("Customers", range(1000, 2650)),
    ("VIP customers", range(0, profiles.POPULATION, 16)),
)
SEGMENTS: tuple[tuple[str, Sequence[int]], ...] = (
    ("Engaged (90 days)", range(0, profiles.POPULATION, 3)),
    ("Winback (180 days)", range(5, profiles.POPULATION, 11)),
)
THEMES = (
    "Winter warmers",
    "New year, new shelf",
    "Meet the makers",
    "Spring preview",
    "Easter table",
    "Garden season",
    "Summer linen",
    "Holiday hours",
    "Back to work",
    "Harvest picks",
    "Early gifts",
    "Last orders before the holidays",
)
INTERNAL = {"key": "klaviyo", "name": "Klaviyo", "category": "Internal"}
SHOP = {"key": "shopify", "name": "Shopify", "category": "eCommerce"}
API = {"key": "api", "name": "API", "category": "API"}
METRICS = (
    ("Placed Order", SHOP, True),
    ("Opened Email", INTERNAL, False),
    ("Clicked Email", INTERNAL, False),
    ("Received Email", INTERNAL, False),
    ("Loyalty Level Reached", API, False),
)
HISTORY_DAYS = 355
HTML = (
    "<html><head><title>{title}</title></head><body><h1>{title}</h1>"
    "<p>Hello {{{{ first_name|default:'there' }}}}, here is what is new.</p>"
    "<p>{{% unsubscribe %}}</p></body></html>"
)


def fill(state: State) -> None:
    """Put the beginning into an empty state."""
    state.pace = walk.PACES[state.settings.walk]
    since = state.clock.started.replace(microsecond=0)
    state.account = _account(state)
    state.tag_group = ids.uuid(state.rng)
    _add_metrics(state, since)
    _add_audiences(state, since)
    layout = _template(state, "Newsletter layout", since - timedelta(days=HISTORY_DAYS))
    for number in range(state.settings.campaigns):
        _add_sent(state, number, layout, since)
    state.draft = _add_draft(state, since)


def ready(state: State, base_url: str) -> dict[str, Any]:
    """Return the content of the ready file."""
    named = {key.name: key.value for key in state.keys.values()}
    return {
        "base_url": base_url,
        "api_key": named["full"],
        "keys": named,
        "account_id": state.account.id,
        "lists": _brief(state.audiences.values(), "list"),
        "segments": _brief(state.audiences.values(), "segment"),
        "metrics": [{"id": metric.id, "name": metric.name} for metric in state.metrics.values()],
        "campaign": state.draft,
    }


def add_audience(state: State, kind: Any, name: str, members: Sequence[int], created: datetime) -> Audience:
    """Add a list or segment."""
    audience = Audience(state.short_id(), kind, name, created, created, members)
    if kind == "segment":
        audience.definition = {"condition_groups": [{"conditions": [_HAS_EMAIL]}]}
    state.audiences[audience.id] = audience
    return audience


_HAS_EMAIL = {
    "type": "profile-property",
    "property": "email",
    "filter": {"type": "existence", "operator": "is-set"},
}


def _brief(audiences: Any, kind: str) -> list[dict[str, str]]:
    return [{"id": item.id, "name": item.name} for item in audiences if item.kind == kind]


def _account(state: State) -> Account:
    own = ids.short(state.rng)
    address = dict.fromkeys(("address1", "address2", "city", "region", "country", "zip"))
    address |= {"address1": "Example Street 1", "city": "Berlin", "country": "Germany", "zip": "00000"}
    attributes = {
        "test_account": True,
        "contact_information": {
            "default_sender_name": "Example Shop",
            "default_sender_email": "shop@example.com",
            "website_url": "https://www.example.com",
            "organization_name": "Example Shop",
            "street_address": address,
        },
        "industry": "Home & Garden",
        "timezone": "Europe/Berlin",
        "preferred_currency": "EUR",
        "public_api_key": own,
        "locale": "en-US",
    }
    return Account(own, attributes)


def _add_metrics(state: State, since: datetime) -> None:
    """Add the metrics, ids in rising order: collections are sorted by id, and "Placed Order" comes first."""
    created = since - timedelta(days=400)
    own = sorted(state.short_id() for _ in METRICS)
    for metric_id, (name, integration, valued) in zip(own, METRICS, strict=True):
        state.metrics[metric_id] = Metric(
            metric_id,
            name,
            created,
            {"object": "integration", "id": ids.short(state.rng), **integration},
            valued,
        )
    state.mapped_metrics = dict.fromkeys(MAPPED_METRICS)
    state.mapped_metrics["revenue"] = own[0]


def _add_audiences(state: State, since: datetime) -> None:
    for kind, named, count in (
        ("list", LISTS, state.settings.lists),
        ("segment", SEGMENTS, state.settings.segments),
    ):
        for number in range(count):
            created = since - timedelta(days=390, minutes=-number)
            if number < len(named):
                add_audience(state, kind, *named[number], created)
            else:
                members = range(number % 97, profiles.POPULATION, 20 + number % 31)
                add_audience(state, kind, f"{kind.title()} {number + 1}", members, created)


def _template(state: State, title: str, created: datetime) -> Template:
    html = normalise(HTML.format(title=title))
    template = Template(state.short_id(), title, "CODE", html, None, None, created, created)
    state.templates[template.id] = template
    return template


def _campaign(state: State, name: str, subject: str, source: Template, created: datetime) -> Campaign:
    contact = state.account.attributes["contact_information"]
    chosen = list(state.audiences)[:1]
    campaign = Campaign(
        id=ids.ulid(created, state.rng),
        name=name,
        channel="email",
        audiences={"included": chosen, "excluded": []},
        send_options={"use_smart_sending": True, "ignore_unsubscribes": False},
        tracking_options={
            "add_tracking_params": False,
            "custom_tracking_params": [],
            "is_tracking_clicks": True,
            "is_tracking_opens": True,
        },
        send_strategy={},
        message_id=ids.ulid(created, state.rng),
        created_at=created,
        edited_at=created,
    )
    content = {
        **dict.fromkeys(EMAIL_CONTENT),
        "subject": subject,
        "preview_text": "What is new this month",
        "from_email": contact["default_sender_email"],
        "from_label": contact["default_sender_name"],
    }
    message = Message(campaign.message_id, campaign.id, "email", name, content, created, created)
    state.campaigns[campaign.id], state.messages[message.id] = campaign, message
    message.template_id = copy_for(state, source, message.id).id
    return campaign


def _add_sent(state: State, number: int, source: Template, since: datetime) -> None:
    count = state.settings.campaigns
    age = timedelta(days=HISTORY_DAYS * (count - number - 0.5) / count)
    sent = (since - age).replace(minute=0, second=0)
    theme = THEMES[number % len(THEMES)]
    name = theme if number < len(THEMES) else f"{theme} {number // len(THEMES) + 1}"
    campaign = _campaign(state, name, f"{theme} are here", source, sent - timedelta(days=3))
    campaign.history = True
    campaign.send_strategy = _static(sent)
    campaign.scheduled_at, campaign.send_time = sent - timedelta(days=2), sent
    chosen = campaign.audiences["included"]
    people = state.audiences[chosen[0]].members if chosen else range(800)
    campaign.job = Job(campaign.scheduled_at, [(sent, walk.SENT)], [Wave(sent, people)])


def _add_draft(state: State, since: datetime) -> dict[str, str]:
    """Add a complete Draft; returns its ids and that of the library template assigned to it."""
    created = since - timedelta(days=1)
    source = _template(state, "Next newsletter", created)
    draft = _campaign(state, "Next newsletter", "Something new is coming", source, created)
    planned = (since + timedelta(days=30)).replace(hour=9, minute=0, second=0)
    draft.send_strategy = _static(planned)
    return {"id": draft.id, "message": draft.message_id, "template": source.id}


def _static(moment: datetime) -> dict[str, Any]:
    return {"method": "static", "datetime": moment.isoformat(), "options": {"is_local": False}}
