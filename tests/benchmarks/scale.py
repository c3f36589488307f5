"""``make scale``: the figures of docs/scale.md; how the whole thing behaves when there is much of everything.

No test: nothing fails here. What does not depend on the machine is asserted by ``test_scale.py``.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

MEASUREMENTS = {
    "limits": "limits_used",
    "growth": "growth",
    "throughput": "throughput",
    "turns": "turns",
    "steady": "steady",
}
"""What can be measured, and the module that does it."""


def main() -> None:
    """Measure, and show each table when it is ready."""
    from board import DATABASES, machine

    parser = argparse.ArgumentParser(description=__doc__, prog="scale.py")
    parser.add_argument("what", nargs="*", help=f"{', '.join(MEASUREMENTS)}; all of them by default")
    parser.add_argument("--short", action="store_true", help="small, for people without patience")
    parser.add_argument("--markdown", action="store_true", help="as in docs/scale.md")
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    options = parser.parse_args()
    if unknown := set(options.what) - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(unknown)}")
    options.database = options.database or list(DATABASES)
    sys.stdout.write(f"{machine()}\n\n")
    for what in options.what or MEASUREMENTS:
        for board in import_module(MEASUREMENTS[what]).boards(options):
            board.show(markdown=options.markdown)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
