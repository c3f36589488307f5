"""How publications are kept in a database; what every store promises is in test_contract.py."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from databases import read_through
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from glowtify_adapters.persistence import Database, SqlCampaigns
from glowtify_adapters.persistence.documents import publication_to_row
from glowtify_adapters.persistence.tables import publications
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import CampaignNotFound, Effect
from glowtify_core.domain.publication import (
    CancelledBy,
    Operation,
    OperationKind,
    Problem,
    Publication,
)
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState
from glowtify_core.testing.stores.samples import campaign_for

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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request, tmp_path_factory):
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            where = tmp_path_factory.mktemp("shared") / "glowtify.db"
        else:
            where = stack.enter_context(request.getfixturevalue("migrated_url")())
        database = Database(where)
        stack.callback(database.close)
        yield database


@settings(max_examples=60)
@given(st.builds(Publication, **publication_fields))
def test_every_field_of_a_publication_comes_back(shared, publication):
    repo = SqlCampaigns(shared)
    unique = secrets.token_hex(16)
    publication = replace(publication, id=unique, key=CampaignKey("default", unique))
    claim = repo.claim(publication.key)
    try:
        claim.add(publication, campaign_for(publication.key))
        assert repo.get(publication.id) == publication
        changed = replace(publication, attention="changed", attempts=publication.attempts + 1)
        claim.save(changed)
        assert repo.get(publication.id) == changed
    finally:
        claim.release()


@pytest.fixture
def claim(repo, campaign):
    claim = repo.claim(campaign.key)
    yield claim
    claim.release()


def test_the_database_itself_refuses_a_second_open_publication(database, claim, publication, campaign):
    claim.add(publication, campaign)
    row = publication_to_row(replace(publication, id="another"))
    with database.writing() as connection, pytest.raises(IntegrityError):
        connection.execute(publications.insert().values(row))


@pytest.fixture
def statements(database):
    """Every statement that is sent from now on, with its parameters."""
    sent = []
    with database.reading() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
    return sent


def test_listing_publications_reads_no_content(repo, claim, publication, campaign, statements):
    claim.add(publication, campaign)
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
    with database.writing() as connection:
        for statement, parameters in asked:
            assert read_through(connection, statement, parameters) == []


def test_html_is_not_kept_with_the_publication(repo, claim, publication, campaign, database):
    claim.add(publication, campaign)
    with database.reading() as connection:
        row = connection.execute(text("SELECT * FROM glowtify_publications")).one()
    assert campaign.html not in str(row)
