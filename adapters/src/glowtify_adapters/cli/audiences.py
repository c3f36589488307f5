"""``audiences``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.documents import audience_document
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import NOTHING
from glowtify_adapters.plain import plain
from glowtify_core.domain.audience import AudienceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from glowtify_core.application.list_audiences import CountedAudience

STILL_FILLING = "still filling"


@click.command()
@click.argument("connector")
@store_option()
@click.option(
    "--kind", type=click.Choice([kind.value for kind in AudienceKind]), help="Only lists, or only segments."
)
@click.option("--search", metavar="T", default="", help="Only names that contain T, in any case.")
@click.option("--counts", is_flag=True, help="Also how many people; slow, about 15 a minute.")
@output_options
@click.pass_obj
def audiences(
    terminal: Terminal, *, connector: str, store: str, kind: str | None, search: str, counts: bool
) -> None:
    """Show the lists and segments of a connected account.

    A campaign file names them by id or by exact name.
    """
    kinds = [AudienceKind(kind)] if kind else None
    if counts:
        terminal.note("Counting people: a platform may allow about 15 counts a minute.")
    with open_app(terminal) as app:
        app.connections.directory.manifest(connector)
        found = []
        with terminal.counting("Reading lists and segments") as another:
            for audience in app.audiences(store, connector, kinds=kinds, search=search, counts=counts):
                found.append(audience)
                another()
        connection = app.connections.repo.get(store, connector)
    if connection and connection.problem:
        terminal.note(connection.problem, "yellow")
    document = {"store": store, "connector": connector, "audiences": [*map(audience_document, found)]}
    terminal.result(document, lambda out: _show(out, found, counts))


def _show(out: Console, found: Sequence[CountedAudience], counts: bool) -> None:
    from rich.table import Table

    if not found:
        out.print("There is no such list or segment.")
        return
    table = Table("Id", "Kind", "Name", "", box=None)
    if counts:
        table.add_column("People", justify="right")
    for counted in found:
        audience = counted.audience
        remark = STILL_FILLING if audience.filling else "" if audience.selectable else "inactive"
        cells = [audience.ref.id, str(audience.ref.kind or ""), plain(audience.name), remark]
        table.add_row(*cells, *([_people(counted)] if counts else []))
    out.print(table)


def _people(counted: CountedAudience) -> str:
    if counted.audience.filling:
        return STILL_FILLING
    return NOTHING if counted.size is None else f"{counted.size:,}"
