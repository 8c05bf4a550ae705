"""Everything late at a moment: the clocks of every form, most overdue first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from logbook.core.moments import from_epoch
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations.listing import form_and_query
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.index.book_index import Row


@frozen
class Late:
    """One row of the overdue list."""

    row: Row
    id: str | None
    form: str
    kind: str
    clock: str
    label: Text
    subject: str | None
    due: datetime
    overdue_seconds: int
    state: str
    to: str | None
    title: str


def overdue(session: Session, words: Sequence[str], *, soon: timedelta | None = None) -> list[Late]:
    """Clocks past due at the session's moment (strictly now > due), and with ``soon`` those due by
    then. Duties nobody fulfilled come with the duties of a book."""
    form, query = form_and_query(session, words)
    found = session.index.overdue(session.now, soon=soon, query=query, form=form.name if form else None)
    late = []
    for clock in found:
        definition = session.library.form_at(clock.row.form, clock.row.version)
        named = definition.clocks.get(clock.clock) if definition else None
        late.append(
            Late(
                clock.row,
                clock.row.id,
                clock.row.form,
                "clock",
                clock.clock,
                named.label if named else Text(clock.clock, clock.clock),
                clock.row.title or None,
                from_epoch(clock.due or 0, session.zone),
                clock.overdue_seconds,
                clock.state,
                clock.to,
                clock.row.title,
            )
        )
    return late
