"""Correct a recorded value; old value, new value and reason stay in the record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from logbook.core import checking
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import State
from logbook.core.lifecycle import get_path
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.merging import related
from logbook.core.merging import unsettled
from logbook.core.moments import to_text
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.words import Changes
from logbook.operations.words import changes_from
from logbook.operations.writing import Draft
from logbook.operations.writing import Writing
from logbook.operations.writing import Written
from logbook.operations.writing import event
from logbook.operations.writing import resolve_references
from logbook.operations.writing import writing


def amend(
    session: Session,
    word: str,
    words: Iterable[str],
    *,
    reason: str | None,
    by: str | None = None,
    approved_by: str | None = None,
) -> Written:
    """Correct values of one record; Refused with every problem at once, nothing written."""
    with writing(session) as write:
        loaded = load(session, find(session, word))
        form = loaded.form
        words, confirmed = _confirmed(loaded, words)
        changes = changes_from(
            form, words, session.library, now=session.now, zone=session.zone, current=loaded.state.fields
        )
        resolve_references(session, form, changes)
        draft = draft_of(
            session, write, loaded, changes, reason=reason, by=by, approved_by=approved_by, confirmed=confirmed
        )
        return write.publish([draft])[0]


def draft_of(
    session: Session,
    write: Writing,
    loaded: Loaded,
    changes: Changes,
    *,
    reason: str | None,
    by: str | None,
    approved_by: str | None = None,
    issues: Iterable[Issue] = (),
    confirmed: bool = False,
) -> Draft:
    """The record with its corrections and an amendment for each. ``confirmed``: the state it has now was looked
    at after two desks had taken a step at once."""
    form, record, state = loaded.form, loaded.record, loaded.state
    issues = [*issues, *changes.issues]
    operator = ""
    try:
        operator = session.operator(by)
    except Refused as refused:
        issues += refused.issues
    if approved_by:
        approved_by, issue = session.find_staff(approved_by, field="approved_by")
        issues += [issue] if issue else []
    if not (reason or "").strip():
        issues.append(Issue("record.needs-reason", {}, field="reason"))
    if state.voided and not confirmed:
        issues.append(Issue("record.voided", {"id": record.id}))
    if operator:
        issues += write.change_issues(form, state, operator)
    moved = _moved(form, changes, issues)
    wanted = _paths(changes, state.fields)
    if not wanted and not moved and not confirmed and not issues:
        issues.append(Issue("record.nothing-changed", {}))
    when = to_text(write.when.astimezone(session.zone))
    fields = dict(record.fields)
    set_by_event: dict[str, Stored] = {}
    amendments = list(record.amendments)
    open_places = {one.field for one in unsettled(record)} if record.conflicts else set()
    if confirmed:
        status = state.status
        amendments.append(
            Amendment(when, operator, "status", status, status, (reason or "").strip(), approved_by=approved_by)
        )
    # An amendment says what stood there, encrypted values as they are stored: a signature is checked with it.
    stored = state.fields if session.vault is None else state_of(form, record).fields
    for path, new in {**wanted, **moved}.items():
        old = getattr(state, path) if path in moved else get_path(state.fields, path)
        settles = any(related(path, place) for place in open_places)
        if old == new and not settles and not (approved_by and _waits_for_approval(state, path)):
            label = form.fields[path.split(".")[0]].label if path.split(".")[0] in form.fields else path
            issues.append(Issue("record.amend-same", {"label": label}, field=path))
            continue
        before = old if path in moved else get_path(stored, path)
        amendments.append(
            Amendment(when, operator, path, before, new, (reason or "").strip(), approved_by=approved_by)
        )
        if old == new and settles:
            continue  # looked at and found right: there is nothing to set
        if path in moved or _set_later(record, path):
            set_by_event[path] = new
        else:
            fields = put_path(fields, path, new)
    events = record.events
    if set_by_event:
        events = (
            *events,
            event(
                AMEND,
                at=write.when,
                by=operator,
                when=write.when,
                session=session,
                reason=reason,
                approved_by=approved_by,
                set=set_by_event,
            ),
        )
    after: Record = replace(record, fields=fields, events=events, amendments=tuple(amendments))
    after = replace(after, at=moved.get("at", record.at), by=moved.get("by", record.by))
    after = replace(after, status=state_of(form, after).status)
    issues += _changed_clocks(session, loaded, after)
    if "at" in moved:
        issues += checking.event_time_issues(datetime.fromisoformat(moved["at"]), write.when, None)
    write.judge(form, after, step=None, before=issues)
    return Draft(form, after, "amend", operator, base=loaded.data, files=tuple(changes.files.items()))


def _confirmed(loaded: Loaded, words: Iterable[str]) -> tuple[list[str], bool]:
    """The words without ``status=…``, and whether that confirms the state after two desks took steps at once.
    Refused where it names another state: to get there takes a step."""
    given = list(words)
    record, state, form = loaded.record, loaded.state, loaded.form
    if not any(one.what == "steps" for one in unsettled(record)) or "status" in form.fields:
        return given, False
    named = [word.partition("=")[2].strip() for word in given if word.partition("=")[0].strip() in ("status", "状态")]
    label = form.states.get(state.status)
    known = {state.status, *((label.zh, label.en) if label is not None else ("已作废",))}
    for name in named:
        if name not in known:
            shown = label if label is not None else state.status
            args = {"state": shown, "name": state.status, "id": record.id}
            raise Refused([Issue("merge.status", args, field="status")])
    return [word for word in given if word.partition("=")[0].strip() not in ("status", "状态")], bool(named)


def _waits_for_approval(state: State, path: str) -> bool:
    """Whether the value at ``path`` was changed last without anybody fit to approve it having done so: the same
    value with an approver is that approval (rulings 5)."""
    from logbook.core.clockevents import is_approved

    record = state.record
    changes: list[Event | Amendment] = [one for one in state.events[1:] if path in one.set]
    changes += [one for one in record.amendments if one.field == path]
    if not changes:
        return False
    last = max(changes, key=lambda one: datetime.fromisoformat(one.recorded or one.at))
    at = datetime.fromisoformat(last.recorded or last.at)
    latest = [one for one in changes if datetime.fromisoformat(one.recorded or one.at) == at]
    return not any(is_approved(one, state) for one in latest)


def _changed_clocks(session: Session, loaded: Loaded, after: Record) -> list[Issue]:
    """What the clocks have against the corrections, and what these do not do to them."""
    form = loaded.form
    new = after.amendments[len(loaded.record.amendments) :]
    decides = {name for clock in form.clocks.values() if clock.within is not None for name in clock.within.fields()}
    relevant = [one for one in new if one.field.partition(".")[0] in decides]
    if not relevant:
        return []
    from logbook.core.clocksteps import change_issues
    from logbook.operations.deriving import clocks_of_state

    state = state_of(form, after)
    before, then = clocks_of_state(session, form, loaded.state), clocks_of_state(session, form, state)
    return change_issues(form, state, before, then, relevant[0], zone=session.zone)


def _moved(form: object, changes: Changes, issues: list[Issue]) -> dict[str, str]:
    """Header moments and persons among the changes; those of later steps cannot be amended."""
    moved = {}
    for holds, value in changes.held.items():
        if holds in ("at", "by"):
            moved[holds] = value
        else:
            fields = getattr(form, "fields", {})
            label = next((f.label for f in fields.values() if f.holds == holds), holds)
            issues.append(Issue("record.amend-event-moment", {"label": label}, field=holds))
    return moved


def _paths(changes: Changes, current: object) -> dict[str, Stored]:
    """Changes as whole paths: appended rows become the whole list."""
    wanted: dict[str, Stored] = {}
    for path, value in changes.set.items():
        if path.endswith("+"):
            name = path[:-1]
            before = get_path(current, name)  # type: ignore[arg-type]
            rows = before if isinstance(before, list) else []
            wanted[name] = rows + (value if isinstance(value, list) else [])
        else:
            wanted[path] = value
    return wanted


def _set_later(record: Record, path: str) -> bool:
    """Whether the value at ``path`` came with an event after the first (rulings 17)."""
    name = path.split(".")[0]
    return any(changed.split(".")[0].rstrip("+") == name for one in record.events for changed in one.set)
