"""The demo: the whole story, in time, on a pipe, and without touching anything of the person's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glowtify_adapters.cli.story.scenes import SCENES

OWN = {"GLOWTIFY_SECRET_KEY": "not a key", "GLOWTIFY_CREDENTIALS": "environment", "KLAVIYO_API_KEY": "mine"}


@pytest.fixture
def told(run, monkeypatch):
    """The story as JSON, told in the environment of a person who has settings of their own."""
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    return run("demo", "--json")


def test_the_story_goes_from_connecting_to_disconnecting(told, home):
    assert told.code == 0
    assert told.err == ""
    scenes = told.json["scenes"]
    assert len(scenes) == len(SCENES)
    commands = [command for scene in scenes for command in scene["commands"]]
    words = [command["command"].split()[1] for command in commands]
    assert set(words) == {
        *("connect", "audiences", "publish", "reschedule", "cancel", "sandbox", "status"),
        *("performance", "disconnect"),
    }
    titles = [command["document"]["error"]["title"] for command in commands if command["exit_code"]]
    assert titles[:3] == ["Invalid API key", "Scopes insufficient", "Sender not authorized"]
    assert "does not exist in America/Toronto" in titles[3]
    states = [
        c["document"]["state"]
        for c in commands
        if c["command"].split()[1] in {"publish", "cancel"}
        and not c["exit_code"]
        and "state" in c["document"]
    ]
    assert states == ["scheduled", "scheduled", "scheduled", "cancelled", "scheduled"]
    assert not home.exists()
    assert {name: os.environ[name] for name in OWN} == OWN


def test_the_story_is_readable_on_a_pipe(run, home):
    shown = run("demo")
    assert shown.code == 0
    assert shown.err == ""
    assert "\x1b" not in shown.out
    for words in (
        "$ glowtify connect klaviyo",
        "Scheduled: Spring news",
        "█",
        "Your turn",
        "glowtify sandbox klaviyo",
    ):
        assert words in shown.out
    assert " gl" not in shown.out.replace(" glowtify", "")
    assert not home.exists()


def test_a_story_that_goes_wrong_says_so(run, monkeypatch):
    def scene(stage):
        stage.scene("Nothing is connected")
        stage.run("audiences klaviyo")

    monkeypatch.setattr("glowtify_adapters.cli.story.scenes.SCENES", (scene,))
    shown = run("demo", "--json")
    assert (shown.code, shown.error["code"]) == (1, "demo")
    assert "`glowtify audiences klaviyo` ended with 3 instead of 0" in shown.error["detail"]


def test_the_picture_of_the_terminal_asks_nobody_for_a_font():
    picture = Path(__file__).parents[3] / "docs" / "images" / "terminal.svg"
    svg = picture.read_text(encoding="utf-8")
    assert "Scheduled:" in svg.replace("&#160;", " ")
    assert "@font-face" not in svg
    assert "url(http" not in svg
