"""What is being done while somebody watches, and what is due while nobody does."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from glowtify_adapters.app import App
from glowtify_core.domain.errors import GlowtifyError

EVERY = 2.0
"""Seconds between two looks at what is due."""

AT_ONCE = 4
KEPT = 200
"""Publications whose steps are remembered."""

STEPS: Mapping[str, str] = {
    "audiences": "Looking up the lists and segments",
    "template": "Taking the e-mail to the platform",
    "campaign": "Making the campaign there",
    "fill": "Putting the e-mail into the campaign",
    "assign": "Putting the e-mail into the campaign",
    "send": "Scheduling it, and reading it back",
    "schedule": "Scheduling it, and reading it back",
    "remove_template": "Clearing up",
    "remove_draft": "Taking the draft away again",
    "discard": "Taking the draft away again",
    "remove": "Taking the draft away",
    "revert": "Taking it back into a draft",
    "strategy": "Setting the new time",
    "old_time": "Writing the old time down",
    "old_strategy": "Putting the old time back",
    "send_old": "Scheduling it at the old time again",
    "cancel": "Cancelling it there",
    "waiting for another worker": "Waiting for another worker, who is at it",
}
"""The steps of operations, in words."""

_log = logging.getLogger("glowtify.web")


@dataclass(slots=True)
class Watched:
    """One publication that somebody watches.

    Attributes:
        steps: what has been done, and last what is being done.
        done: whether nothing more comes.
        error: why it ended, where it was refused or failed.
    """

    steps: list[str] = field(default_factory=list)
    done: bool = False
    error: GlowtifyError | None = None

    @property
    def words(self) -> Sequence[str]:
        """The steps in English words, each once; by their own name where nobody has words for them."""
        steps = dict.fromkeys(self.steps)
        return list(dict.fromkeys(STEPS.get(step, step.replace("_", " ")) for step in steps))


class Progress:
    """Works in this process, so that a page alone is enough; workers elsewhere may do the same beside it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="glowtify-web")
        self._watched: OrderedDict[str, Watched] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, publication_id: str) -> None:
        """Carry an open operation on, and remember its steps; nothing happens where that is under way."""
        with self._lock:
            earlier = self._watched.get(publication_id)
            if earlier and not earlier.done:
                return
            watched = self._watched[publication_id] = Watched()
            self._watched.move_to_end(publication_id)
            while len(self._watched) > KEPT:
                self._watched.popitem(last=False)
        self._pool.submit(self._carry_on, publication_id, watched)

    def of(self, publication_id: str) -> Watched | None:
        """How far it is; None where nobody here has started it."""
        with self._lock:
            return self._watched.get(publication_id)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do what is due until the block ends; then wait for what is under way."""
        stop = threading.Event()
        thread = threading.Thread(target=self._work, args=(stop,), name="glowtify-web-work", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.close()

    def close(self) -> None:
        """Wait for what is under way; nothing else is begun."""
        self._pool.shutdown(cancel_futures=True)

    def _carry_on(self, publication_id: str, watched: Watched) -> None:
        try:
            self._app.campaigns.advance(publication_id, insist=True, report=watched.steps.append)
        except GlowtifyError as error:
            watched.error = error
        except Exception as mistake:  # noqa: BLE001 - kept with the publication; the page shows it from there
            _log.error("advance: %s", type(mistake).__name__)
        finally:
            watched.done = True

    def _work(self, stop: threading.Event) -> None:
        background = self._app.work.background
        while not stop.wait(EVERY):
            try:
                for job in background.hand_out():
                    self._pool.submit(background.perform, job)
            except GlowtifyError as problem:
                _log.warning("What is due could not be found out: %s", problem)
