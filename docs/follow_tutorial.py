# ruff: noqa: INP001, S101 - a script beside the documentation, in no package; its pipes are there
"""Follow a tutorial to the letter: write its code into a folder, run its commands, compare what they print.

A block of code with a ``title`` is that file, whole; as ``diff`` it is changes of it, each of which fits in
exactly one place; ``@@`` stands between two of them. In a ``console`` block each line after ``$`` is run, all
in one shell, and has to print what follows it, in which ``...`` stands for anything. Only where that says
that something ``failed`` the command may fail.

    python docs/follow_tutorial.py docs/tutorials/write-a-connector.md NEW-FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import PIPE, STDOUT

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_END = "The command has ended:"


@dataclass(frozen=True)
class Block:
    """A fenced block of the page.

    Attributes:
        section: the heading that it stands under.
        language: of the code.
        title: the file that it is or changes; empty where it is none.
        text: with a line break at its end.
    """

    section: str
    language: str
    title: str
    text: str


def main(page: Path, folder: Path) -> None:
    """Follow a page in a new folder."""
    folder.mkdir(parents=True)
    with shell(folder) as run:
        for block in blocks(page.read_text("utf-8")):
            if block.title:
                write(block, folder)
                continue
            for command, expected in commands(block.text):
                sys.stdout.write(f"$ {command}\n")
                run(command, expected)


def blocks(page: str) -> Iterator[Block]:
    """The blocks that are files, changes or commands, in their order."""
    for found in _BLOCK.finditer(page):
        language, title, text = found.groups()
        if title or language == "console":
            sections = _HEADING.findall(page, 0, found.start())
            yield Block(sections[-1] if sections else "", language, title or "", text)


def write_all(found: Iterable[Block], folder: Path) -> None:
    """Write the files of these blocks, and run nothing."""
    for block in found:
        if block.title:
            write(block, folder)


def write(block: Block, folder: Path) -> None:
    """Write a file, or change it."""
    path = folder / block.title
    path.parent.mkdir(parents=True, exist_ok=True)
    text = changed(path.read_text("utf-8"), block) if block.language == "diff" else block.text
    path.write_text(text, encoding="utf-8")


def changed(text: str, block: Block) -> str:
    """A file's text after the changes of a block.

    Raises:
        ValueError: one of them fits in no place, or in several.
    """
    for change in re.split(r"^@@\n", block.text, flags=re.MULTILINE):
        lines = change.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
        after = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
        places = f"\n{text}".count(f"\n{before}")
        if places != 1:
            raise ValueError(f"{block.section}: {block.title}: fits in {places} places:\n{change}")
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    return text


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints."""
    for one in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = one.partition("\n")
        yield command, printed.strip()


@contextmanager
def shell(folder: Path) -> Iterator[Callable[[str, str], None]]:
    """One shell; what it gives runs a command, and exits when that fails or prints something else."""
    with subprocess.Popen(
        ["bash"],  # noqa: S607 - the reader's
        cwd=folder,
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
    ) as process:
        yield partial(_run, process)


def _run(process: subprocess.Popen[str], command: str, expected: str) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{_END} %s\\n' $?\n")
    process.stdin.flush()
    *printed, end = _until(process.stdout, _END)
    said = "\n".join(line.rstrip() for line in printed).strip()
    if end != f"{_END} 0\n" and "failed" not in expected:
        raise SystemExit(f"It failed, and printed\n{said}")
    if not _fits(expected, said):
        raise SystemExit(f"It printed\n{said}\n\ninstead of\n{expected}")


def _until(lines: Iterable[str], end: str) -> Iterator[str]:
    """The lines up to the first one that begins like this, and that one."""
    for line in lines:
        yield line
        if line.startswith(end):
            return


def _fits(expected: str, said: str) -> bool:
    """Whether an output is the one that a page shows."""
    pattern = re.escape(expected).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, said, re.DOTALL) is not None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
