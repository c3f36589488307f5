"""``performance``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.documents import performance_document
from glowtify_adapters.cli.errors import DONE, exit_code
from glowtify_adapters.cli.options import output_options, store_option
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import NOTHING, instant, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from glowtify_core.application.collect_performance import Performance
    from glowtify_core.domain.performance import CampaignMetrics

BAR_WIDTH = 40
BARS = (
    ("delivered", "Delivered", "blue"),
    ("opens_unique", "Opened", "green"),
    ("clicks_unique", "Clicked", "magenta"),
)


@click.command()
@click.argument("campaign_ids", metavar="[ID]...", nargs=-1)
@store_option()
@output_options
@click.pass_obj
def performance(terminal: Terminal, campaign_ids: tuple[str, ...], store: str) -> int:
    """Show what sent campaigns brought: all of a store, or those named.

    A dash is a figure that the platform did not give; it is never 0.
    """
    with open_app(terminal) as app, terminal.working("Asking for figures"):
        tracked = app.campaigns.track(app.campaigns.latest(store, campaign_ids))
        collected = app.performance(tracked)
    measured = {one.publication.id for one in collected}
    waiting = [one.key.campaign_id for one in tracked if one.id not in measured]
    document = {
        "store": store,
        "campaigns": [performance_document(one) for one in collected],
        "not_sent": waiting,
    }
    terminal.result(document, lambda out: _show(out, collected))
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


def _show(out: Console, collected: Sequence[Performance]) -> None:
    if not collected:
        out.print("No campaign has been sent yet.")
        return
    out.print(_table(collected))
    figures = [(one.publication.name, one.metrics) for one in collected if one.metrics]
    if figures:
        out.print()
        out.print(_chart(figures))
        _show_sources(out, [metrics for _, metrics in figures])


def _table(collected: Sequence[Performance]) -> Table:
    from rich.table import Table

    table = Table(
        "Id", "Name", "Recipients", "Delivered", "Opened", "Clicked", "Unsubscribed", "Revenue", box=None
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for one in collected:
        metrics = one.metrics
        cells = [NOTHING] * 6 if metrics is None else _cells(metrics)
        table.add_row(one.publication.key.campaign_id, plain(one.publication.name), *cells)
    return table


def _cells(metrics: CampaignMetrics) -> list[str]:
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
    """When the figures were read, and whose word the revenue is."""
    out.print(f"As of {instant(max(one.as_of for one in metrics))}.", style="dim")
    sources = {(one.revenue.metric, one.revenue.attribution) for one in metrics if one.revenue}
    for metric, attribution in sorted(sources):
        out.print(f"Revenue: {plain(metric)}, by {plain(attribution)}.", style="dim")
    out.print("Opened counts what mail programs open by themselves, too.", style="dim")
    for advice in sorted({one.advice for one in metrics if one.advice}):
        out.print(plain(advice), style="yellow")
