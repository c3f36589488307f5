"""What Klaviyo does to a template's HTML: normalise it on write, execute its tags on render."""

from __future__ import annotations

import re
from typing import Any

OPEN_HTML = re.compile(r"<html\b[^>]*>", re.IGNORECASE)
HEAD = re.compile(r"<head\b[^>]*>.*?</head\s*>", re.IGNORECASE | re.DOTALL)
OPEN_BODY = re.compile(r"<body\b", re.IGNORECASE)
CLOSE_HTML = re.compile(r"</html\s*>", re.IGNORECASE)
DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
VARIABLE = re.compile(
    r"{{\s*(?P<name>[\w.]+)\s*(?:\|\s*default:\s*(?P<quote>['\"])(?P<default>.*?)(?P=quote))?\s*}}"
)
UNSUBSCRIBE = re.compile(r"{%\s*unsubscribe(?:\s+['\"](?P<text>.*?)['\"])?\s*%}")
UNSUBSCRIBE_LINK = re.compile(r"{%\s*unsubscribe_link\s*%}")
UNSUBSCRIBE_URL = "https://manage.example.com/unsubscribe"


def normalise(html: str) -> str:
    """Return ``html`` as a whole document with ``html``, ``head`` and ``body``."""
    doctype = DOCTYPE.match(html)
    start = doctype.end() if doctype else 0
    opening = OPEN_HTML.search(html)
    tag = opening.group() if opening else "<html>"
    inner = html[opening.end() if opening else start :]
    closing = list(CLOSE_HTML.finditer(inner))
    inner = inner[: closing[-1].start()] if opening and closing else inner
    head = HEAD.search(inner)
    before, rest = (inner[: head.end()], inner[head.end() :]) if head else ("<head></head>", inner)
    body = rest if OPEN_BODY.search(rest) else f"<body>{rest}</body>"
    return f"{html[:start]}{tag}{before}{body}</html>"


def render(text: str | None, context: dict[str, Any]) -> str | None:
    """Execute variables and unsubscribe tags; an unknown variable prints nothing."""
    if text is None:
        return None
    text = UNSUBSCRIBE_LINK.sub(UNSUBSCRIBE_URL, text)
    text = UNSUBSCRIBE.sub(
        lambda tag: f'<a href="{UNSUBSCRIBE_URL}">{tag["text"] or "Unsubscribe"}</a>', text
    )
    return VARIABLE.sub(lambda variable: _value(variable, context), text)


def _value(variable: re.Match[str], context: dict[str, Any]) -> str:
    value: Any = context
    for part in variable["name"].split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if value not in {None, ""} else (variable["default"] or "")
