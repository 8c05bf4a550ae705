"""Take a record one step on."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from logbook.core import checking
from logbook.core.builtin import with_fields
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.core.lifecycle import state_of
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.operations import defaults
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
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
    entered: Changes | None = None,
) -> Written:
    """Take ``step_word`` on one record; Refused with every problem at once, nothing written. ``entered``: what it
    brings, read already, in place of ``words`` and ``given``."""
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
            entered=entered,
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
    made: Mapping[str, Stored] | None = None,
    entered: Changes | None = None,
) -> Draft:
    """The record after the step, with every check passed. ``made``: references to records that the same
    operation makes; nobody could look them up yet."""
    form, record, state = loaded.form, loaded.record, loaded.state
    settings = session.library.settings
    found = find_step(form, step_word, settings)
    issues: list[Issue] = []
    if isinstance(found, Issue):
        from logbook.core.builtin import all_steps
        from logbook.core.builtin import step_words
        from logbook.core.suggest import hint

        steps = all_steps(form, settings)
        allowed = [
            Text(f"{name} {one.label.zh}", f"{name} ({one.label.en})")
            for name, one in steps.items()
            if state.status in one.from_
        ]
        known = [*steps, *(word for words in step_words(steps).values() for word in words if word)]
        raise Refused(
            [
                Issue(
                    "step.unknown",
                    {
                        "found": step_word,
                        "allowed": allowed,
                        "hint": hint(step_word, known),
                    },
                    field="step",
                ).at(id=record.id)
            ]
        )
    built_in = found.id not in form.steps
    taking = with_fields(form, found) if built_in else form
    changes = entered
    if changes is None:
        changes = changes_asked(
            taking, words, given, session.library, now=session.now, zone=session.zone, current=state.fields
        )
        resolve_references(session, taking, changes)
    changes.set.update(made or {})
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
    if built_in:
        reason, more = _built_in(session, loaded, found, changes.set, reason, happened)
        issues += more
    created = datetime.fromisoformat(state.at)
    issues += checking.event_time_issues(happened, write.when, created)
    write.warnings += late_warning(happened, write.when, reason)
    brought = defaults.rows_filled(session, form, changes.set, defaults.Moment(happened, holder), write.world)
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
    if built_in:
        issues += _against(session, loaded, taken)
    else:
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
    if form.seals is not None and form.seals.at == found.id:
        from logbook.operations.sealing import sealed_by

        seal = sealed_by(session, write.world, state_of(form, after))
        after = replace(record, events=(*record.events, replace(taken, set={**taken.set, **seal})))
    after = replace(after, status=state_of(form, after).status)
    issues += _changed_clocks(session, loaded, found, after, taken)
    new = write.judge(form, after, step=found.id, before=issues)
    title = title_of(new, session.book.settings.language)
    said = title if built_in else said_of(form, brought, title)
    files = tuple(changes.files.items())
    return Draft(form, after, found.id, holder, base=loaded.data, said=said, files=files)


def _built_in(
    session: Session, loaded: Loaded, step: Step, brought: dict[str, Stored], reason: str | None, happened: datetime
) -> tuple[str | None, list[Issue]]:
    """Complete what a built-in step brings, and the reason it is taken for; with what is wrong or missing."""
    from logbook.core.clocksteps import missing

    form, settings = loaded.form, session.library.settings
    issues = [
        missing(step, name, name)
        for name, field in step.fields.items()
        if field.required and name != "why" and not brought.get(name)
    ]
    if step.id == "pause":
        from logbook.core.clocksteps import pause_reason

        why = brought.get("why")
        found, said, more = pause_reason(form, settings, str(why) if why else None, reason)
        if found is not None:
            brought["why"] = found
        return said.say(session.book.settings.language) if isinstance(said, Text) else said, issues + more
    if step.id == "extend" and not brought.get("clock"):
        from logbook.core.clocksteps import which_clock
        from logbook.operations.deriving import clocks_of_state

        clock = which_clock(form, clocks_of_state(session, form, loaded.state), int(happened.timestamp()))
        if clock is not None:
            brought["clock"] = clock
    if step.id == "reassign":
        from logbook.core.builtin import assigned_field

        own = assigned_field(form)
        if own is not None and "to" in brought:
            brought[own] = brought.pop("to")
    return reason, issues


def _against(session: Session, loaded: Loaded, taken: Event) -> list[Issue]:
    """What the clocks of the record have against a built-in step."""
    from logbook.core.clocksteps import step_issues
    from logbook.operations.deriving import clocks_of_state

    clocks = clocks_of_state(session, loaded.form, loaded.state)
    return step_issues(
        loaded.form,
        loaded.state,
        taken,
        clocks,
        settings=session.library.settings,
        now=session.now,
        zone=session.zone,
    )


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


def _changed_clocks(session: Session, loaded: Loaded, step: Step, after: Record, taken: Event) -> list[Issue]:
    """What the step's values do not do to clocks: a longer level that nobody approved, an agreed moment put
    later once it has passed (a breach is never erased). A step that is there for such a moment is refused."""
    form = loaded.form
    changed = {path.split(".")[0].rstrip("+") for path in taken.set}
    decides = {name for clock in form.clocks.values() if clock.within is not None for name in clock.within.fields()}
    if changed.isdisjoint(decides):
        return []
    from logbook.core.budgets import agreed_fields
    from logbook.core.clocksteps import change_issues
    from logbook.operations.deriving import clocks_of_state

    state = state_of(form, after)
    issues = change_issues(
        form,
        state,
        clocks_of_state(session, form, loaded.state),
        clocks_of_state(session, form, state),
        taken,
        zone=session.zone,
    )
    stays = step.to is None or step.to == loaded.state.status
    purpose = set(step.requires) & changed if stays else set()
    return [
        replace(issue, severity="error")
        if issue.rule == "step.breached" and purpose & agreed_fields(form.clocks[str(issue.field)].within)
        else issue
        for issue in issues
    ]
