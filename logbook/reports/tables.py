"""The figures of a part, group by group: items fall under keys, and each group is folded to one value a column."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from logbook.core import periods
from logbook.core.form import Form
from logbook.core.reporting import Period
from logbook.core.reportplan import CALENDAR
from logbook.core.reportplan import HEAD
from logbook.core.reportplan import NOW
from logbook.core.reportplan import PERIOD
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Key
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.rules import asked
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.sums import median
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.reports.gathering import Ask
from logbook.reports.gathering import Gathering
from logbook.reports.gathering import Item
from logbook.reports.records import ReportWorld

GroupKey = tuple[Any, ...]


class Table:
    """The figures of a part, group by group, for one period."""

    def __init__(self, working: Gathering, plan: PartPlan, columns: Sequence[ColumnPlan], period: Period) -> None:
        self.working = working
        self.plan = plan
        self.columns = columns
        self.period = period
        self.buckets: dict[str, dict[GroupKey, list[Any]]] = {}
        self.whole: dict[str, list[Any]] = {}
        for column in columns:
            if column.fold is not None and column.looking is not None:
                self.fill(column, column.fold, column.looking)

    def fill(self, column: ColumnPlan, fold: Fold, looking: Looking) -> None:
        items = self.working.gather(fold.items, looking, self.period)
        world = self.working.world(self.working.moment(looking.as_of, self.period))
        form = self.working.library.forms[fold.items.forms[0]]
        of = self.working.ask(fold.of, form, fold.items.list, world) if fold.of is not None else None
        for sentence in (fold.of, *(key.expression for key in column.by)):
            if sentence is not None:
                self.working.prefetch(sentence, form, fold.items.list, items, world)
        keys = [self.keyed(key, form, fold.items.list, world) for key in column.by]
        buckets: dict[GroupKey, list[Any]] = {}
        whole: list[Any] = []
        for item in items:
            value = of(item) if of is not None else 1
            if value is None:
                continue
            whole.append(value)
            if keys:
                buckets.setdefault(tuple(key(item) for key in keys), []).append(value)
        self.buckets[column.id], self.whole[column.id] = buckets, whole

    def keyed(self, key: Key, form: Form, within: str | None, world: ReportWorld) -> Ask:
        ask = self.working.ask(key.expression, form, within, world)
        zone = self.working.zone
        function = key.function

        def found(item: Item) -> Any:
            value = ask(item)
            if value is None or value == "" or value == ():
                return None
            if isinstance(value, datetime) and value.tzinfo is not None:
                value = value.astimezone(zone)
            if function in CALENDAR:
                if isinstance(value, str):
                    value = q.month_of(value)
                if not isinstance(value, date):
                    return None
                if function == "hour":
                    return value.hour if isinstance(value, datetime) else None
                if function == "weekday":
                    return value.weekday()
                day = value.date() if isinstance(value, datetime) else value
                return periods.begin_of(function, day)
            if q.is_record(value):
                value = value.id
            if function == HEAD:
                return str(value).partition("-")[0]
            if isinstance(value, tuple):
                return "、".join(map(str, value))
            return value

        return found

    @cached_property
    def key_kinds(self) -> list[Any]:
        kinds: list[Any] = []
        for place in range(len(self.plan.by)):
            of = [key.kind for column in self.columns for key in column.by[place : place + 1] if key.function != HEAD]
            kinds.append(next((kind for kind in of if kind is not None), None))
        return kinds

    def keys(self) -> list[GroupKey]:
        """Every group, in order."""
        if not self.plan.by:
            return []
        found: dict[GroupKey, GroupKey] = {}
        if self.plan.each is not None and self.plan.each_looking is not None:
            for view, _ in self.working.gather(self.plan.each, self.plan.each_looking, self.period):
                found.setdefault((view.id.casefold(),), (view.id,))
        for column, buckets in list(self.buckets.items()):
            merged: dict[GroupKey, list[Any]] = {}
            for key, values in buckets.items():
                folded = tuple(self.fold_key(word, place) for place, word in enumerate(key))
                known = found.setdefault(folded, key)
                merged.setdefault(known, []).extend(values)
            self.buckets[column] = merged
        return sorted(found.values(), key=self.order)

    def fold_key(self, word: Any, place: int) -> Any:
        kind = self.key_kinds[place]
        if isinstance(word, str) and (
            self.plan.each is not None or (kind is not None and kind.type in ("ref", "staff"))
        ):
            return word.rpartition("/")[2].casefold()
        return word

    def order(self, key: GroupKey) -> tuple[Any, ...]:
        """Choices in the order of the form, what is empty last."""
        told: list[Any] = []
        for place, word in enumerate(key):
            kind = self.key_kinds[place]
            if word is None:
                told.append((2, 0, ""))
            elif kind is not None and kind.type == "choice" and kind.field is not None and word in kind.field.choices:
                told.append((0, list(kind.field.choices).index(word), ""))
            elif kind is not None and kind.type == "state":
                states = list(kind.forms[0].states) if kind.forms else []
                told.append((0, states.index(word) if word in states else len(states), str(word)))
            elif isinstance(word, bool):
                told.append((0, 0 if word else 1, ""))
            elif isinstance(word, (int, Decimal)):
                told.append((0, word, ""))
            else:
                told.append((1, 0, word.isoformat() if isinstance(word, date) else natural_order(str(word))))
        return tuple(told)

    def values(self, key: GroupKey | None) -> dict[str, Any]:
        """Every column's figure for a group; of the whole for None."""
        values: dict[str, Any] = {}
        world = self.working.world(self.working.session.now)
        for column in self.columns:
            if column.fold is not None:
                found = self.whole[column.id] if key is None else self.buckets[column.id].get(key, [])
                values[column.id] = folded(column.fold.kind, found)
            elif column.sum is not None:
                values[column.id] = q.plain(asked(column.sum, FIGURE_FORM)(FigureRow(values), world, None, None))
            elif column.share is not None:
                over, under = (
                    q.plain(asked(one, FIGURE_FORM)(FigureRow(values), world, None, None)) for one in column.share
                )
                values[column.id] = share_of(over, under)
        return values


def folded(kind: str, found: Sequence[Any]) -> Any:
    """One value out of many (rule grammar: the sum of nothing is 0, any other fold of nothing is empty)."""
    if kind == "count":
        return len(found)
    if kind == "different":
        return len({_folded(one) for one in found})
    if kind == "sum":
        total: Any = 0
        for place, one in enumerate(found):
            total = q.add(total, one) if place else one
        return q.plain(total)
    if not found:
        return None
    if kind == "mean":
        total = found[0]
        for one in found[1:]:
            total = q.add(total, one)
        return q.plain(q.divide(total, len(found)))
    if kind == "median":
        return q.plain(median(found))
    if kind in ("first", "last"):
        return found[0] if kind == "first" else found[-1]
    if kind in ("least_gap", "greatest_gap"):
        gaps = [later - earlier for earlier, later in pairwise(sorted(found))]
        return (min if kind == "least_gap" else max)(gaps, default=None)
    return (min if kind == "least" else max)(found)


def share_of(over: Any, under: Any) -> Decimal | None:
    """Per cent, exact; None where there is nothing to be a share of."""
    if over is None or under is None or not under:
        return None
    if isinstance(over, timedelta) or isinstance(under, timedelta):
        return None
    return Decimal(over) * 100 / Decimal(under)


def series(working: Gathering, plan: PartPlan, spans: Sequence[Period], name: str) -> list[dict[str, Any]]:
    """One figure of the whole part (and what it is made of) in each of some periods that follow each other: what
    is counted by its own date is read once for all of them."""
    columns = needed(plan, name)
    starts = [span.start for span in spans]
    whole = periods.span_of(spans[0].start, spans[-1].end)
    tables: list[Table] = [Table(working, plan, (), span) for span in spans]
    for table in tables:
        table.columns = columns
    for column in columns:
        if column.fold is None or column.looking is None:
            continue
        look = column.looking
        for table in tables:
            table.buckets[column.id], table.whole[column.id] = {}, []
        if look.range != PERIOD or look.dated is None or look.as_of != NOW:
            for table in tables:
                table.fill(replace(column, by=()), column.fold, look)
            continue
        items = working.gather(column.fold.items, look, whole)
        world = working.world(working.session.now)
        form = working.library.forms[column.fold.items.forms[0]]
        when = working.ask(look.dated, form, column.fold.items.list, world)
        of = working.ask(column.fold.of, form, column.fold.items.list, world) if column.fold.of is not None else None
        for item in items:
            value = of(item) if of is not None else 1
            if value is not None:
                tables[bisect_right(starts, _moment(when(item), working.zone)) - 1].whole[column.id].append(value)
    return [table.values(None) for table in tables]


def needed(plan: PartPlan, name: str) -> list[ColumnPlan]:
    """A column and those its sentence speaks of, in their order."""
    by_id = {column.id: column for column in plan.columns}
    wanted, found = [name], set()
    while wanted:
        column = by_id.get(wanted.pop())
        if column is None or column.id in found:
            continue
        found.add(column.id)
        sentences = [column.sum] if column.sum is not None else list(column.share or ())
        wanted += [part.text for one in sentences for part in n.walk(one.node) if isinstance(part, n.Path)]
    return [column for column in plan.columns if column.id in found]


class FigureRow:
    """The columns of a row as a sentence about them sees them."""

    form: Form
    id = state = by = ""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get(self, name: str) -> Any:
        return self._values.get(name)


FIGURE_FORM = Form("figures", 1, Text("", ""), "", "")
FigureRow.form = FIGURE_FORM


def _moment(when: Any, zone: Any) -> datetime:
    if isinstance(when, str):
        when = q.month_of(when)
    if isinstance(when, datetime):
        return when if when.tzinfo is not None else when.replace(tzinfo=zone)
    return datetime.combine(when, time(), zone)


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.rpartition("/")[2].casefold()
    return value.id.casefold() if q.is_record(value) else value


def natural_order(text: str) -> str:
    """Numbers inside in the order of their size."""
    import re

    return re.sub(r"\d+", lambda found: found.group().zfill(12), text).casefold()
