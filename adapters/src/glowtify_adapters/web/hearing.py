"""What the core and connectors say in English, values and all, in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{(\w+)\}")


class Heard:
    """Knows a sentence as it stands, or by the words around its values.

    Args:
        said: what it is in the other language, by what it is in English; ``{names}`` stand for values.
    """

    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = said
        with_values = sorted(filter(_NAME.search, said), key=len, reverse=True)
        self._patterns = [(_pattern(english), said[english]) for english in with_values]

    def __call__(self, text: str) -> str:
        """The sentence in the other language; as it is where it is none that is known."""
        if text in self._said:
            return self._said[text]
        for pattern, said in self._patterns:
            if found := pattern.fullmatch(text):
                values = {name: self._value(value) for name, value in found.groupdict().items()}
                return _NAME.sub(lambda name: values[name[1]], said)  # noqa: B023 - used at once
        return text

    def _value(self, text: str) -> str:
        """What stands in a sentence may be another one, or words that are known one by one."""
        whole = self(text)
        return whole if whole != text else ", ".join(self._said.get(word, word) for word in text.split(", "))


def _pattern(english: str) -> re.Pattern[str]:
    """Matches the sentence with anything in the places of its names."""
    text, *rest = _NAME.split(english)
    pattern = re.escape(text)
    for name, words in zip(rest[::2], rest[1::2], strict=True):
        pattern += f"(?P<{name}>.*?){re.escape(words)}"
    return re.compile(pattern, re.DOTALL)
