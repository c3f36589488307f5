"""A host with Celery calls the same two use cases; the code is that of the page."""

from __future__ import annotations

from pages import block_of
from waiting import until

LOSE = """
kept, perform.delay = perform.delay, lambda job: None
sweep()  # and every job is lost
perform.delay = kept
print("lost", file=sys.stderr, flush=True)
"""

WORK = """
from celery.contrib.testing.worker import start_worker

with start_worker(celery, pool="threads", concurrency=4, perform_ping_check=False):
    while True:
        sweep.delay()
        time.sleep(0.2)
"""


def test_celery_does_what_was_left_to_it_and_what_it_has_lost(leave, scheduled, start, tmp_path):
    code = block_of("how-to/background-work.md", "tests/engine/test_celery.py")
    assert "amqp://localhost" in code
    script = tmp_path / "hosts_own.py"
    script.write_text("import sys, time\n" + code.replace("amqp://localhost", "memory://") + LOSE + WORK)
    leave("one", "two", "three")
    host = start(script)
    until(lambda: "lost" in host.stderr.readline())
    leave("four")
    until(lambda: scheduled() == ["four", "one", "three", "two"])
