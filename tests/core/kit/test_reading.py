"""Reading values out of a platform's documents."""

import pytest

from glowtify_core.domain.errors import Effect, MalformedResponse, PlatformUnavailable
from glowtify_core.kit.documents import reading


@pytest.mark.parametrize(
    ("document", "told"),
    [({}, "'id'"), ([], "TypeError"), (None, "TypeError"), ({"id": "not a number"}, "ValueError")],
)
def test_a_document_of_another_form_is_a_malformed_answer_that_quotes_nothing(document, told):
    with pytest.raises(MalformedResponse) as refused, reading():
        int(document["id"])
    assert refused.value.detail == f"wrong or missing: {told}"
    assert refused.value.effect is Effect.NONE


def test_after_a_write_nobody_knows_what_it_did():
    with pytest.raises(MalformedResponse) as refused, reading(write=True):
        {}["id"]
    assert refused.value.effect is Effect.UNKNOWN


def test_errors_of_the_tree_come_through_as_they_are():
    down = PlatformUnavailable("It is down", effect=Effect.NONE)
    with pytest.raises(PlatformUnavailable) as raised, reading():
        raise down
    assert raised.value is down
