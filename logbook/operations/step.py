"""Take a record one step on."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from logbook.core import checking
from logbook.core.definition import find_step
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.operations import defaults
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.words import changes_asked
from logbook.operations.writing import Draft
from logbook.operations.writing import Writing
from logbook.operations.writing import Written
from logbook.operations.writing import event
from logbook.operations.writing import late_warning
from logbook.operations.writing import moment
from logbook.operations.writing import not_stored
from logbook.operations.writing import resolve_references
from logbook.operations.writing import said_of
from logbook.operations.writing import title_of
from logbook.operations.writing import writing


def step(
    session: Session,
    word: str,
    step_word: str,
    words: Iterable[str] = (),
    *,
    given: Mapping[str, Stored] | None = None,
    at: str | None = None,
    by: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
) -> Written:
    """Take ``step_word`` on one record; Refused with every problem at once, nothing written."""
    with writing(session) as write:
        loaded = load(session, find(session, word))
        draft = draft_of(
            session,
            write,
            loaded,
            step_word,
            words,
            given=given,
            at=at,
            by=by,
            reason=reason,
            approved_by=approved_by,
        )
        return write.publish([draft])[0]


def draft_of(
    session: Session,
    write: Writing,
    loaded: Loaded,
    step_word: str,
    words: Iterable[str],
    *,
    given: Mapping[str, Stored] | None = None,
    at: str | None = None,
    by: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
) -> Draft:
    """The record after the step, with every check passed."""
    form, record, state = loaded.form, loaded.record, loaded.state
    found = find_step(form, step_word)
    issues: list[Issue] = []
    if isinstance(found, Issue):
        from logbook.core.suggest import hint

        allowed = [name for name, one in form.steps.items() if state.status in one.from_]
        raise Refused(
            [
                Issue(
                    "step.unknown",
                    {
                        "found": step_word,
                        "allowed": allowed,
                        "hint": hint(step_word, [*form.steps, *(one.label.zh for one in form.steps.values())]),
                    },
                    field="step",
                ).at(id=record.id)
            ]
        )
    changes = changes_asked(
        form, words, given, session.library, now=session.now, zone=session.zone, current=state.fields
    )
    resolve_references(session, form, changes)
    issues += changes.issues
    operator = ""
    try:
        operator = session.operator(by)
    except Refused as refused:
        issues += refused.issues
    happened = session.now
    try:
        own = changes.held.pop(f"{found.id}.at", None)
        happened = moment(session, at) or (datetime.fromisoformat(own) if own else session.now)
    except Refused as refused:
        issues += refused.issues
    holder = changes.held.pop(f"{found.id}.by", None) or operator
    approver = changes.held.pop(f"{found.id}.approved_by", None)
    if approved_by:
        approver, issue = session.find_staff(approved_by, field="approved_by")
        issues += [issue] if issue else []
    for name in changes.held:
        issues.append(not_stored(form, name))
    created = datetime.fromisoformat(state.at)
    issues += checking.event_time_issues(happened, write.when, created)
    write.warnings += late_warning(happened, write.when, reason)
    brought = defaults.rows_filled(session, form, changes.set, defaults.Moment(happened, holder), write.world)
    write.warnings += _late_already(session, loaded, brought, happened)
    taken = event(
        found.id,
        at=happened,
        by=holder,
        when=write.when,
        session=session,
        reason=reason,
        approved_by=approver,
        set=brought,
        entered_by=operator if operator and holder != operator else None,
    )
    issues += _brings_nothing(form, found, brought)
    if holder:
        issues += checking.step_issues(
            form,
            state,
            found,
            taken,
            roles=write.world.roles(holder),
            administrator=session.is_administrator(holder),
            titles=session.library.roles,
        )
    after: Record = replace(record, events=(*record.events, taken))
    after = replace(after, status=state_of(form, after).status)
    new = write.judge(form, after, step=found.id, before=issues)
    said = said_of(form, brought, title_of(new, session.book.settings.language))
    return Draft(form, after, found.id, holder, base=loaded.data, said=said)


def _brings_nothing(form: Form, step: Step, brought: Mapping[str, Stored]) -> list[Issue]:
    """A step that leaves the state alone is there for what it brings (`note`, `extend`): of the fields it
    requires it must bring one, even where all were filled before."""
    asked = [
        form.fields[name] for name in step.requires if name in form.fields and not form.fields[name].holds
    ]
    given = {path.rstrip("+").partition(".")[0] for path in brought}
    if step.to is not None or not asked or any(field.id in given for field in asked):
        return []
    return [
        Issue("step.requires", {"step": step.label, "label": field.label, "name": field.id}, field=field.id)
        for field in asked
    ]


def _late_already(
    session: Session, loaded: Loaded, brought: Mapping[str, Stored], happened: datetime
) -> list[Issue]:
    """An agreed moment put later once it has passed undoes nothing (a breach is never erased): say so."""
    changed = {path.split(".")[0].rstrip("+") for path in brought}
    moved = [
        clock
        for clock in loaded.form.clocks.values()
        if clock.within is not None and not changed.isdisjoint(clock.within.fields())
    ]
    if not moved:
        return []
    from logbook.operations.deriving import clocks_of_state

    late = {
        one.clock
        for one in clocks_of_state(session, loaded.form, loaded.state)
        if one.stopped is None and one.due is not None and one.due < happened.timestamp()
    }
    return [
        Issue("step.breached", {"clock": clock.label}, severity="warning", field=clock.id)
        for clock in moved
        if clock.id in late
    ]
