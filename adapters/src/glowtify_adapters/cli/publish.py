"""``publish``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glowtify_adapters.cli.campaign_file import load_campaign
from glowtify_adapters.cli.documents import campaign_document, findings_document
from glowtify_adapters.cli.errors import DONE
from glowtify_adapters.cli.options import background_option, output_options, store_option
from glowtify_adapters.cli.outcome import HANDED_OVER, about, end, end_later
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import long_time
from glowtify_adapters.plain import plain
from glowtify_core.domain.audience import AudienceRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from glowtify_adapters.app import App
    from glowtify_core.domain.campaign import AudienceChoice, Campaign


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only check: nothing is written anywhere.")
@click.option("--again", is_flag=True, help="Publish anew what was cancelled.")
@background_option("Only check it and write it down: `glowtify worker` hands it over.")
@store_option(None, "Instead of the file's store.")
@output_options
@click.pass_obj
def publish(
    terminal: Terminal, file: Path, *, dry_run: bool, again: bool, later: bool, store: str | None
) -> int:
    """Hand a campaign over, so that the platform sends it at its time.

    FILE is a campaign.toml. Publishing the same file twice is the same publication, not a second e-mail.

    \b
        id = "winter-sale"
        name = "Winter sale"
        connector = "klaviyo"
        subject = "Everything must go"
        html = "newsletter.html"
        [sender]
        name = "Example Shop"
        email = "shop@example.com"
        [audience]
        include = ["Newsletter"]
        [schedule]
        at = "2027-01-15T09:00"
        zone = "America/Toronto"

    Also: store, preheader, text (a .txt file, or the text itself), sender.reply_to, audience.exclude,
    schedule.recipient_local = true (each recipient's own clock; the zone is then ignored),
    options.smart_sending, options.utm = true, false or "account", and a table
    [platform_options.CONNECTOR]. An audience is an id or an exact name; id:X, name:X, list:X and
    segment:X say which.

    Klaviyo fixes the recipients when a campaign is scheduled, unless the account is set otherwise: who
    joins a list later does not get it.

    On the platform the campaign's name ends in a marker such as "gl7k2m9x4q". Glowtify finds its own
    campaigns by it, whatever crashed or got lost; it is shown here only when you have to look for it, and
    never sent to recipients.
    """  # noqa: D301 - the backspace is click's mark for lines that are not to be wrapped
    with open_app(terminal) as app:
        campaign = load_campaign(
            file,
            id_pattern=lambda name: app.connections.directory.manifest(name).audience_id_pattern,
            store=store,
        )
        with about(terminal, app, campaign.key):
            if dry_run:
                _check(terminal, app, campaign)
                return DONE
            with terminal.working(f"Publishing {plain(campaign.name)}") as report:
                published = app.campaigns.publish(campaign, again=again, later=later, report=report)
    terminal.warn(published.findings)
    if later and published.publication.open_operation:
        return end_later(terminal, published.publication, warnings=findings_document(published.findings))
    return end(
        terminal,
        published.publication,
        "Nothing was written: it had been handed over before." if published.already else "",
        asked=HANDED_OVER,
        already=published.already,
        warnings=findings_document(published.findings),
    )


def _check(terminal: Terminal, app: App, campaign: Campaign) -> None:
    """Everything that publishing would check, and nothing written."""
    with terminal.working(f"Checking {plain(campaign.name)}"):
        checked = app.campaigns.publish.check(campaign)
    terminal.warn(checked.findings)
    document = {
        "dry_run": True,
        **campaign_document(checked.campaign),
        "warnings": findings_document(checked.findings),
    }
    terminal.result(document, lambda out: _show_checked(out, checked.campaign))


def _show_checked(out: Console, campaign: Campaign) -> None:
    out.print("Ready to publish; nothing was written.", style="bold green")
    out.print(f"  {'Campaign':<11}{plain(campaign.name)} ({campaign.key.campaign_id})")
    out.print(f"  {'Subject':<11}{plain(campaign.subject)}")
    out.print(f"  {'When':<11}{long_time(campaign.schedule)}")
    out.print(f"  {'To':<11}{_names(campaign.include)}")
    if campaign.exclude:
        out.print(f"  {'Not to':<11}{_names(campaign.exclude)}")


def _names(choices: Sequence[AudienceChoice]) -> str:
    return ", ".join(plain(_name(choice)) for choice in choices)


def _name(choice: AudienceChoice) -> str:
    if not isinstance(choice, AudienceRef):
        return choice.name
    return f"{choice.name_seen} ({choice.id})" if choice.name_seen else choice.id
