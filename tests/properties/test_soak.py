"""A fifth of all requests breaks, and every publication ends scheduled once.

``make soak`` prints the figures.
"""

import pytest
from soak import soak

CAMPAIGNS = 1000


@pytest.fixture(scope="module")
def figures():
    return soak(CAMPAIGNS)


def test_each_is_scheduled_once_and_nothing_is_left(figures):
    assert (figures.scheduled, figures.twice, figures.lost, figures.orphans) == (CAMPAIGNS, 0, 0, 0)


def test_the_weather_was_bad(figures):
    assert figures.requests > CAMPAIGNS * 8
    assert 0.17 < figures.faults / figures.requests < 0.23
