"""``new-connector``."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_a_connector_and_says_what_to_do_next_in_order(run, here):
    shown = run("new-connector", "mail-wizard")
    assert (shown.code, shown.err) == (0, "")
    assert (here / "glowtify-mail-wizard/src/glowtify_mail_wizard/plugin.py").is_file()
    first, _, *steps = shown.out.splitlines()
    assert first == "Written to glowtify-mail-wizard. Next:"
    assert [step.split()[0] for step in steps] == ["cd", "python3", "pip", "python", "pytest", "grep"]


def test_title_and_folder_can_be_chosen(run, here):
    shown = run("new-connector", "wizard", "--title", "The Mail Wizard", "--into", "some/where", "--json")
    assert shown.json["folder"] == "some/where"
    assert "src/glowtify_wizard/plugin.py" in shown.json["files"]
    assert shown.json["next"][0] == "cd some/where"
    plugin = (here / "some/where/src/glowtify_wizard/plugin.py").read_text(encoding="utf-8")
    assert 'title="The Mail Wizard"' in plugin


@pytest.mark.parametrize("name", ["Acme", "acme_mail", "1st", "acme-", "core", "../acme", ""])
def test_what_cannot_be_a_name_is_refused_before_anything_is_written(run, here, name):
    shown = run("new-connector", "--json", "--", name)
    assert (shown.code, shown.error["code"]) == (3, "scaffold_name")
    assert "acme, mail-wizard" in shown.error["remedy"]
    assert [path.name for path in here.iterdir()] == []


def test_nothing_is_overwritten(run, here):
    (here / "glowtify-acme").mkdir()
    (here / "glowtify-acme/README.md").write_text("mine")
    shown = run("new-connector", "acme")
    assert shown.code == 3
    assert "exists and is not an empty folder" in shown.err
    assert [(p.name, p.read_text()) for p in (here / "glowtify-acme").iterdir()] == [("README.md", "mine")]
