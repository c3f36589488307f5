"""An observer that keeps what it was told, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One piece of work: what was said of it, what it was made of, and the error that left it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Seen] = field(default_factory=list)
    error: BaseException | None = None

    def named(self, name: str) -> list[Seen]:
        return [part for part in self.parts if part.name == name]


class Watcher:
    """Keeps everything; for one thread."""

    def __init__(self) -> None:
        self.root = Seen("")
        self._inside = [self.root]

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[object]:
        seen = Seen(name, dict(attributes))
        self._inside[-1].parts.append(seen)
        self._inside.append(seen)
        try:
            yield lambda **more: seen.attributes.update(more)
        except BaseException as error:
            seen.error = error
            raise
        finally:
            self._inside.pop()
