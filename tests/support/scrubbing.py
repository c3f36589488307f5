"""What may stand in a cassette: an allowlist for what is written, and a scanner that proves it."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HOST = "a.klaviyo.com"
HEADERS = {"accept", "content-type", "revision", "retry-after", "x-klaviyo-revision-fall-forward-opt-out"}

PERSONAL: Mapping[str, str] = {
    "organization_name": "Example Shop",
    "default_sender_name": "Example Shop",
    "default_sender_email": "shop@example.com",
    "from_label": "Example Shop",
    "from_email": "shop@example.com",
    "reply_to_email": "shop@example.com",
    "public_api_key": "PUBLIC",
    "website_url": "https://shop.example.com",
}
"""Fields that name somebody, and what stands in their place."""

DROPPED = {"street_address", "cc_email", "bcc_email", "industry", "definition_html"}
"""Fields that the connector never reads and that could name somebody."""

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_KEY = re.compile(r"pk_[A-Za-z0-9_-]{6,}")
_COOKIE = re.compile(r"\b(set-)?cookie\b|__cf_bm|cf_clearance", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"authorization|Klaviyo-API-Key|\bBearer\s", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9+_-]{32,}")
_CURSOR = re.compile(
    r"page(\[|%5B)cursor(\]|%5D)=[A-Za-z0-9%._~-]+"
)  # a place in a list, opaque and no secret
_LOOPBACK = re.compile(r"127\.0\.0\.1|localhost")


def scrub_request(request: Any) -> Any:
    """Keep the allowed headers and the public name of the host; replace what could name somebody."""
    if urlsplit(request.uri).hostname == "127.0.0.1":
        request.uri = urlunsplit(("https", HOST, *urlsplit(request.uri)[2:]))
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in HEADERS}
    if request.body:
        document = _without_people(json.loads(request.body))
        request.body = json.dumps(document, separators=(",", ":"))
    return request


def scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """Keep the allowed headers; replace or drop what could name somebody."""
    response["headers"] = {
        name: value for name, value in response["headers"].items() if name.lower() in HEADERS
    }
    content = response["body"]["string"]
    try:
        document = json.loads(content)
    except ValueError:
        return response
    response["body"]["string"] = json.dumps(_without_people(document), ensure_ascii=False).encode()
    return response


def _without_people(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: PERSONAL[key] if key in PERSONAL and inner is not None else _without_people(inner)
            for key, inner in value.items()
            if key not in DROPPED
        }
    return [_without_people(inner) for inner in value] if isinstance(value, list) else value


def scan(text: str) -> Iterator[str]:
    """Everything in a cassette that should not be there, each as ``kind: what``."""
    for kind, pattern in (
        ("key", _KEY),
        ("cookie", _COOKIE),
        ("authorization", _AUTHORIZATION),
        ("loopback address", _LOOPBACK),
    ):
        yield from (f"{kind}: {match.group()}" for match in pattern.finditer(text))
    for match in _ADDRESS.finditer(text):
        if not match.group().lower().endswith(("@example.com", ".example.com")):
            yield f"address: {match.group()}"
    for match in _TOKEN.finditer(_CURSOR.sub("", text)):
        if _entropy(match.group()) > 4.2:  # bits a character: an ULID has less than 4, a random token more
            yield f"token: {match.group()}"


def scan_folder(folder: Path) -> list[str]:
    """The findings in every file below a folder."""
    return [
        f"{path.name}: {found}" for path in sorted(folder.rglob("*.yaml")) for found in scan(path.read_text())
    ]


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
