"""What is kept of a publication, and how it is found again."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.documents import publication_to_row
from glowtify_adapters.persistence.tables import publications
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import CampaignNotFound, Effect, PublicationBusy
from glowtify_core.domain.publication import (
    CancelledBy,
    Operation,
    OperationKind,
    Problem,
    Publication,
    open_publication,
)
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
names = words.filter(bool)
instants = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))]),
)
walls = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - naive on purpose
    lambda wall: wall.replace(second=0, microsecond=0)
)
schedules = st.builds(SendAt, walls, st.just("Europe/Vienna"), instants) | st.builds(
    SendAtRecipientTime, walls
)
states = st.sampled_from(PublicationState)
operations = st.builds(
    Operation,
    names,
    st.sampled_from(OperationKind),
    instants,
    st.none() | schedules,
    st.booleans(),
    st.none() | instants,
)
remote_fields = dict(  # noqa: C408 - reads as the constructor does
    ref=st.builds(RemoteRef, names, st.lists(st.tuples(names, names), max_size=3).map(tuple)),
    state=states,
    raw_state=words,
    name=words,
    created_at=st.none() | instants,
    scheduled_for=st.none() | instants,
    recipient_wall=st.none() | walls,
    sent_at=st.none() | instants,
    reason=words,
    advice=words,
    partly_sent=st.booleans(),
    included=st.none() | st.frozensets(names, max_size=3),
    excluded=st.none() | st.frozensets(names, max_size=3),
    subject=st.none() | words,
    sender_email=st.none() | words,
    url=words,
    unfinished=st.booleans(),
    content=st.none() | words,
)
publication_fields = dict(  # noqa: C408 - the same
    id=st.just("replaced"),
    key=st.just(CampaignKey("default", "replaced")),
    connector=names,
    account_id=names,
    marker=names,
    name=words,
    fingerprint=names,
    schedule=schedules,
    state=states,
    opened_at=instants,
    operations=st.lists(operations, max_size=3).map(tuple),
    remote=st.none() | st.builds(RemoteCampaign, **remote_fields),
    cancelled_by=st.none() | st.sampled_from(CancelledBy),
    drift=st.frozensets(st.sampled_from(Drift)),
    attention=words,
    problem=st.none() | st.builds(Problem, words, words, words, words, st.sampled_from(Effect)),
    attempts=st.integers(0, 9),
    checked_at=st.none() | instants,
)


@pytest.mark.parametrize(
    ("record", "covered"), [(RemoteCampaign, remote_fields), (Publication, publication_fields)]
)
def test_the_round_trip_below_covers_every_field(record, covered):
    assert set(covered) == {field.name for field in fields(record)}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("shared") / "glowtify.db")
    yield database
    database.close()


@settings(max_examples=60)
@given(st.builds(Publication, **publication_fields))
def test_every_field_of_a_publication_comes_back(shared, campaign_for_all, publication):
    repo = SqlCampaigns(shared)
    unique = secrets.token_hex(16)
    publication = replace(publication, id=unique, key=CampaignKey("default", unique))
    claim = repo.claim(publication.key)
    try:
        claim.add(publication, campaign_for_all)
        assert repo.get(publication.id) == publication
        changed = replace(publication, attention="changed", attempts=publication.attempts + 1)
        claim.save(changed)
        assert repo.get(publication.id) == changed
    finally:
        claim.release()


@pytest.fixture(scope="module")
def campaign_for_all():
    from glowtify_core.domain.audience import AudienceRef
    from glowtify_core.domain.campaign import Campaign, Sender

    return Campaign(
        key=CampaignKey("default", "any"),
        connector="klaviyo",
        name="n",
        subject="s",
        sender=Sender("shop@example.com", "The Shop"),
        html="<p></p>",
        include=(AudienceRef("Y6nRLr"),),
        schedule=SendAtRecipientTime(datetime(2027, 1, 1, 9)),  # noqa: DTZ001 - a wall time
    )


@pytest.fixture
def add(repo, campaign_of):
    """Adds a publication; ``state`` other than OPENED closes its operation."""

    def add(campaign_id: str, state: PublicationState = PublicationState.OPENED, **where: str) -> Publication:
        campaign = campaign_of(campaign_id, **where)
        publication = open_publication(campaign, account_id="AcCt01", now=NOW)
        if state is not PublicationState.OPENED:
            publication = replace(publication.finish(NOW), state=state)
        claim = repo.claim(campaign.key)
        try:
            claim.add(publication, campaign)
        finally:
            claim.release()
        return publication

    return add


@pytest.fixture
def claim(repo, campaign):
    claim = repo.claim(campaign.key)
    yield claim
    claim.release()


def test_what_was_never_added_is_not_found(repo):
    for read in (repo.get, repo.content):
        with pytest.raises(CampaignNotFound) as missing:
            read("nothing")
        assert missing.value.remedy


def test_the_content_comes_back_as_it_was(repo, claim, publication, campaign):
    claim.add(publication, campaign)
    assert repo.content(publication.id) == campaign
    assert repo.content(publication.id).fingerprint == campaign.fingerprint


def test_content_changes_only_when_it_is_given(repo, claim, publication, campaign):
    claim.add(publication, campaign)
    claim.save(publication)
    assert repo.content(publication.id) == campaign
    moved = replace(campaign, subject="Summer is here")
    claim.save(publication, moved)
    assert repo.content(publication.id) == moved


def test_a_second_open_publication_of_a_campaign_is_refused(repo, claim, publication, campaign):
    claim.add(publication, campaign)
    with pytest.raises(PublicationBusy) as busy:
        claim.add(open_publication(campaign, account_id="AcCt01", now=NOW), campaign)
    assert busy.value.remedy
    assert repo.find() == [publication]


def test_another_may_follow_a_closed_one_which_then_cannot_be_opened_again(
    repo, claim, publication, campaign
):
    failed = replace(publication.finish(NOW), state=PublicationState.FAILED)
    claim.add(failed, campaign)
    second = open_publication(campaign, account_id="AcCt01", now=NOW)
    claim.add(second, campaign)
    assert repo.latest(campaign.key) == second
    with pytest.raises(PublicationBusy):
        claim.save(failed.begin(OperationKind.CLEANUP, NOW))


def test_the_database_itself_refuses_a_second_open_publication(database, claim, publication, campaign):
    claim.add(publication, campaign)
    row = publication_to_row(replace(publication, id="another"))
    with database.writing() as connection, pytest.raises(IntegrityError):
        connection.execute(publications.insert().values(row))


def test_saving_what_was_never_added_is_refused(claim, publication):
    with pytest.raises(CampaignNotFound):
        claim.save(publication)


def test_a_claim_changes_its_own_campaign_only(claim, campaign_of):
    other = campaign_of("other")
    with pytest.raises(ValueError, match="default/other"):
        claim.add(open_publication(other, account_id="AcCt01", now=NOW), other)


def test_latest_is_the_last_added_whatever_the_clock_said(repo, claim, publication, campaign):
    claim.add(replace(publication.finish(NOW), state=PublicationState.FAILED), campaign)
    earlier = open_publication(campaign, account_id="AcCt01", now=NOW - timedelta(days=1))
    claim.add(earlier, campaign)
    assert repo.latest(campaign.key) == earlier


def test_latest_of_an_unknown_campaign_is_none(repo):
    assert repo.latest(CampaignKey("default", "nothing")) is None


def test_find_gives_what_meets_every_condition_oldest_first(repo, add):
    sent = add("a", PublicationState.SENT)
    scheduled = add("b", PublicationState.SCHEDULED)
    elsewhere = add("a", PublicationState.SCHEDULED, store="second")
    other = add("c", connector="mailchimp")
    assert repo.find() == [sent, scheduled, elsewhere, other]
    assert repo.find(store="default") == [sent, scheduled, other]
    assert repo.find(connector="mailchimp") == [other]
    assert repo.find(campaign_ids=["c", "a"]) == [sent, elsewhere, other]
    assert repo.find(states={PublicationState.SCHEDULED, PublicationState.SENDING}) == [scheduled, elsewhere]
    assert repo.find(unfinished=True) == [scheduled, elsewhere, other]
    assert repo.find(store="default", unfinished=True, states={PublicationState.SCHEDULED}) == [scheduled]


def test_find_with_an_empty_choice_finds_nothing(repo, add):
    add("a")
    assert repo.find(campaign_ids=[]) == []
    assert repo.find(states=[]) == []


@pytest.fixture
def statements(database):
    """Every statement that is sent from now on, with its parameters."""
    sent = []
    with database.reading() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
    return sent


def test_listing_publications_reads_no_content(repo, add, statements):
    add("a")
    statements.clear()
    repo.find()
    assert not [statement for statement, _ in statements if "contents" in statement]


@pytest.mark.parametrize(
    "read",
    [
        lambda repo: repo.get("x"),
        lambda repo: repo.content("x"),
        lambda repo: repo.latest(CampaignKey("default", "x")),
        lambda repo: repo.claim(CampaignKey("default", "x")).release(),
        lambda repo: repo.find(unfinished=True),
        lambda repo: repo.find(store="default", unfinished=True),
        lambda repo: repo.find(states=[PublicationState.SCHEDULED]),
        lambda repo: repo.find(campaign_ids=["x"]),
    ],
)
def test_no_question_reads_the_whole_journal(repo, database, statements, read):
    with contextlib.suppress(CampaignNotFound):
        read(repo)
    asked = [sent for sent in statements if sent[0].startswith(("SELECT", "UPDATE"))]
    assert asked
    with database.reading() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not [row for row in plan if row.detail.startswith("SCAN") and "INDEX" not in row.detail]


def test_html_is_not_kept_with_the_publication(repo, claim, publication, campaign, database):
    claim.add(publication, campaign)
    with database.reading() as connection:
        row = connection.execute(text("SELECT * FROM glowtify_publications")).one()
    assert campaign.html not in str(row)
