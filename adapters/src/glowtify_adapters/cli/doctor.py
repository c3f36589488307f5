"""``doctor``."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from glowtify_adapters.cli.errors import DONE, REFUSED_HERE, exit_code
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal
from glowtify_adapters.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from glowtify_adapters.doctor import Diagnosis

STYLES = {"ok": "green", "warning": "bold yellow", "failed": "bold red"}


@click.command()
@store_option(None, "Only this store's credentials, connections and work; all when left out.")
@click.option("--online", is_flag=True, help="Ask the platforms too, as `glowtify connections --check` does.")
@output_options
@click.pass_obj
def doctor(terminal: Terminal, store: str | None, online: bool) -> int:
    """Tell whether this host is ready: database, keys, clock, connectors, connections, workers, work.

    Nothing is made or migrated, and without --online no platform is asked. It ends with 0 when the host is
    ready, warnings or not; otherwise with 1 when trying again may help, and with 3 when the set-up has to be
    mended.
    """
    from glowtify_adapters.container import build_doctor

    with closing(build_doctor()) as ours, terminal.working("Looking"):
        found = ours(store=store, online=online, hide=terminal.hide)
    code = max(map(_code, found))
    terminal.result(_document(found, ready=code == DONE), lambda out: _show(out, found))
    return code


def _code(diagnosis: Diagnosis) -> int:
    """How the command would end were this all; the higher, the less trying again helps."""
    if diagnosis.verdict != "failed":
        return DONE
    return exit_code(diagnosis.error) if diagnosis.error else REFUSED_HERE


def _document(found: Sequence[Diagnosis], *, ready: bool) -> dict[str, Any]:
    return {
        "ready": ready,
        "checks": [
            {
                "check": one.check,
                "verdict": str(one.verdict),
                "sentence": one.sentence,
                "remedy": one.remedy or None,
                "code": one.error.code if one.error else None,
            }
            for one in found
        ],
    }


def _show(out: Console, found: Sequence[Diagnosis]) -> None:
    for one in found:
        out.print(f"{one.verdict:<8}", f"{one.check:<12}", plain(one.sentence), style=STYLES[one.verdict])
        if one.remedy:
            out.print(" " * 21, plain(one.remedy))
    failed, warnings = (sum(one.verdict == verdict for one in found) for verdict in ("failed", "warning"))
    if failed:
        out.print(f"Not ready: {failed} failed.", style="bold red")
    else:
        out.print(f"Ready{f', {warnings} to look at' if warnings else ''}.", style="bold green")
