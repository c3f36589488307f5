"""Writing a new connector: the one in ``template``, renamed.

The template is a connector for a platform that does not exist. It is checked as it stands, like all code
here; only its names are changed when it is written.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glowtify_core.domain.errors import ConfigurationError, shown

TEMPLATE = Path(__file__).parent / "template"
OURS = frozenset({"core", "adapters"})
"""Names whose distributions exist already, and are no connectors."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Written:
    """A connector that was just written.

    Attributes:
        folder: where it is.
        files: relative to that, sorted.
        next_steps: commands, each with what it is for, in the order in which to run them.
    """

    folder: Path
    files: Sequence[Path]

    @property
    def next_steps(self) -> Sequence[tuple[str, str]]:
        """From here to a connector for the author's own platform."""
        return (
            (f"cd {shlex.quote(str(self.folder))}", ""),
            ("python3 -m venv .venv && . .venv/bin/activate", ""),
            ('pip install -e ".[test]"', ""),
            ("python -m glowtify_core.host", "it is found"),
            ("pytest", "it passes the core tier of the contract"),
            ("grep -rn TODO src tests", "where your platform's API goes"),
        )

    def __str__(self) -> str:
        steps = [f"  {command:<48}{f'# {why}' if why else ''}".rstrip() for command, why in self.next_steps]
        return "\n".join([f"Written to {self.folder}. Next:", "", *steps])


def write_connector(name: str, *, title: str | None = None, into: Path | None = None) -> Written:
    """Write a complete distribution that can be installed, is found, and passes the core tier at once.

    Args:
        name: of the connector, such as ``acme`` or ``mail-wizard``.
        title: as people read it; made from the name when None.
        into: the folder to write to, new or empty; ``glowtify-NAME`` here when None.

    Raises:
        ConfigurationError: the name or the title cannot be one, or something is in the way; nothing was
            written.
    """
    words = _words(name, _title(name) if title is None else title)
    folder = into or Path(f"glowtify-{name}")
    files = {
        Path(_renamed(path.relative_to(TEMPLATE).as_posix(), words)): _renamed(path.read_text("utf-8"), words)
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder} exists and is not an empty folder",
                code="scaffold_target",
                remedy="Choose another one with --into, or move it away; nothing was written.",
                field="into",
            )
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as problem:
        raise ConfigurationError(
            f"{folder} cannot be written",
            code="scaffold_target",
            detail=problem.strerror or "",
            remedy="Choose another folder with --into.",
            field="into",
        ) from problem
    return Written(folder, sorted(files))


def _words(name: str, title: str) -> Mapping[str, str]:
    """What stands in the template, and what is to stand there instead; the longest first.

    Raises:
        ConfigurationError: they cannot be a name and a title.
    """
    if not _NAME.fullmatch(name) or name in OURS:
        raise ConfigurationError(
            f"{shown(name)} cannot be the name of a connector",
            code="scaffold_name",
            remedy="Use small letters and digits, with a letter first and single dashes between words:"
            f" acme, mail-wizard. {' and '.join(sorted(OURS))} are taken.",
            field="name",
        )
    if not title.strip() or not title.isprintable() or {*title} & {*'"\\'} or len(title) > _LONGEST_TITLE:
        raise ConfigurationError(
            f"{shown(title)} cannot be the title of a connector",
            code="scaffold_title",
            remedy=f"Write the platform's name as people know it, without quotes, in {_LONGEST_TITLE}"
            " characters at most.",
            field="title",
        )
    module = name.replace("-", "_")
    return {
        "Bolt Mail": title,
        "bolt_": f"{module}_",
        "_bolt": f"_{module}",
        "bolt": name,
        "Bolt": "".join(word.capitalize() for word in name.split("-")),
        "BOLT": module.upper(),
    }


def _title(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("-"))


def _renamed(text: str, words: Mapping[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], text)
