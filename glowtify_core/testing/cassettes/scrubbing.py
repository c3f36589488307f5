"""What may stand in a cassette: an allowlist, and the scrubber that lets nothing else through."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any
from urllib.parse import quote, quote_plus

from marshmallow import Schema

from glowtify_core.testing.cassettes.conversation import (
    FORM,
    content_type,
    form_name,
    in_address,
    in_form,
    in_text,
    parse,
    write,
)
from glowtify_core.testing.cassettes.stable_ids import PlatformId

NEVER = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "content-length"})
"""Headers that no allowlist can let through; a length would tell how much was taken out."""
ALWAYS = frozenset({"content-type"})
"""Headers that are kept unasked: without it a body cannot be read."""
SHORTEST_SECRET = 8
"""Characters. A shorter one could not be told from other text."""

_LOOPBACK = re.compile(r"https?://(?:[^/@\s]*@)?(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?(?![\w.-])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, kw_only=True)
class Allowlist:
    """What may stand in a cassette. Everything else is dropped before anything is written.

    Attributes:
        host: the platform's own name; stands wherever a loopback address was asked.
        headers: names of headers, in any case. ``Content-Type`` is always kept.
        fields: names of JSON members and form fields, at any depth. What is not named is dropped with all
            that is below it. Query parameters are kept: they tell one request from another.
        stand_ins: fields and query parameters that name somebody or differ each time, and what stands in
            place of their value; null stays null. They need not be named in ``fields``.
        ids: what the platform makes anew each time; replaced alike in the whole conversation. Members that
            are named by one are kept.
        texts: content types that are stored though they are neither JSON nor a form, such as ``text/html``.
        keys: regular expressions of what the platform's secrets look like; none may stand in a cassette.
        opaque: regular expressions of what looks like a secret and is none, such as cursors.

    Raises:
        ValueError: a header is to be kept that never may.
    """

    host: str
    headers: AbstractSet[str] = frozenset()
    fields: AbstractSet[str] = frozenset()
    stand_ins: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    ids: tuple[PlatformId, ...] = ()
    texts: AbstractSet[str] = frozenset()
    keys: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if never := sorted(NEVER & {name.lower() for name in self.headers}):
            raise ValueError(f"never kept in a cassette: {', '.join(never)}")

    def keeps_header(self, name: str) -> bool:
        """Whether a header may stand."""
        return name.lower() in ALWAYS | {kept.lower() for kept in self.headers}

    def keeps_field(self, name: str) -> bool:
        """Whether a member of JSON or a field of a form may stand."""
        return (
            name in self.fields or name in self.stand_ins or any(one.names_members(name) for one in self.ids)
        )


def known_fields(*modules: ModuleType) -> frozenset[str]:
    """The names that the marshmallow schemas defined in some modules read and write.

    Members that schemas look into without declaring them, such as JSON:API's ``data`` and ``attributes``, are
    for the author to add.
    """
    return frozenset(
        declared.data_key or name
        for module in modules
        for schema in vars(module).values()
        if isinstance(schema, type) and issubclass(schema, Schema) and schema.__module__ == module.__name__
        for name, declared in schema._declared_fields.items()  # noqa: SLF001 - the only list of a class
    )


class Scrubber:
    """Lets through what an allowlist names, with stand-ins for secrets; scrubbing twice changes nothing.

    Args:
        allow: what may stand.
        secrets: each secret that is used, and what stands in its place, plain, in an address, escaped in JSON
            or encoded with base64. It may grow.
    """

    def __init__(self, allow: Allowlist, secrets: Mapping[str, str]) -> None:
        self._allow = allow
        self._secrets = secrets

    def request(self, request: Any) -> Any:
        """A request of vcr as it is stored, and as it is looked up when it is replayed."""
        kind = content_type(request.headers)
        headers = {
            name: self._text("", str(value))
            for name, value in request.headers.items()
            if self._allow.keeps_header(name)
        }
        uri = self._address(request.uri)
        return type(request)(request.method, uri, self._body(request.body, kind), headers)

    def response(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """A response of vcr as it is stored."""
        kind = content_type(response["headers"])
        headers = {
            name: [self._text("", value) for value in values]
            for name, values in response["headers"].items()
            if self._allow.keeps_header(name)
        }
        content = self._body(response["body"]["string"], kind)
        return {**response, "headers": headers, "body": {"string": content}}

    def _address(self, uri: str) -> str:
        return in_address(self._named(uri), self._plain)

    def _body(self, content: Any, kind: str) -> Any:
        if not content:
            return content
        if not isinstance(content, bytes):  # it is sent in pieces: an upload
            return b""
        document = parse(content)
        if document is not None:
            return write(self._members(document))
        if kind == FORM:
            pairs = [
                pair
                for pair in content.decode(errors="replace").split("&")
                if self._allow.keeps_field(form_name(pair))
            ]
            return in_form("&".join(pairs), self._text).encode()
        if kind in self._allow.texts:
            return self._text("", content.decode(errors="replace")).encode()
        return b""

    def _members(self, document: Any) -> Any:
        """A document without what is not named; an array's bare values have no name."""
        if isinstance(document, list):
            return [self._members(one) for one in document if isinstance(one, dict | list)]
        return self._kept(document)

    def _kept(self, value: Any) -> Any:
        """What stands under a member that is kept."""
        if isinstance(value, dict):
            return {
                name: self._stand_in(name, inner)
                for name, inner in value.items()
                if self._allow.keeps_field(name)
            }
        if isinstance(value, list):
            return [self._kept(inner) for inner in value]
        return self._text("", value) if isinstance(value, str) else value

    def _stand_in(self, name: str, value: Any) -> Any:
        stands_in = name in self._allow.stand_ins and value is not None
        return self._allow.stand_ins[name] if stands_in else self._kept(value)

    def _text(self, name: str, text: str) -> str:
        return in_text(self._named(text), self._plain, name)

    def _named(self, text: str) -> str:
        """The platform's name in place of the addresses of a stand-in on this machine."""
        return _LOOPBACK.sub(f"https://{self._allow.host}", text)

    def _plain(self, name: str, text: str) -> str:
        if name in self._allow.stand_ins:
            return str(self._allow.stand_ins[name])
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = without(text, secret, self._secrets[secret])
        return text


def without(text: str, secret: str, stand_in: str) -> str:
    """The text with a stand-in wherever a secret stands: plain, in an address, escaped in JSON, in base64."""
    for form, instead in zip(_written(secret), _written(stand_in), strict=True):
        text = text.replace(form, instead)

    def reencoded(found: re.Match[str]) -> str:
        digits = found.group()
        raw = _decoded(digits)
        if secret.encode() not in raw:
            return digits
        encoded = base64.b64encode(raw.replace(secret.encode(), stand_in.encode()))
        safe = encoded.translate(_URL_SAFE) if set(digits) & set("-_") else encoded
        return safe.decode() if len(digits) % 4 == 0 else safe.decode().rstrip("=")

    return _BASE64.sub(reencoded, text)


def traces(secret: str) -> Iterator[str]:
    """How a secret looks wherever it stands: as :func:`without` knows it, in hexadecimal, within base64."""
    yield from dict.fromkeys(_written(secret))
    raw = secret.encode()
    yield raw.hex()
    for before in range(3):  # what stands before it in the encoded text shifts the digits
        digits = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        inner = digits[4 if before else 0 : -1]
        yield from dict.fromkeys((inner.decode(), inner.translate(_URL_SAFE).decode()))


def _written(secret: str) -> Iterable[str]:
    return secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]


def _decoded(digits: str) -> bytes:
    plain = digits.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
