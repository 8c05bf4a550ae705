"""What reports can go through that is no record: duties expected, and what is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

from logbook.core.form import Form
from logbook.core.moments import from_epoch
from logbook.core.reportforms import FALLS
from logbook.core.rules import nodes as n
from logbook.operations.session import Session
from logbook.reports.records import Made


def late(session: Session, form: Form, moment: datetime) -> Iterator[Made]:
    """Every row of ``overdue`` at a moment."""
    from logbook.core.value import replace
    from logbook.operations.overdue import known_roles
    from logbook.operations.overdue import overdue

    then = session
    if moment != session.now:
        clock = replace(session.clock, now=moment)
        then = Session(
            session.book,
            clock,
            lang=session.lang,
            environment=session.environment,
            by=session.given_by,
            rev=session.rev,
        )
    roles = known_roles(session)
    try:
        found = overdue(then, [])
    finally:
        if then is not session:
            then.close()
    forms = session.library.forms
    for one in found:
        values: dict[str, Any] = {
            "kind": one.kind,
            "form": forms[one.form].title if one.form in forms else one.form,
            "what": one.label,
            "item": one.id or one.subject,
            "title": one.title,
            "owner": roles.get(one.to or "", one.to),
            "due": one.due,
            "missed": one.missed,
            "last_done": one.last_done,
        }
        yield Made(form, one.id or one.subject or one.clock, one.state, one.due, values)


def occurrences(
    session: Session, form: Form, moment: datetime, start: datetime, end: datetime, duties: frozenset[str] | None
) -> Iterator[Made]:
    """Duties that fell due in (start, end], for midnight ends a day, as they stood at ``moment``.

    ``duties``: only these."""
    from logbook.operations.duties import Ledger

    ledger = Ledger(session, now=moment)
    begin, last = int(start.timestamp()), min(int(end.timestamp()), int(moment.timestamp()))
    for duty in ledger.expecting:
        if duties is not None and duty.id not in duties:
            continue
        pairs = ledger.pairs(duty, ended=True, all_=True, due=(begin, last))
        titles = {pair.subject: pair.title for pair in pairs}
        for pair, one in ledger.standings(duty, pairs, begin, last):
            due = from_epoch(one.occurrence.due, session.zone)
            values: dict[str, Any] = {
                "duty": duty.id,
                "subject": pair.subject or None,
                "subject_title": titles.get(pair.subject) or None,
                "due": due,
                FALLS: due - timedelta(seconds=1),
                "day": date.fromordinal(one.occurrence.nominal),
                "slot": one.occurrence.slot or None,
                "owner": duty.role,
                "done_at": from_epoch(one.mark.at, session.zone) if one.mark is not None else None,
                "done_with": one.mark.record if one.mark is not None else None,
            }
            yield Made(form, f"{duty.id}/{pair.subject}/{one.occurrence.due}", one.state, due, values)


def duties_asked(where: object) -> frozenset[str] | None:
    """The duties a condition limits itself to; None when it does not say."""
    for fact in n.conjuncts(where):  # type: ignore[arg-type]
        if isinstance(fact, n.Is) and isinstance(fact.left, n.Path) and fact.left.text == "duty" and not fact.negated:
            return frozenset(str(value.value) for value in fact.values)
    return None
