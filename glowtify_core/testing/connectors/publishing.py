"""The contract of publishing: one e-mail, as it was wished, at its time, and nothing before its commit."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from glowtify_core.domain.errors import ScheduleRejected
from glowtify_core.domain.remote import remote_name, same_second
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.testing.connectors.case import ConnectorCase
from glowtify_core.testing.stage.script import Fate
from glowtify_core.testing.stage.wire import Exchange
from glowtify_core.testing.stage.wishes import WISHES
from glowtify_core.testing.stage.world import HTML, World

_S = PublicationState

TIMES = {
    name: SendAt.at(datetime.fromisoformat(wall), zone, fold)
    for name, wall, zone, fold in (
        ("in another zone than the account's", "2027-01-15T09:00", "Asia/Kolkata", 0),
        ("on the other side of summer time", "2027-07-01T09:00", "America/Toronto", 0),
        ("on another day than in UTC", "2027-01-15T23:45", "America/Toronto", 0),
        ("the second of a time that comes twice", "2027-11-07T01:30", "America/Toronto", 1),
    )
}
"""Wall times, in their zones, that a careless connector sends at another hour."""


class PublishContract(ConnectorCase):
    """What ``publish`` promises when nothing goes wrong."""

    def test_c13_one_email_is_scheduled(self, world: World) -> None:
        """C-13: Publishing leaves exactly one e-mail that will be sent, and nothing else.

        Why: this is what the product is for.
        If this fails: follow the requests that the script was asked, and what it made of them.
        """
        published = world.host.publish(world.campaign()).publication
        mail = world.only()
        assert mail.fate is Fate.SCHEDULED
        assert world.drafts == []
        assert list(world.script.parts()) == []
        assert published.state in {_S.SCHEDULED, _S.SUBMITTING}
        world.pass_time(timedelta(minutes=2))
        (tracked,) = world.host.track([published])
        assert tracked.state is _S.SCHEDULED

    @pytest.mark.parametrize("schedule", TIMES.values(), ids=[name.replace(" ", "-") for name in TIMES])
    def test_c14_it_is_sent_at_the_instant_that_was_meant(self, world: World, schedule: SendAt) -> None:
        """C-14: The e-mail is due at schedule.instant, whatever zone the wall time, the account or we are in.

        Why: an e-mail at the wrong hour cannot be taken back.
        If this fails: send schedule.instant (aware, UTC), or convert it to the zone that the platform reads;
        never send schedule.wall as if it were UTC. What the platform cannot be told (the second of a time
        that comes twice) is refused with ScheduleRejected before any request.
        """
        try:
            remote = world.host.publish(world.campaign(schedule=schedule)).publication.remote
        except ScheduleRejected:
            assert schedule != SendAt.at(schedule.wall, schedule.zone), "only a second time may be refused"
            assert world.wire.writes == []
            return
        mail = world.only()
        assert mail.due is not None
        assert same_second(mail.due, schedule.instant), f"{mail.due} instead of {schedule.instant}"
        assert remote
        assert remote.scheduled_for is None or same_second(remote.scheduled_for, schedule.instant)

    def test_c15_it_arrives_as_it_was_written(self, world: World) -> None:
        """C-15: Subject, sender, text and audience reach the platform unchanged, in every alphabet.

        Why: people read what arrives, not what was meant.
        If this fails: look at encoding and escaping; what a platform has no field for may be added to the
        HTML.
        """
        campaign = world.campaign()
        world.host.publish(campaign)
        mail = world.only()
        assert mail.subject == campaign.subject
        assert mail.sender == campaign.sender.email
        assert mail.included == {ref.id for ref in campaign.included}
        assert mail.excluded == frozenset()
        head, _, rest = HTML.partition("<body>")
        assert head.removeprefix("<html>") in mail.html
        assert mail.html.count(rest.partition("</body>")[0]) == 1
        assert mail.sender_name in {None, campaign.sender.name}
        assert mail.reply_to in {None, campaign.sender.reply_to}
        assert mail.text in {None, campaign.text}
        assert mail.language in {None, campaign.language}
        assert mail.preheader in {None, campaign.preheader}

    def test_c15_everybody_who_was_chosen_gets_it(self, world: World) -> None:
        """C-15: Each audience that is included reaches the platform, not only the first.

        Why: people who were chosen would hear nothing, and nobody would notice.
        If this fails: send all of campaign.included.
        """
        both = tuple(one for one in (world.script.audience, world.script.another) if one)
        if self.manifest.most_audiences == 1 or len(both) == 1:
            pytest.skip(f"the script of {self.manifest.title} has one audience to choose")
        world.host.publish(world.campaign(include=both))
        assert world.only().included == {one.id for one in both}

    def test_c16_the_marker_ends_its_name(self, world: World) -> None:
        """C-16: The remote name is remote_name(campaign.name, journal.marker), whole and exact.

        Why: by its end an e-mail is found again after an answer was lost.
        If this fails: use glowtify_core.domain.remote.remote_name, and cut nothing off its end.
        """
        world.host.publish(world.campaign(name="Ünïcode & <b>bold</b> " + "x" * 200))
        publication = world.publication
        assert world.only().name == remote_name(publication.name, publication.marker)

    def test_c17_what_is_returned_is_what_the_platform_says(self, world: World) -> None:
        """C-17: publish() returns the same as status() then says: id, name, time, subject, audience.

        Why: what differs from it later is shown to people as a change by somebody else.
        If this fails: read the e-mail back after the commit, and return that.
        """
        published = world.host.publish(world.campaign()).publication
        assert published.ref
        assert published.ref.platform == self.manifest.name
        assert published.ref.ids[0] == ("campaign", world.only().id)
        (tracked,) = world.host.track([published])
        assert not published.drift
        assert not tracked.drift
        with world.platform() as platform:
            said = platform.status([published.ref])[published.ref]
        assert said.ref.same_campaign(published.ref)
        assert said.name == world.only().name

    @pytest.mark.parametrize("wish", sorted(WISHES))
    def test_c18_every_write_goes_through_the_journal(self, world: World, wish: str) -> None:
        """C-18: Each request that may change something is sent by a step that journal.run() has begun.

        Why: what was not written down before it was sent can happen twice after a crash.
        If this fails: wrap the request that the message names in Step(...) and give it to journal.run().
        """
        self._skip_unless_declared(wish)
        unwritten: list[str] = []
        if WISHES[wish].published:
            world.host.publish(world.campaign())

        def watch(exchange: Exchange) -> None:
            begun = any(step.remote_id is None for step in world.steps())
            if exchange.write and not begun:
                unwritten.append(str(exchange))

        world.wire.watchers.append(watch)
        WISHES[wish].ask(world)
        assert unwritten == []

    def test_c19_nothing_is_sent_before_a_commit_was_begun(self, world: World) -> None:
        """C-19: Until a step that commits is begun, nothing on the platform will be sent.

        Why: everything before the commit may be repeated or left behind; nothing after it may.
        If this fails: create drafts only; say COMMIT of the step after which the platform sends.
        """
        too_early: list[str] = []

        def watch(exchange: Exchange) -> None:
            if world.live and not any(step.kind.commits for step in world.steps()):
                too_early.append(str(exchange))

        world.wire.watchers.append(watch)
        world.host.publish(world.campaign())
        assert too_early == []
        assert any(step.kind.commits for step in world.steps()), "no step was a commit"

    def test_c20_again_is_not_twice(self, world: World) -> None:
        """C-20: Publishing the same again, or carrying on what is finished, writes nothing.

        Why: people press twice, and workers retry.
        If this fails: let journal.run() decide; keep no memory of your own.
        """
        published = world.host.publish(world.campaign()).publication
        world.wire.forget()
        again = world.host.publish(world.campaign())
        world.host.advance(published.id)
        assert again.already
        assert world.wire.writes == []
        assert world.only().id == (published.ref and published.ref.id("campaign"))

    def test_c20_two_campaigns_are_two_emails(self, world: World) -> None:
        """C-20: Another campaign with the same text is another e-mail.

        Why: the id of the epic makes a campaign, not its words.
        If this fails: find what is yours by the marker, never by subject or content.
        """
        first = world.campaign()
        second = world.campaign(key=type(first.key)(first.key.store, "epic-2"))
        refs = {world.host.publish(one).publication.ref for one in (first, second)}
        assert len(refs) == 2
        assert len(world.live) == 2

    def _skip_unless_declared(self, wish: str) -> None:
        if wish != "publish" and wish not in self.manifest.capabilities:
            pytest.skip(f"{self.manifest.title} does not declare {wish}")
