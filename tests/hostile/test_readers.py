"""Each answer that the connector reads, wrong in one place: an error of ours, or it does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from asking import QUESTIONS, Asking, endpoint_of
from looking import DEEP
from tampering import (
    ACTS,
    BODIES,
    HEADERS,
    STATUSES,
    Answered,
    Change,
    Tamper,
    body,
    cut,
    header,
    node,
    nodes,
    status,
)

STRIDE = 1 if DEEP else 31
"""Only every so many of the 33,000 changes: prime, so that each act meets many places."""


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking()


def places(asking: Asking, question: str) -> int:
    """How many nodes the right answer has."""
    seen: list[bytes] = []

    def look(answered: Answered) -> None:
        seen.append(answered.body)

    asking.ask(question, Tamper(endpoint_of(question), look, "look"))
    assert seen, f"{question} is not asked"
    return len(list(nodes(json.loads(seen[0] or b"{}"))))


def every_change(count: int) -> Iterator[Change]:
    yield from map(body, BODIES)
    yield from map(cut, range(0, 100, 9))
    yield from map(status, STATUSES)
    yield from (header(*pair) for pair in HEADERS)
    yield from (node(place, which) for place in range(count) for which in range(len(ACTS)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_wrong_answer_is_an_error_of_ours_or_does_not_matter(asking: Asking, question: str) -> None:
    changed = list(every_change(places(asking, question)))
    for number, (change, words) in enumerate(changed):
        if (number + len(question)) % STRIDE == 0:
            before = len(asking.store.wire.asked)
            try:
                asking.ask(question, Tamper(endpoint_of(question), change, words))
            except Exception as mistake:  # noqa: BLE001 - whatever it is, it is to be told with its cause
                pytest.fail(f"{question}, {words}: {mistake!r}")
            assert endpoint_of(question) in asking.store.wire.asked[before:], f"not asked any more: {words}"
