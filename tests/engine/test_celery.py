"""A host with Celery calls the same two use cases; the code is that of the page."""

from __future__ import annotations

from types import ModuleType

from celery.contrib.testing.worker import start_worker
from pages import block_of
from waiting import until


def module() -> ModuleType:
    """The page's module, on a queue in memory."""
    code = block_of("how-to/background-work.md", "tests/engine/test_celery.py")
    assert "amqp://localhost" in code
    made = ModuleType("hosts_own")
    exec(compile(code.replace("amqp://localhost", "memory://"), made.__name__, "exec"), made.__dict__)
    return made


def test_celery_does_what_was_left_to_it_and_what_it_has_lost(leave, scheduled, monkeypatch):
    host = module()
    leave("one", "two", "three")
    monkeypatch.setattr(host.perform, "delay", lambda job: None)
    host.sweep()  # and all three jobs are lost
    monkeypatch.undo()
    leave("four")
    with start_worker(host.celery, pool="threads", concurrency=4, perform_ping_check=False):

        def sweep_until_all_are_scheduled() -> bool:
            host.sweep.delay()
            return scheduled() == ["four", "one", "three", "two"]

        until(sweep_until_all_are_scheduled)
    host.app.close()
