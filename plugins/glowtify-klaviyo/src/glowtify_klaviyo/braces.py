"""Template braces: what of an e-mail Klaviyo would run as a tag, and what is only punctuation.

Klaviyo runs ``{{ ... }}`` and ``{% ... %}`` when it sends (its help centre shows both). A tag that it cannot
read spoils the e-mail for everybody, and at that time nobody can mend it, so doubtful ones are refused first.
CSS holds ``}}`` and ``{#id`` in good faith; neither opens a tag, so both are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

BLOCKS = frozenset(
    {"autoescape", "blocktrans", "catalog", "comment", "filter", "for", "if", "ifchanged", "ifequal"}
    | {"ifnotequal", "spaceless", "verbatim", "with"}
)
"""Tags that need an ``{% end... %}``: Django's, which Klaviyo's language resembles, and ``catalog``."""

TAGS = frozenset(
    {"else", "elif", "empty", "cycle", "firstof", "include", "load", "lorem", "now", "regroup"}
    | {"templatetag", "trans", "widthratio"}
    | {"coupon_code", "currency_format", "current_day", "current_month", "current_month_name"}
    | {"current_timestamp", "current_weekday", "current_year", "manage_preferences", "today"}
    | {"manage_preferences_link", "unsubscribe", "unsubscribe_link", "view_in_browser", "web_view"}
    | {"web_view_link", "forward_to_a_friend", "forward_to_friend"}
)
"""Tags that stand alone: Django's, and those that Klaviyo's help centre and its users show.

Klaviyo publishes no complete list, so a tag that is missing here is refused although Klaviyo may know it.
"""

LONGEST = 1000
"""Characters in a tag; where the braces close only later, they close something else, such as CSS."""

_OPENING = re.compile(r"\{\{|\{%|\{#")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPERAND = r"""(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|[^\W\d][\w$]*(?:\.[\w$]+)*)"""
_ARGUMENT = r"""(?:"[^"]*"|'[^']*'|[^\s|{}][^|{}]*+)"""
_EXPRESSION = re.compile(rf"\s*+{_OPERAND}(?:\s*+\|\s*+\w++(?:\s*+:\s*+{_ARGUMENT})?)*\s*+")
"""Possessive throughout, so that no tag, however odd, takes long to refuse."""

_PERCENT_ESCAPE = re.compile(r"\{%\d[0-9A-Fa-f]")
"""Part of a URL, such as ``{%22id%22}``: no tag's name begins with a digit."""
_WORD = re.compile(r"[^\W\d_]")


class Kind(Enum):
    """What an opening brace turned out to be."""

    TAG = auto()
    LITERAL = auto()
    UNCLOSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Brace:
    """One pair of template braces: what it is, its text as written, where it starts, its line from 1."""

    kind: Kind
    text: str
    start: int
    line: int


def find_braces(source: str) -> Iterator[Brace]:
    """Every pair of template braces in an e-mail, in order; blocks left open come last."""
    open_blocks: list[Brace] = []
    closings = _Closings(source)
    position, line, counted, line_end = 0, 1, 0, -1
    while opening := _OPENING.search(source, position):
        start = opening.start()
        line, counted = line + source.count("\n", counted, start), start
        if start > line_end:
            newline = source.find("\n", start)
            line_end = newline if newline >= 0 else len(source)
        brace = _read(source, start, line_end, line, closings)
        position = start + len(brace.text) if brace else opening.end()
        if brace and brace.kind is Kind.TAG:
            brace = _nest(brace, open_blocks)
        if brace:
            yield brace
    yield from (Brace(Kind.UNCLOSED, block.text, block.start, block.line) for block in open_blocks)


def escape_literals(html: str) -> str:
    """The same HTML with braces that are only punctuation written as entities; tags stay as they are."""
    pieces, done = [], 0
    for brace in find_braces(html):
        if brace.kind is Kind.LITERAL:
            pieces += [html[done : brace.start], brace.text.replace("{", "&#123;").replace("}", "&#125;")]
            done = brace.start + len(brace.text)
    return "".join([*pieces, html[done:]])


class _Closings:
    """Where braces close: each place is looked for once, however many open before it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._next: dict[str, int] = {}

    def find(self, closing: str, start: int, end: int) -> int:
        """As ``str.find``; ``start`` never falls."""
        found = self._next.get(closing, 0)
        if 0 <= found < start:
            found = self._next[closing] = self._source.find(closing, start)
        return found if found + len(closing) <= end else -1


def _read(source: str, start: int, line_end: int, line: int, closings: _Closings) -> Brace | None:
    """What starts here; None for a ``{#`` that no ``#}`` on its line makes a comment."""
    if _PERCENT_ESCAPE.match(source, start):
        return Brace(Kind.LITERAL, "{", start, line)
    opening = source[start : start + 2]
    end = closings.find(_CLOSING[opening], start + 2, min(line_end, start + LONGEST + 4))
    if opening == "{#":
        return Brace(Kind.TAG, source[start : end + 2], start, line) if end >= 0 else None
    inside = source[start + 2 : end] if end >= 0 else ""
    if end < 0 or "{{" in inside or "{%" in inside:
        return Brace(Kind.UNCLOSED, source[start : min(line_end, start + 40)].rstrip(), start, line)
    kind = _kind_of_tag(inside) if opening == "{%" else _kind_of_value(inside)
    return Brace(kind, source[start : end + 2], start, line)


def _kind_of_tag(inside: str) -> Kind:
    name = inside.split(maxsplit=1)[0] if inside.strip() else ""
    known = name in TAGS or name in BLOCKS or name.removeprefix("end") in BLOCKS
    return Kind.TAG if known else Kind.UNKNOWN


def _kind_of_value(inside: str) -> Kind:
    """A value to fill in; braces around no word at all are punctuation, anything else is a slip."""
    if _EXPRESSION.fullmatch(inside):
        return Kind.TAG
    return Kind.UNKNOWN if _WORD.search(inside) else Kind.LITERAL


def _nest(tag: Brace, open_blocks: list[Brace]) -> Brace:
    """Keep count of blocks; an end without its block is unknown."""
    name = _name(tag)
    if name in BLOCKS:
        open_blocks.append(tag)
    elif name.startswith("end"):
        if not open_blocks or _name(open_blocks[-1]) != name.removeprefix("end"):
            return Brace(Kind.UNKNOWN, tag.text, tag.start, tag.line)
        open_blocks.pop()
    return tag


def _name(tag: Brace) -> str:
    words = tag.text.removeprefix("{%").removesuffix("%}").split(maxsplit=1)
    return words[0] if tag.text.startswith("{%") and words else ""
