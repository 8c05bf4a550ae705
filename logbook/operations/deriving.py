"""What is computed and never stored: the clocks of a record, its derived fields and columns."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import time
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import SignaturePlace
from logbook.core.lifecycle import State
from logbook.core.moments import to_text
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.core.view import View
from logbook.operations.reading import World
from logbook.operations.session import Session

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from logbook.core.clockstates import ClockState
    from logbook.core.rules import Condition

# Decimals of a stored number (`core/values.py`); an int has none.
PLACES = {"int": 0, "money": 2, "decimal": 6}


def clocks_of_state(session: Session, form: Form, state: State) -> list[ClockState]:
    """Every clock of a record, from its events."""
    from logbook.core.clockplans import versions_of
    from logbook.core.clocks import clocks_of

    link = World(session).linked_moment(state)
    return clocks_of(
        form,
        state,
        zone=session.zone,
        calendars=session.calendars,
        link=link,
        versions=versions_of(session.library, form.name),
        settings=session.library.settings,
    )


def is_asked(session: Session, state: State, place: SignaturePlace) -> bool:
    """Whether this record is to be signed there: the condition of the place is true, or it has none."""
    return place.when is None or is_true(session, state, place.when)


def is_true(session: Session, state: State, condition: Condition) -> bool:
    """Whether a condition of the record's form is true of it."""
    from logbook.core.rules import evaluate

    world = World(session)
    return evaluate(condition, View(state, world), world) is True


def is_derived(field: Field) -> bool:
    """Whether a field, or a column of it, is computed."""
    return field.derived_text is not None or any(c.derived_text is not None for c in field.columns.values())


def derived_values(session: Session, form: Form, state: State, *, world: World | None = None) -> dict[str, Stored]:
    """The derived fields of a record as stored values, and the lists that have derived columns with
    these filled in; empty ones left out. ``world``: the records around it, where several are asked about."""
    fields = [field for field in form.fields.values() if is_derived(field)]
    if not fields:
        return {}
    world = world or World(session)
    view = View(state, world)
    values: dict[str, Stored] = {}
    for field in fields:
        if field.derived_text is not None:
            values[field.id] = stored_from(field, view.get(field.id), session.zone)
        else:
            values[field.id] = _rows(field, view, world, session.zone)
    return {name: value for name, value in values.items() if value is not None}


def with_derived(session: Session, state: State, *, world: World | None = None) -> State:
    """The state with its derived fields and columns among the others, for showing."""
    derived = derived_values(session, state.form, state, world=world)
    return replace(state, fields={**state.fields, **derived}) if derived else state


def _rows(field: Field, view: View, world: World, zone: ZoneInfo) -> Stored:
    """The rows of a list with their derived columns; None where there are no rows."""
    from logbook.core.rules.world import rows_of

    stored = view.state_of.fields.get(field.id)
    if not isinstance(stored, list) or not stored:
        return None
    asked = iter(rows_of(view, field.id, world))  # a row that is none stands in the text only
    return [_row(field, row, next(asked, None), zone) if isinstance(row, dict) else row for row in stored]


def _row(field: Field, row: dict[str, Stored], asked: object, zone: ZoneInfo) -> Stored:
    cells = dict(row)
    for name, column in field.columns.items():
        if column.derived_text is not None and asked is not None:
            value = stored_from(column, asked.get(name), zone)  # type: ignore[attr-defined]
            if value is not None:
                cells[name] = value
    return {name: cells[name] for name in (*field.columns, *cells) if name in cells}


def stored_from(field: Field, value: object, zone: ZoneInfo) -> Stored:
    """A computed value as one of the field's type is stored: a moment as its day in the book's zone where
    the field is a date, a number with as many decimals as the type has, rounded half up."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        local = value.astimezone(zone) if value.tzinfo is not None else value.replace(tzinfo=zone)
        if field.type == "date":
            return local.date().isoformat()
        return local.strftime("%H:%M") if field.type == "time" else to_text(local)
    if isinstance(value, date):
        if field.type == "datetime":
            return to_text(datetime.combine(value, time(), zone))
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    from decimal import Decimal  # late: `show` and `list` of most forms meet no such number

    if isinstance(value, int | Decimal) and field.type in PLACES:
        from logbook.core.rules.quantities import rounded

        places = PLACES[field.type]
        if field.type == "decimal" and -int(Decimal(value).as_tuple().exponent) <= places:
            return format(Decimal(value), "f")
        text = format(cast(Decimal, rounded(value, places)), "f")
        return text.rstrip("0").rstrip(".") if field.type == "decimal" else text
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple | list):
        return [str(one) for one in value]
    return str(value)
