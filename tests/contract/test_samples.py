"""The records of the round trips have something in every field, so that a field that is lost is missed."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass

import pytest

from glowtify_core.testing.stores import samples

FULL = [samples.FULL_CAMPAIGN, samples.FULL_PUBLICATION, samples.FULL_CONNECTION]
PARTS = [
    samples.FULL_CAMPAIGN.sender,
    samples.FULL_CAMPAIGN.options,
    samples.FULL_CAMPAIGN.include[0],
    samples.FULL_PUBLICATION.remote,
    samples.FULL_PUBLICATION.problem,
    samples.FULL_CONNECTION.account,
]


@pytest.mark.parametrize("record", FULL + PARTS, ids=lambda record: type(record).__name__)
def test_every_field_has_something(record):
    assert is_dataclass(record)
    for field in fields(record):
        usual = field.default_factory() if field.default_factory is not MISSING else field.default
        assert getattr(record, field.name) != usual, field.name


def test_between_them_operations_fill_every_field():
    for field in fields(samples.FULL_PUBLICATION.operations[0]):
        values = {getattr(operation, field.name) for operation in samples.FULL_PUBLICATION.operations}
        assert values - {field.default}, field.name
