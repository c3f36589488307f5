"""What holds for the repository as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, ROOT / "adapters", ROOT / "plugins" / "glowtify-klaviyo"]
SOURCES = [ROOT / "glowtify_core", ROOT / "adapters" / "src", ROOT / "plugins" / "glowtify-klaviyo" / "src"]


def tracked() -> list[Path]:
    """Every file that git knows, or would with the next add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for source in SOURCES for path in sorted(source.rglob("*.py"))]


def test_one_version_for_all_three_distributions():
    versions = {tomllib.loads((p / "pyproject.toml").read_text())["project"]["version"] for p in PROJECTS}

    assert len(versions) == 1


def test_no_file_records_the_host_of_a_package_registry():
    hosts = re.compile(
        "|".join(
            [r"py" + r"pi\.org", r"python" + r"hosted\.org", r"registry\." + r"npmjs", r"deb\." + r"debian"]
        )
    )
    locks = {"uv.lock", "poetry.lock", "package-lock.json", "Pipfile.lock"}

    for path in tracked():
        assert path.name not in locks, path
        assert not re.fullmatch(r"pylock.*\.toml", path.name), path
        assert not hosts.search(path.read_text(errors="replace")), path


def test_folders_that_are_no_packages_hold_no_init():
    for name in ("plugins", "adapters", "tests", "cassettes"):
        assert not (ROOT / name / "__init__.py").exists()


def test_every_package_says_that_it_is_typed():
    for package in (
        "glowtify_core",
        "adapters/src/glowtify_adapters",
        "plugins/glowtify-klaviyo/src/glowtify_klaviyo",
    ):
        assert (ROOT / package / "py.typed").exists()


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_are_short_and_say_what_they_are(path):
    source = path.read_text()

    assert len(source.splitlines()) <= 330, "more than one idea?"
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "no docstring"


def test_discovery_imports_no_http_library():
    script = (
        "import sys; from glowtify_core.host import discover; r = discover(strict=True);"
        "assert [c.manifest.name for c in r.installed] == ['klaviyo'];"
        "print(sorted({'requests', 'marshmallow', 'starlette', 'urllib3'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_links_between_documents_lead_somewhere():
    for document in [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        ROOT / "cassettes" / "README.md",
    ]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_tool_is_pinned():
    """So that CI and a user get the same."""
    pinned = {
        re.split("[=; ]", line)[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    wanted = set()
    for requirements in (ROOT / "requirements").glob("*.txt"):
        for line in requirements.read_text().splitlines():
            if line and line[0] not in "#-":
                wanted.add(re.split("[=<>\\[; ]", line)[0].lower())

    assert wanted <= pinned
