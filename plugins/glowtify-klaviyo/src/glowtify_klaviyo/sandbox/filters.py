"""The filter grammar: ``op(attribute,value)``, joined by commas or ``and(...)``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from glowtify_klaviyo.sandbox import clock
from glowtify_klaviyo.sandbox.errors import Refusal, invalid

TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>[(),\[\]])|(?P<bare>[^\s(),\[\]"']+))"""
)
QUOTED = re.compile(r"\\(.)")
COMPARISONS = ("greater-or-equal", "greater-than", "less-or-equal", "less-than")

Read = Callable[[Any, datetime], Any]
"""Takes an object and the present instant and returns the value that a filter compares."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One parsed comparison."""

    operator: str
    attribute: str
    value: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What an attribute may be compared by, and how to read it from an object."""

    operators: tuple[str, ...]
    read: Read
    kind: Literal["text", "flag", "moment"] = "text"
    choices: tuple[str, ...] = ()
    applied: bool = True


def refuse(detail: str) -> Refusal:
    """Refuse a filter: 400 at the parameter."""
    return invalid(detail, parameter="filter")


def parse(text: str) -> list[Condition]:
    """Read a filter; raises a 400 for what the grammar does not know."""
    tokens = _tokens(text)
    conditions = _conditions(tokens)
    if tokens:
        raise refuse(f"Invalid filter: unexpected '{tokens[0]}'.")
    return conditions


def check(conditions: Iterable[Condition], rules: Mapping[str, Rule], any_limit: int | None = None) -> None:
    """Refuse attributes, operators and values that ``rules`` do not allow."""
    for condition in conditions:
        rule = rules.get(condition.attribute)
        if rule is None:
            allowed = ",".join(rules)
            raise refuse(
                f"'{condition.attribute}' is not an allowed filter field.  Allowed fields are {allowed}"
            )
        if condition.operator not in rule.operators:
            raise refuse(
                f"'{condition.operator}' is not an allowed filter operator for {condition.attribute}.  "
                f"Allowed operators are {','.join(rule.operators)}"
            )
        listed = condition.operator in {"any", "contains-any", "contains-all"}
        if listed != isinstance(condition.value, list) and condition.operator != "equals":
            raise refuse(f"Invalid value for '{condition.operator}' on {condition.attribute}.")
        if listed and any_limit is not None and len(condition.value) > any_limit:
            raise refuse(f"At most {any_limit} values are allowed for {condition.attribute}.")
        for value in condition.value if isinstance(condition.value, list) else [condition.value]:
            _check_value(condition.attribute, rule, value)


def attribute(name: str) -> Read:
    """Return how to read the attribute ``name``."""
    return lambda item, _now: getattr(item, name)


def matches(conditions: Iterable[Condition], rules: Mapping[str, Rule], item: Any, now: datetime) -> bool:
    """Tell whether an object fulfils every condition."""
    return all(
        _holds(condition, rules[condition.attribute].read(item, now))
        for condition in conditions
        if rules[condition.attribute].applied
    )


def not_future(conditions: Iterable[Condition], now: datetime) -> None:
    """Refuse a comparison with an instant that is still to come."""
    for condition in conditions:
        if isinstance(condition.value, datetime) and condition.value > now:
            raise refuse(f"Invalid datetime for {condition.attribute}: it lies in the future.")


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if match is None:
            raise refuse(f"Invalid filter at '{text[position : position + 20]}'.")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _expect(tokens: list[str], mark: str) -> None:
    found = tokens.pop(0) if tokens else "the end"
    if found != mark:
        raise refuse(f"Invalid filter: expected '{mark}', found '{found}'.")


def _conditions(tokens: list[str]) -> list[Condition]:
    conditions = _condition(tokens)
    while tokens and tokens[0] == ",":
        tokens.pop(0)
        conditions += _condition(tokens)
    return conditions


def _condition(tokens: list[str]) -> list[Condition]:
    operator = tokens.pop(0) if tokens else "the end"
    _expect(tokens, "(")
    if operator == "and":
        inner = _conditions(tokens)
        _expect(tokens, ")")
        return inner
    attribute = tokens.pop(0) if tokens else ""
    _expect(tokens, ",")
    value = _list(tokens) if tokens and tokens[0] == "[" else _scalar(tokens)
    _expect(tokens, ")")
    return [Condition(operator, attribute, value)]


def _list(tokens: list[str]) -> list[Any]:
    tokens.pop(0)
    values: list[Any] = []
    while tokens and tokens[0] != "]":
        values.append(_scalar(tokens))
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    _expect(tokens, "]")
    return values


def _scalar(tokens: list[str]) -> Any:
    if not tokens or tokens[0] in "(),[]":
        raise refuse("Invalid filter: a value is missing.")
    word = tokens.pop(0)
    if word[0] in "\"'":
        return _unquoted(word)
    if word in {"true", "false"}:
        return word == "true"
    moment = clock.parse(word)
    if moment is None:
        raise refuse(f"Invalid filter value: {word}. Strings need quotes.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unquoted(word: str) -> str:
    """Read a string: in double quotes as JSON, else with a backslash keeping the character after it."""
    with suppress(ValueError):
        return str(json.loads(word))
    return QUOTED.sub(r"\1", word[1:-1])


def _check_value(attribute: str, rule: Rule, value: Any) -> None:
    expected = {"text": str, "flag": bool, "moment": datetime}[rule.kind]
    if not isinstance(value, expected):
        raise refuse(f"Invalid value for {attribute}: {value!r}.")
    if rule.choices and value not in rule.choices:
        raise refuse(
            f"'{value}' is not a valid choice for {attribute}.  Choices are {','.join(rule.choices)}"
        )


def _holds(condition: Condition, actual: Any) -> bool:
    return bool(OPERATORS[condition.operator](actual, condition.value))


def _shares(actual: Any, wanted: Any) -> bool:
    return any(value in wanted for value in (actual if isinstance(actual, list) else [actual]))


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "equals": lambda actual, wanted: actual in wanted if isinstance(wanted, list) else actual == wanted,
    "any": _shares,
    "contains-any": _shares,
    "contains-all": lambda actual, wanted: set(wanted) <= set(actual),
    "contains": lambda actual, wanted: wanted.casefold() in (actual or "").casefold(),
    "starts-with": lambda actual, wanted: (actual or "").startswith(wanted),
    "ends-with": lambda actual, wanted: (actual or "").endswith(wanted),
    "greater-than": lambda actual, wanted: actual is not None and actual > wanted,
    "greater-or-equal": lambda actual, wanted: actual is not None and actual >= wanted,
    "less-than": lambda actual, wanted: actual is not None and actual < wanted,
    "less-or-equal": lambda actual, wanted: actual is not None and actual <= wanted,
}
