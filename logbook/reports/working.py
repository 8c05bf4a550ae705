"""Works a report out: goes through the records, groups them and makes the figures."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from logbook.core import periods
from logbook.core.periods import MOMENT
from logbook.core.reporting import FIGURES
from logbook.core.reporting import GROUPS
from logbook.core.reporting import LIST
from logbook.core.reporting import Cell
from logbook.core.reporting import Column
from logbook.core.reporting import Named
from logbook.core.reporting import Part
from logbook.core.reporting import Small
from logbook.core.reportplan import ALL
from logbook.core.reportplan import CALENDAR
from logbook.core.reportplan import NOW
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Items
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.rules import Expression
from logbook.core.rules import asked
from logbook.core.rules import quantities as q
from logbook.core.secret import MASK
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.reports.cells import Cells
from logbook.reports.gathering import Ask
from logbook.reports.gathering import Item
from logbook.reports.records import ReportWorld
from logbook.reports.records import Seen
from logbook.reports.tables import FIGURE_FORM
from logbook.reports.tables import FigureRow
from logbook.reports.tables import GroupKey
from logbook.reports.tables import Table
from logbook.reports.tables import natural_order

NONE = Text("（未填）", "(none)")
TOTAL = Text("合计", "Total")
_WEEKDAYS = (
    Text("周一", "Mon"),
    Text("周二", "Tue"),
    Text("周三", "Wed"),
    Text("周四", "Thu"),
    Text("周五", "Fri"),
    Text("周六", "Sat"),
    Text("周日", "Sun"),
)


class Working(Cells):
    """One report being worked out for one period."""

    # --- parts --------------------------------------------------------------------------------

    def part(self, plan: PartPlan) -> Part | None:
        """One table; None where everything in it waits for forms that are not enabled."""
        if plan.asleep or not any(column.type != "asleep" for column in plan.columns):
            return None
        made = self.listed(plan) if plan.lists is not None else self.grouped(plan)
        from logbook.reports.charting import charts_of
        from logbook.reports.defining import definitions_of

        made = replace(made, definitions=definitions_of(self, plan))
        return replace(made, charts=charts_of(self, plan, made)) if plan.charts else made

    def listed(self, plan: PartPlan) -> Part:
        """A row an item."""
        assert plan.lists is not None and plan.looking is not None
        items = self.gather(plan.lists, plan.looking)
        world = self.world(self.moment(plan.looking.as_of))
        rows = [[*cells] for cells in self.own_cells(plan.columns, items, plan.lists, world)]
        hidden = {column.id for column in plan.columns if column.private and not self.private}
        for name, down in reversed(plan.sort):
            if name in hidden:
                continue  # the order of what is hidden tells of it
            place = next((at for at, column in enumerate(plan.columns) if column.id == name), None)
            if place is not None:
                _sort(rows, place, down)
        more = max(0, len(rows) - plan.limit) if plan.limit is not None else 0
        return Part(
            plan.id,
            plan.title,
            LIST,
            tuple(Column(c.id, c.label, c.type) for c in plan.columns),
            tuple(tuple(row) for row in rows[: plan.limit]),
            note=plan.note,
            more=more,
        )

    def own_cells(
        self, columns: Sequence[ColumnPlan], items: Sequence[Item], of: Items, world: ReportWorld
    ) -> Iterable[list[Cell]]:
        """What the columns say of each item."""
        asks: list[Ask] = []
        for column in columns:
            assert column.own is not None
            asks.append(self.ask(column.own, self.library.forms[of.forms[0]], of.list, world))
            self.prefetch(column.own, self.library.forms[of.forms[0]], of.list, items, world)
        for item in items:
            line: list[Cell] = []
            for column, ask in zip(columns, asks, strict=True):
                if column.private and not self.private:
                    value = ask(item)
                    line.append(MASK if value not in (None, "", ()) else None)
                    continue
                if column.private and self.session.vault is not None and isinstance(item[0], Seen):
                    from logbook.core.view import View

                    value = ask((View(item[0].state_of, world), item[1]))
                else:
                    value = ask(item)
                line.append(self.cell(value, column.type, column.own_kind, column.places, item[0].form))
            yield line

    def grouped(self, plan: PartPlan) -> Part:
        """A row a group."""
        columns = [column for column in plan.columns if column.type != "asleep"]
        table = Table(self, plan, columns, self.period)
        keys = table.keys()
        shown = [column for column in columns if not column.hidden]
        if not plan.by:
            return self.figures(plan, table, columns, shown)
        key_kinds = table.key_kinds
        heads = [self.key_head(place, plan, key_kinds) for place in range(len(plan.by))]
        own = self.group_columns(plan, keys)
        rows: list[list[Cell]] = []
        figures: list[Mapping[str, Any]] = []
        for key in keys:
            values = table.values(key)
            figures.append(values)
            line: list[Cell] = [self.key_label(word, plan, place, key_kinds) for place, word in enumerate(key)]
            line += own.get(key, [None] * len(plan.key_columns))
            line += [self.figure(values[column.id], column) for column in shown]
            rows.append(line)
        totals: list[Cell] | None = None
        if plan.total:
            values = table.values(None)
            figures.append(values)
            lead: list[Cell] = [TOTAL, *[None] * (len(plan.by) - 1 + len(plan.key_columns))]
            totals = lead + [self.figure(values[column.id], column) for column in shown]
        suppressed = False
        if plan.suppress is not None:
            from logbook.reports.suppressing import hidden_groups

            below = self.number(plan.suppress.below) or 5
            counts = [int(values[plan.suppress.people] or 0) for values in figures[: len(rows)]]
            small, total_too = hidden_groups(counts, int(below), total=plan.total)
            width = len(plan.by) + len(plan.key_columns)
            for place, mark in small.items():
                rows[place][width:] = [mark] * len(shown)
            if total_too and totals is not None:
                totals[width:] = [Small(None)] * len(shown)
            suppressed = bool(small)
        named = [*heads, *(Column(c.id, c.label, c.type) for c in plan.key_columns)]
        named += [Column(c.id, c.label, c.type) for c in shown]
        by_id = {column.id: place for place, column in enumerate(named)}
        for name, down in reversed(plan.sort):
            if name in by_id:
                _sort(rows, by_id[name], down)
        more = max(0, len(rows) - plan.limit) if plan.limit is not None else 0
        return Part(
            plan.id,
            plan.title,
            GROUPS,
            tuple(named),
            tuple(tuple(row) for row in rows[: plan.limit]),
            tuple(totals) if totals is not None else None,
            note=plan.note,
            more=more,
            suppressed=suppressed,
        )

    def figures(self, plan: PartPlan, table: Table, columns: Sequence[ColumnPlan], shown: Sequence[ColumnPlan]) -> Part:
        """Single numbers: one row, with ``compare`` one more for the period before and one for the change."""
        values = table.values(None)
        row: list[Cell] = [self.figure(values[column.id], column) for column in shown]
        named = [Column(c.id, c.label, c.type) for c in shown]
        rows = [row]
        if plan.compare and self.period.kind != MOMENT:
            earlier = periods.before(self.period, self.zone)
            then = Table(self, plan, columns, earlier).values(None)
            last: list[Cell] = [self.figure(then[column.id], column) for column in shown]
            change: list[Cell] = [
                new - old if isinstance(new, (int, Decimal)) and isinstance(old, (int, Decimal)) else None
                for new, old in zip(row, last, strict=True)
            ]
            named.insert(0, Column("period", Text("期间", "Period"), "text", key=True))
            rows = [[self.period.label, *row], [earlier.label, *last], [Text("变化", "Change"), *change]]
        return Part(plan.id, plan.title, FIGURES, tuple(named), tuple(tuple(one) for one in rows), note=plan.note)

    def number(self, expression: Expression) -> Any:
        """A number that speaks of settings only."""
        found = asked(expression, FIGURE_FORM)(FigureRow({}), self.world(self.session.now), None, None)
        return q.plain(found)

    # --- groups -------------------------------------------------------------------------------

    def key_head(self, place: int, plan: PartPlan, kinds: Sequence[Any]) -> Column:
        from logbook.reports.defining import key_label

        kind = kinds[place]
        key = plan.by[place]
        id = "month" if key.function == "month" else key.function or key.expression.text.replace(".", "_")
        return Column(id, key_label(self, plan, place, kind), "date" if key.function == "day" else "text", key=True)

    def key_label(self, word: Any, plan: PartPlan, place: int, kinds: Sequence[Any]) -> Cell:
        """A key as people read it."""
        if word is None:
            return NONE
        if plan.each is not None and isinstance(word, str):
            found = self.world(self.session.now).find(plan.each.forms[0], word.rpartition("/")[2])
            if found is not None:
                return self.record_label(found)
        function = plan.by[place].function or self.function_of(plan, place)
        if function == "weekday":
            return Named(str(word + 1), _WEEKDAYS[word])
        if function == "hour":
            return f"{word:02d}:00"
        if function == "day" and isinstance(word, date):
            return word
        if function in CALENDAR:
            id = {"month": f"{word:%Y-%m}", "year": f"{word:%Y}"}.get(function, f"{word:%Y-%m-%d}")
            return Named(id, periods.period_of(function, word, self.zone).label)
        return self.cell(word, "text", kinds[place], None, None)

    def function_of(self, plan: PartPlan, place: int) -> str | None:
        for column in plan.columns:
            if column.by and place < len(column.by) and column.by[place].function:
                return column.by[place].function
        return None

    def group_columns(self, plan: PartPlan, keys: Sequence[GroupKey]) -> dict[GroupKey, list[Cell]]:
        """What ``show`` says of the records that are groups."""
        if not plan.key_columns:
            return {}
        form = plan.each.forms[0] if plan.each is not None else ""
        if not form:
            kind = plan.by[0].kind
            form = kind.forms[0].name if kind is not None else ""
        look = plan.each_looking or Looking(None, ALL, NOW)
        world = self.world(self.moment(look.as_of))
        world.find_all(form, (str(key[0]) for key in keys if key[0] is not None))
        found: dict[GroupKey, list[Cell]] = {}
        for key in keys:
            view = world.find(form, str(key[0])) if key[0] is not None else None
            if view is not None:
                (cells,) = self.own_cells(plan.key_columns, [(view, None)], Items((form,)), world)
                found[key] = cells
        return found

    @cached_property
    def unfinished(self) -> bool:
        return self.period.kind != MOMENT and self.period.end > self.session.now


def _sort(rows: list[list[Cell]], place: int, down: bool) -> None:
    """In order of one column; what is empty or hidden stays last whichever way."""

    def told(row: list[Cell]) -> tuple[Any, ...]:
        cell = row[place]
        if isinstance(cell, Named):
            cell = cell.id
        if isinstance(cell, Text):
            cell = cell.zh or cell.en
        if isinstance(cell, str):
            cell = natural_order(cell)
        if isinstance(cell, datetime):
            cell = cell.timestamp()
        return (cell,)

    known = [row for row in rows if row[place] is not None and not isinstance(row[place], Small)]
    rest = [row for row in rows if row[place] is None or isinstance(row[place], Small)]
    try:
        known.sort(key=told, reverse=down)
    except TypeError:
        known.sort(key=lambda row: str(told(row)), reverse=down)
    rows[:] = known + rest
