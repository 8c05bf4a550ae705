"""What is computed and never stored: the clocks of a record and its derived fields."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.core.view import View
from logbook.operations.reading import World
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.core.clocks import ClockState


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
    )


def derived_values(session: Session, form: Form, state: State) -> dict[str, Stored]:
    """The derived fields of a record as stored values; empty ones left out."""
    names = [name for name, field in form.fields.items() if field.derived_text is not None]
    if not names:
        return {}
    view = View(state, World(session))
    values = {name: _text(view.get(name)) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def with_derived(session: Session, state: State) -> State:
    """The state with its derived fields among the others, for showing."""
    derived = derived_values(session, state.form, state)
    return replace(state, fields={**state.fields, **derived}) if derived else state


def _text(value: object) -> Stored:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
