"""Values that no document should hold are named as such, or left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import examples

from glowtify_core.domain.errors import MalformedResponse
from glowtify_core.kit.answers import http_date, parse_pause
from glowtify_core.kit.documents import next_link, parse_instant, parse_json
from glowtify_klaviyo.records import AudienceRecord, CampaignRecord, ReportRecord
from glowtify_klaviyo.schemas import read_many, read_one

ODD_TIMES = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1899-12-31T00:00:00Z",
    "9000-01-01",
    "",
    "tomorrow",
)


@pytest.mark.parametrize("text", ODD_TIMES)
def test_a_time_beyond_reckoning_is_malformed(text: str) -> None:
    with pytest.raises(MalformedResponse):
        parse_instant(text)


@examples(300)
@given(st.text() | st.datetimes().map(str) | st.from_regex(r"[0-9]{4}-[0-9-]{1,5}T[0-9:+.Z-]{0,14}"))
def test_every_text_is_a_time_that_can_be_reckoned_with_or_malformed(text: str) -> None:
    try:
        instant = parse_instant(text)
    except MalformedResponse:
        return
    assert instant is not None
    assert instant.utcoffset() is not None
    assert instant.year in range(1899, 9001)


@examples(300)
@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}"))
def test_headers_are_times_and_pauses_or_nothing(text: str) -> None:
    instant, pause = http_date(text), parse_pause(text)
    assert instant is None or instant.utcoffset() is not None
    assert pause is None or pause.total_seconds() > 0


@pytest.mark.parametrize("following", [7, True, ["x"], {"href": 7}, 1.5])
def test_a_document_that_goes_on_nobody_knows_where_is_not_taken_for_the_last_page(following: Any) -> None:
    with pytest.raises(MalformedResponse):
        next_link({"links": {"next": following}})


def test_half_a_character_becomes_a_question_mark_and_a_whole_one_stays() -> None:
    assert parse_json(rb'{"a": "\ud83d\ude00", "b": "x\ud800", "\udfff": 1}') == {
        "a": "😀",
        "b": "x?",
        "?": 1,
    }


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff\xfe[\x00]\x00", b"\x80", b"{,}"]
)
def test_what_is_no_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(content)


@pytest.mark.parametrize("odd", [5, True, [[]], [1], [{"id": "x"}], "abc"])
def test_ids_are_texts_in_a_list(odd: Any) -> None:
    campaign = {"id": "01A", "attributes": {"name": "n", "status": "Draft", "audiences": {"included": odd}}}
    with pytest.raises(MalformedResponse):
        read_one(CampaignRecord, {"data": campaign})


@pytest.mark.parametrize("audiences", [{"included": 0}, {"excluded": {}}, {"included": ""}, 0, [], False])
def test_what_cannot_be_audiences_is_not_taken_for_none(audiences: Any) -> None:
    campaign = {"id": "01A", "attributes": {"name": "n", "status": "Sent", "audiences": audiences}}
    with pytest.raises(MalformedResponse):
        read_one(CampaignRecord, {"data": campaign})


@pytest.mark.parametrize("odd", ["", "x" * 301, 5, None, []])
def test_an_id_is_a_text_that_is_not_empty_nor_endless(odd: Any) -> None:
    with pytest.raises(MalformedResponse):
        read_many(AudienceRecord, {"data": [{"id": odd, "attributes": {"name": "n"}}]})


@pytest.mark.parametrize(
    "row",
    [
        {"groupings": {"campaign_id": ["x"]}, "statistics": {}},
        {"groupings": {"campaign_id": {}}, "statistics": {}},
        {"groupings": {}, "statistics": {"opens": 1e308}},
        {"groupings": {}, "statistics": {"opens": float("nan")}},
        {"groupings": {}, "statistics": {"opens": float("inf")}},
    ],
)
def test_a_figure_beyond_reckoning_is_malformed(row: Any) -> None:
    with pytest.raises(MalformedResponse):
        read_one(ReportRecord, {"data": {"attributes": {"results": [row]}}})


MEMBERS = (
    "data",
    "id",
    "attributes",
    "relationships",
    "name",
    "status",
    "send_strategy",
    "options",
    "results",
)
LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
DOCUMENTS = st.recursive(
    LEAVES, lambda below: st.lists(below) | st.dictionaries(st.sampled_from(MEMBERS), below), max_leaves=20
)


@examples(200)
@given(DOCUMENTS)
def test_every_document_is_a_record_or_malformed(document: Any) -> None:
    for record in (CampaignRecord, AudienceRecord, ReportRecord):
        assert isinstance(_outcome(read_one, record, document), record | MalformedResponse)
        assert isinstance(_outcome(read_many, record, document), list | MalformedResponse)


def _outcome(read: Any, record: Any, document: Any) -> Any:
    try:
        return read(record, document)
    except MalformedResponse as error:
        return error
