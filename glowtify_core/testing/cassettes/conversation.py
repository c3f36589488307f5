"""A recorded conversation, piece by piece: addresses, headers and bodies, read and written again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit, urlunsplit

FORM = "application/x-www-form-urlencoded"

Visit = Callable[[str, Any], Any]
"""Given the name that a piece stands under, "" where it has none, and the piece: what stands in its place.

A piece is a text, decoded, or a number, a truth value or None of JSON. Names are those of JSON members, form
fields and query parameters.
"""


def in_request(request: Any, visit: Visit) -> Any:
    """A request of vcr, its pieces visited in the order address, headers, body."""
    uri = in_address(request.uri, visit)
    headers = {name: in_text(str(value), visit) for name, value in request.headers.items()}
    body = in_body(request.body, content_type(request.headers), visit)
    return type(request)(request.method, uri, body, headers)


def in_response(response: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    """A response of vcr, its pieces visited in the order headers, body."""
    headers = {
        name: [in_text(value, visit) for value in values] for name, values in response["headers"].items()
    }
    content = in_body(response["body"]["string"], content_type(response["headers"]), visit)
    return {**response, "headers": headers, "body": {"string": content}}


def content_type(headers: Mapping[str, Any]) -> str:
    """What kind of body it is: lower case, without parameters; "" where nothing says so."""
    found = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    first = found[0] if isinstance(found, list) else found
    return str(first).partition(";")[0].strip().lower()


def in_body(content: Any, kind: str, visit: Visit) -> Any:
    """A body of JSON, of a form or of text; an empty one as it is."""
    if not content:
        return content
    document = parse(content)
    if document is not None:
        return write(in_json(document, visit))
    text = content.decode()
    return (in_form(text, visit) if kind == FORM else in_text(text, visit)).encode()


def parse(content: bytes | str) -> Any:
    """The JSON object or array; None of anything else."""
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict | list) else None


def write(document: Any) -> bytes:
    """JSON as it stands in a cassette: with spaces, at which its lines can be folded."""
    return json.dumps(document, ensure_ascii=False).encode()


def in_json(value: Any, visit: Visit, name: str = "") -> Any:
    """A document of JSON; the names of its members are visited as pieces without a name."""
    if isinstance(value, dict):
        return {visit("", key): in_json(inner, visit, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_json(inner, visit, name) for inner in value]
    return in_text(value, visit, name) if isinstance(value, str) else visit(name, value)


def in_text(text: str, visit: Visit, name: str = "") -> str:
    """A text; one that is an address is visited like one."""
    if text.startswith(("https://", "http://")) and not any(one.isspace() for one in text):
        return in_address(text, visit)
    visited: str = visit(name, text)
    return visited


def in_address(address: str, visit: Visit) -> str:
    """An absolute address: host, segments of the path, values of the query; user and fragment go."""
    try:
        parts = urlsplit(address)
    except ValueError:  # it only looks like one
        return str(visit("", address))
    host = visit("", parts.netloc.rpartition("@")[2])
    path = "/".join(_recoded(piece, unquote, _quote, visit, "") for piece in parts.path.split("/"))
    return urlunsplit((parts.scheme, str(host), path, in_form(parts.query, visit), ""))


def in_form(form: str, visit: Visit) -> str:
    """The values of a query or a form; what is not changed stays encoded as it was."""
    return "&".join(_visited_pair(pair, visit) for pair in form.split("&"))


def form_name(pair: str) -> str:
    """The name in ``name=value``."""
    return unquote_plus(pair.partition("=")[0])


def texts(document: Any) -> Iterator[str]:
    """Every text in what YAML or JSON was read to: as it stands, decoded, and what JSON in it holds."""
    if isinstance(document, dict):
        document = [*document.keys(), *document.values()]
    if isinstance(document, list):
        for inner in document:
            yield from texts(inner)
        return
    text = str(document)
    yield from dict.fromkeys((text, unquote(text)))
    yield from texts(parse(text) or [])


def _visited_pair(pair: str, visit: Visit) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{_recoded(value, unquote_plus, quote_plus, visit, form_name(pair))}"


def _recoded(
    encoded: str, decode: Callable[[str], str], encode: Callable[[str], str], visit: Visit, name: str
) -> str:
    plain = decode(encoded)
    visited = str(visit(name, plain))
    return encoded if visited == plain else encode(visited)


def _quote(segment: str) -> str:
    return quote(segment, safe="")
