"""Every sentence that the sources say to people: of the page, and of the core and the connectors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
WEB = ROOT / "adapters/src/glowtify_adapters/web"

NAME = re.compile(r"\{\w*\}")

INSIDE = (
    ROOT / "glowtify_core",
    ROOT / "plugins/glowtify-klaviyo/src/glowtify_klaviyo",
    ROOT / "adapters/src/glowtify_adapters",
)

UNSEEN = {"sandbox", "scaffold", "testing", "cli", "doctor", "engine", "observing"}
"""Folders whose sentences stand in a terminal, or are for authors."""


def of_templates() -> set[str]:
    """What templates say by ``_("...")``."""
    said = set()
    for path in (WEB / "templates").rglob("*.html"):
        with path.open("rb") as file:
            said |= {str(message) for _, message, *_ in extract("jinja2", file, keywords={"_": None})}
    return said


def of_pages() -> set[str]:
    """What the page's code says by ``.say("...")``, both sides of a choice included."""
    said = set()
    for tree in _trees(WEB):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith(".say"):
                said |= set(_texts(node.args[0]))
    return said


def in_pages() -> set[str]:
    """Every text in the page's code, said at once or kept in a table."""
    return of_pages() | {text for tree in _trees(WEB) for text in _texts(tree)}


def inside() -> set[str]:
    """Every text in what the page speaks to; each value in it is ``{}``."""
    return {text for root in INSIDE for tree in _trees(root, UNSEEN) for text in _texts(tree)}


def errors() -> set[str]:
    """The titles and remedies among them that people meet."""
    said = set()
    for root in INSIDE:
        for tree in _trees(root, UNSEEN | {"credentials", "persistence", "host"}):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and _tells(node):
                    given = [*node.args, *(one.value for one in node.keywords if one.arg in _TOLD)]
                    said |= {_whole(one) for one in given if isinstance(one, ast.Constant | ast.JoinedStr)}
    return {text for text in said if " " in text}


def catalogue(name: str) -> dict[str, str]:
    """A catalogue's words."""
    with (WEB / "languages" / name).open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


_TOLD = {"title", "remedy"}

_TELLERS = re.compile(
    r"(PlatformError|\w*Rejected|Unsupported|StateConflict|\w+NotFound|PublicationBusy|ClaimLost|OutcomeUnknown|\w+Missing"
    r"|AuthenticationFailed|PermissionDenied|RateLimited|PlatformUnavailable|MalformedResponse|InvalidCampaign|TooLate"
    r"|Finding|Problem|_Rule|_refusal|_invalid|_warning|_error|_no_key|unavailable)"
)


def _tells(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    return bool(_TELLERS.fullmatch(name))


def _trees(root: Path, but: set[str] = frozenset()) -> Iterator[ast.Module]:  # type: ignore[assignment]
    for path in sorted(root.rglob("*.py")):
        if not but & set(path.relative_to(root).parts):
            yield ast.parse(path.read_text(encoding="utf-8"))


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts in a tree; those with values whole."""
    if isinstance(tree, ast.Constant | ast.JoinedStr):
        if text := _whole(tree):
            yield text
        return
    for child in ast.iter_child_nodes(tree):
        yield from _texts(child)


def _whole(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(_whole(one) if isinstance(one, ast.Constant) else "{}" for one in node.values)
