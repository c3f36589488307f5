"""The story itself, scene by scene."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from glowtify_adapters.cli.errors import REFUSED_HERE, REFUSED_THERE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glowtify_adapters.cli.story.stage import Stage

ZONE = "America/Toronto"
LOST_ANSWER = "--add drop --when after --method POST --path campaign-send-jobs"

_FILE = Template("""\
id = "$id"
name = "$name"
connector = "klaviyo"
subject = "$subject"
preheader = "New arrivals, two recipes for long evenings, and a quiet thank-you from all of us here"
html = "newsletter.html"
text = "Spring is here. Read this e-mail on the web: https://www.example.com/spring"

[sender]
name = "Example Shop"
email = "$sender"

[audience]
include = ["Newsletter"]
exclude = ["Winback (180 days)"]

[schedule]
at = "$at"
zone = "$zone"
""")


def connect(stage: Stage) -> None:
    """An account is connected."""
    stage.scene("Connect an account", "The key is in KLAVIYO_API_KEY; without it, there is a hidden prompt.")
    stage.run(f"connect klaviyo --base-url {stage.url}")
    stage.run("audiences klaviyo")


def check(stage: Stage) -> None:
    """A campaign is checked before anything is written."""
    long = "Spring has arrived, and with it everything that we have been making all winter long"
    file = _write(stage, "spring-news", "Spring news", days=7, subject=long)
    stage.scene("Check a campaign before anything is written")
    stage.run(f"publish {file} --dry-run")


def publish(stage: Stage) -> None:
    """It is published, once."""
    file = _write(stage, "spring-news", "Spring news", days=7)
    stage.scene("Publish it", "Publishing the same file twice is the same publication, not a second e-mail.")
    stage.run(f"publish {file}")
    stage.run(f"publish {file}")


def reschedule(stage: Stage) -> None:
    """It is moved."""
    stage.scene("Change your mind about the time")
    stage.run(f"reschedule spring-news --at {_at(stage, 8)}")


def cancel(stage: Stage) -> None:
    """Another one is cancelled."""
    file = _write(stage, "flash-sale", "Flash sale", days=9)
    stage.scene("Cancel another one for good")
    stage.run(f"publish {file}")
    stage.run("cancel flash-sale")


def lose_an_answer(stage: Stage) -> None:
    """The network fails at the worst moment."""
    file = _write(stage, "summer-preview", "Summer preview", days=40)
    stage.scene(
        "Lose an answer",
        "The request that schedules the e-mail arrives, its answer does not. Glowtify looks before it acts.",
    )
    stage.run(f"sandbox faults {LOST_ANSWER}")
    stage.run(f"publish {file}")
    stage.run("status")


def send(stage: Stage) -> None:
    """Its time comes."""
    stage.scene("Nine days later")
    stage.run("sandbox clock --advance 9d")
    stage.run("status spring-news")
    stage.run("performance")


def stumble(stage: Stage) -> None:
    """What goes wrong is said in plain words, with what to do."""
    other = _write(stage, "not-ours", "Not ours", days=20, sender="hello@elsewhere.example")
    gap = _write(stage, "too-early", "Too early", at="2031-03-09T02:30")
    stage.scene("What goes wrong comes with what to do")
    again = f"connect klaviyo --store second --base-url {stage.url}"
    stage.run(again, why="with a revoked key", ends=REFUSED_THERE, key="revoked")
    stage.run(again, why="with a key that lacks scopes", ends=REFUSED_THERE, key="without-templates")
    stage.run(f"publish {other}", why="from an address that Klaviyo does not know", ends=REFUSED_THERE)
    stage.run(f"publish {gap}", why="at a time that summer time skips", ends=REFUSED_HERE)


def disconnect(stage: Stage) -> None:
    """The key is forgotten; what is scheduled still sends."""
    stage.scene("Disconnect")
    stage.run("disconnect klaviyo --yes")


SCENES: Sequence[Callable[[Stage], None]] = (
    connect,
    check,
    publish,
    reschedule,
    cancel,
    lose_an_answer,
    send,
    stumble,
    disconnect,
)


def _write(
    stage: Stage,
    campaign_id: str,
    name: str,
    *,
    days: int = 0,
    at: str = "",
    subject: str = "Everything new for spring",
    sender: str = "shop@example.com",
) -> str:
    """Write a campaign file into the story's folder, with its HTML beside it; its name."""
    Path("newsletter.html").write_bytes(files(__package__).joinpath("newsletter.html").read_bytes())
    path = Path(f"{campaign_id}.toml")
    content = _FILE.substitute(
        id=campaign_id, name=name, subject=subject, sender=sender, at=at or _at(stage, days), zone=ZONE
    )
    path.write_text(content, encoding="utf-8")
    return path.name


def _at(stage: Stage, days: int) -> str:
    """Nine o'clock, so many days from the story's today."""
    return f"{stage.now + timedelta(days=days):%Y-%m-%dT09:00}"
