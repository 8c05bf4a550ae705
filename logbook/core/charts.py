"""What a chart shows, before it is drawn: values and their labels in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from decimal import localcontext

from logbook.core.text import Text
from logbook.core.value import frozen

HOURS = 24
DAYS = 7
VITAL = 80  # per cent: the causes that together reach it are the "vital few" of a Pareto chart
_PRECISION = 60
_NONE = Text("", "")


@frozen
class Point:
    """One reading of a trend; ``None`` is a gap (nothing measured), which is not 0."""

    label: Text
    value: Decimal | None


@frozen
class Trend:
    """Readings in their order, with the ``target`` they are held against, if there is one."""

    title: Text
    points: tuple[Point, ...]
    target: Decimal | None = None
    unit: Text = _NONE

    def known(self) -> tuple[tuple[int, Decimal], ...]:
        """Place and value of every reading that was taken."""
        return tuple(
            (place, one.value)
            for place, one in enumerate(self.points)
            if one.value is not None and one.value.is_finite()
        )


@frozen
class Bar:
    """A named amount."""

    label: Text
    size: Decimal | int


@frozen
class Ranked:
    """A bar in its place by size, its share and the shares so far in per cent; ``rest``: how many small ones in it."""

    label: Text
    size: Decimal
    share: Decimal
    total: Decimal
    vital: bool
    rest: int = 0


@frozen
class Pareto:
    """Causes by size; those beyond the first ``most`` are collected in one bar."""

    title: Text
    bars: tuple[Bar, ...]
    unit: Text = _NONE
    most: int = 12

    def ranked(self) -> tuple[Ranked, ...]:
        """The bars from large to small (equal ones in the order given), empty ones left out.

        Raises ``ValueError`` for a size below 0: it has no share.
        """
        if any(bar.size < 0 for bar in self.bars):
            raise ValueError("a bar of a Pareto chart has no size below 0")
        bars = sorted((bar for bar in self.bars if bar.size), key=lambda bar: -bar.size)
        shown = len(bars) if len(bars) <= self.most else max(1, self.most - 1)
        with localcontext() as context:
            context.prec = _PRECISION
            whole = sum((Decimal(bar.size) for bar in bars), Decimal(0))
            rows, so_far = [], Decimal(0)
            for bar in bars[:shown]:
                vital = so_far * 100 < whole * VITAL
                so_far += bar.size
                rows.append(
                    Ranked(bar.label, Decimal(bar.size), bar.size * 100 / whole, so_far * 100 / whole, vital)
                )
            if rest := bars[shown:]:
                size = whole - so_far
                rows.append(Ranked(_NONE, size, size * 100 / whole, Decimal(100), False, len(rest)))
        return tuple(rows)


@frozen
class Ageing:
    """How long open things have been open: buckets from young to old."""

    title: Text
    buckets: tuple[Bar, ...]
    unit: Text = _NONE


@frozen
class Heat:
    """Counts by weekday (seven rows, Monday first) and hour (24 columns)."""

    title: Text
    counts: tuple[tuple[int, ...], ...]
    unit: Text = _NONE


@frozen
class Funnel:
    """How many reached each stage, in the order of stages."""

    title: Text
    stages: tuple[Bar, ...]
    unit: Text = _NONE


Chart = Trend | Pareto | Ageing | Heat | Funnel


def ageing(title: Text, days: Iterable[int], *, edges: tuple[int, ...] = (2, 7, 30), unit: Text = _NONE) -> Ageing:
    """Ages in whole days, sorted into buckets that end with ``edges``: 0-2, 3-7, 8-30, more than 30."""
    counts = [0] * (len(edges) + 1)
    for age in days:
        counts[sum(age > edge for edge in edges)] += 1
    starts = (0, *(edge + 1 for edge in edges))
    labels = [
        Text(f"{start}–{edge} 天", f"{start}–{edge} days") if start < edge else Text(f"{edge} 天", f"day {edge}")
        for start, edge in zip(starts, edges, strict=False)
    ]
    last = edges[-1] if edges else 0
    labels.append(Text(f"{last} 天以上", f"over {last} days"))
    return Ageing(title, tuple(map(Bar, labels, counts)), unit)


def heat(title: Text, moments: Iterable[datetime], *, unit: Text = _NONE) -> Heat:
    """Moments counted by weekday and hour as they read on the wall; give them in the book's zone."""
    counts = [[0] * HOURS for _ in range(DAYS)]
    for moment in moments:
        counts[moment.weekday()][moment.hour] += 1
    return Heat(title, tuple(map(tuple, counts)), unit)

