"""Where the points and the ticks of a chart stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from glowtify_adapters.web import charts
from glowtify_adapters.web.charts import Period, Series
from glowtify_adapters.web.languages import choose

START = datetime(2031, 1, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ENGLISH, FRENCH = choose("en-CA", ""), choose("fr-CA", "")


def draw(values, *, days=10, finest=1.0, across=None):
    return charts.draw(
        "Title",
        "Description",
        [Series("One", [(START + DAY * day, value) for day, value in values])],
        Period(START, START + days * DAY),
        across=across or charts.elapsed(ENGLISH, "Sent"),
        label=str,
        finest=finest,
    )


def test_points_stand_at_their_time_and_value():
    (line,) = draw([(0, 0), (5, 50), (10, 100)]).lines
    assert line.points == [(0.0, 100.0), (50.0, 50.0), (100.0, 0.0)]
    assert line.lines == [(0.0, 100.0, 50.0, 50.0), (50.0, 50.0, 100.0, 0.0)]


def test_time_is_linear_however_unevenly_it_was_read():
    (line,) = draw([(0, 1), (1, 1), (9, 1)]).lines
    assert [x for x, _ in line.points] == [0.0, 10.0, 90.0]


def test_what_is_missing_breaks_the_line_and_is_no_zero():
    (line,) = draw([(0, 5), (1, None), (2, 5), (3, 5)]).lines
    assert len(line.points) == 3
    assert [x1 for x1, *_ in line.lines] == [20.0]


def test_what_lies_outside_is_left_out():
    (line,) = draw([(0, 5), (20, 500)]).lines
    assert line.points == [(0.0, 0.0)]


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (0, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (4116, ["0", "1000", "2000", "3000", "4000", "5000"]),
        (1000, ["0", "200", "400", "600", "800", "1000"]),
    ],
)
def test_the_axis_of_counts_has_few_round_steps(most, labels):
    ticks = draw([(0, most)]).up
    assert [f"{float(tick.label):g}" for tick in ticks] == labels
    assert (ticks[0].at, ticks[-1].at) == (100.0, 0.0)


def test_rates_below_one_percent_have_an_axis_too():
    ticks = draw([(0, 0.004)], finest=0.001).up
    assert [f"{float(tick.label):g}" for tick in ticks] == ["0", "0.001", "0.002", "0.003", "0.004"]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (1, ["Sent", "1h"]),
        (48, ["Sent", "12h", "24h", "36h", "48h"]),
        (24 * 7, ["Sent", "2d", "4d", "6d"]),
        (24 * 365, ["Sent", "90d", "180d", "270d", "360d"]),
        (24 * 3650, ["Sent", "730d", "1,460d", "2,190d", "2,920d", "3,650d"]),
    ],
)
def test_ages_are_round_and_few(hours, labels):
    ticks = charts.elapsed(ENGLISH, "Sent")(Period(START, START + timedelta(hours=hours)))
    assert [tick.label for tick in ticks] == labels
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_days_of_the_calendar_begin_at_midnight_of_the_zone_across_a_change_of_the_clocks():
    zone = ZoneInfo("America/Toronto")
    start = datetime(2031, 3, 5, 12, tzinfo=zone).astimezone(UTC)
    ticks = charts.calendar(FRENCH, zone)(Period(start, start + 10 * DAY))
    assert [tick.label for tick in ticks] == ["6 mars", "8 mars", "10 mars", "12 mars", "14 mars"]
    assert [tick.at for tick in ticks] == [5.0, 25.0, 44.58, 64.58, 84.58]  # an hour is lost on the 9th


def test_long_times_show_months_and_years():
    ticks = charts.calendar(ENGLISH, ZoneInfo("UTC"))(Period(START, START + 800 * DAY))
    assert all("203" in tick.label for tick in ticks)
    assert len(ticks) <= charts.AT_MOST + 1
