"""Filling in the form of a new e-mail, and reading what the page says about it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from browsing import Client
from waiting import until

from glowtify_adapters.app import App
from glowtify_adapters.web.drafts import Draft, drafts_of, token
from glowtify_core.domain.publication import Publication

HTML = '<html><body><p>Hello</p><a href="{% unsubscribe_link %}">Unsubscribe</a></body></html>'


def audience(app: App, name: str = "Newsletter", connector: str = "klaviyo") -> str:
    """An audience as the form's boxes name it."""
    found = (one.audience for one in app.audiences("default", connector))
    chosen = next(one for one in found if one.name == name)
    return token(connector, chosen.ref, chosen.name)


def email(app: App, **changes: Any) -> dict[str, Any]:
    """A form that can be published; ``sender__email`` stands for ``sender.email``."""
    connector = changes.get("connector", "klaviyo")
    fields = {
        "draft": "0123456789abcdef",
        "connector": connector,
        "name": "Winter sale",
        "subject": "Everything must go",
        "sender.name": "Example Shop",
        "sender.email": "shop@example.com",
        "html": HTML,
        "schedule.date": "2031-01-15",
        "schedule.time": "09:00",
        "schedule.zone": "America/Toronto",
        "schedule.by": "zone",
        "options.utm": "on",
        "options.smart_sending": "yes",
        "audience.include": audience(app, connector=connector),
    }
    return {**fields, **{name.replace("__", "."): value for name, value in changes.items()}}


def draft_of(client: Client, draft_id: str = "0123456789abcdef") -> Draft:
    """What the session remembers of an e-mail."""
    return drafts_of(client.session)[draft_id]


def said(text: str, field: str) -> str:
    """What a page says beside a field, as a person reads it."""
    found = re.search(rf'id="said-{field.replace(".", "-")}".*?>(.*?)</div>\s', text, re.DOTALL)
    assert found, field
    return readable(found[1])


def readable(html: str) -> str:
    """Without tags, spaces once."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def finished(client: Client, app: App, campaign_id: str) -> Publication:
    """The campaign's publication, once nothing more is done about it here."""
    publication = app.campaigns.latest("default", [campaign_id])[0]
    watched = client.web.state.progress.of(publication.id)
    until(lambda: watched is None or watched.done)
    return app.campaigns.repo.get(publication.id)
