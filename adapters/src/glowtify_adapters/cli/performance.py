"""``performance``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.documents import performance_document
from glowtify_adapters.cli.errors import DONE, exit_code
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import NOTHING, instant
from glowtify_adapters.plain import plain
from glowtify_adapters.spreadsheet import spreadsheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from glowtify_core.application.collect_performance import Performance
    from glowtify_core.domain.performance import CampaignMetrics
    from glowtify_core.ports.figures import Reading

BAR_WIDTH = 40
BARS = (
    ("delivered", "Delivered", "blue"),
    ("opens_unique", "Opened", "green"),
    ("clicks_unique", "Clicked", "magenta"),
)


@click.command()
@click.argument("campaign_ids", metavar="[ID]...", nargs=-1)
@store_option()
@click.option("--history", "over_time", is_flag=True, help="Show how the figures came about: every reading.")
@click.option("--anew", is_flag=True, help="Ask the platform even where the figures are still fresh.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a row for each campaign, or each reading.")
@output_options
@click.pass_obj
def performance(
    terminal: Terminal,
    campaign_ids: tuple[str, ...],
    store: str,
    *,
    over_time: bool,
    anew: bool,
    as_csv: bool,
) -> int:
    """Show what sent campaigns brought: all of a store, or those named.

    Figures are kept, and read again the more seldom the older a campaign is; "as of" is when they were last
    read. A dash is a figure that the platform did not give; it is never 0.
    """
    if as_csv and terminal.as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    with open_app(terminal) as app, terminal.working("Asking for figures"):
        tracked = app.campaigns.track(app.campaigns.latest(store, campaign_ids))
        collected = app.performance(tracked, anew=anew)
        sent = [one.publication.id for one in collected]
        history = {one: app.figures.history(one) for one in sent} if over_time else {}
    waiting = [one.key.campaign_id for one in tracked if one.id not in sent]
    if as_csv:
        terminal.rows(spreadsheet(collected, history))
    else:
        campaigns = [performance_document(one, history.get(one.publication.id)) for one in collected]
        document = {"store": store, "campaigns": campaigns, "not_sent": waiting}
        terminal.result(document, lambda out: _show(out, collected, history))
    if waiting and (campaign_ids or not collected):
        terminal.note(f"Not sent yet: {', '.join(waiting)}.")
    return _report_errors(terminal, collected)


def _report_errors(terminal: Terminal, collected: Sequence[Performance]) -> int:
    """Say each error once, however many campaigns it keeps from their figures."""
    errors = {str(one.error): one.error for one in collected if one.error}
    for error in errors.values():
        if not terminal.as_json:
            terminal.error(error)
    return next((exit_code(error) for error in errors.values()), DONE)


def _show(out: Console, collected: Sequence[Performance], history: Mapping[str, Sequence[Reading]]) -> None:
    if not collected:
        out.print("No campaign has been sent yet.")
        return
    if history:
        out.print(_over_time(collected, history))
        shown = [reading.metrics for readings in history.values() for reading in readings]
    else:
        out.print(_table(collected))
        figures = [(one.publication.name, one.metrics) for one in collected if one.metrics]
        shown = [metrics for _, metrics in figures]
        if figures:
            out.print()
            out.print(_chart(figures))
    if shown:
        _show_sources(out, shown)
        _show_advice(out, collected)


def _table(collected: Sequence[Performance]) -> Table:
    table = _figures_table("Id", "Name", "As of")
    for one in collected:
        metrics = one.metrics
        as_of = instant(metrics.as_of if metrics else None)
        table.add_row(one.publication.key.campaign_id, plain(one.publication.name), as_of, *_cells(metrics))
    return table


def _over_time(collected: Sequence[Performance], history: Mapping[str, Sequence[Reading]]) -> Table:
    """A row for as long as figures stayed the same."""
    table = _figures_table("Id", "Since", "As of")
    for one in collected:
        for reading in history[one.publication.id]:
            table.add_row(
                one.publication.key.campaign_id,
                instant(reading.since),
                instant(reading.metrics.as_of),
                *_cells(reading.metrics),
            )
    return table


def _figures_table(*about: str) -> Table:
    from rich.table import Table

    table = Table(*about, box=None)
    for name in ("Recipients", "Delivered", "Opened", "Clicked", "Unsubscribed", "Revenue"):
        table.add_column(name, justify="right")
    return table


def _cells(metrics: CampaignMetrics | None) -> list[str]:
    if metrics is None:
        return [NOTHING] * 6
    revenue = metrics.revenue
    return [
        _count(metrics.recipients),
        _count(metrics.delivered),
        _count(metrics.opens_unique, metrics.open_rate),
        _count(metrics.clicks_unique, metrics.click_rate),
        _count(metrics.unsubscribes, metrics.unsubscribe_rate),
        f"{revenue.amount:,} {revenue.currency}" if revenue else NOTHING,
    ]


def _count(count: int | None, rate: float | None = None) -> str:
    if count is None:
        return NOTHING
    return f"{count:,}" if rate is None else f"{count:,} ({rate:.1%})"


def _chart(figures: Sequence[tuple[str, CampaignMetrics]]) -> Table:
    """Bars of people, all on one scale."""
    from rich.bar import Bar
    from rich.table import Table

    most = max((getattr(metrics, name) or 0 for _, metrics in figures for name, _, _ in BARS), default=0)
    chart = Table(box=None, show_header=False)
    for campaign, metrics in figures:
        for number, (name, label, colour) in enumerate(BARS):
            value = getattr(metrics, name)
            bar = Bar(most or 1, 0, value or 0, width=BAR_WIDTH, color=colour)
            chart.add_row("" if number else plain(campaign), label, bar, _count(value))
    return chart


def _show_sources(out: Console, metrics: Sequence[CampaignMetrics]) -> None:
    """Whose word the revenue is, and what opens are worth."""
    sources = {(one.revenue.metric, one.revenue.attribution) for one in metrics if one.revenue}
    for metric, attribution in sorted(sources):
        out.print(f"Revenue: {plain(metric)}, by {plain(attribution)}.", style="dim")
    out.print("Opened counts what mail programs open by themselves, too.", style="dim")


def _show_advice(out: Console, collected: Sequence[Performance]) -> None:
    for advice in sorted({one.metrics.advice for one in collected if one.metrics and one.metrics.advice}):
        out.print(plain(advice), style="yellow")
