"""Where everything of a line chart stands: in percent, so that one drawing fits any width unscaled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.units import format_unit

from glowtify_adapters.web.languages import Tongue

MARKS = ("circle", "square", "diamond")
"""The series' points and strokes differ by more than their colour."""

AT_MOST = 5
"""Ticks of an axis beside its first; more would run into each other on a phone."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = (
    *(_HOUR * hours for hours in (1, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 7, 14, 30, 60, 90, 180, 365)),
)

Axis = Callable[["Period"], Sequence["Tick"]]


@dataclass(frozen=True, slots=True)
class Period:
    """What the axis of time shows; both ends aware."""

    start: datetime
    end: datetime

    def share(self, moment: datetime) -> float:
        """Where a moment stands, in percent of the width."""
        return round(100 * ((moment - self.start) / (self.end - self.start)), 2)

    @property
    def step(self) -> timedelta:
        """Between two ticks."""
        wanted = (self.end - self.start) / AT_MOST
        return next((step for step in _STEPS if step >= wanted), wanted)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis.

    Attributes:
        at: percent from the left, or from the top.
        label: beside it.
    """

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn of one series: its points, and the lines between those that adjoin, in percent."""

    name: str
    mark: str
    points: Sequence[tuple[float, float]]
    lines: Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing.

    Attributes:
        title, description: of what it is and what it says, for those who do not see it.
        lines: the series.
        across, up: the axes' ticks.
    """

    title: str
    description: str
    lines: Sequence[Line]
    across: Sequence[Tick]
    up: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time, oldest first; None breaks the line."""

    name: str
    values: Sequence[tuple[datetime, float | None]]


def draw(
    title: str,
    description: str,
    series: Sequence[Series],
    period: Period,
    *,
    across: Axis,
    label: Callable[[float], str],
    finest: float,
) -> Chart:
    """A chart from zero up.

    Args:
        title, description: see :class:`Chart`.
        series: at most as many as there are :data:`MARKS`.
        period: what is shown; values outside of it are left out.
        across: the ticks of the axis of time.
        label: a value in words.
        finest: the least step between two ticks upwards.
    """
    shown = [
        Series(one.name, [at for at in one.values if period.start <= at[0] <= period.end]) for one in series
    ]
    most = max((value for one in shown for _, value in one.values if value is not None), default=0.0)
    step = _step(most / AT_MOST, finest)
    count = max(1, math.ceil(most / step))
    return Chart(
        title,
        description,
        [_line(one, mark, period, count * step) for one, mark in zip(shown, MARKS, strict=False)],
        across(period),
        [Tick(round(100 - 100 * number / count, 2), label(number * step)) for number in range(count + 1)],
    )


def calendar(tongue: Tongue, zone: ZoneInfo) -> Axis:
    """Ticks at midnights of a zone."""

    def ticks(period: Period) -> Sequence[Tick]:
        step = max(period.step, _DAY)
        wanted = "MMMd" if step < 90 * _DAY else "yMMM"
        return [
            Tick(period.share(at), format_skeleton(wanted, at, locale=tongue.locale))
            for at in _midnights(period, zone, step)
        ]

    return ticks


def elapsed(tongue: Tongue, beginning: str) -> Axis:
    """Ticks at round distances from the start, which is named by ``beginning``."""

    def ticks(period: Period) -> Sequence[Tick]:
        step, found, age = period.step, [Tick(0.0, beginning)], period.step
        while period.start + age <= period.end:
            found.append(Tick(period.share(period.start + age), _age(tongue, age, in_days=step >= _DAY)))
            age += step
        return found

    return ticks


def _midnights(period: Period, zone: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    at = period.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= period.end:
        if at >= period.start:
            yield at
        at += step if at >= period.start else _DAY


def _age(tongue: Tongue, age: timedelta, *, in_days: bool) -> str:
    unit, of = ("duration-day", _DAY) if in_days else ("duration-hour", _HOUR)
    return str(format_unit(round(age / of), unit, "narrow", locale=tongue.locale))


def _step(least: float, finest: float) -> float:
    """The next round number: 1, 2 or 5 with zeros."""
    power = 10.0 ** math.floor(math.log10(max(least, finest)))
    return next(
        factor * power for factor in (1, 2, 5, 10) if factor * power >= max(least, finest) * (1 - 1e-9)
    )


def _line(series: Series, mark: str, period: Period, top: float) -> Line:
    """Points where there are values, joined where nothing is missing between them."""
    points: list[tuple[float, float]] = []
    lines: list[tuple[float, float, float, float]] = []
    before: tuple[float, float] | None = None
    for moment, value in series.values:
        point = None if value is None else (period.share(moment), round(100 - 100 * value / top, 2))
        if point:
            points.append(point)
            if before:
                lines.append((*before, *point))
        before = point
    return Line(series.name, mark, points, lines)
