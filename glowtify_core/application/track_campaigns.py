"""Asking platforms how publications stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from glowtify_core.application.advance_publication import refuse_other_account
from glowtify_core.application.attention import noticed
from glowtify_core.application.platforms import Connected, Platforms
from glowtify_core.application.work import ours
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import (
    CampaignRejected,
    ConfigurationError,
    PlatformError,
    RepositoryError,
)
from glowtify_core.domain.publication import OperationKind, Problem, Publication
from glowtify_core.domain.remote import Drift, RemoteCampaign, content_drift, find_drift
from glowtify_core.domain.rhythm import next_look, next_try
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.observing import SILENT, Observer
from glowtify_core.ports.platform import SupportsContent, SupportsReconcile

_COMMITTED = frozenset(
    {
        PublicationState.SUBMITTING,
        PublicationState.SCHEDULED,
        PublicationState.SENDING,
        PublicationState.SENT,
    }
)
_NEVER_SENT = frozenset({PublicationState.CANCELLED, PublicationState.MISSING})

_UNTOLD = Problem(
    "Whether the e-mail itself was changed cannot be told",
    "content_unknown",
    "Look at it on the platform.",
)
"""Shown where the platform does not say what it holds, or what was handed over was not written down."""


class TrackCampaigns:
    """Brings publications up to date, many in few requests. Only reads on the platform."""

    def __init__(
        self, *, repo: CampaignRepo, platforms: Platforms, clock: Clock, observer: Observer = SILENT
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._clock = clock
        self._observer = observer

    def __call__(
        self, publications: Iterable[Publication], *, content: bool = False
    ) -> Sequence[Publication]:
        """The publications as they stand now, in the order given.

        What is being worked on by another worker, is final, or cannot be asked stays as it was; an account
        that cannot be asked leaves its problem on the publications and changes no state.

        Args:
            publications: those to ask about.
            content: also whether the e-mails themselves were changed, one read each. A publication of which
                that cannot be told says so in its problem.
        """
        wanted = list(publications)
        tracked: dict[str, Publication] = {publication.id: publication for publication in wanted}
        live = sorted((p for p in wanted if not p.state.final), key=_account)
        for (store, connector, _), group in groupby(live, key=_account):
            for publication in self._track(store, connector, list(group), content=content):
                tracked[publication.id] = publication
        return [tracked[publication.id] for publication in wanted]

    def look(self, claim: Claim, publication: Publication) -> Publication:
        """One publication, under a claim that is held already.

        Raises:
            CampaignRejected: another account is connected now, which would deny knowing it.
            PlatformError: it could not be asked.
        """
        with self._platforms.connected(publication.key.store, publication.connector) as connected:
            refuse_other_account(publication, connected.connection)
            remote = self._ask(connected, [publication]).get(publication.id)
        if remote is None:
            return publication
        seen = self._seen(publication, remote)
        claim.save(seen)
        return seen

    def _track(
        self, store: str, connector: str, group: Sequence[Publication], *, content: bool
    ) -> Iterable[Publication]:
        answers: dict[str, RemoteCampaign] = {}
        problem, wait = _UNTOLD, None
        try:
            with (
                self._observer.span("track", **about(group)),
                self._platforms.connected(store, connector) as connected,
            ):
                refuse_other_account(group[0], connected.connection)  # a group has one account
                answers |= self._ask(connected, group)
                if content:
                    _add_contents(connected, group, answers)
        except (PlatformError, ConfigurationError, CampaignRejected) as error:
            problem, wait = Problem.of(error), getattr(error, "retry_after", None)
            if not answers:
                self._plan((), group, wait)
                return [replace(publication, problem=problem) for publication in group]
        tracked = []
        for publication in (p for p in group if p.id in answers):
            kept = self._keep(publication, answers[publication.id])
            untold = content and _content_wanted(publication, answers[publication.id])
            tracked.append(replace(kept, problem=problem) if untold else kept)
        self._plan(tracked, [p for p in group if p.id not in answers], wait)
        return tracked

    def _plan(
        self, tracked: Sequence[Publication], unanswered: Sequence[Publication], wait: timedelta | None
    ) -> None:
        """Set when to look again, also where nothing was new; what we are at work on is due by that."""
        now = self._clock.now()
        looks = {one.id: next_look(replace(one, checked_at=now)) for one in tracked if not one.open_operation}
        tries = {one.id: next_try(one, now, wait) for one in unanswered if not one.open_operation}
        with suppress(RepositoryError):  # it is advice
            self._repo.plan(looks, checked_at=now)
            self._repo.plan(tries)

    def _ask(self, connected: Connected, publications: Sequence[Publication]) -> Mapping[str, RemoteCampaign]:
        """What the platform says, by publication id; without a ref a campaign is looked for by its marker."""
        refs = {publication.ref: publication.id for publication in publications if publication.ref}
        said = connected.platform.status(list(refs)) if refs else {}
        answers = {refs[ref]: remote for ref, remote in said.items() if ref in refs}
        for publication in publications:
            if publication.ref is None and isinstance(connected.platform, SupportsReconcile):
                found = ours(publication, connected.platform.find_by_marker(publication.marker))
                if found:
                    answers[publication.id] = found
        return answers

    def _keep(self, publication: Publication, remote: RemoteCampaign) -> Publication:
        """Save what was seen, unless another worker holds the publication: then it knows better."""
        seen = self._seen(publication, remote)
        if _alike(seen, publication):
            return seen
        claim = self._repo.claim(publication.key)
        if claim is None:
            return publication
        try:
            stored = self._repo.get(publication.id)
            if not _alike(stored, publication):
                return stored
            claim.save(seen)
        except RepositoryError:
            return publication
        finally:
            claim.release()
        return seen

    def _seen(self, publication: Publication, remote: RemoteCampaign) -> Publication:
        now = self._clock.now()
        working = publication.open_operation is not None and not publication.tidying
        if working and not _is_news(publication, remote):
            return replace(publication, checked_at=now)
        remote = replace(remote, unfinished=publication.tidying)  # only our journal knows that
        seen = replace(publication, problem=None).seen(remote, now)
        content = content_drift(publication.remote, remote.content, publication.drift)
        drift = find_drift(self._repo.content(publication.id), remote) | content
        if working:  # our own change is under way, which never is one of the content
            drift = content
        elif seen.state is PublicationState.STAGED:
            drift |= {Drift.UNSCHEDULED}
        return noticed(replace(seen, drift=drift), now)


def _alike(one: Publication, other: Publication) -> bool:
    """Whether they stand the same, whenever that was."""
    return replace(one, checked_at=None) == replace(other, checked_at=None)


def _add_contents(
    connected: Connected, group: Sequence[Publication], answers: dict[str, RemoteCampaign]
) -> None:
    """Add to the answers what the platform holds, as far as it tells; one read each.

    Raises:
        Unsupported: the connector cannot tell, or the key lacks a scope.
        PlatformError: it could not be asked; the answers have what was told until then.
    """
    wanted = [p for p in group if p.id in answers and _content_wanted(p, answers[p.id])]
    if not wanted:
        return
    connected.require(Capability.CONTENT)
    if not isinstance(connected.platform, SupportsContent):
        raise TypeError("telling the content needs a platform that supports it")
    for publication in wanted:
        if publication.ref and publication.remote and publication.remote.content:
            now = connected.platform.content(publication.ref)
            answers[publication.id] = replace(answers[publication.id], content=now)


def _content_wanted(publication: Publication, remote: RemoteCampaign) -> bool:
    """Whether the e-mail was handed over, may be sent or was, and it is not told yet what the platform holds.

    Not so while we are at work on it, since then the content may still be on its way.
    """
    at_rest = publication.open_operation is None or publication.tidying
    return at_rest and remote.state not in _NEVER_SENT and remote.content is None


def _is_news(publication: Publication, remote: RemoteCampaign) -> bool:
    """Whether an answer says something while we are at work on the campaign.

    A draft does where our own open move or edit has made it, which is how it stands until that goes on. An
    end does not while we move it: where there are no drafts the move itself takes it away, to make it anew.
    """
    kind = publication.open_operation.kind if publication.open_operation else None
    if remote.state is PublicationState.STAGED:
        return kind in {OperationKind.RESCHEDULE, OperationKind.EDIT}
    if remote.state is PublicationState.CANCELLED:
        return kind is not OperationKind.RESCHEDULE
    return remote.state in _COMMITTED


def about(group: Sequence[Publication]) -> Mapping[str, str]:
    """What an observer is told of publications of one account."""
    store, connector, account = _account(group[0])
    return {"store": store, "connector": connector, "account": account, "publications": str(len(group))}


def _account(publication: Publication) -> tuple[str, str, str]:
    return publication.key.store, publication.connector, publication.account_id
