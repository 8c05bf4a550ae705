"""What a record gets without anybody typing it: now, me, today, the usual, a copy, the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.form import Default
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.moments import to_text
from logbook.core.record import Stored
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.operations.reading import World


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whom the record is made; defaults are counted from there."""

    at: datetime
    by: str


def fill(
    session: Session, form: Form, fields: Mapping[str, Stored], moment: Moment, world: World
) -> dict[str, Stored]:
    """``fields`` with every default that applies, in the form's order. A field that copies another one
    is filled after it, wherever it stands."""
    filled = dict(fields)
    waiting = [
        field
        for field in form.fields.values()
        if field.default is not None and not field.holds and field.derived is None and filled.get(field.id) is None
    ]
    while waiting:
        left = []
        for field in waiting:
            value = default_of(session, form, field, filled, moment, world)
            if value is None:
                left.append(field)
            else:
                filled[field.id] = value
        if len(left) == len(waiting):
            break
        waiting = left
    for field in form.fields.values():
        rows = filled.get(field.id)
        if field.type == "list" and isinstance(rows, list):
            filled[field.id] = [_row(session, form, field, row, filled, moment, world) for row in rows]
    ordered = {name: filled[name] for name in form.fields if name in filled}
    return {**ordered, **{name: value for name, value in filled.items() if name not in ordered}}


def rows_filled(
    session: Session, form: Form, changes: dict[str, Stored], moment: Moment, world: World
) -> dict[str, Stored]:
    """The rows a step appends, with their columns' defaults."""
    out = dict(changes)
    for path, value in changes.items():
        field = form.fields.get(path.rstrip("+"))
        if field is not None and field.type == "list" and path.endswith("+") and isinstance(value, list):
            out[path] = [_row(session, form, field, row, changes, moment, world) for row in value]
    return out


def default_of(
    session: Session,
    form: Form,
    field: Field,
    fields: Mapping[str, Stored],
    moment: Moment,
    world: World,
) -> Stored:
    """The default of one field, or None when there is none to be had."""
    return _value(session, form, field, cast(Default, field.default), fields, moment, world)


def _value(
    session: Session,
    form: Form,
    field: Field,
    default: Default,
    fields: Mapping[str, Stored],
    moment: Moment,
    world: World,
) -> Stored:
    local = moment.at.astimezone(session.zone)
    if default.kind == "now":
        return to_text(local)[:10] if field.type == "date" else to_text(local)
    if default.kind == "today":
        return local.date().isoformat()
    if default.kind == "me":
        return moment.by
    if default.kind == "last":
        return _last(session, form, field)
    if default.kind == "within":
        return _within(session, default.text, fields, local)
    if default.kind == "value":
        return _literal(session, field, default.text)
    return _copied(form, field, default.text, fields, world)


def _last(session: Session, form: Form, field: Field) -> Stored:
    """What stands there in the record made last."""
    rows = session.index.select("-is:void", form=form.name, now=session.now, sort="-at", limit=1)
    values = session.index.fields(rows, [field.id])
    return cast(Stored, values[0].get(field.id)) if values else None


def _within(session: Session, text: str, fields: Mapping[str, Stored], start: datetime) -> Stored:
    from logbook.core.budgets import parse_within
    from logbook.core.clocks import due_after

    due = due_after(parse_within(text), start, zone=session.zone)
    return to_text(due) if due is not None else None


def _literal(session: Session, field: Field, text: str) -> Stored:
    if field.type == "multichoice":
        return [part.strip() for part in text.split(",")]
    if field.type == "checklist":
        checklist = session.library.checklists.get(field.target[0]) if field.target else None
        return {item: text for item in checklist.items} if checklist else None
    return text


def _copied(form: Form, field: Field, path: str, fields: Mapping[str, Stored], world: World) -> Stored:
    """A copy of another field, or of a field of the record it points at; choices by the same id."""
    name, _, rest = path.partition(".")
    value = fields.get(name)
    if value is None or not rest:
        return value
    source = form.fields.get(name)
    if source is None or not isinstance(value, str):
        return None
    for target in ("staff",) if source.type == "staff" else source.target:
        view = world.find(target, value)
        if view is not None:
            if rest == "id":
                return view.id
            return view.state_of.fields.get(rest)
    return None


def _row(
    session: Session,
    form: Form,
    field: Field,
    row: Stored,
    fields: Mapping[str, Stored],
    moment: Moment,
    world: World,
) -> Stored:
    if not isinstance(row, dict):
        return row
    filled = dict(row)
    for name, column in field.columns.items():
        if filled.get(name) is None and column.default is not None:
            source = {**fields, **filled}
            value = _value(session, form, column, column.default, source, moment, world)
            if value is not None:
                filled[name] = value
    return {name: filled[name] for name in (*field.columns, *filled) if name in filled}
