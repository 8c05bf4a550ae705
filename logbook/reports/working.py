"""Works a report out: goes through the records, groups them and makes the figures."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
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
from typing import cast

from logbook.core import periods
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.periods import MOMENT
from logbook.core.reportforms import CLOCKS
from logbook.core.reportforms import LATE
from logbook.core.reportforms import OCCURRENCE
from logbook.core.reportforms import STEPS
from logbook.core.reporting import FIGURES
from logbook.core.reporting import GROUPS
from logbook.core.reporting import LIST
from logbook.core.reporting import Cell
from logbook.core.reporting import Column
from logbook.core.reporting import Named
from logbook.core.reporting import Part
from logbook.core.reporting import Period
from logbook.core.reporting import Small
from logbook.core.reportplan import ALL
from logbook.core.reportplan import BEFORE
from logbook.core.reportplan import CALENDAR
from logbook.core.reportplan import END
from logbook.core.reportplan import HEAD
from logbook.core.reportplan import NOW
from logbook.core.reportplan import PERIOD
from logbook.core.reportplan import PREVIOUS
from logbook.core.reportplan import THROUGH
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Items
from logbook.core.reportplan import Key
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.reportplan import ReportPlan
from logbook.core.rules import Expression
from logbook.core.rules import Row
from logbook.core.rules import asked
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.sums import median
from logbook.core.secret import MASK
from logbook.core.secret import Unread
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.operations.session import Session
from logbook.reports.records import ReportWorld
from logbook.reports.records import Seen

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
_PER = {"days": 86400, "hours": 3600, "minutes": 60}
_SECOND = timedelta(seconds=1)
_ID = re.compile(r"[a-z][a-z0-9_]*")

# What is gone through: a record, or a row with the record it stands in.
Item = tuple[Any, "Row | None"]
GroupKey = tuple[Any, ...]
Ask = Callable[[Item], Any]


class Working:
    """One report being worked out for one period."""

    def __init__(self, session: Session, plan: ReportPlan, period: Period, *, private: bool = False) -> None:
        self.session = session
        self.plan = plan
        self.period = period
        self.private = private
        self.zone = session.zone
        self.library = replace(session.library, forms=plan.forms)
        self._worlds: dict[datetime, ReportWorld] = {}
        self._items: dict[tuple[object, ...], list[Item]] = {}
        self._dated: dict[tuple[object, ...], list[Item]] = {}
        self._choices: dict[str, Mapping[str, Text]] = {}
        self._forms: dict[str, Form] = {}

    # --- moments ------------------------------------------------------------------------------

    def moment(self, word: str, period: Period | None = None) -> datetime:
        """The moment as of which is looked: never later than now."""
        period = period or self.period
        if word == NOW:
            return self.session.now
        if period.kind == MOMENT:
            return min(period.end, self.session.now)
        return min((period.end if word == END else period.start) - _SECOND, self.session.now)

    def world(self, moment: datetime) -> ReportWorld:
        if moment not in self._worlds:
            self._worlds[moment] = ReportWorld(
                self.session, self.library, None if moment == self.session.now else moment
            )
        return self._worlds[moment]

    # --- going through ------------------------------------------------------------------------

    def bounds(self, looking: Looking, period: Period) -> tuple[datetime | None, datetime | None]:
        """From when (included) until when (excluded) an item must be dated."""
        if looking.range == PREVIOUS:
            period = periods.before(period, self.zone)
        if looking.range in (PERIOD, PREVIOUS):
            return period.start, period.end
        if looking.range == BEFORE:
            return None, period.start
        return None, period.end if looking.range == THROUGH else None

    def gather(self, items: Items, looking: Looking, period: Period | None = None) -> list[Item]:
        """The items for which ``where`` is true, dated as ``looking`` wants it."""
        period = period or self.period
        since, until = self.bounds(looking, period)
        world = self.world(self.moment(looking.as_of, period))
        key = (
            items.forms,
            items.list,
            items.where,
            looking.dated.text if looking.dated else None,
            since,
            until,
            world.now,
        )
        if key not in self._items:
            found: list[Item] = []
            for name in items.forms:
                found += self._gather(name, items, looking.dated, since, until, world, period)
            self._items[key] = found
        return self._items[key]

    def _gather(
        self,
        name: str,
        items: Items,
        dated: Expression | None,
        since: datetime | None,
        until: datetime | None,
        world: ReportWorld,
        period: Period,
    ) -> list[Item]:
        form = self.library.forms[name]
        if dated is None:
            since = until = None
        narrow = self.narrowing(form, items, dated, since, until)
        # What is dated so is gone through for every column: found once, asked of each.
        key = (name, items.list, dated.text if dated else None, since, until, repr(narrow), world.now)
        found = self._dated.get(key)
        if found is None:
            views = self.views(form, narrow, since or period.start, until or period.end, world)
            found = self._dated[key] = self.rows_in(views, items, dated, form, since, until, world)
        if items.where is None:
            return found
        self.prefetch(items.where, form, items.list, found, world)
        kept = self.ask(items.where, form, items.list, world)
        return [item for item in found if kept(item) is True]

    def rows_in(
        self,
        views: Iterable[Any],
        items: Items,
        dated: Expression | None,
        form: Form,
        since: datetime | None,
        until: datetime | None,
        world: ReportWorld,
    ) -> list[Item]:
        """The records, or their rows, that are dated there."""
        if items.list is None:
            found: list[Item] = [(view, None) for view in views]
        else:
            from logbook.core.rules.world import rows_of

            found = [(view, row) for view in views for row in rows_of(view, items.list, world)]
        if dated is None:
            return found
        self.prefetch(dated, form, items.list, found, world)
        when = self.ask(dated, form, items.list, world)
        return [item for item in found if self.within(when(item), since, until)]

    def prefetch(
        self, sentence: Any, form: Form, within: str | None, items: Sequence[Item], world: ReportWorld
    ) -> None:
        """Look up together the records that a sentence follows references to."""
        if len(items) < 2:
            return
        for of_record, name, field in _links(sentence.node, form, within):
            values = (
                view.get(name) if of_record else row.get(name) if row is not None else None for view, row in items
            )
            ids = [value.rpartition("/")[2] for value in values if isinstance(value, str)]
            targets = ("staff",) if field.type == "staff" else field.target
            for target in targets if ids else ():
                world.find_all(target, ids)

    def views(
        self, form: Form, narrow: Mapping[str, Any], start: datetime, end: datetime, world: ReportWorld
    ) -> Iterable[Any]:
        """The records that may be meant, found by the index: rather too many."""
        from logbook.reports import virtual

        if form.name in self.session.library.forms:
            return world.candidates(form.name, **narrow)
        if form.name == LATE:
            return virtual.late(self.session, form, world.now)
        return virtual.occurrences(self.session, form, world.now, start, end, narrow.get("duties"))

    def narrowing(
        self, form: Form, items: Items, dated: Expression | None, since: datetime | None, until: datetime | None
    ) -> dict[str, Any]:
        """What of it the index can look up."""
        where = items.where.node if items.where is not None else None
        narrow: dict[str, Any] = {}
        if form.name not in self.session.library.forms:
            from logbook.reports.virtual import duties_asked

            return {"duties": duties_asked(where)} if form.name == OCCURRENCE else {}
        name = _field_of(dated, items)
        layout = self.session.index.tables[form.name].columns
        if name is not None and (since or until):
            holds = form.fields[name].holds if name in form.fields else "at" if name == "at" else None
            if holds == "at":
                narrow = {"dated": "at", "since": since, "until": until}
            elif name in layout:
                if name in form.fields and form.fields[name].type == "text":
                    # A quarter or year in words: whatever is written of these years is looked at.
                    since = since and since.replace(month=1, day=1)
                    until = until and until.replace(year=until.year + 1, month=1, day=1)
                narrow = {"dated": name, "since": since, "until": until}
        elif since or until:
            among = _event_of(dated, items, form)
            if among is not None:
                narrow = {"among": among, "since": since, "until": until}
        if not narrow and items.list is None:
            narrow |= _narrowing(where, form, layout)
        return narrow

    def within(self, when: Any, since: datetime | None, until: datetime | None) -> bool:
        """Whether a moment, a day or a month (``2026-11``) lies there, or a quarter or year (``2026-Q4``) in part.

        What is empty lies nowhere.
        """
        if isinstance(when, str):
            stretch = periods.stretch_of(when)
            if stretch is not None:
                first, end = (datetime.combine(day, time(), self.zone) for day in stretch)
                return (since is None or end > since) and (until is None or first < until)
            when = q.month_of(when)
        if isinstance(when, datetime):
            if when.tzinfo is None:
                when = when.replace(tzinfo=self.zone)
        elif isinstance(when, date):
            when = datetime.combine(when, time(), self.zone)
        else:
            return False
        return (since is None or when >= since) and (until is None or when < until)

    def ask(self, sentence: Any, form: Form, within: str | None, world: ReportWorld) -> Ask:
        """A sentence as a function of an item."""
        programs: dict[int, Any] = {}

        def found(item: Item) -> Any:
            view, row = item
            own = view.form
            run = programs.get(id(own))
            if run is None:
                run = programs[id(own)] = asked(sentence, own, within)
            return run(view, world, row, row)

        return found

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
        found = asked(expression, _FIGURES)(_Figures({}), self.world(self.session.now), None, None)
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

    # --- cells --------------------------------------------------------------------------------

    def figure(self, value: Any, column: ColumnPlan) -> Cell:
        """What a figure comes to, as its column shows it."""
        kind = None
        if column.fold is not None and column.fold.of is not None and column.fold.kind in ("first", "last"):
            kind = column.own_kind
        return self.cell(value, column.type, kind, column.places, None)

    def cell(self, value: Any, type_: str, kind: Any, places: int | None, form: Form | None) -> Cell:
        if value is None or value == ():
            return None
        if isinstance(value, Unread):
            return MASK
        if isinstance(value, timedelta):
            unit = type_ if type_ in _PER else "hours"
            seconds = Decimal(value.days * 86400 + value.seconds)
            return _rounded(seconds / _PER[unit], 1 if places is None else places)
        if q.is_number(value):
            return self._number(q.plain(value), type_, places)
        if isinstance(value, datetime):
            return value.astimezone(self.zone) if value.tzinfo is not None else value
        if isinstance(value, (date, time, bool, Text)):
            return value
        if q.is_record(value):
            return self.record_label(value)
        if isinstance(value, (tuple, list)):
            return "、".join(str(self._said(self.cell(one, "text", kind, None, form))) for one in value)
        return self.word(str(value), kind, form)

    def _said(self, cell: Cell) -> Cell:
        return cell.say(self.session.lang) if isinstance(cell, (Text, Named)) else cell

    def _number(self, value: Any, type_: str, places: int | None) -> Cell:
        if type_ == "int" and isinstance(value, int):
            return value
        default = {"money": 2, "percent": 1, "days": 1, "hours": 1, "minutes": 0, "int": 0}.get(type_)
        if places is None and default is None:
            if isinstance(value, int):
                return value
            shown = _rounded(value, 2)
            return int(shown) if shown == shown.to_integral_value() else shown.normalize()
        exact = _rounded(value, places if places is not None else default or 0)
        return int(exact) if type_ == "int" and not places else exact

    def word(self, text: str, kind: Any, form: Form | None) -> Cell:
        """An id or a choice in people's words."""
        if kind is None:
            return text
        if kind.type == "state":
            for one in [form, *kind.forms] if form is not None else kind.forms:
                if text in one.states:
                    return Named(text, one.states[text])
            return text
        field = kind.field
        if kind.type in ("choice", "multichoice") and field is not None and text in field.choices:
            return Named(text, field.choices[text])
        if kind.type == "bool":
            return text == "true"
        if kind.type in ("staff", "ref"):
            world = self.world(self.session.now)
            targets = ("staff",) if kind.type == "staff" else field.target if field is not None else ()
            name = text.rpartition("/")[2]
            for target in targets:
                found = world.find(target, name)
                if found is not None:
                    return self.record_label(found)
            return name
        return self.meant(text, field) if _ID.fullmatch(text) else text

    def meant(self, text: str, field: Any) -> Cell:
        """A text that is an id of something with a name: a line of a checklist, a choice worked out of others."""
        line = self.lines.get(text)
        if line is not None and (text[-1].isdigit() or (field is not None and field.id == "item")):
            return Named(text, line)
        choices = self.choices_of(field) if field is not None and field.derived is not None else {}
        return Named(text, choices[text]) if text in choices else text

    @cached_property
    def lines(self) -> Mapping[str, Text]:
        """What the lines of all checklists are called."""
        return {id: line.label for each in self.session.library.checklists.values() for id, line in each.items.items()}

    def choices_of(self, field: Field) -> Mapping[str, Text]:
        """The choices of the field a computed text is taken from."""
        from logbook.core.rules import Where
        from logbook.core.rules.names import Kind
        from logbook.core.rules.names import Names
        from logbook.core.rules.names import Place

        known = self._choices.get(field.id)
        if known is None:
            known = {}
            for form in self.forms_of_plan():
                if form.fields.get(field.id) == field and field.derived is not None:
                    place = Place(Kind("record", forms=(form,)))
                    kind = Names(form, self.library, Where()).sum(cast("n.Sum", field.derived.node), place)
                    if kind is not None and kind.field is not None:
                        known = kind.field.choices
                        break
            self._choices[field.id] = known
        return known

    def forms_of_plan(self) -> Iterator[Form]:
        """The forms this report goes through, and those their records and rows point at."""
        for part in self.plan.parts:
            for items in (part.source, part.lists, *(column.fold.items for column in part.columns if column.fold)):
                for name in items.forms if items is not None else ():
                    form = self.library.forms[name]
                    yield form
                    fields = [*form.fields.values()]
                    fields += [column for field in fields for column in field.columns.values()]
                    targets = (target for field in fields if field.type == "ref" for target in field.target)
                    yield from (self.library.forms[target] for target in targets if target in self.library.forms)

    def record_label(self, record: Any) -> Named:
        """A record in a cell: a person's or a thing's name, else its number."""
        form = record.form
        first = form.fields.get(form.subject[0]) if form.subject else None
        title = record.row.title if isinstance(record, Seen) else ""
        if form.register and title and first is not None and first.type == "text" and not first.private:
            return Named(record.id, Text(title, title))
        return Named(record.id, Text(record.id, record.id))

    @cached_property
    def unfinished(self) -> bool:
        return self.period.kind != MOMENT and self.period.end > self.session.now


class Table:
    """The figures of a part, group by group, for one period."""

    def __init__(self, working: Working, plan: PartPlan, columns: Sequence[ColumnPlan], period: Period) -> None:
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
                told.append((1, 0, word.isoformat() if isinstance(word, date) else _natural(str(word))))
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
                values[column.id] = q.plain(asked(column.sum, _FIGURES)(_Figures(values), world, None, None))
            elif column.share is not None:
                over, under = (
                    q.plain(asked(one, _FIGURES)(_Figures(values), world, None, None)) for one in column.share
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


def series(working: Working, plan: PartPlan, spans: Sequence[Period], name: str) -> list[dict[str, Any]]:
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


class _Figures:
    """The columns of a row as a sentence about them sees them."""

    form: Form
    id = state = by = ""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get(self, name: str) -> Any:
        return self._values.get(name)


_FIGURES = Form("figures", 1, Text("", ""), "", "")
_Figures.form = _FIGURES


def _moment(when: Any, zone: Any) -> datetime:
    if isinstance(when, str):
        when = q.month_of(when)
    if isinstance(when, datetime):
        return when if when.tzinfo is not None else when.replace(tzinfo=zone)
    return datetime.combine(when, time(), zone)


def _field_of(dated: Expression | None, items: Items) -> str | None:
    """The field of the record in which a moment stands, where it is one."""
    node = dated.node if dated is not None else None
    if not isinstance(node, n.Path) or len(node.names) != 1:
        return None
    if items.list is None:
        return node.names[0] if node.root in ("", "this") else None
    return node.names[0] if node.root in ("parent", "this") else None


def _event_of(dated: Expression | None, items: Items, form: Form) -> tuple[str, str] | None:
    """The step, or the clock's moment, by which something is dated."""
    node = dated.node if dated is not None else None
    if not isinstance(node, n.Path):
        return None
    names, own = node.names, node.root in (("parent", "this") if items.list is not None else ("", "this"))
    if len(names) == 2 and own and names[0] in form.steps and names[1] == "at":
        return "events", names[0]
    if items.list == STEPS and node.bare == "done_at":
        return "events", ""
    if items.list == CLOCKS and node.bare in ("due", "started", "stopped"):
        return "clocks", node.bare
    return None


def _links(node: object, form: Form, within: str | None, depth: int = 0) -> Iterable[tuple[bool, str, Field]]:
    """The references a sentence follows: whether of the record (else of the row), the name, its field."""
    listed = form.fields.get(within) if within is not None else None
    for part in n.walk(node):
        if not isinstance(part, n.Path) or not part.names:
            continue
        of_record = part.root in ("parent", "this") or listed is None
        known = form.fields if of_record or listed is None else listed.columns
        field = known.get(part.names[0])
        if field is None:
            continue
        if field.derived is not None and depth < 3:
            yield from _links(field.derived.node, form, None if of_record else within, depth + 1)
        elif len(part.names) > 1 and field.type in ("ref", "staff"):
            yield of_record, part.names[0], field


def _narrowing(where: Any, form: Form, layout: Mapping[str, Any]) -> dict[str, Any]:
    """What of a condition the index can look up."""
    narrow: dict[str, Any] = {}
    equal: dict[str, frozenset[str]] = {}
    unequal: dict[str, frozenset[str]] = {}
    for fact in n.conjuncts(where):
        if not isinstance(fact, n.Is) or fact.setting is not None or not isinstance(fact.left, n.Path):
            continue
        name, words = fact.left.bare, [value.value for value in fact.values if isinstance(value.value, str)]
        if name is None or len(words) != len(fact.values) or {"filled", "empty", "true", "false"} & set(words):
            continue
        if name == "state":
            if set(words) <= {"open", "finished"}:
                if len(words) == 1:
                    narrow["open_"] = (words[0] == "open") is not fact.negated
            elif not {"open", "finished", "voided"} & set(words):
                (unequal if fact.negated else equal)["state"] = frozenset(words)
        elif not fact.negated and name in layout and form.fields[name].type == "choice":
            equal[name] = frozenset(words)
    if unequal:
        narrow["unequal"] = unequal
    return {**narrow, "equal": equal} if equal else narrow


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.rpartition("/")[2].casefold()
    return value.id.casefold() if q.is_record(value) else value


def _rounded(value: Any, places: int) -> Decimal:
    exact = q.rounded(value, places)
    return Decimal(exact) if not isinstance(exact, Decimal) else exact  # type: ignore[arg-type]


def _natural(text: str) -> str:
    """Numbers inside in the order of their size."""
    import re

    return re.sub(r"\d+", lambda found: found.group().zfill(12), text).casefold()


def _sort(rows: list[list[Cell]], place: int, down: bool) -> None:
    """In order of one column; what is empty or hidden stays last whichever way."""

    def told(row: list[Cell]) -> tuple[Any, ...]:
        cell = row[place]
        if isinstance(cell, Named):
            cell = cell.id
        if isinstance(cell, Text):
            cell = cell.zh or cell.en
        if isinstance(cell, str):
            cell = _natural(cell)
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
