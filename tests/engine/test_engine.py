"""The engine: started by the command, or joined to a DBOS that the host has launched."""

from __future__ import annotations

import json
import signal
import stat
import sys
from datetime import timedelta

from pages import block_of
from waiting import until

MINUTE = timedelta(minutes=1)

HOST = """
import sys, time
from dbos import DBOS
from glowtify_adapters.container import build_app

DBOS(
    config={
        "name": "host",
        "system_database_url": f"sqlite:///{sys.argv[1]}",
        "executor_id": "the executor's id",
        "application_version": "7",
        "log_level": "WARNING",
    }
)
app = build_app()
"""
"""A host that has a DBOS of its own, up to what the page says."""


def test_a_worker_does_what_was_left_to_it_and_stops_when_told(app, start, leave, scheduled, tmp_path):
    leave("one", "two")
    worker = start("-m", "glowtify_adapters", "worker", "--concurrency", "2", "--log", "json")
    until(lambda: scheduled() == ["one", "two"])
    assert [one.name for one in app.work.workers.alive(MINUTE)]
    worker.send_signal(signal.SIGTERM)
    said = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[0]["message"] == "Working, 2 at a time. Ctrl+C stops."
    assert lines[-1]["message"] == "Stopped. What is left, another worker or the next one carries on."
    done = [line for line in lines if line["logger"] == "glowtify.publication"]
    assert sorted(line["campaign"] for line in done) == ["one", "two"]
    assert app.work.workers.alive(MINUTE) == []
    assert stat.S_IMODE((tmp_path / "engine.db").stat().st_mode) == 0o600


def test_the_engine_joins_a_dbos_that_the_host_has_launched(app, start, leave, scheduled, tmp_path):
    code = block_of("how-to/background-work.md", "tests/engine/test_engine.py")
    assert code.endswith("engine.sweep()  # again and again\n")
    script = tmp_path / "host.py"
    script.write_text(HOST + code + "while True:\n    engine.sweep()\n    time.sleep(0.2)\n")
    leave("one")
    start(script, tmp_path / "host.db")
    until(lambda: scheduled() == ["one"])
    leave("two")
    until(lambda: scheduled() == ["one", "two"])
    assert not (tmp_path / "engine.db").exists()


def test_without_the_extra_a_worker_says_what_to_install(monkeypatch, capsys, app):
    from glowtify_adapters.cli import main

    monkeypatch.setitem(sys.modules, "dbos", None)
    monkeypatch.delitem(sys.modules, "glowtify_adapters.engine.durable", raising=False)
    assert main(["worker"]) == 3
    assert 'pip install "glowtify-adapters[engine]"' in capsys.readouterr().err
