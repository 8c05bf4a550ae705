"""Make a record."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from logbook.core import checking
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.moments import to_text
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.value import changing
from logbook.core.values import register_id_issue
from logbook.operations import defaults
from logbook.operations.session import Session
from logbook.operations.words import Changes
from logbook.operations.words import changes_asked
from logbook.operations.writing import Draft
from logbook.operations.writing import Writing
from logbook.operations.writing import Written
from logbook.operations.writing import event
from logbook.operations.writing import late_warning
from logbook.operations.writing import moment
from logbook.operations.writing import not_stored
from logbook.operations.writing import resolve_references
from logbook.operations.writing import writing
from logbook.store.records import next_number
from logbook.store.records import number


@changing
class Request:
    """What somebody asked to record, read and resolved but not yet judged."""

    form: Form
    changes: Changes
    at: datetime
    by: str
    reason: str | None = None
    approved_by: str | None = None
    entered_by: str | None = None
    step: str | None = None

    def fields(self) -> dict[str, Stored]:
        """The values given, as fields."""
        fields: dict[str, Stored] = {}
        for path, value in self.changes.set.items():
            fields = put_path(fields, path, value)
        return fields


def prepare(
    session: Session,
    form_word: str,
    words: Iterable[str] = (),
    *,
    given: Mapping[str, Stored] | None = None,
    at: str | None = None,
    by: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
    step: str | None = None,
) -> Request:
    """Read what was typed. Problems are kept in ``changes.issues``; an unknown form is Refused. ``step``: the
    one that makes the record, of a form that has several."""
    form = form_meant(session, form_word)
    words = tuple(words)
    if given is None and any("=" not in word for word in words):
        from logbook.operations.guessing import placed

        words = placed(session, form, words)
    changes = changes_asked(form, words, given, session.library, now=session.now, zone=session.zone)
    problems: list[Issue] = []
    operator = ""
    try:
        operator = session.operator(by)
    except Refused as refused:
        problems += refused.issues
    resolve_references(session, form, changes)
    happened = session.now
    try:
        own = changes.held.get("at") or _held_by_first(form, changes, "at")
        happened = moment(session, at) or (datetime.fromisoformat(own) if own else session.now)
    except Refused as refused:
        problems += refused.issues
    own_form = session.library.form_on(form.name, happened.astimezone(session.zone).date().isoformat())
    if own_form is not form:  # another version was in force then (clocks 11)
        form = own_form
        changes = changes_asked(form, words, given, session.library, now=session.now, zone=session.zone)
        resolve_references(session, form, changes)
    approver = approved_by
    if approved_by:
        approver, issue = session.find_staff(approved_by, field="approved_by")
        problems += [issue] if issue else []
    approver = approver or _held_by_first(form, changes, "approved_by")
    changes.issues = problems + changes.issues
    holder = changes.held.get("by") or _held_by_first(form, changes, "by") or operator
    return Request(
        form,
        changes,
        happened,
        holder,
        reason,
        approver,
        operator if operator and holder != operator else None,
        step,
    )


def form_meant(session: Session, word: str) -> Form:
    """The form of that id, title or alias, else the one whose alias begins with it or has it for its initials
    (``ts`` for 投诉). Refused when there is none, and with their names when there are several."""
    try:
        return session.form(word)
    except Refused as refused:
        from logbook.operations.asking import find_form_short

        found = find_form_short(session, word) if refused.issues[0].rule == "form.unknown-form" else []
        if len(found) == 1:
            return found[0]
        if not found:
            raise
        known = [form.alias[0] if form.alias else form.title.zh for form in found[:9]]
        raise Refused([Issue("ask.form-which", {"found": word, "known": known}, field="form")]) from refused


def _held_by_first(form: Form, changes: Changes, fact: str) -> str | None:
    """The moment or person that is given as that of a step which makes the record."""
    return next(
        (held for step in form.first_steps if (held := changes.held.get(f"{step.id}.{fact}")) is not None), None
    )


def prepare_first(session: Session, staff: str, name: str, role: str, by: str) -> Request:
    """A member of staff of a book that is just being made: nobody is registered yet to do it."""
    form = session.form("staff")
    changes = Changes(set={"name": name, "roles": [role]}, held={"id": staff})
    return Request(form, changes, session.now, by)


def missing(request: Request) -> list[Field]:
    """The fields a person must still give before the record can be made, in the form's order."""
    fields = request.fields()
    return [
        field
        for field in request.form.fields.values()
        if field.required
        and field.default is None
        and not field.holds
        and fields.get(field.id) in (None, "", [])
    ]


def add(session: Session, request: Request) -> Written:
    """Judge and record one request; Refused with every problem at once, nothing written."""
    with writing(session) as write:
        draft, _ = draft_of(session, write, request)
        return write.publish([draft])[0]


def draft_of(session: Session, write: Writing, request: Request) -> tuple[Draft, Record]:
    """The record a request makes, with its number, its defaults and every check passed."""
    form = request.form
    issues = list(request.changes.issues)
    issues += checking.event_time_issues(request.at, write.when, None)
    write.warnings += late_warning(request.at, write.when, request.reason)
    record_id, problem = _id_of(session, write, request)
    issues += [problem] if problem else []
    moment = defaults.Moment(request.at, request.by)
    fields = defaults.fill(session, form, request.fields(), moment, write.world)
    chosen = defaults.first_step(session, form, fields, moment, write.world, request.step)
    if isinstance(chosen, Issue):
        raise Refused([*issues, chosen])
    step = chosen
    for name in request.changes.held:
        if name not in ("at", "by", "id", f"{step.id}.at", f"{step.id}.by", f"{step.id}.approved_by"):
            issues.append(not_stored(form, name))
    local = request.at.astimezone(session.zone)
    first = event(
        step.id,
        at=request.at,
        by=request.by,
        when=write.when,
        session=session,
        reason=request.reason,
        approved_by=request.approved_by,
        entered_by=request.entered_by,
    )
    if request.by:
        empty = Record(record_id, form.name, form.version, "", to_text(local), request.by)
        issues += checking.step_issues(
            form,
            state_of(form, empty),
            step,
            first,
            roles=write.world.roles(request.by),
            administrator=session.is_administrator(request.by),
            titles=session.library.roles,
        )
    record = Record(
        record_id,
        form.name,
        form.version,
        step.to or "",
        to_text(local),
        request.by,
        fields,
        (first,),
    )
    write.judge(form, record, step=step.id, before=issues)
    return Draft(form, record, "add", request.by, files=tuple(request.changes.files.items())), record


def _id_of(session: Session, write: Writing, request: Request) -> tuple[str, Issue | None]:
    form = request.form
    if not form.register:
        day = request.at.astimezone(session.zone).date().isoformat()
        names = session.drawn(form.name, day)
        return number(form.prefix, day, write.desk, next_number(names, form.prefix, day, write.desk)), None
    record_id = request.changes.held.get("id")
    if not record_id:
        from logbook.core.text import Text

        field = next((f for f in form.fields.values() if f.holds == "id"), None)
        label = field.label if field else Text("编号", "id")
        return "?", Issue("field.required", {"label": label, "name": "id"}, field="id")
    bad = register_id_issue(record_id)
    if bad is not None:
        return record_id, bad
    taken = [row.id for row in session.index.find(form.name, record_id)]
    if taken:
        return record_id, Issue("field.taken", {"found": taken[0], "form": form.name}, field="id")
    return record_id, None
