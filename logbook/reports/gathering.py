"""Goes through the records, rows, clocks and duties that a report speaks of, found by the index where it can be."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import Any

from logbook.core import periods
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.periods import MOMENT
from logbook.core.reportforms import CLOCKS
from logbook.core.reportforms import LATE
from logbook.core.reportforms import OCCURRENCE
from logbook.core.reportforms import STEPS
from logbook.core.reporting import Period
from logbook.core.reportplan import BEFORE
from logbook.core.reportplan import END
from logbook.core.reportplan import NOW
from logbook.core.reportplan import PERIOD
from logbook.core.reportplan import PREVIOUS
from logbook.core.reportplan import THROUGH
from logbook.core.reportplan import Items
from logbook.core.reportplan import Looking
from logbook.core.reportplan import ReportPlan
from logbook.core.rules import Expression
from logbook.core.rules import Row
from logbook.core.rules import asked
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.operations.session import Session
from logbook.reports.records import ReportWorld

_SECOND = timedelta(seconds=1)

# What is gone through: a record, or a row with the record it stands in.
Item = tuple[Any, "Row | None"]
Ask = Callable[[Item], Any]


class Gathering:
    """What one report goes through for one period."""

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
