"""The gate's benchmark in short: what the platform allows is used, by several gates, and never exceeded."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from databases import only_sqlite

GATE = Path(__file__).parents[2] / "benchmarks" / "gate.py"


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(GATE))


@only_sqlite
def test_nearly_all_that_the_platform_allows_is_used_without_a_429(benchmark, where):
    uses = benchmark["use_limits"](where, accounts=2, minutes=2)
    assert [use.refused for use in uses] == [0, 0]
    assert min(use.share for use in uses) >= benchmark["TARGET"]


def test_the_platform_of_the_benchmark_refuses_what_is_too_much(benchmark):
    platform = benchmark["Platform"]()
    for number in range(40):
        platform.take(number / 20)
    assert (platform.accepted, platform.refused) == (20, 20)
    for number in range(400):
        platform.take(2 + number / 9)
    assert platform.accepted == 150
