"""A connector that was just written passes the core tier before its author has done anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.kit.scaffold import __main__, write_connector

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wizard(tmp_path_factory):
    return write_connector("mail-wizard", into=tmp_path_factory.mktemp("new") / "wizard")


def texts(written):
    return {path.as_posix(): (written.folder / path).read_text("utf-8") for path in written.files}


def test_its_own_suite_is_green(wizard):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "tests/test_contract.py"],
        cwd=wizard.folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed, \d+ skipped", done.stdout, re.MULTILINE)


def test_every_name_is_the_authors(wizard):
    for path, text in texts(wizard).items():
        assert "bolt" not in f"{path} {text}".lower(), path
    manifest = texts(wizard)["src/glowtify_mail_wizard/plugin.py"]
    for word in ('name="mail-wizard"', 'title="Mail Wizard"', '"MAIL_WIZARD_API_KEY"', "MailWizardPlatform"):
        assert word in manifest


def test_it_depends_on_the_core_as_our_own_connector_does(wizard):
    own, ours = (
        tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        for folder in (wizard.folder, ROOT / "plugins" / "glowtify-klaviyo")
    )
    assert own["dependencies"] == ours["dependencies"][:1]
    assert own["entry-points"]["glowtify"] == {"mail-wizard": "glowtify_mail_wizard.plugin"}


def test_what_is_left_to_do_is_marked_where_the_platform_is_spoken_to(wizard):
    marked = {path for path, text in texts(wizard).items() if "# TODO: " in text}
    assert {Path(path).stem for path in marked} == {
        *("client", "mapping", "platform", "plugin", "mail_wizard_script")
    }


def test_an_empty_folder_is_written_to_and_any_other_is_left_alone(tmp_path):
    write_connector("acme", into=tmp_path)
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        write_connector("acme", into=tmp_path)
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        write_connector("acme", into=tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize("title", ["", " ", 'The "Wizard"', "a\\b", "two\nlines", "x" * 61])
def test_what_cannot_be_a_title_is_refused(tmp_path, title):
    with pytest.raises(ConfigurationError, match="title"):
        write_connector("acme", title=title, into=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be written") as refused:
        write_connector("acme", into=tmp_path / "file" / "below")
    assert refused.value.remedy


def test_the_core_alone_has_a_command_for_it(tmp_path, capsys):
    assert __main__.main(["acme", "--into", str(tmp_path / "my acme"), "--title", "Acme Mail"]) == 0
    assert f"cd '{tmp_path}/my acme'" in capsys.readouterr().out
    assert __main__.main(["Acme"]) == 1
    assert capsys.readouterr().err.startswith("Error: 'Acme' cannot be the name of a connector\n  Use small")
