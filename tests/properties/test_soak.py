"""A fifth of all requests breaks, and every publication ends scheduled once.

``python tests/properties/soak.py --campaigns 1000`` prints the figures.
"""

import runpy
from pathlib import Path

import pytest

CAMPAIGNS = 1000
SOAK = runpy.run_path(str(Path(__file__).with_name("soak.py")))


@pytest.fixture(scope="module")
def figures():
    return SOAK["soak"](CAMPAIGNS)


def test_each_is_scheduled_once_and_nothing_is_left(figures):
    assert (figures.scheduled, figures.twice, figures.lost, figures.orphans) == (CAMPAIGNS, 0, 0, 0)


def test_the_weather_was_bad(figures):
    assert figures.requests > CAMPAIGNS * 8
    assert 0.17 < figures.faults / figures.requests < 0.23
