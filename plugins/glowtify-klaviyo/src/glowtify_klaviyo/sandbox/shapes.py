"""What a request body may hold: small specifications that collect every fault with its pointer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from glowtify_klaviyo.sandbox import clock
from glowtify_klaviyo.sandbox.errors import Problem, invalid_all


class Shape(Protocol):
    """Checks one value and adds what is wrong with it to ``problems``."""

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``, found at ``pointer``."""


def require(shape: Shape, body: Any) -> None:
    """Refuse a body that does not fit: 400 with one error object per fault."""
    problems: list[Problem] = []
    shape.check(body, "", problems)
    if problems:
        raise invalid_all(problems)


def _name(pointer: str) -> str:
    return pointer.rsplit("/", 1)[-1]


def _wrong(value: Any, pointer: str, expected: str) -> Problem:
    shown = "null" if value is None else repr(value)[:60]
    return Problem(f"{shown} is not a valid value for '{_name(pointer)}': {expected} expected.", pointer)


@dataclass(frozen=True, slots=True)
class Text:
    """A string, perhaps one of a few."""

    choices: tuple[str, ...] = ()
    nullable: bool = False

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if value is None and self.nullable:
            return
        if not isinstance(value, str):
            problems.append(_wrong(value, pointer, "a string"))
        elif self.choices and value not in self.choices:
            problems.append(Problem(f"'{value}' is not a valid choice for '{_name(pointer)}'.", pointer))


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    nullable: bool = False

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if not isinstance(value, bool) and not (value is None and self.nullable):
            problems.append(_wrong(value, pointer, "a boolean"))


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer, one of a few."""

    choices: tuple[int, ...]

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if isinstance(value, bool) or not isinstance(value, int):
            problems.append(_wrong(value, pointer, "an integer"))
        elif value not in self.choices:
            problems.append(Problem(f"{value} is not a valid choice for '{_name(pointer)}'.", pointer))


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time; with an offset unless ``offset`` is false."""

    offset: bool = True

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        moment = clock.parse(value) if isinstance(value, str) else None
        if moment is None:
            problems.append(_wrong(value, pointer, "an ISO 8601 date and time"))
        elif self.offset and moment.tzinfo is None:
            problems.append(_wrong(value, pointer, "a date and time with an offset"))


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        try:
            dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            problems.append(_wrong(value, pointer, "an ISO 8601 date"))


@dataclass(frozen=True, slots=True)
class Anything:
    """Any object, not looked into."""

    nullable: bool = True

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if not isinstance(value, dict) and not (value is None and self.nullable):
            problems.append(_wrong(value, pointer, "an object"))


@dataclass(frozen=True, slots=True)
class Each:
    """A list."""

    item: Shape
    nullable: bool = False
    least: int = 0
    most: int | None = None

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if value is None and self.nullable:
            return
        if not isinstance(value, list):
            problems.append(_wrong(value, pointer, "a list"))
            return
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            problems.append(Problem(f"'{_name(pointer)}' has {len(value)} elements.", pointer))
        for index, item in enumerate(value):
            self.item.check(item, f"{pointer}/{index}", problems)


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known members: ``resource`` is what messages call it."""

    resource: str
    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    nullable: bool = False

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if value is None and self.nullable:
            return
        if not isinstance(value, dict):
            problems.append(_wrong(value, pointer or "/", "an object"))
            return
        known = {**self.required, **self.optional}
        for name in value:
            if name in known:
                known[name].check(value[name], f"{pointer}/{name}", problems)
            else:
                detail = f"'{name}' is not a valid field for the resource '{self.resource}'."
                problems.append(Problem(detail, f"{pointer}/{name}"))
        for name in self.required:
            if name not in value:
                detail = f"'{name}' is a required field for the resource '{self.resource}'."
                problems.append(Problem(detail, f"{pointer}/{name}"))


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several records, told apart by the value of ``tag``."""

    resource: str
    tag: str
    records: Mapping[Any, Shape]
    nullable: bool = False

    def check(self, value: Any, pointer: str, problems: list[Problem]) -> None:
        """Check ``value``."""
        if value is None and self.nullable:
            return
        if not isinstance(value, dict):
            problems.append(_wrong(value, pointer, "an object"))
        elif self.tag not in value:
            detail = f"'{self.tag}' is a required field for the resource '{self.resource}'."
            problems.append(Problem(detail, f"{pointer}/{self.tag}"))
        elif not self._known(value[self.tag]):
            shown = value[self.tag] if isinstance(value[self.tag], str) else repr(value[self.tag])
            problems.append(
                Problem(f"'{shown}' is not a valid choice for '{self.tag}'.", f"{pointer}/{self.tag}")
            )
        else:
            self.records[value[self.tag]].check(value, pointer, problems)

    def _known(self, tag: Any) -> bool:
        return any(type(tag) is type(known) and tag == known for known in self.records)


def document(
    kind: str,
    *,
    with_id: bool = False,
    attributes: Shape | None = None,
    optional: Mapping[str, Shape] | None = None,
    relationships: Shape | None = None,
) -> Record:
    """Return the shape of ``{"data": {"type": kind, ...}}``."""
    required: dict[str, Shape] = {"type": Text((kind,))}
    if with_id:
        required["id"] = Text()
    if attributes is not None:
        required["attributes"] = attributes
    if relationships is not None:
        required["relationships"] = relationships
    return Record("document", {"data": Record(kind, required, optional or {})})


def pointing_to(kind: str, resource: str = "relationship") -> Record:
    """Return the shape of a to-one relationship."""
    return Record(resource, {"data": Record(kind, {"type": Text((kind,)), "id": Text()})})


def names(values: Sequence[str]) -> Each:
    """Return the shape of a list of these strings."""
    return Each(Text(tuple(values)))
