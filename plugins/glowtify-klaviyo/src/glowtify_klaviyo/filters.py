"""Klaviyo's filter grammar: ``op(attribute,value)``, joined by ``and(...)``."""

from __future__ import annotations

import json
from collections.abc import Sequence


def equals(attribute: str, value: str | bool) -> str:
    """The attribute is this value."""
    return f"equals({attribute},{_literal(value)})"


def contains(attribute: str, value: str) -> str:
    """The attribute holds this text."""
    return f"contains({attribute},{_literal(value)})"


def any_of(attribute: str, values: Sequence[str]) -> str:
    """The attribute is one of these."""
    return f"any({attribute},[{','.join(map(_literal, values))}])"


def contains_any(attribute: str, values: Sequence[str]) -> str:
    """The attribute is one of these, in the grammar of reports: at most 100."""
    return f"contains-any({attribute},[{','.join(map(_literal, values))}])"


def both(*conditions: str) -> str:
    """Every condition holds."""
    return conditions[0] if len(conditions) == 1 else f"and({','.join(conditions)})"


def _literal(value: str | bool) -> str:
    return json.dumps(value, ensure_ascii=False)
