"""``status``, ``reschedule``, ``cancel``, ``edit``, ``repair``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.documents import findings_document, publication_document, repaired_document
from glowtify_adapters.cli.errors import DONE, OUTCOME_UNKNOWN, exit_code, problem_exit_code
from glowtify_adapters.cli.options import background_option, output_options, store_option
from glowtify_adapters.cli.outcome import (
    HANDED_OVER,
    STYLES,
    TAKEN_BACK,
    about,
    end,
    end_later,
    show_publication,
)
from glowtify_adapters.cli.terminal import Terminal, open_app, sentence
from glowtify_adapters.cli.words import NOTHING, instant, seen_url, short_time, state_word
from glowtify_adapters.plain import plain
from glowtify_adapters.schedules import read_schedule
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import RemoteCampaign, RemoteObject, clean_name
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from glowtify_core.application.repair import Repaired


@click.command()
@click.argument("campaign_ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--newest",
    metavar="N",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="How many, of a store that has more.",
)
@click.option("--content", is_flag=True, help="Also whether the e-mail itself was changed: one read each.")
@store_option()
@output_options
@click.pass_obj
def status(
    terminal: Terminal, campaign_ids: tuple[str, ...], *, newest: int, content: bool, store: str
) -> int:
    """Ask the platforms how campaigns stand: the newest of a store, or those named.

    What others changed there is shown and left as it is. Time, audience, subject and sender are looked at
    each time; a changed e-mail stays noticed until --content shows it as it was handed over.
    """
    with open_app(terminal) as app:
        known = app.campaigns.latest(store, campaign_ids, newest=None if campaign_ids else newest)
        with terminal.working("Asking how they stand"):
            tracked = app.campaigns.track(known, content=content)
    code = _not_asked(known, tracked)
    document = {"store": store, "campaigns": [publication_document(publication) for publication in tracked]}
    terminal.result(document, lambda out: _show_status(out, tracked))
    return code


@click.command()
@click.argument("campaign_id", metavar="ID")
@click.option("--at", required=True, metavar="T", help="The new time, such as 2027-01-15T09:00.")
@click.option("--zone", metavar="Z", help="The zone that reads it; the campaign's own when left out.")
@background_option("Only check it and write it down: `glowtify worker` moves it.")
@store_option()
@output_options
@click.pass_obj
def reschedule(
    terminal: Terminal, campaign_id: str, *, at: str, zone: str | None, later: bool, store: str
) -> int:
    """Give a scheduled campaign another time.

    Its recipients are chosen anew: by default the platform fixes them when a campaign is scheduled.
    """
    with open_app(terminal) as app, about(terminal, app, CampaignKey(store, campaign_id)):
        publication = app.campaigns.latest(store, [campaign_id])[0]
        now = publication.schedule
        schedule = read_schedule(
            at,
            zone or (now.zone if isinstance(now, SendAt) else None),
            recipient_local=isinstance(now, SendAtRecipientTime) and zone is None,
        )
        with terminal.working(f"Moving {plain(publication.name)}") as report:
            moved = app.campaigns.reschedule(publication.key, schedule, later=later, report=report)
    after = moved.publication
    terminal.warn(moved.findings)
    if later and after.open_operation:
        return end_later(terminal, after, warnings=findings_document(moved.findings))
    return end(
        terminal,
        after,
        asked=HANDED_OVER,
        refused=after.problem if after.schedule != schedule else None,
        warnings=findings_document(moved.findings),
    )


@click.command()
@click.argument("campaign_id", metavar="ID")
@click.option("--stop-sending", is_flag=True, help="Also while it is being sent: the rest does not go out.")
@background_option("Only stop whoever is at work on it and write it down: `glowtify worker` cancels it.")
@store_option()
@output_options
@click.pass_obj
def cancel(terminal: Terminal, campaign_id: str, stop_sending: bool, later: bool, store: str) -> int:
    """Cancel a campaign for good: the platform will not send it, and cannot take that back.

    To change it and send it later, use `glowtify edit`.
    """
    key = CampaignKey(store, campaign_id)
    with (
        open_app(terminal) as app,
        about(terminal, app, key),
        terminal.working(f"Cancelling {campaign_id}") as report,
    ):
        publication = app.campaigns.cancel(key, stop_sending=stop_sending, later=later, report=report)
    if later and publication.open_operation:
        return end_later(terminal, publication)
    word = _ended(publication, "Cancelled for good: it will not be sent.")
    return end(terminal, publication, word, asked=TAKEN_BACK)


@click.command()
@click.argument("campaign_id", metavar="ID")
@store_option()
@output_options
@click.pass_obj
def edit(terminal: Terminal, campaign_id: str, store: str) -> int:
    """Take a scheduled campaign back, to change it: until it is published again it will not be sent."""
    key = CampaignKey(store, campaign_id)
    with (
        open_app(terminal) as app,
        about(terminal, app, key),
        terminal.working(f"Taking {campaign_id} back") as report,
    ):
        publication = app.campaigns.cancel.edit(key, report=report)
    word = "" if publication.taken_back else _ended(publication, "Publish it again with --again.")
    return end(terminal, publication, word, asked=TAKEN_BACK)


@click.command()
@store_option(None, "Only this store; all when left out.")
@output_options
@click.pass_obj
def repair(terminal: Terminal, store: str | None) -> int:
    """Finish what was interrupted, find out what is unknown, and remove what lost answers left."""
    with open_app(terminal) as app, terminal.working("Repairing") as report:
        repaired = list(app.campaigns.repair(store, report=report))
    document = {"campaigns": [repaired_document(one) for one in repaired]}
    terminal.result(document, lambda out: _show_repaired(terminal, out, repaired))
    return max(map(_repair_code, repaired), default=DONE)


def _repair_code(repaired: Repaired) -> int:
    """How one publication's repair ends; the higher, the graver."""
    if repaired.publication.state is PublicationState.UNKNOWN:
        return OUTCOME_UNKNOWN
    if repaired.unasked and repaired.publication.problem:
        return problem_exit_code(repaired.publication.problem)
    return exit_code(repaired.error) if repaired.error else DONE


def _ended(publication: Publication, word: str) -> str:
    remote = publication.remote
    partly = remote is not None and remote.partly_sent
    return word if publication.state is PublicationState.CANCELLED and not partly else ""


def _not_asked(known: Sequence[Publication], tracked: Sequence[Publication]) -> int:
    """The exit code when a platform could not be asked: tracking leaves a new problem then."""
    return next(
        (
            problem_exit_code(after.problem)
            for before, after in zip(known, tracked, strict=True)
            if after.problem is not None and after.problem is not before.problem
        ),
        DONE,
    )


def _show_status(out: Console, publications: Sequence[Publication]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not publications:
        out.print("No campaign has been published yet.")
        return
    table = Table("Id", "Name", "State", "When", "Asked", box=None)
    for publication in publications:
        table.add_row(
            publication.key.campaign_id,
            plain(publication.name),
            Text(state_word(publication.state), style=STYLES.get(publication.state, "bold yellow")),
            short_time(publication.schedule),
            instant(publication.checked_at),
        )
    out.print(table)
    for publication in publications:
        _show_remarks(out, publication)


def _show_remarks(out: Console, publication: Publication) -> None:
    url, problem = seen_url(publication), publication.problem
    if url:
        out.print(f"{publication.key.campaign_id}: {url}", style="dim", soft_wrap=True)
    if publication.attention:
        out.print(f"{publication.key.campaign_id}: {plain(publication.attention)}", style="yellow")
    if problem:
        words = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        out.print(
            f"{publication.key.campaign_id}: {plain(sentence(words))} {plain(problem.remedy)}", style="red"
        )


def _object(remote: RemoteObject) -> tuple[str, str]:
    """What it is, and its name as people know it."""
    kind = remote.ref.kind
    if isinstance(remote, RemoteCampaign):
        kind = "draft" if remote.state is PublicationState.STAGED else f"campaign ({remote.state})"
    return kind, plain(clean_name(remote.name))


def _show_repaired(terminal: Terminal, out: Console, repaired: Sequence[Repaired]) -> None:
    if not repaired:
        out.print("Nothing needed repair.")
    for one in repaired:
        show_publication(out, one.publication)
        for remote in one.removed:
            what, name = _object(remote)
            out.print(f"  {'Removed':<11}a {what} that a lost answer had left: {name}")
        for remote in one.left:
            what, name = _object(remote)
            out.print(f"  {'Left':<11}a {what} that is not ours to delete: {name} {remote.url or NOTHING}")
        if one.error:
            terminal.error(one.error)
