"""Klaviyo's own OpenAPI document of revision 2026-07-15, mended where the live API is known to differ.

The document lies beside the repository and is no part of it; :data:`OPERATIONS` is empty where it is absent.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]

PATH = Path(__file__).parents[2].parent / "shared" / "klaviyo-openapi" / "klaviyo-subset.openapi.json"
WHY_ABSENT = "Klaviyo's OpenAPI document, ../shared/klaviyo-openapi, is not here"

LINK = {"type": "string", "format": "uri", "nullable": True}
COPY = {"$ref": "#/components/schemas/TemplateResponseObjectResource"}
RELATED = "schemas CampaignMessageResponseObjectResource properties relationships properties"
PAGES = {"$ref": "#/components/schemas/CollectionLinks"}
ERROR = "responses ClientError content application/vnd.api+json schema properties errors items properties"

NO_OFFSET = "the offset is ignored, and may be left out"

PATCHES: Mapping[str, tuple[tuple[str, Any, str], ...]] = {
    "answers": (
        ("schemas CollectionLinks properties next", LINK, "null on the last page"),
        ("schemas CollectionLinks properties prev", LINK, "null on the first page"),
        (
            "schemas EmailSendOptions properties ignore_unsubscribes",
            {"type": "boolean"},
            "recorded for every e-mail campaign",
        ),
        (
            "schemas PostCampaignMessageResponse properties included",
            {"type": "array", "items": COPY},
            "assigning a template answers with the copy, unasked",
        ),
        (
            "schemas PostCampaignValuesResponseDTO properties data properties id",
            {"type": "string"},
            "a report has an id",
        ),
        ("schemas PostCampaignValuesResponseDTO properties links", PAGES, "a report has pages"),
        (f"{RELATED} image properties data nullable", True, "null when included and none is there"),
        (f"{RELATED} template properties data nullable", True, "null when included and none is there"),
        (f"{ERROR} status", {"type": "integer"}, "recorded in every error"),
        (f"{ERROR} links", {"type": "object"}, "recorded in most errors"),
        (f"{ERROR} meta", {"type": "object"}, "recorded in most errors"),
    ),
    "requests": (
        ("schemas CustomTimeframe properties start", {"type": "string"}, NO_OFFSET),
        ("schemas CustomTimeframe properties end", {"type": "string"}, NO_OFFSET),
    ),
}
"""What the document lacks: place, what belongs there, and how we know. :func:`_mend` does the rest."""

FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@dataclass(frozen=True)
class Operation:
    """One method of one path, with what the document says of it."""

    method: str
    path: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return str(self.spec["operationId"])

    @property
    def scopes(self) -> Sequence[str]:
        scopes: Sequence[str] = self.spec["x-klaviyo-scopes"]
        return scopes

    @property
    def limit(self) -> str:
        """The value of ``ratelimit-limit`` that its limits call for."""
        limits: Mapping[str, str] = self.spec["x-klaviyo-ratelimit"]
        burst = limits["burst"].removesuffix("/s")
        lengths = {"burst": 1, "steady": 60, "daily": 86400}
        return ", ".join(
            [burst, *(f"{text.split('/')[0]};w={lengths[name]}" for name, text in limits.items())]
        )

    @property
    def parameters(self) -> Mapping[str, Json]:
        """The schemas of its query parameters."""
        return {one["name"]: one["schema"] for one in self.spec["parameters"] if one["in"] == "query"}

    @property
    def filters(self) -> Mapping[str, Json]:
        filters: Mapping[str, Json] = self.spec.get("x-klaviyo-filters", {})
        return filters

    @property
    def success(self) -> int:
        """The status that it answers with when all is well."""
        return next(int(status) for status in self.spec["responses"] if status.startswith("2"))

    @cached_property
    def body(self) -> Draft202012Validator | None:
        """Validates what is sent; None if nothing is."""
        request = self.spec.get("requestBody")
        return _validator(request, "requests") if request else None

    def faults(self, status: int, answer: Any) -> list[str]:
        """What the document does not allow in an answer with this status; None stands for an empty body."""
        response = self.spec["responses"][str(status) if status < 400 else "4XX"]
        if "$ref" in response:
            response = _mended("answers")["responses"][response["$ref"].rsplit("/", 1)[-1]]
        if "content" not in response:
            return [] if answer is None else ["a body, where the document has none"]
        errors = _validator(response, "answers").iter_errors(answer)
        return [f"{error.json_path}: {error.message[:300]}" for error in errors]


def _document() -> Json:
    document: Json = json.loads(PATH.read_text()) if PATH.exists() else {"paths": {}, "components": {}}
    return document


def _operations() -> Iterator[Operation]:
    for path, methods in _document()["paths"].items():
        for method, spec in methods.items():
            yield Operation(method.upper(), path, spec)


OPERATIONS = list(_operations())


def _validator(holder: Mapping[str, Any], side: str) -> Draft202012Validator:
    """Return the validator of a request or response with a body."""
    schema = next(iter(holder["content"].values()))["schema"]
    root = {**_mend(schema, {}), "components": _mended(side)}
    return Draft202012Validator(root, format_checker=FORMATS)


@cache
def _mended(side: str) -> Json:
    """The components with the patches put in, as JSON Schema of today."""
    components = deepcopy(_document()["components"])
    for place, value, _reason in PATCHES[side]:
        *above, last = place.split(" ")
        holder = components
        for name in above:
            holder = holder[name]
        holder[last] = value
    mended: Json = _mend(components, components["schemas"])
    return mended


def _mend(node: Any, schemas: Mapping[str, Any]) -> Any:
    """Read OpenAPI 3.0 as JSON Schema.

    ``nullable`` counts everywhere; ``oneOf`` is ``anyOf``, since its branches overlap; objects are closed,
    because Klaviyo refuses unknown attributes and because that shows what an answer has too much.
    """
    if isinstance(node, list):
        return [_mend(one, schemas) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("allOf"), list):
        node = _merged([_resolved(branch, schemas) for branch in node["allOf"]])
    schema = {name: _mend(value, schemas) for name, value in node.items() if name != "example"}
    if "oneOf" in schema:
        schema["anyOf"] = schema.pop("oneOf")
    if schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
    if schema.pop("nullable", False) is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


def _resolved(branch: Json, schemas: Mapping[str, Any]) -> Json:
    found: Json = schemas[branch["$ref"].rsplit("/", 1)[-1]] if "$ref" in branch else branch
    return found


def _merged(branches: list[Json]) -> Json:
    """One object schema of several: what they have in common is merged, the last one wins elsewhere."""
    merged: Json = {}
    for branch in branches:
        for name, value in branch.items():
            both = isinstance(value, dict) and isinstance(merged.get(name), dict)
            merged[name] = _merged([merged[name], value]) if both else value
    return merged
