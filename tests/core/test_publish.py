"""Publishing: one wish, one publication, however often it is repeated."""

from dataclasses import replace
from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.errors import (
    CampaignRejected,
    InvalidCampaign,
    OutcomeUnknown,
    PublicationBusy,
    ScheduleRejected,
    Unsupported,
)
from glowtify_core.domain.publication import OperationKind
from glowtify_core.domain.remote import clean_name
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.ports.platform import Finding, Level


@pytest.fixture
def world():
    return fakes.build()


def wall(*numbers: int) -> datetime:
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time


def in_minutes(minutes: int) -> SendAt:
    return SendAt.at((fakes.START + timedelta(minutes=minutes)).replace(tzinfo=None), "UTC")


def test_the_happy_path_creates_sends_and_schedules(world):
    published = world.publish(fakes.campaign())
    publication = published.publication
    assert publication.state is S.SCHEDULED
    assert world.server.calls == ["create", "send", "read"]
    (made,) = world.server.live
    assert publication.remote == made
    assert made.name.endswith(publication.marker)
    assert clean_name(made.name) == "Winter sale"
    assert made.scheduled_for == fakes.campaign().schedule.instant
    assert not published.already
    assert publication.account_id == "ACC001"
    assert publication.open_operation is None
    assert publication.attention == ""
    assert world.repo.get(publication.id) == publication


def test_what_is_done_is_reported(world):
    words = []
    world.publish(fakes.campaign(), report=words.append)
    assert words == ["audiences", "campaign", "send"]


def test_publishing_twice_is_the_same_publication(world):
    first = world.publish(fakes.campaign()).publication
    world.server.calls.clear()
    again = world.publish(fakes.campaign())
    assert again.publication == first
    assert again.already
    assert world.server.calls == []


CHANGED = fakes.campaign(subject="Something else")


@pytest.mark.parametrize(
    ("state", "code", "remedy"),
    [
        (S.SUBMITTING, "campaign_changed", "glowtify edit epic-1"),
        (S.SCHEDULED, "campaign_changed", "glowtify reschedule epic-1 --at T"),
        (S.STAGED, "campaign_changed", "glowtify reschedule epic-1 --at T"),
        (S.SENDING, "already_sent", "Use a new id"),
        (S.SENT, "already_sent", "Use a new id"),
        (S.CANCELLED, "cancelled", "--again"),
    ],
)
def test_a_changed_file_is_refused_with_what_to_do(world, state, code, remedy):
    made = world.publish(fakes.campaign()).publication
    world.repo.publications[made.id] = replace(made, state=state)
    world.server.calls.clear()
    with pytest.raises(CampaignRejected) as refusal:
        world.publish(CHANGED)
    assert refusal.value.code == code
    assert remedy in refusal.value.remedy
    assert world.server.calls == []


@pytest.mark.parametrize("state", [S.OPENED, S.STAGED, S.SUBMITTING, S.UNKNOWN])
def test_a_changed_file_is_refused_while_an_earlier_version_is_being_published(world, state):
    made = world.publish(fakes.campaign()).publication
    going = replace(made, state=state).begin(OperationKind.PUBLISH, world.clock.now())
    world.repo.publications[made.id] = going
    world.server.calls.clear()
    with pytest.raises(CampaignRejected) as refusal:
        world.publish(CHANGED)
    assert refusal.value.code == "publication_open"
    assert "glowtify edit epic-1" in refusal.value.remedy
    assert world.server.calls == []


@pytest.mark.parametrize("state", [S.FAILED, S.MISSING])
@pytest.mark.parametrize("campaign", [fakes.campaign(), CHANGED])
def test_what_failed_or_was_deleted_is_published_anew(world, state, campaign):
    made = world.publish(fakes.campaign()).publication
    world.repo.publications[made.id] = replace(made, state=state)
    anew = world.publish(campaign).publication
    assert anew.id != made.id
    assert anew.marker != made.marker
    assert anew.state is S.SCHEDULED


@pytest.mark.parametrize("campaign", [fakes.campaign(), CHANGED])
def test_what_was_cancelled_is_published_anew_only_when_asked_to(world, campaign):
    world.publish(fakes.campaign())
    first = world.cancel(campaign.key)
    with pytest.raises(CampaignRejected, match="cancelled"):
        world.publish(campaign)
    anew = world.publish(campaign, again=True).publication
    assert anew.id != first.id
    assert len(world.server.live) == 1


@pytest.mark.parametrize("again", [True, False])
def test_again_makes_no_second_one_of_what_is_scheduled(world, again):
    world.publish(fakes.campaign())
    assert world.publish(fakes.campaign(), again=again).already
    assert len(world.server.live) == 1


@pytest.mark.parametrize("minutes", [-60, 0])
def test_a_past_time_is_refused_before_any_request(world, minutes):
    with pytest.raises(ScheduleRejected, match="Scheduled datetime must be in the future"):
        world.publish(fakes.campaign(schedule=in_minutes(minutes), include=(AudienceName("VIP"),)))
    assert world.server.calls == []
    assert world.repo.publications == {}


def test_recipient_time_that_is_past_in_the_accounts_zone_is_refused_before_any_request(world):
    past = SendAtRecipientTime.at(wall(2027, 1, 4, 7, 0))  # it is 07:00 in Toronto
    with pytest.raises(ScheduleRejected, match="future"):
        world.publish(fakes.campaign(schedule=past))
    assert world.server.calls == []
    assert world.publish(fakes.campaign(schedule=SendAtRecipientTime.at(wall(2027, 1, 4, 7, 1))))


@pytest.mark.parametrize(("minutes", "warned"), [(1, True), (14, True), (15, False), (600, False)])
def test_a_short_lead_is_a_warning(world, minutes, warned):
    published = world.publish(fakes.campaign(schedule=in_minutes(minutes)))
    assert published.publication.state is S.SCHEDULED
    assert ("short_lead" in {finding.code for finding in published.findings}) is warned


def codes(findings):
    return {finding.code for finding in findings}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "x" * 61}, "long_subject"),
        ({"preheader": "short"}, "preheader_length"),
        ({"text": None}, "no_text"),
        ({"schedule": SendAt.at(wall(2027, 11, 7, 1, 30), "America/Toronto")}, "time_comes_twice"),
    ],
)
def test_advice_is_given_and_stops_nothing(world, changes, code):
    checked = world.publish.check(fakes.campaign(**changes))
    assert code in codes(checked.findings)
    assert code not in codes(world.publish.check(fakes.campaign()).findings)
    assert {finding.level for finding in checked.findings} == {Level.WARNING}
    assert world.publish(fakes.campaign(**changes)).publication.state is S.SCHEDULED


def test_names_are_resolved_and_the_wish_stays_the_same(world):
    wished = fakes.campaign(include=(AudienceName("Newsletter"),), exclude=(AudienceName("Lapsed"),))
    publication = world.publish(wished).publication
    content = world.repo.content(publication.id)
    assert [ref.id for ref in content.included] == ["LIST01"]
    assert [ref.id for ref in content.excluded] == ["SEGM02"]
    assert world.publish(wished).already


def test_a_kind_tells_two_audiences_of_one_name_apart(world):
    wished = fakes.campaign(include=(AudienceName("VIP", AudienceKind.SEGMENT),))
    assert world.server.campaigns == {}
    world.publish(wished)
    assert world.server.live[0].included == {"SEGM01"}
    with pytest.raises(CampaignRejected, match="changed"):
        world.publish(fakes.campaign(include=(AudienceName("VIP", AudienceKind.LIST),)))


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("VIP", "audience_ambiguous", ["list LIST02", "segment SEGM01"]),
        ("vip", "audience_not_found", ["'vip'"]),
    ],
)
def test_a_name_that_is_ambiguous_or_unknown_is_refused_and_nothing_is_opened(world, name, code, words):
    with pytest.raises(InvalidCampaign) as refusal:
        world.publish(fakes.campaign(include=(AudienceName(name),)))
    assert refusal.value.code == code
    for word in words:
        assert word in str(refusal.value)
    assert set(world.server.calls) == {"audiences"}
    assert world.repo.publications == {}


def test_ids_are_not_looked_up(world):
    world.publish(fakes.campaign(include=(AudienceRef("ANY001"),)))
    assert "audiences" not in world.server.calls


def test_an_error_of_the_connectors_preflight_stops_before_any_write(world, monkeypatch):
    def findings(self, campaign, *, online):
        yield Finding(Level.ERROR, "no_tag", "No tag", "Add one.", "html")
        yield Finding(Level.ERROR, "twice", "Both included and excluded", field="audience")

    monkeypatch.setattr(fakes.FakePlatform, "preflight", findings)
    for attempt in (world.publish, world.publish.check):
        with pytest.raises(InvalidCampaign, match="No tag: also: Both included and excluded") as refusal:
            attempt(fakes.campaign())
        assert (refusal.value.code, refusal.value.field, refusal.value.remedy) == (
            "no_tag",
            "html",
            "Add one.",
        )
    assert world.server.calls == []
    assert world.repo.publications == {}


def test_checking_resolves_names_and_writes_nothing(world):
    checked = world.publish.check(fakes.campaign(include=(AudienceName("Newsletter"),)))
    assert checked.campaign.included[0].id == "LIST01"
    assert world.server.writes == []
    assert world.repo.publications == {}


@pytest.mark.parametrize(
    ("capability", "changes"),
    [
        ("exclude", {"exclude": (AudienceRef("LIST02"),)}),
        ("recipient_time", {"schedule": SendAtRecipientTime.at(wall(2027, 1, 15, 9, 0))}),
        ("lists", {"include": (AudienceName("VIP", AudienceKind.LIST),)}),
    ],
)
def test_what_the_connector_does_not_declare_is_refused_without_calling_it(capability, changes):
    declared = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != capability}
    world = fakes.build(capabilities=declared)
    with pytest.raises(Unsupported, match=capability.replace("_", " ")):
        world.publish(fakes.campaign(**changes))
    assert world.server.calls == []


NEEDY = {"languages": ("en-CA", "fr-CA"), "most_audiences": 1}
GOOD = {"language": "fr-CA"}
TWO = {"include": (AudienceRef("LIST01"), AudienceRef("LIST02"))}


@pytest.mark.parametrize(
    ("changes", "code", "field", "remedy"),
    [
        ({}, "language_required", "language", "en-CA, fr-CA"),
        ({"language": "fr"}, "language_required", "language", "en-CA, fr-CA"),
        (GOOD | TWO, "too_many_audiences", "audience.include", "Choose 1"),
    ],
)
def test_what_the_platform_needs_or_cannot_take_is_said_before_any_request(changes, code, field, remedy):
    world = fakes.build(**NEEDY)
    for attempt in (world.publish, world.publish.check):
        with pytest.raises(InvalidCampaign, match="Fake") as refusal:
            attempt(fakes.campaign(**changes))
        assert (refusal.value.code, refusal.value.field) == (code, field)
        assert remedy in refusal.value.remedy
    assert world.server.calls == []
    assert world.repo.publications == {}
    assert world.publish(fakes.campaign(**GOOD)).publication.state is S.SCHEDULED


def test_where_the_platform_asks_for_no_language_any_will_do_and_so_will_many_audiences(world):
    assert world.publish(fakes.campaign(language="tlh", **TWO)).publication.state is S.SCHEDULED


def test_the_list_that_a_segment_belongs_to_is_kept_with_it(world):
    segment = AudienceRef("SEGM09", AudienceKind.SEGMENT, parent="LIST02")
    world.server.audiences.append(Audience(segment, "Regulars"))
    made = world.publish(fakes.campaign(include=(AudienceName("Regulars"),))).publication
    (kept,) = world.repo.content(made.id).included
    assert (kept.id, kept.parent, kept.name_seen) == ("SEGM09", "LIST02", "Regulars")


def test_segments_of_one_name_are_told_apart_by_their_lists(world):
    for parent in ("LIST01", "LIST02"):
        segment = AudienceRef(f"OF{parent}", AudienceKind.SEGMENT, parent=parent)
        world.server.audiences.append(Audience(segment, "Regulars"))
    with pytest.raises(InvalidCampaign, match="segment OFLIST01 of LIST01, segment OFLIST02 of LIST02"):
        world.publish(fakes.campaign(include=(AudienceName("Regulars"),)))


def test_a_time_off_the_platforms_grid_is_refused_with_the_two_nearest():
    world = fakes.build(minutes=15)
    at = SendAt.at(wall(2027, 1, 15, 23, 50), "America/Toronto")
    with pytest.raises(ScheduleRejected, match="every 15 minutes") as refusal:
        world.publish(fakes.campaign(schedule=at))
    assert refusal.value.remedy == "Choose 2027-01-15 23:45 or 2027-01-16 00:00."
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED


def test_another_worker_is_waited_for_and_then_it_is_busy(world):
    world.repo.claim(fakes.campaign().key)
    world.repo.held_until[fakes.campaign().key] += timedelta(hours=1)  # renewed and renewed
    words = []
    with pytest.raises(PublicationBusy) as refusal:
        world.publish(fakes.campaign(), report=words.append)
    assert sum(world.clock.slept) == 30
    assert words == ["waiting for another worker"]
    assert refusal.value.remedy
    assert world.server.calls == []


def test_a_worker_that_died_is_waited_out(world):
    world.repo.claim(fakes.campaign().key)
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert sum(world.clock.slept) == 15


def test_the_claim_is_given_back_whatever_happens(world):
    world.server.before["create"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.publish(fakes.campaign())
    assert world.repo.claim(fakes.campaign().key)


def test_what_came_to_be_unscheduled_is_scheduled_again(world):
    made = world.publish(fakes.campaign()).publication
    world.server.put("C1", state=S.STAGED)
    (staged,) = world.track([made])
    assert staged.state is S.STAGED
    assert staged.attention.startswith("Unscheduled")
    again = world.publish(fakes.campaign()).publication
    assert again.id == made.id
    assert again.state is S.SCHEDULED
    assert list(world.server.campaigns) == ["C1"]


def test_what_came_to_be_unscheduled_is_not_scheduled_again_for_a_past_time(world):
    made = world.publish(fakes.campaign()).publication
    world.server.put("C1", state=S.STAGED)
    (staged,) = world.track([made])
    world.clock.move(timedelta(days=30))
    world.server.calls.clear()
    with pytest.raises(ScheduleRejected, match="future"):
        world.publish(fakes.campaign())
    assert world.server.calls == []
    assert world.repo.get(made.id) == staged


def test_an_unknown_outcome_says_what_to_look_for_and_where(world):
    world.server.before["send"] = [fakes.lost()] * 9
    world.server.meanwhile["send"] = lambda: world.server.put("C1", url="https://example.com/C1")
    with pytest.raises(OutcomeUnknown):
        world.publish(fakes.campaign())
    publication = world.repo.latest(fakes.campaign().key)
    assert publication.state is S.UNKNOWN
    for words in ("'Winter sale'", publication.marker, "https://example.com/C1", "glowtify repair"):
        assert words in publication.attention
