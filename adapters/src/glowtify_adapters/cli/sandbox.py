"""``sandbox``: a local stand-in for a platform, and the knobs of one that runs."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glowtify_adapters.cli.control import Control, announced, own_ready_file
from glowtify_adapters.cli.options import output_options
from glowtify_adapters.cli.terminal import Terminal, open_app
from glowtify_adapters.cli.words import NOTHING
from glowtify_adapters.durations import duration
from glowtify_adapters.plain import plain
from glowtify_core.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from glowtify_core.ports.connectors import ConnectorManifest, SandboxKit


class _Sandboxes(click.Group):
    """One subcommand for each installed connector that has a sandbox, beside the fixed ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        with open_app(ctx.find_object(Terminal) or Terminal()) as app:
            found = [one.manifest for one in app.connections.directory.installed if one.manifest.sandbox]
        return [*(manifest.name for manifest in found), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        fixed = super().get_command(ctx, cmd_name)
        if fixed:
            return fixed
        with open_app(ctx.find_object(Terminal) or Terminal()) as app:
            for one in app.connections.directory.installed:
                if one.manifest.name == cmd_name and one.manifest.sandbox:
                    return _start(one.manifest)
        return None


@click.group(cls=_Sandboxes)
def sandbox() -> None:
    """Run a local stand-in for a platform, and steer it: its clock, its faults, its log.

    Nothing that is sent there reaches anybody. The other commands find the sandbox that was started last.
    """


def sandbox_kit(manifest: ConnectorManifest) -> SandboxKit:
    """A connector's sandbox kit.

    Raises:
        ConfigurationError: its extra is not installed.
    """
    try:
        if manifest.sandbox:
            return manifest.sandbox()
    except ImportError:
        pass
    raise ConfigurationError(
        f"The sandbox of {manifest.title} is not installed",
        code="sandbox_missing",
        remedy=f"pip install 'glowtify-{manifest.name}[sandbox]'",
    )


def _start(manifest: ConnectorManifest) -> click.Command:
    """The command that runs a connector's sandbox until it is stopped."""

    @click.command(manifest.name, help=f"Run a local {manifest.title} until Ctrl+C or SIGTERM.")
    @click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
    @click.option("--seed", type=int, default=1, help="Decides ids, keys, names and figures.")
    @click.option(
        "--limits", type=click.Choice(["documented", "off"]), default="off", help="Refuse with 429, or not."
    )
    @click.option(
        "--walk", type=click.Choice(["quick", "real"]), default="quick", help="The pace of statuses."
    )
    @click.option("--campaigns", type=click.IntRange(0), default=12, help="Sent campaigns to begin with.")
    @click.option("--lists", type=click.IntRange(0), default=3, help="Lists to begin with.")
    @click.option("--ready-file", type=click.Path(path_type=Path), help="Written, as JSON, when it answers.")
    @output_options
    @click.pass_obj
    def run(terminal: Terminal, /, ready_file: Path | None, **options: Any) -> None:
        kit = sandbox_kit(manifest)
        ready = ready_file or own_ready_file()
        try:
            with announced(ready), _as_json(terminal, ready):
                kit.run(ready_file=ready, **options)
        except OSError as problem:
            raise ConfigurationError(
                "The sandbox cannot start",
                code="sandbox_start",
                detail=problem.strerror or "",
                remedy="Choose another --port or --ready-file.",
            ) from problem
        finally:
            if ready_file is None:
                ready.unlink(missing_ok=True)

    return run


class _OnceReady(io.StringIO):
    """Takes the sandbox's greeting, which it prints when it is ready, and says something else instead."""

    def __init__(self, instead: Callable[[], None]) -> None:
        super().__init__()
        self._instead = instead

    def flush(self) -> None:
        if self.getvalue():
            self.truncate(0)
            self._instead()


@contextlib.contextmanager
def _as_json(terminal: Terminal, ready: Path) -> Any:
    """Print the ready file instead of the greeting."""
    if not terminal.as_json:
        yield
        return
    out = sys.stdout

    def instead() -> None:
        out.write(ready.read_text(encoding="utf-8"))
        out.flush()

    with contextlib.redirect_stdout(_OnceReady(instead)):
        yield


def _url_option(command: Any) -> Any:
    return click.option("--url", metavar="URL", help="Which sandbox; the one started last when left out.")(
        command
    )


@sandbox.command()
@click.option("--advance", metavar="D", help="Move it forward, such as 7d, 2h, 30m or 1d12h.")
@click.option(
    "--set", "moment", metavar="T", help="Set it, such as 2027-01-15T14:00Z (UTC without an offset)."
)
@_url_option
@output_options
@click.pass_obj
def clock(terminal: Terminal, advance: str | None, moment: str | None, url: str | None) -> None:
    """Show or move the sandbox's clock. What is due by then is sent."""
    if advance and moment:
        raise click.UsageError("--advance and --set exclude each other.")
    change: dict[str, Any] | None = None
    if advance:
        change = {"advance_seconds": _duration(advance).total_seconds()}
    elif moment:
        change = {"set": _moment(moment)}
    control = Control(url)
    now = control.post("clock", change) if change else control.get("clock")
    terminal.result(
        now, lambda out: out.print(f"The sandbox's clock shows {now['now'][:16].replace('T', ' ')} UTC.")
    )


@sandbox.command()
@click.option(
    "--add",
    "kind",
    type=click.Choice(["drop", "delay", "status", "cut", "html", "throttle", "error", "lag"]),
    help="What shall happen to matching requests.",
)
@click.option("--clear", is_flag=True, help="Take all faults out first.")
@click.option("--method", help="Only this method, such as POST.")
@click.option("--path", help="Only paths in which this regular expression is found.")
@click.option("--when", type=click.Choice(["before", "after"]), help="Before or after the effect.")
@click.option("--nth", type=click.IntRange(1), help="From the nth matching request on.")
@click.option("--count", type=click.IntRange(1), help="So many of them; 1 when left out.")
@click.option("--seconds", type=click.FloatRange(0), help="For delay and lag.")
@click.option("--status", type=click.IntRange(400, 599), help="For status, html and error.")
@click.option("--retry-after", type=click.IntRange(0), help="For throttle, in seconds.")
@_url_option
@output_options
@click.pass_obj
def faults(terminal: Terminal, /, *, kind: str | None, clear: bool, url: str | None, **pattern: Any) -> None:
    """Show the faults in force, add one, or clear them.

    \b
        glowtify sandbox faults --add drop --when after --method POST --path campaign-send-jobs
    """  # noqa: D301 - the backspace is click's mark for lines that are not to be wrapped
    given = {name: value for name, value in pattern.items() if value is not None}
    if given and kind is None:
        raise click.UsageError("A pattern needs --add.")
    control = Control(url)
    active = control.delete("faults") if clear else control.get("faults")
    if kind:
        active = control.post("faults", {"kind": kind, **given})
    terminal.result({"faults": active}, lambda out: _show_faults(out, active))


@sandbox.command()
@_url_option
@output_options
@click.pass_obj
def reset(terminal: Terminal, url: str | None) -> None:
    """Return to the seeded beginning, the clock included."""
    now = Control(url).post("reset")
    terminal.result(now, lambda out: out.print("The sandbox is as it was at its start."))


@sandbox.command()
@click.option("--clear", is_flag=True, help="Empty the log.")
@_url_option
@output_options
@click.pass_obj
def requests(terminal: Terminal, clear: bool, url: str | None) -> None:
    """Show the requests that the sandbox has had."""
    control = Control(url)
    log = control.delete("requests") if clear else control.get("requests")
    terminal.result({"requests": log}, lambda out: _show_requests(out, log))


@sandbox.command()
@_url_option
@output_options
@click.pass_obj
def sent(terminal: Terminal, url: str | None) -> None:
    """Show what was sent to whom."""
    mails = Control(url).get("sent")
    terminal.result({"sent": mails}, lambda out: _show_sent(out, mails))


def _duration(text: str) -> timedelta:
    try:
        return duration(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is no duration; write 7d, 2h, 30m or 1d12h.") from None


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date and time; write 2027-01-15T14:00Z.") from None


def _show_faults(out: Console, active: list[dict[str, Any]]) -> None:
    for fault in active:
        count = "all" if fault["count"] is None else fault["count"]
        out.print(
            f"{fault['kind']} {fault['when']} the effect: {fault['method']} {fault['path'] or 'any path'},"
            f" {count} from number {fault['nth']}, seen {fault['seen']}"
        )
    if not active:
        out.print("No faults.")


def _show_requests(out: Console, log: list[dict[str, Any]]) -> None:
    for entry in log:
        query = f"?{entry['query']}" if entry["query"] else ""
        status = entry["status"] or NOTHING
        out.print(
            f"{entry['time'][11:19]} {status} {entry['method']:<6} {plain(entry['path'] + query)}",
            soft_wrap=True,
        )
    out.print(f"{len(log)} requests.")


def _show_sent(out: Console, mails: list[dict[str, Any]]) -> None:
    from glowtify_core.domain.remote import clean_name

    for mail in mails:
        out.print(plain(clean_name(mail["name"])), style="bold")
        out.print(f"  {plain(mail['subject'] or '')}")
        when = mail["when"][:16].replace("T", " ")
        out.print(f"  {when} UTC to {mail['recipients']:,}: {', '.join(mail['examples'])} …")
    if not mails:
        out.print("Nothing was sent.")
