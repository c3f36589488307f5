"""Logs: one line for each piece of work, readable by programs and by people, and without secrets."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime, timedelta

import fakes
import pytest

from glowtify_adapters.observing.logs import LogObserver, set_up_logs
from glowtify_core.domain.errors import RequestRejected
from glowtify_core.kit.redaction import SecretFilter
from glowtify_core.ports.credentials import Secret

KEY = "canary-7f3c-9d41"
THEIRS = logging.getLogger("some.library")


@pytest.fixture
def world():
    """Every use case, its work logged."""
    built = fakes.build()
    for use_case in (built.advance, built.track, built.performance, built.platforms):
        use_case._observer = LogObserver()
    return built


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_publication_is_told_step_by_step_with_what_each_line_belongs_to(world, capsys):
    with set_up_logs("json"):
        published = world.publish(fakes.campaign()).publication
    campaign, send, whole = lines(capsys)
    about = {
        "store": "default",
        "campaign": "epic-1",
        "publication": published.id,
        "connector": "fake",
        "account": "ACC001",
        "operation": "publish",
    }
    for line, own in (
        (campaign, {"step": "campaign", "kind": "create", "logger": "glowtify.step"}),
        (send, {"step": "send", "kind": "commit", "logger": "glowtify.step"}),
        (whole, {"state": "scheduled", "logger": "glowtify.publication"}),
    ):
        assert datetime.fromisoformat(line.pop("time")) > datetime.now(UTC) - timedelta(hours=1)
        assert line.pop("duration_ms") >= 0
        assert line.pop("message").endswith(": done")
        assert line == {**about, **own, "level": "INFO", "outcome": "done"}


def test_an_error_is_told_by_code_and_title_and_not_by_its_detail(world, capsys):
    refusal = RequestRejected(
        "Sender not authorized", effect=fakes.Effect.NONE, code="sender", detail="from a@example.com"
    )
    world.server.before["create"] = [refusal]
    with set_up_logs("json"), pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    for line in lines(capsys)[:2]:
        assert (line["level"], line["outcome"], line["problem"]) == (
            "WARNING",
            "sender",
            "Sender not authorized",
        )
        assert "a@example.com" not in str(line)


def test_what_a_mistake_says_is_not_told(capsys):
    with set_up_logs("json"), pytest.raises(RuntimeError), LogObserver().span("step", step="send"):
        raise RuntimeError(KEY)
    (line,) = lines(capsys)
    assert line["outcome"] == "RuntimeError"
    assert "problem" not in line
    assert KEY not in str(line)


def test_what_others_log_meanwhile_carries_the_attributes_too(capsys):
    watcher = LogObserver()
    with set_up_logs("json"), watcher.span("publication", store="s", campaign="c"):
        with watcher.span("step", step="send") as note:
            note(step="sent")
            THEIRS.warning("hello %s", "there", extra={"store": "theirs", "tries": 3})
        THEIRS.warning("after")
    THEIRS.warning("outside, and nobody listens")
    hello, _, after, _ = lines(capsys)
    assert (
        hello.items()
        >= {
            "level": "WARNING",
            "logger": "some.library",
            "message": "hello there",
            "store": "theirs",
            "campaign": "c",
            "step": "sent",
            "tries": 3,
        }.items()
    )
    assert "step" not in after
    assert after["campaign"] == "c"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown_in_message_fields_or_traceback(capsys, form):
    hidden = SecretFilter([Secret(KEY)])
    with set_up_logs(form, hidden=hidden), LogObserver().span("publication", store=f"s-{KEY}"):
        try:
            int(KEY)
        except ValueError:
            THEIRS.exception("failed with %s", KEY, extra={"given": f"<{KEY}>"})
    shown = capsys.readouterr().err
    assert KEY not in shown
    assert "failed with ********" in shown
    assert "<********>" in shown
    assert "with base 10: '********'" in shown


def test_text_is_one_line_that_quotes_what_needs_it(capsys):
    with set_up_logs("text"), LogObserver().span("step", step="send", account='A "B"', store=""):
        pass
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO glowtify\.step step: done"
        r' step=send account="A \\"B\\"" store="" outcome=done duration_ms=\d+',
        line,
    )


def test_a_query_never_shows_since_urllib3_is_not_heard(capsys):
    wire = logging.getLogger("urllib3.connectionpool")
    before = wire.getEffectiveLevel()
    with set_up_logs("json", logging.DEBUG):
        for level in (logging.DEBUG, logging.WARNING):
            wire.log(level, "/campaigns?filter=%s", "equals(name,'Winter sale')")
        THEIRS.debug("heard")
    assert [line["message"] for line in lines(capsys)] == ["heard"]
    assert wire.getEffectiveLevel() == before


def test_a_second_set_up_replaces_the_first_until_it_ends(capsys):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with set_up_logs("text", logging.DEBUG):
        with set_up_logs("json", logging.WARNING):
            THEIRS.info("too little")
            THEIRS.warning("once")
        assert len(lines(capsys)) == 1
        THEIRS.debug("as before")
    assert capsys.readouterr().err.count("as before") == 1
    assert (root.handlers, root.level) == (handlers, level)


def test_nothing_is_printed_where_nobody_set_logging_up(world, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    world.server.before["create"] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    assert capsys.readouterr().err == ""
