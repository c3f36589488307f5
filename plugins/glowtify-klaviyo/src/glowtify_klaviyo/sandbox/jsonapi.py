"""JSON:API documents: resources with sparse fields, relationships and links, pages with cursors."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from glowtify_klaviyo.sandbox import filters
from glowtify_klaviyo.sandbox.endpoint import Answer, Call
from glowtify_klaviyo.sandbox.errors import invalid
from glowtify_klaviyo.sandbox.query import self_link
from glowtify_klaviyo.sandbox.resources import LOOKS, Json, Relation, identity

Key = tuple[Any, str]


def one(call: Call, kind: str, item: Any, *, status: int = 200, attributes: Json | None = None) -> Answer:
    """Answer with one resource and what was asked to be included."""
    document: Json = {"data": resource(call, kind, item, call.query.include or (), attributes)}
    if call.query.include is not None:
        document["included"] = included(call, kind, [item])
    document["links"] = {"self": self_link(call.origin, call.path, call.query.pairs)}
    return Answer(status, document)


def many(call: Call, kind: str, items: Sequence[Any], *, links: Json | None = None) -> Answer:
    """Answer with these resources; ``links`` adds to ``self``."""
    include = call.query.include or ()
    document: Json = {"data": [resource(call, kind, item, include) for item in items]}
    if call.query.include is not None:
        document["included"] = included(call, kind, items)
    document["links"] = {"self": self_link(call.origin, call.path, call.query.pairs), **(links or {})}
    return Answer(200, document)


def identifiers(call: Call, kind: str, items: Sequence[Any] | None, *, links: Json | None = None) -> Answer:
    """Answer a ``relationships`` path: type and id of each; None for an empty to-one."""
    data = None if items is None else [{"type": kind, "id": identity(item)} for item in items]
    own = {"self": self_link(call.origin, call.path, call.query.pairs)}
    return Answer(200, {"data": data, "links": {**own, **(links or {})}})


def one_identifier(call: Call, kind: str, item: Any) -> Answer:
    """Answer a ``relationships`` path of a to-one relationship."""
    data = None if item is None else {"type": kind, "id": identity(item)}
    return Answer(200, {"data": data, "links": {"self": self_link(call.origin, call.path, call.query.pairs)}})


def resource(
    call: Call, kind: str, item: Any, include: Iterable[str] = (), attributes: Json | None = None
) -> Json:
    """Return one resource object. ``attributes`` replaces the usual ones."""
    look, own = LOOKS[kind], identity(item)
    base = f"{call.origin}/api/{look.path}/{own}"
    shown = look.attributes(call.state, item) if attributes is None else attributes
    data: Json = {"type": kind, "id": own, "attributes": sparse(shown, call.query.fields.get(kind))}
    relationships = {
        name: _relationship(call, base, name, relation, item, told=relation.always or name in include)
        for name, relation in look.relations.items()
        if not (kind == "mapped-metric" and relation.find(call.state, item) is None)
    }
    if relationships:
        data["relationships"] = relationships
    data["links"] = {"self": f"{base}/"}
    return data


def included(call: Call, kind: str, items: Iterable[Any]) -> list[Json]:
    """Return the resources that ``include`` asks for, each once."""
    found: dict[tuple[str, str], Json] = {}
    for item in items:
        for name in call.query.include or ():
            relation = LOOKS[kind].relations.get(name)
            for other in _as_list(relation.find(call.state, item)) if relation else ():
                place = (relation.kind, identity(other)) if relation else ("", "")
                if place not in found:
                    found[place] = resource(call, place[0], other)
    return list(found.values())


def sparse(attributes: Json, fields: tuple[str, ...] | None) -> Json:
    """Keep the fields asked for, in the order asked; dotted names reach into objects."""
    if fields is None:
        return attributes
    kept: Json = {}
    for head in dict.fromkeys(name.partition(".")[0] for name in fields):
        if head not in attributes:
            continue
        kept[head] = attributes[head]
        if head not in fields and isinstance(kept[head], dict):
            inner = tuple(name.removeprefix(f"{head}.") for name in fields if name.startswith(f"{head}."))
            kept[head] = sparse(kept[head], inner)
    return kept


def page(
    call: Call,
    items: Iterable[Any],
    *,
    default_sort: str = "id",
    born: Callable[[Any], datetime] | None = None,
) -> tuple[list[Any], Json]:
    """Filter, sort and cut a collection; returns the page and its ``next`` and ``prev`` links.

    ``born`` tells when an object was made, for a collection that lags behind.
    """
    now, rules = call.state.clock.now(), call.endpoint.filters
    found = [item for item in items if filters.matches(call.query.filter, rules, item, now)]
    if born and call.lag > 0:
        latest = now - timedelta(seconds=call.lag)
        found = [item for item in found if born(item) <= latest]
    sort = call.query.sort or default_sort
    keyed = sorted(((_key(call, item, sort.removeprefix("-")), item) for item in found), key=_first)
    if sort.startswith("-"):
        keyed.reverse()
    return _cut(call, keyed, backwards=sort.startswith("-"))


def _first(pair: tuple[Key, Any]) -> Key:
    return pair[0]


def _key(call: Call, item: Any, name: str) -> Key:
    value = getattr(item, name, None)
    if callable(value):
        value = value(call.state.clock.now())
    return (value.timestamp() if isinstance(value, datetime) else value or 0, identity(item))


def _cut(call: Call, keyed: list[tuple[Key, Any]], *, backwards: bool) -> tuple[list[Any], Json]:
    size, start = call.query.size, 0
    direction, mark = _read_cursor(call.query.cursor)
    if mark is not None:
        before = sum(_precedes(key, mark, backwards=backwards) for key, _ in keyed)
        if direction == "prev":
            start, size = max(0, before - size), min(size, before)
        else:
            start = before + sum(key == mark for key, _ in keyed)
    shown = keyed[start : start + size]
    links: Json = {"next": None, "prev": None}
    if start + size < len(keyed) and shown:
        links["next"] = _cursor_link(call, "next", shown[-1][0])
    if start > 0 and shown:
        links["prev"] = _cursor_link(call, "prev", shown[0][0])
    return [item for _, item in shown], links


def _precedes(key: Key, mark: Key, *, backwards: bool) -> bool:
    try:
        return key > mark if backwards else key < mark
    except TypeError:
        raise invalid("The cursor belongs to another sort.", parameter="page[cursor]") from None


def _cursor_link(call: Call, direction: str, key: Key) -> str:
    cursor = base64.urlsafe_b64encode(json.dumps([direction, *key]).encode()).decode().rstrip("=")
    return cursor_link(call, cursor)


def cursor_link(call: Call, cursor: str) -> str:
    """Return the link of this request with another cursor."""
    pairs = [pair for pair in call.query.pairs if pair[0] != "page[cursor]"]
    return self_link(call.origin, call.path, [*pairs, ("page[cursor]", cursor)])


def _read_cursor(cursor: str | None) -> tuple[str, Key | None]:
    if cursor is None or cursor.startswith("<Filters:"):
        return "next", None
    try:
        bare = cursor.lstrip("=")  # which Klaviyo's own client leaves in front
        padded = bare + "=" * (-len(bare) % 4)
        direction, value, own = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        raise invalid("Invalid cursor.", parameter="page[cursor]") from None
    if direction not in {"next", "prev"} or not isinstance(own, str):
        raise invalid("Invalid cursor.", parameter="page[cursor]")
    return direction, (value, own)


def _as_list(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _relationship(call: Call, base: str, name: str, relation: Relation, item: Any, *, told: bool) -> Json:
    links = {"self": f"{base}/relationships/{name}/", "related": f"{base}/{name}/"}
    if not told:
        return {"links": links}
    found = relation.find(call.state, item)
    if isinstance(found, list):
        data: Any = [{"type": relation.kind, "id": identity(other)} for other in found]
    else:
        data = None if found is None else {"type": relation.kind, "id": identity(found)}
    return {"data": data, "links": links}
