"""The charts of a part: values for :mod:`logbook.core.charts`, taken from its table or counted for it."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from typing import Any

from logbook.core import charts
from logbook.core import periods
from logbook.core.periods import MOMENT
from logbook.core.reporting import Cell
from logbook.core.reporting import Column
from logbook.core.reporting import Named
from logbook.core.reporting import Part
from logbook.core.reportplan import ChartPlan
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import PartPlan
from logbook.core.text import Text
from logbook.reports.tables import series
from logbook.reports.working import Working

_PERCENT = Text("%", "%")
_UNITS = {
    "percent": _PERCENT,
    "money": Text("元", "yuan"),
    "days": Text("天", "days"),
    "hours": Text("小时", "hours"),
    "minutes": Text("分钟", "minutes"),
}
_DAY = 86400


def charts_of(working: Working, plan: PartPlan, part: Part) -> tuple[charts.Chart, ...]:
    """Every chart of a part that has something to show."""
    made = (_chart(working, plan, part, chart) for chart in plan.charts)
    return tuple(chart for chart in made if chart is not None)


def _chart(working: Working, plan: PartPlan, part: Part, chart: ChartPlan) -> charts.Chart | None:
    by_id = {column.id: column for column in plan.columns}
    title = part.title
    if chart.kind == "trend":
        return _trend(working, plan, by_id[chart.columns[0]], chart)
    if chart.kind == "funnel":
        cells = dict(zip((column.id for column in part.columns), part.totals or (part.rows or ((),))[0], strict=False))
        stages = [(by_id[name].label, _size(cells.get(name))) for name in chart.columns]
        bars = tuple(charts.Bar(label, size) for label, size in stages if size is not None)
        return charts.Funnel(title, bars) if any(bar.size for bar in bars) else None
    if chart.kind == "pareto":
        return _pareto(part, by_id[chart.columns[0]])
    if chart.kind == "ageing":
        ages = _ages(working, plan, part, chart)
        return charts.ageing(title, ages) if ages else None
    found = plan.source or plan.lists
    if found is None or plan.looking is None or chart.of is None:
        return None
    items = working.gather(found, plan.looking)
    world = working.world(working.moment(plan.looking.as_of))
    ask = working.ask(chart.of, working.library.forms[found.forms[0]], found.list, world)
    moments = [one.astimezone(working.zone) for one in map(ask, items) if isinstance(one, datetime)]
    return charts.heat(title, moments) if moments else None


def _pareto(part: Part, column: ColumnPlan) -> charts.Pareto | None:
    place = next((at for at, one in enumerate(part.columns) if one.id == column.id), None)
    keys = [at for at, one in enumerate(part.columns) if one.key]
    if place is None:
        return None
    bars = []
    for row in part.rows:
        size = _size(row[place])
        if size is not None and size > 0:
            bars.append(charts.Bar(_label([row[at] for at in keys], part.columns), size))
    title = Text(f"{part.title.zh}：{column.label.zh}", f"{part.title.en}: {column.label.en}")
    return charts.Pareto(title, tuple(bars), _UNITS.get(column.type, Text("", ""))) if bars else None


def _ages(working: Working, plan: PartPlan, part: Part, chart: ChartPlan) -> list[int]:
    if chart.columns:
        place = [column.id for column in part.columns].index(chart.columns[0])
        sizes = (_size(row[place]) for row in part.rows)
        per = {"hours": 24, "minutes": 1440}.get(part.columns[place].type, 1)
        return [max(0, int(size / per)) for size in sizes if size is not None]
    found = plan.lists or plan.source
    if found is None or plan.looking is None or chart.of is None:
        return []
    items = working.gather(found, plan.looking)
    world = working.world(working.moment(plan.looking.as_of))
    ask = working.ask(chart.of, working.library.forms[found.forms[0]], found.list, world)
    ages: list[int] = []
    for value in map(ask, items):
        if isinstance(value, timedelta):
            ages.append(max(0, int(value.total_seconds() // _DAY)))
        elif isinstance(value, (int, Decimal)):
            ages.append(max(0, int(value)))
    return ages


def _trend(working: Working, plan: PartPlan, column: ColumnPlan, chart: ChartPlan) -> charts.Trend | None:
    period = working.period
    if period.kind == MOMENT:
        return None
    spans = [periods.before(period, working.zone, back) for back in range(chart.periods - 1, 0, -1)]
    spans.append(period)
    found = series(working, plan, spans, column.id)
    begin = _first(working)
    points = []
    for span, values in zip(spans, found, strict=True):
        known = begin is not None and span.end > begin
        cell = _size(working.figure(values[column.id], column)) if known else None
        points.append(charts.Point(periods.short_label(span), Decimal(cell) if cell is not None else None))
    if not any(point.value for point in points):
        return None
    target: Any = None
    if chart.against is not None:
        target = working.number(chart.against)
    elif chart.target and column.target is not None:
        target = working.number(column.target)
    title = Text(f"{plan.title.zh}：{column.label.zh}", f"{plan.title.en}: {column.label.en}")
    unit = _UNITS.get(column.type, Text("", ""))
    return charts.Trend(title, tuple(points), Decimal(target) if target is not None else None, unit)


def _first(working: Working) -> datetime | None:
    """When the book's first record was made that is no standing data: nothing was counted before."""
    index = working.session.index
    names = sorted(working.session.library.register_names)
    rows = index.select([f"-form:{','.join(names)}"] if names else [], now=working.session.now, limit=1)
    return datetime.fromisoformat(rows[0].at) if rows else None


def _size(cell: Cell) -> Decimal | int | None:
    return cell if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool) else None


def _label(cells: list[Cell], columns: tuple[Column, ...]) -> Text:
    """The keys of a group as one label."""

    def said(cell: Cell, lang: str) -> str:
        if isinstance(cell, (Text, Named)):
            return cell.say(lang)
        if isinstance(cell, bool):
            return ("是" if cell else "否") if lang == "zh" else ("yes" if cell else "no")
        return cell.isoformat() if isinstance(cell, date) else str(cell)

    return Text(" ".join(said(one, "zh") for one in cells), " ".join(said(one, "en") for one in cells))
