"""Moving, taking back and cancelling a campaign: what it means first, then the deed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glowtify_adapters.schedules import read_schedule
from glowtify_adapters.web.desk import desk_of, go, page, posted, tongue_of
from glowtify_adapters.web.languages import Tongue
from glowtify_adapters.web.pages.campaign import basics, path_of, publication_of
from glowtify_adapters.web.pages.campaign_words import here, offset, times
from glowtify_core.domain.errors import GlowtifyError, ScheduleRejected
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime, load_zone
from glowtify_core.ports.platform import Finding


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new time as it was typed.

    Attributes:
        date, time: such as ``2027-01-15`` and ``09:00``.
        zone: IANA name; nothing for a campaign by each recipient's own clock.
        fold: ``1`` for the second of a time that comes twice.
    """

    date: str
    time: str
    zone: str
    fold: str

    @classmethod
    def of(cls, fields: Mapping[str, object], publication: Publication) -> Wanted:
        """What was typed, and where nothing was, the campaign's time."""
        schedule = publication.schedule
        start = {
            "date": f"{schedule.wall:%Y-%m-%d}",
            "time": f"{schedule.wall:%H:%M}",
            "zone": schedule.zone if isinstance(schedule, SendAt) else "",
            "fold": "",
        }
        return cls(**{name: str(fields.get(name, usual)).strip() for name, usual in start.items()})

    def schedule(self, *, recipient_time: bool) -> Schedule:
        """The time itself.

        Raises:
            ScheduleRejected: it is none, or does not exist.
        """
        if not (self.date and self.time):
            raise ScheduleRejected(
                "The time is not complete", remedy="Choose a date and a time.", field="schedule.at"
            )
        fold = 1 if self.fold == "1" else 0
        at = f"{self.date}T{self.time}"
        return read_schedule(at, self.zone or None, recipient_local=recipient_time, fold=fold)


def ask_move(request: Request) -> Response:
    """The form for a new time; with a time in the address also what it would come to. Changes nothing."""
    publication = publication_of(request)
    wanted = Wanted.of(request.query_params, publication)
    if "date" not in request.query_params:
        return _moving(request, publication, wanted)
    key, reschedule = publication.key, desk_of(request).app.campaigns.reschedule
    try:
        schedule = wanted.schedule(recipient_time=_by_recipients(publication))
        findings = reschedule.check(key, schedule)
    except GlowtifyError as error:
        return _moving(request, publication, wanted, error=error)
    return _moving(request, publication, wanted, schedule=schedule, findings=findings)


def move(request: Request, form: FormData) -> Response:
    """Move it to the time that was confirmed."""
    publication = publication_of(request)
    wanted = Wanted.of(form, publication)
    try:
        schedule = wanted.schedule(recipient_time=_by_recipients(publication))
        moved = desk_of(request).app.campaigns.reschedule(publication.key, schedule, later=True).publication
    except GlowtifyError as error:
        return _moving(request, publication_of(request), wanted, error=error)
    return _under_way(request, moved, "It is scheduled for that time already.")


def ask_cancel(request: Request) -> Response:
    """What cancelling means, beside taking back. Changes nothing."""
    return _cancelling(request, publication_of(request))


def cancel(request: Request, form: FormData) -> Response:
    """Cancel for good; while it is being sent, stop the rest."""
    stop = form.get("stop_sending") == "yes"
    cancel_for_good = desk_of(request).app.campaigns.cancel
    return _end(
        request,
        lambda publication: cancel_for_good(publication.key, stop_sending=stop, later=True),
        "It is cancelled: it will not be sent.",
    )


def edit(request: Request, _form: FormData) -> Response:
    """Take it back for editing."""
    take_back = desk_of(request).app.campaigns.cancel.edit
    return _end(
        request,
        lambda publication: take_back(publication.key, later=True),
        "It is taken back: it will not be sent until you publish it again.",
    )


def _end(request: Request, end: Callable[[Publication], Publication], done: str) -> Response:
    publication = publication_of(request)
    try:
        ended = end(publication)
    except GlowtifyError as error:
        return _cancelling(request, publication_of(request), error)
    return _under_way(request, ended, done)


def _under_way(request: Request, publication: Publication, done: str) -> Response:
    """Watch what was written down; where nothing was, say so."""
    if publication.open_operation is None:
        return go(request, path_of(publication), tongue_of(request).say(done))
    request.app.state.progress.start(publication.id)
    return go(request, path_of(publication))


def _moving(
    request: Request,
    publication: Publication,
    wanted: Wanted,
    *,
    error: GlowtifyError | None = None,
    schedule: Schedule | None = None,
    findings: Sequence[Finding] = (),
) -> Response:
    tongue, shown = tongue_of(request), basics(request, publication)
    zones = (wanted.zone, getattr(publication.schedule, "zone", ""), shown["zone"].key, "UTC")
    return page(
        request,
        "campaign_move.html",
        status=422 if error else 200,
        **shown,
        wanted=wanted,
        error=error,
        here=lambda text: here(tongue, text),
        instead=getattr(error, "instead", ()),
        schedule=schedule,
        new_times=times(tongue, schedule, shown["zone"].key) if schedule else (),
        choices=_choices(tongue, schedule),
        clocks_change=_clocks_change(publication.schedule, schedule),
        findings=[one for one in findings if one.code != "time_comes_twice"],
        recipient_time=_by_recipients(publication),
        zones=list(dict.fromkeys(zone for zone in zones if zone)),
    )


def _cancelling(request: Request, publication: Publication, error: GlowtifyError | None = None) -> Response:
    tongue = tongue_of(request)
    return page(
        request,
        "campaign_cancel.html",
        status=409 if error else 200,
        **basics(request, publication),
        error=error,
        here=lambda text: here(tongue, text),
    )


def _by_recipients(publication: Publication) -> bool:
    return isinstance(publication.schedule, SendAtRecipientTime)


def _choices(tongue: Tongue, schedule: Schedule | None) -> Sequence[tuple[int, str, bool]]:
    """Both instants of a time that comes twice: which, in words, and whether it is the one asked about."""
    if not isinstance(schedule, SendAt) or not schedule.ambiguous:
        return ()
    both = [SendAt.at(schedule.wall, schedule.zone, fold) for fold in (0, 1)]
    return [(fold, _in_words(tongue, one), one == schedule) for fold, one in enumerate(both)]


def _in_words(tongue: Tongue, schedule: SendAt) -> str:
    local = schedule.instant.astimezone(load_zone(schedule.zone))
    utc = tongue.time(schedule.instant, load_zone("UTC"))
    return f"{tongue.time(local, load_zone(schedule.zone))} {offset(local)} = {utc} UTC"


def _clocks_change(old: Schedule, new: Schedule | None) -> tuple[str, str] | None:
    """How far the zone is from UTC before and after, where summer time begins or ends in between."""
    if not (isinstance(old, SendAt) and isinstance(new, SendAt) and old.zone == new.zone):
        return None
    zone = load_zone(new.zone)
    before, after = (offset(one.instant.astimezone(zone)) for one in (old, new))
    return (before, after) if before != after else None


ROUTES = [
    Route("/campaigns/{campaign_id}/move", ask_move, methods=["GET"]),
    Route("/campaigns/{campaign_id}/move", posted(move), methods=["POST"]),
    Route("/campaigns/{campaign_id}/cancel", ask_cancel, methods=["GET"]),
    Route("/campaigns/{campaign_id}/cancel", posted(cancel), methods=["POST"]),
    Route("/campaigns/{campaign_id}/edit", posted(edit), methods=["POST"]),
]
