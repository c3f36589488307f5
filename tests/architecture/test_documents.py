"""The documentation says what the code says, and all of it can be found."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import glowtify_core.testing
from glowtify_core.testing.guard import Contract, contract_tests

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
SITE = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_navigation(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else in_navigation(target)


def test_the_generated_parts_are_what_the_code_says(generate):
    stale = [path.name for path, page in generate.pages().items() if path.read_text() != page]

    assert not stale, f"{', '.join(stale)}: run `make docs`, or `python docs/generate.py`"


def test_three_pages_have_generated_parts(generate):
    assert {path.name for path in generate.pages()} == {"capabilities.md", "contract.md", "errors.md"}


def test_connectors_are_compared_column_by_column(generate, monkeypatch):
    (klaviyo,) = (one for one in generate.MANIFESTS if one.name == "klaviyo")
    less = {name: needs for name, needs in klaviyo.capabilities.items() if name != "edit"}
    acme = replace(klaviyo, title="Acme", capabilities=less)
    monkeypatch.setattr(generate, "MANIFESTS", (klaviyo, acme))

    lines = list(generate.matrix())

    assert lines[0] == "| Capability | Klaviyo | Acme |"
    assert "| `edit` | ✓ | – |" in lines


def test_every_page_is_in_the_navigation_of_the_site_once():
    assert sorted(in_navigation(SITE["nav"])) == PAGES, "zensical.toml: nav"


def test_every_page_can_be_reached_from_the_first_one():
    seen, ahead = set(), ["README.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        linked = re.findall(r"\]\((?!https?:)([^)#]+\.md)", (DOCS / page).read_text())
        targets = {
            (DOCS / page).parent.joinpath(target).resolve().relative_to(DOCS).as_posix() for target in linked
        }
        ahead += targets - seen

    assert set(PAGES) <= seen


def test_the_site_fetches_no_font():
    assert SITE["theme"]["font"] is False


@pytest.mark.parametrize("package", ["domain", "ports", "host", "kit"])
def test_every_public_module_is_in_the_api(package):
    described = re.findall(
        r"^::: ([\w.]+)$", (DOCS / f"reference/api/{package}.md").read_text(), re.MULTILINE
    )
    modules = (path.stem for path in (ROOT / "glowtify_core" / package).glob("*.py"))

    assert sorted(described) == sorted(
        f"glowtify_core.{package}.{module}" for module in modules if not module.startswith("__")
    )


def test_contract_tests_that_pages_name_exist():
    named = {name for page in PAGES for name in re.findall(r"\btest_c\d{2,3}_\w+", (DOCS / page).read_text())}
    public = (getattr(glowtify_core.testing, name) for name in glowtify_core.testing.__all__)
    contracts = [one for one in public if isinstance(one, type) and issubclass(one, Contract)]

    assert named
    assert named <= {name for contract in contracts for name, _ in contract_tests(contract)}


def test_titles_that_are_promised_are_raised():
    page = (DOCS / "reference/errors.md").read_text().partition("## Titles")[2]
    rows = re.findall(r"^\| ([A-Z][^|]+) \| `.+` \| `(\w+)` \|", page, re.MULTILINE)
    sources = "".join(
        path.read_text()
        for folder in ("glowtify_core", "plugins/glowtify-klaviyo/src/glowtify_klaviyo")
        for path in (ROOT / folder).rglob("*.py")
        if "sandbox" not in path.parts
    )

    assert len(rows) == 6
    for words in (word for row in rows for word in row):
        assert f'"{words}"' in sources, words
