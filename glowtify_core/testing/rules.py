"""The rules that contract tests cite: each test's docstring is the rule, why it stands, and what to do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RULE_NAME = re.compile(r"test_c(\d\d\d?)_\w+$")
"""How a contract test is named, so that every report names its rule."""

_DOCSTRING = re.compile(
    r"C-(?P<number>\d+): (?P<rule>.+?)\n\n"
    r"Why: (?P<why>.+?)\n"
    r"If this fails: (?P<remedy>.+?)\Z",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract, as a test states it.

    Attributes:
        number: of ``C-number``; never used again for another rule.
        text: the rule, in a sentence.
        why: what breaks without it.
        remedy: what an author does when the test fails.
        test: the test's name.
    """

    number: int
    text: str
    why: str
    remedy: str
    test: str

    def __str__(self) -> str:
        return f"C-{self.number}"


def rule_of(name: str, test: Callable[..., Any]) -> Rule:
    """Read the rule that a contract test states.

    Raises:
        ValueError: the docstring is not of the form, or its number is not the name's.
    """
    named = RULE_NAME.match(name)
    told = _DOCSTRING.match(inspect.getdoc(test) or "")
    if not named or not told or int(named[1]) != int(told["number"]):
        raise ValueError(f"{name} does not state its rule: 'C-n: ...', 'Why: ...', 'If this fails: ...'")
    return Rule(int(told["number"]), _flat(told["rule"]), _flat(told["why"]), _flat(told["remedy"]), name)


def _flat(text: str) -> str:
    return " ".join(text.split())
