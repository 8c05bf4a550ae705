"""The due moments of a book for a calendar feed: running clocks, and the duties of the next days."""

from __future__ import annotations

from datetime import timedelta

from logbook.core.feed import Due
from logbook.core.moments import from_epoch
from logbook.core.text import Text
from logbook.operations.agenda import known_role
from logbook.operations.duties import Ledger
from logbook.operations.duties import from_ordinal
from logbook.operations.overdue import late_clocks
from logbook.operations.session import Session

_OPEN = ("upcoming", "due")


def due_moments(session: Session, *, days: int, role: str | None = None) -> list[Due]:
    """What runs and falls due within ``days`` (late clocks too), and every duty to be done by then, soonest first.
    ``role``: only what is brought to that role. Refused where there is no such role."""
    wanted = known_role(session, role) if role is not None else None
    found = [*_clocks(session, days), *_duties(session, days)]
    return sorted((one for one in found if wanted is None or one.role == wanted), key=lambda one: (one.due, one.uid))


def _clocks(session: Session, days: int) -> list[Due]:
    return [
        Due(
            f"{one.id}/{one.clock}",
            from_epoch(one.row.last_at, session.zone),
            one.due,
            one.label,
            one.title,
            one.id,
            one.to,
            late=one.overdue_seconds > 0,
        )
        for one in late_clocks(session, soon=timedelta(days=days))
        if one.row is not None
    ]


def _duties(session: Session, days: int) -> list[Due]:
    if not session.library.shared.get("duties"):
        return []
    ledger = Ledger(session)
    until = int((session.now + timedelta(days=days)).timestamp())
    found = []
    for duty in ledger.expecting:
        begin = ledger.begin(duty)
        if begin is None or not duty.listed:
            continue
        for pair, standing in ledger.standings(duty, ledger.pairs(duty), ledger.now, until):
            if standing.state not in _OPEN:
                continue
            one = standing.occurrence
            nominal = from_ordinal(one.nominal)
            found.append(
                Due(
                    "/".join(part for part in (duty.id, pair.subject, nominal, one.slot) if part),
                    from_epoch(begin, session.zone),
                    from_epoch(one.due, session.zone),
                    Text(duty.label.zh, duty.label.en),
                    " ".join(part for part in (pair.subject, pair.title) if part),
                    None,
                    duty.role,
                    opens=from_epoch(one.opens, session.zone),
                )
            )
    return found

