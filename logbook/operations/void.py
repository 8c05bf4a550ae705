"""Cancel a record, or account for a number that is missing."""

from __future__ import annotations

from datetime import datetime

from logbook.core.checking import event_time_issues
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.lifecycle import VOIDED
from logbook.core.moments import to_text
from logbook.core.record import Record
from logbook.core.value import replace
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.writing import Draft
from logbook.operations.writing import Written
from logbook.operations.writing import event
from logbook.operations.writing import moment
from logbook.operations.writing import writing
from logbook.store.records import split_number


def void(
    session: Session,
    word: str,
    *,
    reason: str | None,
    at: str | None = None,
    by: str | None = None,
    approved_by: str | None = None,
) -> Written:
    """Cancel a record with a reason; its number stays taken, its clocks stop. A number nobody used
    gets a stub that closes the gap (rulings 21)."""
    with writing(session) as write:
        operator = session.operator(by)
        issues = [] if (reason or "").strip() else [Issue("record.needs-reason", {}, field="reason")]
        try:
            row = find(session, word)
        except Refused as refused:
            draft = _stub(session, word, write.when, operator, reason, issues, refused)
            return write.publish([draft])[0]
        loaded = load(session, row)
        form, record = loaded.form, loaded.record
        if loaded.state.voided:
            issues.append(Issue("record.voided", {"id": record.id}, id=record.id))
        happened = moment(session, at) or write.when
        issues += event_time_issues(happened, write.when, datetime.fromisoformat(loaded.state.at))
        issues += write.change_issues(form, loaded.state, operator)
        if form.name == "staff" and session.is_administrator(record.id):
            issues.append(Issue("record.administrator", {}))
        if approved_by:
            approved_by, issue = session.find_staff(approved_by, field="approved_by")
            issues += [issue] if issue else []
        if issues:
            raise Refused([issue.at(id=record.id) for issue in issues])
        name = VOIDED if "void" in form.steps else "void"
        taken = event(
            name,
            at=happened,
            by=operator,
            when=write.when,
            session=session,
            reason=reason,
            approved_by=approved_by,
        )
        after = replace(record, events=(*record.events, taken), status=VOIDED)
        return write.publish([Draft(form, after, "void", operator, base=loaded.data)])[0]


def _stub(
    session: Session,
    word: str,
    when: object,
    operator: str,
    reason: str | None,
    issues: list[Issue],
    refused: Refused,
) -> Draft:
    from logbook.core.formwords import find_prefix

    record_id = word.rpartition("/")[2]
    parts = split_number(record_id)
    form = find_prefix(session.library, parts[0]) if parts else None
    if parts is None or form is None or form.register:
        raise refused
    _, day, desk, n = parts
    folder = session.drawn(form.name, day)
    taken = [name[:-5] for name in folder if name.endswith(".yaml")]
    if record_id in taken:
        raise refused  # it is there, and cannot be read: nothing is put in its place
    drawn = map(split_number, taken)
    if not any(one and one[1] == day and one[2] == desk and one[3] > n for one in drawn):
        raise refused  # only a gap can be closed: a number above the last one was never drawn
    if issues:
        raise Refused(issues)
    midnight = datetime.strptime(day, "%Y%m%d").replace(tzinfo=session.zone)
    stamp = to_text(midnight)
    made = event(
        form.first_step.id,
        at=midnight,
        by=operator,
        when=session.now,
        session=session,
        reason=reason,
        source="gap",
    )
    ended = event("void", at=session.now, by=operator, when=session.now, session=session, reason=reason)
    record = Record(record_id, form.name, form.version, VOIDED, stamp, operator, {}, (made, ended))
    return Draft(form, record, "void", operator)
