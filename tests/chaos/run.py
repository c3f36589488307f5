"""``make chaos``: the crash matrix in full, as a table; ends with 1 when a target is missed."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from arena import shut_down, warm_up
from background import Workers
from judge import Verdict
from rich.console import Console
from rich.table import Table
from variants import VARIANTS

COLUMNS = ("variant", "points", "once", "twice", "lost", "orphans", "seconds")
TARGETS = frozenset({"twice", "lost", "orphans"})
"""Each is to be 0."""

OPTIONS = ("publications", "workers", "kills", "cut", "seed")
"""Of :class:`~background.Workers`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the variants that are asked for, all when none is, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=", ".join(VARIANTS))
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    for name in OPTIONS:
        parser.add_argument(f"--{name}", type=int, metavar="N", help="of the variants with workers")
    given = parser.parse_args(arguments)
    options = {name: value for name in OPTIONS if (value := getattr(given, name)) is not None}
    if unknown := set(given.variants) - set(VARIANTS):
        parser.error(f"no such variant: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # or processes would stay
    warm_up()
    console = Console(stderr=True, width=160)
    rows, missed = [], False
    for name in given.variants or VARIANTS:
        variant = VARIANTS[name]
        if isinstance(variant, Workers):
            variant = replace(variant, **options)
        console.print(f"{name}: {variant.title}", style="dim")
        begun = time.monotonic()
        verdicts = variant.run()
        figures = _figures(verdicts)
        seconds = round(time.monotonic() - begun)
        rows.append([variant.title, *map(str, figures.values()), str(seconds)])
        console.print(f"  {figures}, {seconds} s", style="dim", highlight=False)
        missed |= any(figures[promised] for promised in TARGETS - variant.missable)
        for verdict in verdicts:
            if verdict.note:
                console.print(f"  {verdict.point}: {verdict.note}", style="red", markup=False)
    shut_down()
    sys.stdout.flush()
    _show(rows, markdown=given.markdown)
    return int(missed)


def _figures(verdicts: Sequence[Verdict]) -> dict[str, int]:
    return {
        "points": len(verdicts),
        "once": sum(verdict.once for verdict in verdicts),
        "twice": sum(verdict.twice for verdict in verdicts),
        "lost": sum(verdict.lost for verdict in verdicts),
        "orphans": sum(verdict.orphans for verdict in verdicts),
    }


def _show(rows: Sequence[Sequence[str]], *, markdown: bool) -> None:
    if markdown:
        lines = [COLUMNS, ["---", *["---:"] * (len(COLUMNS) - 1)], *rows]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines))  # noqa: T201 - the result itself
        return
    table = Table(*COLUMNS, title="Crash matrix")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
