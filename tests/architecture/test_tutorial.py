"""The tutorial builds the sibling connector, and what ``new-connector`` writes is one of its stages.

That its commands print what it says is seen in ``.ci/wheels``, where it is followed to the letter.
"""

from __future__ import annotations

import importlib.util
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from glowtify_core.kit.scaffold import write_connector

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "write-a-connector.md"
SIBLING = ROOT / "tests" / "siblings" / "glowtify-acme"
GREEN = "4. The core tier is green"


@pytest.fixture(scope="module")
def tutorial():
    spec = importlib.util.spec_from_file_location("follow_tutorial", ROOT / "docs" / "follow_tutorial.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def blocks(tutorial):
    return list(tutorial.blocks(PAGE.read_text("utf-8")))


def files(folder):
    """Text of every file, but for what tools leave."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not any(part.startswith((".", "__pyc")) for part in path.parts)]
    return {path.as_posix(): (folder / path).read_text("utf-8") for path in kept}


def test_its_code_is_the_siblings_to_the_byte(tutorial, blocks, tmp_path):
    tutorial.write_all(blocks, tmp_path)

    assert files(tmp_path) == files(SIBLING)


def test_new_connector_writes_what_the_core_tier_takes_and_marks_what_is_to_be_changed(
    tutorial, blocks, tmp_path
):
    until = [block.section for block in blocks].index(GREEN)
    green = [*blocks[:until], *takewhile(lambda block: block.section == GREEN, blocks[until:])]
    tutorial.write_all(green, tmp_path / "tutorial")
    write_connector("acme", title="Acme Mail", into=tmp_path / "written")

    written = files(tmp_path / "written")
    for path, text in files(tmp_path / "tutorial").items():
        if path != "pyproject.toml":
            lines = written[path].splitlines(keepends=True)
            assert "".join(line for line in lines if "# TODO: " not in line) == text, path


@pytest.mark.parametrize("text", ["no such line\n", "one\ntwo\none\n"])
def test_a_change_fits_in_exactly_one_place(tutorial, text):
    block = tutorial.Block("section", "diff", "file", " one\n+more\n")
    with pytest.raises(ValueError, match=r"fits in \d places"):
        tutorial.changed(text, block)


def test_a_change_takes_out_and_puts_in(tutorial):
    block = tutorial.Block("section", "diff", "file", "-one\n+1\n\n two\n@@\n four\n+five\n")
    assert tutorial.changed("one\n\ntwo\nthree\nfour\n", block) == "1\n\ntwo\nthree\nfour\nfive\n"


def test_commands_share_a_shell_and_what_they_print_is_compared(tutorial, tmp_path):
    with tutorial.shell(tmp_path) as run:
        for command, expected in tutorial.commands("$ x=5\n$ echo a $x; echo b; echo c\na 5\n...\nc\n"):
            run(command, expected)
        with pytest.raises(SystemExit, match="instead of\n6"):
            run("echo $x", "6")
        with pytest.raises(SystemExit, match="It failed"):
            run("false", "")
        run("echo 1 failed; false", "1 failed")
