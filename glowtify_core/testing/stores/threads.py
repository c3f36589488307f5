"""Many threads at the same work: what a store that is shared must stand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")

THREADS = 8
"""More than any machine of ours has cores, and fewer than a pool of connections holds."""


def at_once(do: Callable[[int], T]) -> list[T]:
    """Do something in threads that begin together and are interrupted often; each gets its number.

    Returns:
        What each gave, by number.
    """
    ready = Barrier(THREADS)

    def work(number: int) -> T:
        ready.wait()
        return do(number)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(work, range(THREADS)))
    finally:
        sys.setswitchinterval(usual)
