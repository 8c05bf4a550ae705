"""What a record gets without anybody typing it: now, me, today, the usual, a copy, the last one."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.definition import MONTHS
from logbook.core.form import Default
from logbook.core.form import DefaultRows
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.core.moments import add_months
from logbook.core.moments import to_text
from logbook.core.record import Stored
from logbook.core.secret import is_secret
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.core.values import answers_of
from logbook.operations.session import Session

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from logbook.core.view import View
    from logbook.operations.reading import World


@frozen
class Moment:
    """When and by whom the record is made; defaults are counted from there."""

    at: datetime
    by: str


def fill(
    session: Session, form: Form, fields: Mapping[str, Stored], moment: Moment, world: World
) -> dict[str, Stored]:
    """``fields`` with every default that applies, in the form's order. A field that copies another one
    is filled after it, wherever it stands; a checklist answered in part is answered in full."""
    filling = _Filling(session, form, moment, world)
    filled = dict(fields)
    waiting = [
        field
        for field in form.fields.values()
        if field.default is not None
        and not field.holds
        and field.derived is None
        and filled.get(field.id) is None
    ]
    patient = True  # nobody's second choice, while the first may still come
    while waiting:
        left = []
        for field in waiting:
            value = filling.value(field, cast(Default, field.default), filled, other=not patient)
            if value is None:
                left.append(field)
            else:
                filled[field.id] = value
        if len(left) == len(waiting):
            if not patient:
                break
            patient = False
        waiting = left
    for field in form.fields.values():
        value = filled.get(field.id)
        if field.type == "list" and isinstance(value, list):
            filled[field.id] = [filling.row(field, row, filled) for row in value]
        elif field.type == "checklist" and field.default is not None and isinstance(value, dict):
            usual = filling.value(field, field.default, filled)
            if isinstance(usual, dict):
                filled[field.id] = {**usual, **value}
    ordered = {name: filled[name] for name in form.fields if name in filled}
    return {**ordered, **{name: value for name, value in filled.items() if name not in ordered}}


def first_step(
    session: Session, form: Form, fields: Mapping[str, Stored], moment: Moment, world: World, wanted: str | None = None
) -> Step | Issue:
    """The step that makes the record: the one asked for, else the first whose condition is true of what was
    given and filled in; an Issue where there is none."""
    steps = form.first_steps
    if wanted is not None:
        found = find_step(form, wanted)
        if isinstance(found, Issue):
            return replace(found, field="step")
        if found in steps:
            return found
        return Issue("step.not-first", {"step": found.label, "allowed": [step.label for step in steps]}, field="step")
    if len(steps) == 1:
        return steps[0]
    from logbook.core.rules import evaluate

    view = _Filling(session, form, moment, world).begun(fields)
    for step in steps:
        if step.when is None or evaluate(step.when, view, world) is True:
            return step
    return Issue("step.no-first", {"allowed": [step.label for step in steps]}, field="step")


def rows_filled(
    session: Session, form: Form, changes: dict[str, Stored], moment: Moment, world: World
) -> dict[str, Stored]:
    """The rows a step brings, appended or as a whole list, with their columns' defaults."""
    filling = _Filling(session, form, moment, world)
    out = dict(changes)
    for path, value in changes.items():
        field = form.fields.get(path.rstrip("+"))
        if field is not None and field.type == "list" and isinstance(value, list):
            out[path] = [filling.row(field, row, changes) for row in value]
    return out


class _Filling:
    """The defaults of one form for one record that is being made."""

    def __init__(self, session: Session, form: Form, moment: Moment, world: World) -> None:
        self.session = session
        self.form = form
        self.moment = moment
        self.world = world

    def value(
        self,
        field: Field,
        default: Default,
        fields: Mapping[str, Stored],
        *,
        other: bool = True,
        it: View | None = None,
    ) -> Stored:
        """The default of one field, or None when there is none to be had. ``other``: what stands after
        ``or`` may come in. ``it``: the record a row is made for."""
        found = self._first(field, default, fields, it)
        if found is None and other and default.other is not None:
            return self.value(field, default.other, fields)
        return found

    def row(self, listed: Field, row: Stored, fields: Mapping[str, Stored]) -> Stored:
        """A row with the defaults of its columns; a column may copy one beside it or a field around it."""
        if not isinstance(row, dict):
            return row
        filled = dict(row)
        for name, column in listed.columns.items():
            if filled.get(name) is None and column.default is not None:
                value = self.value(column, column.default, {**fields, **filled})
                if value is not None:
                    filled[name] = value
        return {name: filled[name] for name in (*listed.columns, *filled) if name in filled}

    def _first(self, field: Field, default: Default, fields: Mapping[str, Stored], it: View | None) -> Stored:
        local = self.moment.at.astimezone(self.session.zone)
        kind = default.kind
        if kind == "now":
            return self._moment(field, local)
        if kind == "today":
            return local.date().isoformat()
        if kind in MONTHS:
            return f"{add_months(local.date().replace(day=1), MONTHS[kind]):%Y-%m}"
        if kind == "me":
            return self.moment.by
        if kind == "last":
            return self._last(field)
        if kind == "within":
            return self._within(field, default.text, local)
        if kind == "value":
            return self._literal(field, default.text, fields)
        if kind == "rows":
            return self._rows(field, cast(DefaultRows, default.rows), fields)
        if kind == "it":
            found = it.id if it is not None and not default.text else self._along(it, default.text)
        else:
            found = self._copied(default.text, fields)
        if is_secret(found):
            return None  # nobody here can read it, and moved to another record nobody ever could
        if field.type == "choice" and found not in field.choices:
            return None  # a copy of something this field has no word for
        return found

    def _last(self, field: Field) -> Stored:
        """What stands there in the record made last."""
        index = self.session.index
        rows = index.select("-is:void", form=self.form.name, now=self.session.now, sort="-at", limit=1)
        values = index.fields(rows, [field.id])
        if values and is_secret(values[0].get(field.id)):
            return None
        return cast(Stored, values[0].get(field.id)) if values else None

    def _moment(self, field: Field, local: datetime) -> str:
        """A moment as the field stores it: its day, its time of day, or whole."""
        if field.type == "date":
            return local.date().isoformat()
        return f"{local:%H:%M}" if field.type == "time" else to_text(local)

    def _within(self, field: Field, text: str, start: datetime) -> Stored:
        from logbook.core.budgets import parse_within
        from logbook.core.clocks import due_after

        due = due_after(parse_within(text), start, zone=self.session.zone)
        if due is None:
            return None
        # The end of a day is 24:00: as a day it is the one that ends then.
        return self._moment(field, due - timedelta(seconds=1) if field.type == "date" else due)

    def _literal(self, field: Field, text: str, fields: Mapping[str, Stored]) -> Stored:
        if field.type == "multichoice":
            return [part.strip() for part in text.split(",")]
        if field.type == "checklist":
            checklist = self.session.library.checklists.get(field.target[0]) if field.target else None
            if checklist is None:
                return None
            return answers_of(checklist, text, fields)
        return text

    def _copied(self, path: str, fields: Mapping[str, Stored]) -> Stored:
        """A copy of another field, or of a field of the record it points at."""
        name, dot, rest = path.partition(".")
        value = fields.get(name)
        own = self.form.fields.get(name)
        if value is None and not dot and own is not None and own.derived is not None:
            value = _computed(self.begun(fields), name, self.session.zone)
        if not dot or not isinstance(value, str):
            return None if dot else value
        return self._along(self._linked(self._start(name), value), rest)

    def _start(self, name: str) -> Field | None:
        """The field a path begins at: one of the record, else a column (they come along in ``fields``)."""
        field = self.form.fields.get(name)
        if field is not None:
            return field
        columns = (one.columns.get(name) for one in self.form.fields.values())
        return next((column for column in columns if column is not None), None)

    def _along(self, view: View | None, path: str) -> Stored:
        """What stands at ``phone`` or ``occupant.phone`` of a record; its ``id`` and ``form`` count too."""
        if view is None:
            return None
        name, dot, rest = path.partition(".")
        value = view.state_of.fields.get(name)
        if value is None:
            value = _computed(view, name, self.session.zone)
        if dot:
            linked = self._linked(view.form.fields.get(name), value) if isinstance(value, str) else None
            return self._along(linked, rest)
        if name not in view.form.fields and name in ("id", "form"):
            return view.id if name == "id" else view.form.name
        return value

    def _linked(self, field: Field | None, value: str) -> View | None:
        """The record a reference points at; ``FORM/ID`` names its form."""
        if field is None:
            return None
        forms: Iterable[str] = ("staff",) if field.type == "staff" else field.target
        name, slash, rest = value.partition("/")
        if slash:
            forms, value = (name,), rest
        found = (self.world.find(form, value) for form in forms)
        return next((view for view in found if view is not None), None)

    def _rows(self, listed: Field, rows: DefaultRows, fields: Mapping[str, Stored]) -> Stored:
        """The rows a list begins with; their other columns are filled with the rest of the record."""
        made = [self._cells(listed, rows.row, fields, one) for one in self._each(rows, fields)]
        if not made:
            made = [self._cells(listed, rows.otherwise or ({} if rows.each else rows.row), fields, None)]
        found: list[Stored] = [row for row in made if row]
        return found or None

    def _cells(
        self, listed: Field, cells: Mapping[str, Default], fields: Mapping[str, Stored], it: View | None
    ) -> dict[str, Stored]:
        values = {
            name: self.value(listed.columns[name], default, fields, it=it) for name, default in cells.items()
        }
        return {name: value for name, value in values.items() if value is not None}

    def _each(self, rows: DefaultRows, fields: Mapping[str, Stored]) -> list[View]:
        """The records that have a row each."""
        if rows.each is None:
            return []
        from logbook.core.definition import read_records
        from logbook.core.rules.found import records_found

        found: list[View] = records_found(read_records(rows.each), self.begun(fields), self.world)
        name = rows.order
        if name is not None:
            order = {id(view): view.get(name) for view in found}
            found.sort(key=lambda view: (order[id(view)] is None, order[id(view)] or 0, view.id))
        return found

    def begun(self, fields: Mapping[str, Stored]) -> View:
        """The record as far as it is filled in."""
        from logbook.core.lifecycle import state_of
        from logbook.core.record import Event
        from logbook.core.record import Record
        from logbook.core.view import View

        form, at, by = self.form, to_text(self.moment.at.astimezone(self.session.zone)), self.moment.by
        first = form.first_step
        record = Record(
            "", form.name, form.version, first.to or "", at, by, dict(fields), (Event(at, by, first.id),)
        )
        return View(state_of(form, record), self.world)


def _computed(view: View, name: str, zone: ZoneInfo) -> Stored:
    """What a derived field of a record comes to, as it would be stored; None for any other."""
    field = view.form.fields.get(name)
    if field is None or field.derived is None:
        return None
    from logbook.operations.deriving import stored_from

    return stored_from(field, view.get(name), zone)
