"""What three platforms of different shape ask of the ports, each point by itself."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceQuery, AudienceRef
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import (
    CampaignRejected,
    CredentialsMissing,
    GlowtifyError,
    InvalidCampaign,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    ScheduleRejected,
)
from glowtify_core.domain.schedule import IN_THE_PAST, SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.fakes import many_lists, no_drafts, one_list
from glowtify_core.testing.fakes.many_lists_script import ManyListsScript
from glowtify_core.testing.fakes.no_drafts_script import NoDraftsScript
from glowtify_core.testing.fakes.one_list_script import OneListScript
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.script import Answer
from glowtify_core.testing.stage.world import LATER, NINE, World

S = PublicationState


def world_of(manifest, script):
    with World(manifest, script).entered() as world:
        yield world


@pytest.fixture
def many():
    yield from world_of(many_lists.MANIFEST, ManyListsScript)


@pytest.fixture
def one():
    yield from world_of(one_list.MANIFEST, OneListScript)


@pytest.fixture
def draftless():
    yield from world_of(no_drafts.MANIFEST, NoDraftsScript)


def break_next(world, request, carry):
    """Break the next such request, whichever number it has."""

    def watch(exchange):
        if str(exchange.request) == request:
            world.wire.watchers.remove(watch)
            world.wire.break_at(exchange.number, carry)

    world.wire.watchers.append(watch)


# --- without drafts ---


def test_a_move_that_makes_it_anew_is_followed_under_its_new_id(draftless):
    old = draftless.host.publish(draftless.campaign()).publication.ref
    draftless.host.reschedule(draftless.key, LATER)
    draftless.wire.forget()
    (tracked,) = draftless.host.track([draftless.publication])
    assert tracked.ref != old
    assert tracked.ref.id("campaign") == draftless.only().id
    draftless.host.cancel(draftless.key)
    assert draftless.look() == []
    assert not any(old.id("campaign") in write.request.path for write in draftless.wire.writes)


def test_a_creation_that_is_lost_is_never_made_again_and_a_person_has_a_way_out(draftless):
    draftless.wire.break_at(1, faults.lost_before)
    with pytest.raises(OutcomeUnknown):
        draftless.host.publish(draftless.campaign())
    for minutes in (1, 10, 30):
        draftless.pass_time(timedelta(minutes=minutes))
        list(draftless.host.repair())
        with suppress(GlowtifyError):
            draftless.host.publish(draftless.campaign())
    assert [str(write.request) for write in draftless.wire.writes] == ["POST /mailings"]
    unknown = draftless.publication
    assert unknown.state is S.UNKNOWN
    assert unknown.marker in unknown.attention
    assert "cancel it" in unknown.attention
    assert draftless.host.cancel(draftless.key).state is S.CANCELLED
    draftless.host.publish(draftless.campaign(), again=True)
    assert draftless.only().due == NINE.instant


def test_a_move_that_is_refused_halfway_ends_at_the_old_time_under_a_new_id(draftless):
    old = draftless.host.publish(draftless.campaign()).publication.ref
    break_next(draftless, "POST /mailings", faults.refused)
    moved = draftless.host.reschedule(draftless.key, LATER).publication
    assert draftless.only().due == NINE.instant
    assert moved.ref != old
    assert moved.problem.code == "reschedule_refused"


def test_an_email_without_a_language_is_refused_with_the_languages_there_are(draftless):
    for language in (None, "de"):
        with pytest.raises(InvalidCampaign) as refused:
            draftless.host.publish(draftless.campaign(language=language))
        assert refused.value.field == "language"
        assert "fr-CA, en-CA" in refused.value.remedy


# --- one list ---


def test_a_time_between_the_quarters_is_refused_with_the_two_nearest(one):
    with pytest.raises(ScheduleRejected) as refused:
        one.host.publish(one.campaign(schedule=SendAt.at(NINE.wall.replace(minute=7), NINE.zone)))
    assert "09:00" in refused.value.remedy
    assert "09:15" in refused.value.remedy
    assert one.wire.exchanges == []


def test_two_lists_are_refused(one):
    with pytest.raises(InvalidCampaign) as refused:
        one.host.publish(one.campaign(include=(AudienceRef("L1"), AudienceRef("L2"))))
    assert refused.value.field.startswith("audience")
    assert one.wire.exchanges == []


@pytest.mark.parametrize("audience", ["L2", "L2.S1"])
def test_a_list_and_a_segment_of_it_are_audiences_by_their_ids_alone(one, audience):
    one.host.publish(one.campaign(include=(AudienceRef(audience),)))
    assert one.only().included == {audience}
    assert not one.host.track([one.publication])[0].drift


def test_a_segment_knows_its_list_and_one_name_in_two_lists_is_told_apart(one):
    with one.platform() as platform:
        found = list(platform.audiences(AudienceKind.SEGMENT, AudienceQuery(names=("New",))))
    assert [(audience.ref.id, audience.ref.parent) for audience in found] == [
        ("L1.S1", "L1"),
        ("L2.S1", "L2"),
    ]
    with pytest.raises(InvalidCampaign) as refused:
        one.host.publish(one.campaign(include=(AudienceName("New"),)))
    assert refused.value.detail == "segment L1.S1 of L1, segment L2.S1 of L2"


def test_the_key_says_where_the_account_is(one):
    one.host.publish(one.campaign())
    assert {exchange.request.host for exchange in one.wire.exchanges} == {"us7.one-list.example.com"}


@pytest.mark.parametrize("key", ["4c1d", "4c1d-", "4c1d-us7.evil.example/", "4c1d-evil.example#-us7", "-us7"])
def test_no_key_leads_anywhere_else(one, key):
    with pytest.raises(CredentialsMissing):
        one.host.connect_with({"api_key": Secret(key)})
    assert one.wire.exchanges == []


def test_an_account_without_scopes_is_connected_to_all_that_is_declared(one):
    (connection,) = one.host.connections.all()
    assert connection.state is ConnectionState.CONNECTED
    assert connection.account.granted == connection.account.missing == frozenset()


def test_a_problem_document_is_told_in_words_that_people_know(one):
    one.wire.break_at(1, faults.refused)
    with pytest.raises(PlatformError) as refused:
        one.host.publish(one.campaign())
    said = refused.value
    assert (said.title, said.field, said.request_id) == (
        "Sender not authorized",
        "sender.email",
        "request-0815",
    )
    assert said.detail == "verify your domain first"
    one.wire.forget()
    one.wire.break_at(3, lambda wire, _: wire.script.error(400, "", "time-past"))
    with pytest.raises(PlatformError, match=IN_THE_PAST):
        one.host.publish(one.campaign())


# --- many lists ---


def test_lists_and_segments_are_mixed_and_left_out(many):
    included = (AudienceRef("l1"), AudienceRef("l3"), AudienceRef("s1"))
    many.host.publish(many.campaign(include=included, exclude=(AudienceRef("l2"), AudienceRef("s2"))))
    assert many.only().included == {"l1", "l3", "s1"}
    assert many.only().excluded == {"l2", "s2"}


def test_an_audience_that_is_gone_is_found_before_anything_is_written(many):
    with pytest.raises(CampaignRejected, match="There is no list or segment s9"):
        many.host.publish.check(many.campaign(exclude=(AudienceRef("s9"),)))
    assert many.wire.writes == []


def test_what_was_made_beside_the_campaign_is_removed_in_the_end(many):
    break_next(many, "POST /campaigns/m001/launch", faults.lost_before)
    many.host.publish(many.campaign())
    assert many.script.templates == {}


def test_a_template_whose_answer_was_lost_is_found_or_swept_away(many):
    many.wire.break_at(1, faults.lost_after)
    many.wire.break_at(2, faults.unauthorised)
    with pytest.raises(GlowtifyError):
        many.host.publish(many.campaign())
    assert many.script.templates
    list(many.host.repair())
    many.host.publish(many.campaign())
    list(many.host.repair())
    assert many.only()
    assert many.script.templates == {}


def test_a_template_that_stays_keeps_the_operation_open_and_changes_no_result(many):
    break_next(many, "DELETE /templates/t001", faults.refused)
    published = many.host.publish(many.campaign()).publication
    assert published.state is S.SCHEDULED
    assert published.tidying
    list(many.host.repair())
    assert many.publication.open_operation is None
    assert many.script.templates == {}


def test_a_key_that_lost_a_scope_is_told_by_its_name(many):
    many.wire.break_at(1, lambda *_: Answer(403, {"error": "no", "scope": "templates:write"}))
    with pytest.raises(PermissionDenied) as refused:
        many.host.publish(many.campaign())
    assert refused.value.missing == ("templates:write",)
    (connection,) = many.host.connections.all()
    assert connection.state is ConnectionState.RECONNECT_REQUIRED


def test_revenue_comes_with_all_that_is_needed_to_trust_it(many):
    many.host.publish(many.campaign())
    many.pass_until(NINE.instant + timedelta(days=1))
    (told,) = many.host.performance(many.host.track([many.publication]))
    assert (told.metrics.revenue.currency, told.metrics.revenue.metric) == ("CAD", many_lists.ORDERS)


def test_everything_can_be_declared(many):
    assert set(many.manifest.capabilities) == set(Capability)
