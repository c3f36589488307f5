"""Ids that a platform made, replaced by the same ones in every recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from glowtify_core.testing.cassettes.conversation import in_request, in_response


@dataclass(frozen=True, slots=True)
class PlatformId:
    """Something that a platform makes anew each time: an id, or a cursor.

    Attributes:
        pattern: regular expression of it.
        fields: names of the JSON members, form fields and query parameters whose whole value is one. With
            none named it is looked for everywhere, and must be known by its form: ``cmp_[0-9a-f]{12}``.
        like: what stands in its place; ``number`` counts them from 1, by first appearance. Of an id that is a
            number in JSON it has to be one too.
    """

    pattern: str = ".+"
    fields: AbstractSet[str] = frozenset()
    like: str = "id{number:04}"

    def names_members(self, name: str) -> bool:
        """Whether a member of JSON is named by such an id."""
        return not self.fields and re.fullmatch(self.pattern, name) is not None

    def found_in(self, name: str, piece: Any) -> Iterable[str]:
        """The ids in a piece of a conversation, given the name that it stands under."""
        if isinstance(piece, bool) or not isinstance(piece, str | int):
            return ()
        text = str(piece)
        if self.fields:
            return [text] if name in self.fields and re.fullmatch(self.pattern, text) else ()
        return [one.group() for one in _whole(self.pattern).finditer(text)]


def with_stable_ids(
    requests: Sequence[Any], responses: Sequence[Any], ids: Sequence[PlatformId]
) -> tuple[list[Any], list[Any]]:
    """A whole conversation with its ids replaced, alike in addresses, headers and bodies, there and back.

    Each id gets one of its own, by the order in which the platform told them. What a request named before any
    answer did is no id of the platform's making: the test knows it, and it stays.

    Raises:
        ValueError: an id is a number in JSON, and what is to stand in its place is none.
    """
    numbered = _Numbered(ids)
    for request, response in zip(requests, responses, strict=True):
        in_request(request, numbered.hear)
        in_response(response, numbered.notice)
    return (
        [in_request(request, numbered.replace) for request in requests],
        [in_response(response, numbered.replace) for response in responses],
    )


class _Numbered:
    """The ids of one conversation, in the order in which the platform told them."""

    def __init__(self, ids: Sequence[PlatformId]) -> None:
        self._ids = ids
        self._asked = ""
        self._instead: dict[str, str] = {}
        self._counts = [0] * len(ids)
        self._told: re.Pattern[str] | None = None

    def hear(self, name: str, piece: Any) -> Any:
        """Remember what was asked; the piece stays."""
        self._asked += f"{name}\n{piece}\n"
        return piece

    def notice(self, name: str, piece: Any) -> Any:
        """Number the ids that are new in a piece of an answer; the piece stays."""
        for place, one in enumerate(self._ids):
            for found in one.found_in(name, piece):
                if found not in self._instead and not _whole(re.escape(found)).search(self._asked):
                    self._counts[place] += 1
                    self._instead[found] = one.like.format(number=self._counts[place])
        return piece

    def replace(self, name: str, piece: Any) -> Any:
        """The piece with what stands in place of its ids; a number is one only under its own name."""
        if isinstance(piece, str):
            return self._pattern.sub(lambda found: self._instead[found.group()], piece)
        is_id = any(one.found_in(name, piece) for one in self._ids)
        return int(self._instead.get(str(piece), piece)) if is_id else piece

    @property
    def _pattern(self) -> re.Pattern[str]:
        if self._told is None:
            self._told = _whole(*map(re.escape, sorted(self._instead, key=len, reverse=True)))
        return self._told


def _whole(*patterns: str) -> re.Pattern[str]:
    """Any of some patterns, where it is no part of a longer word."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(patterns) or '(?!)'})(?![A-Za-z0-9])")
