"""What the measurements of scale share: tables for the terminal and for docs/scale.md, and databases."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

DATABASES = ("sqlite", "postgresql")


class Board:
    """A table of figures.

    Args:
        title: what was measured.
        columns: the first one names a row; the others are figures.
        notes: what a reader must know to judge them, a sentence each.
    """

    def __init__(self, title: str, *columns: str, notes: Sequence[str] = ()) -> None:
        self.title = title
        self.columns = columns
        self.notes = list(notes)
        self.rows: list[tuple[tuple[str, ...], bool]] = []

    def row(self, *cells: str, good: bool = True) -> None:
        """One line; not good is what misses its target."""
        self.rows.append((cells, good))

    @property
    def good(self) -> bool:
        """Whether every line meets its target."""
        return all(good for _, good in self.rows)

    def show(self, *, markdown: bool = False) -> None:
        """Print it, for people or for the documentation."""
        if markdown:
            sys.stdout.write(self.as_markdown())
            return
        table = Table(title=self.title)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for cells, good in self.rows:
            table.add_row(*cells, style="" if good else "bold red")
        console = Console(width=130)
        console.print(table)
        for note in self.notes:
            console.print(note, style="dim")

    def as_markdown(self) -> str:
        """The table as it stands in docs/scale.md; what misses its target is bold."""
        bar = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [self.columns, tuple(bar)]
        lines += [cells if good else tuple(f"**{cell}**" for cell in cells) for cells, good in self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return "\n".join([f"{self.title}:", "", table, "", *self.notes, "", ""])


def machine() -> str:
    """What this was measured on, in a line."""
    names = [
        line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")
    ]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    parts = [
        f"{os.cpu_count()} cores" + (f" ({names[0]})" if names else ""),
        *(f"{size / 2**20:.0f} GiB" for size in memory),
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
    ]
    return ", ".join(parts)


@contextmanager
def place(kind: str) -> Iterator[Path | str]:
    """A new and empty database, gone afterwards: a file, or one of the PostgreSQL server that tests use."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="glowtify-bench-") as folder:
            yield Path(folder) / "glowtify.db"
    else:
        from databases import postgresql_url

        with postgresql_url() as url:
            yield url


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
