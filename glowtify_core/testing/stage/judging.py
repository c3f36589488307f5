"""What must be true of the platform and of our records, while things go wrong and in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glowtify_core.domain.errors import Effect, GlowtifyError, PlatformError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import same_second
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.testing.stage.script import Fate, Mail
from glowtify_core.testing.stage.world import World

_S = PublicationState


@dataclass(frozen=True, slots=True)
class Case:
    """One broken request, and the sentences about what came of it.

    Attributes:
        world: where it happened.
        name: of the request, and how it was broken.
        complaints: gets every sentence once.
        key_refused: whether it was broken by saying that the credential is bad.
    """

    world: World
    name: str
    complaints: list[str]
    key_refused: bool = False

    def complain(self, what: str) -> None:
        """Say once what is wrong."""
        sentence = f"{self.name}: {what}"
        if sentence not in self.complaints:
            self.complaints.append(sentence)

    def check_effect(self, error: GlowtifyError | None, before: Mapping[str, object]) -> None:
        """What an error says of its effect must be true."""
        if isinstance(error, PlatformError) and error.effect is Effect.NONE:
            now = fates(self.world.look())
            if now != before:
                self.complain(f"{error.title!r} says that nothing happened, but {before} became {now}")
        if isinstance(error, PlatformError) and not error.remedy:
            self.complain(f"{error.title!r} does not say what to do")

    def check_connection(self) -> None:
        """Only a bad credential makes a connection bad."""
        connection = self.world.host.connections.get(self.world.host.store, self.world.manifest.name)
        if connection and connection.problem and not self.key_refused:
            self.complain(f"the connection became {connection.state}: {connection.problem}")

    def check_never_two(self) -> None:
        """At no moment do two e-mails go to people."""
        self.world.look()
        if self.world.most_live > 1:
            self.complain(f"{self.world.most_live} e-mails would have been sent")

    def check_kept(self, due: SendAt | None) -> None:
        """What is said to be scheduled stays so once all that was lost has arrived, unasked."""
        publication, live = self.world.publication, self.world.live
        at_rest = publication.open_operation is None and publication.state is _S.SCHEDULED
        if due and at_rest and publication.schedule == due and not live:
            self.complain("it is scheduled, and a request that came late has undone that")

    def check_over(self) -> None:
        """What is said to be over is over at that moment, and not only once repair has swept up."""
        publication, live = self.world.publication, self.world.live
        if publication.closed and live:
            self.complain(f"it is {publication.state}, and {live[0].id} would be sent")

    def check_end(self, due: SendAt | None) -> None:
        """In the end what we say is true, and what was asked for has come about or waits for a person."""
        publication, live = self.world.publication, self.world.live
        if publication.state is _S.UNKNOWN and _only_a_person_can_tell(self.world):
            if live:
                self.complain("an e-mail that is there was not found, and stays unknown")
            if not publication.attention:
                self.complain("nobody is told that the outcome is unknown")
            return
        wanted = {_S.SCHEDULED, _S.SUBMITTING} if due else {_S.CANCELLED, _S.MISSING, _S.FAILED}
        if publication.state not in wanted:
            said = publication.problem.title if publication.problem else publication.attention
            self.complain(f"in the end it is {publication.state} ({said})")
            return
        if publication.open_operation:
            self.complain(f"{publication.open_operation.name} never ends: {publication.attention}")
        if due is None:
            if live:
                self.complain(f"it is {publication.state}, and {live[0].id} would be sent")
        elif not live:
            self.complain(f"it is {publication.state}, and nothing would be sent")
        else:
            self._check_time(live[0], publication, due)
        self._check_drafts(publication)

    def _check_time(self, mail: Mail, publication: Publication, due: SendAt) -> None:
        if mail.due is None or not same_second(mail.due, due.instant):
            self.complain(f"it would be sent at {mail.due} instead of {due.instant}")
        if publication.ref is None or publication.ref.id("campaign") != mail.id:
            self.complain(f"we think of {publication.ref}, and {mail.id} would be sent")

    def _check_drafts(self, publication: Publication) -> None:
        """Nothing that we made lies about, but for what the publication knows of."""
        known = publication.ref.id("campaign") if publication.ref and not publication.closed else None
        strays = [mail for mail in self.world.drafts if mail.id != known]
        left = [*(mail.id for mail in strays), *self.world.script.parts()]
        if left:
            self.complain(f"left behind: {', '.join(left)}")


def fates(mails: Sequence[Mail]) -> Mapping[str, object]:
    """What becomes of each e-mail, and when; those that were stopped left out."""
    return {mail.id: (mail.fate, mail.due) for mail in mails if mail.fate is not Fate.STOPPED}


def _only_a_person_can_tell(world: World) -> bool:
    """Whether a creation that is itself the commit was begun, of which nothing is known."""
    return any(step.kind is StepKind.CREATE_AND_COMMIT and step.remote_id is None for step in world.steps())
