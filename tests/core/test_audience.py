"""What a person writes for an audience."""

import pytest

from glowtify_core.domain.audience import (
    Audience,
    AudienceKind,
    AudienceName,
    AudienceQuery,
    AudienceRef,
    parse_audience,
)

SIX = r"[A-Za-z0-9]{6}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("XyZ12a", AudienceRef("XyZ12a")),
        ("  XyZ12a ", AudienceRef("XyZ12a")),
        ("xYzabC", AudienceRef("xYzabC")),
        ("Summer", AudienceName("Summer")),
        ("summer", AudienceName("summer")),
        ("SUMMER", AudienceName("SUMMER")),
        ("Newsletter", AudienceName("Newsletter")),
        ("id:Summer", AudienceRef("Summer")),
        ("id: Summer", AudienceRef("Summer")),
        ("name:XyZ12a", AudienceName("XyZ12a")),
        ("list:XyZ12a", AudienceRef("XyZ12a", AudienceKind.LIST)),
        ("segment:VIP", AudienceName("VIP", AudienceKind.SEGMENT)),
        ("Offers: winter", AudienceName("Offers: winter")),
        ("id:", AudienceName("id:")),
        ("list:", AudienceName("list:")),
    ],
)
def test_an_id_or_an_exact_name_is_read(text, meant):
    assert parse_audience(text, id_pattern=SIX) == meant


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (AudienceQuery(), True),
        (AudienceQuery(names=("Other", "Summer")), True),
        (AudienceQuery(ids=("L1",)), True),
        (AudienceQuery(names=("Other",), ids=("L1",)), True),
        (AudienceQuery(names=("Summer sale", "summer", "L1")), False),
        (AudienceQuery(ids=("L", "Summer")), False),
    ],
)
def test_a_query_wants_whole_names_and_ids_or_everything(query, wanted):
    assert query.wants(Audience(AudienceRef("L1"), "Summer")) is wanted
