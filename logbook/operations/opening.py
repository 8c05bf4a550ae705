"""Edit a record's text: what the editor saved is checked, turned into corrections, and committed."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from pathlib import Path

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.lifecycle import get_path
from logbook.core.lifecycle import state_of
from logbook.core.moments import to_text
from logbook.core.record import TAIL
from logbook.core.record import Amendment
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.reading import record_in
from logbook.operations.session import Session
from logbook.operations.writing import Draft
from logbook.operations.writing import Written
from logbook.operations.writing import writing
from logbook.store import codec
from logbook.store.records import plain_from

# Within this time of the first commit the same person may change a value in place (rulings 17).
EDIT_WINDOW = timedelta(hours=24)


def begin(session: Session, word: str) -> Loaded:
    """The record to be edited."""
    return load(session, find(session, word))


def drafts_folder(session: Session) -> Path:
    """Where unsaved edits are kept: inside ``.git``, so that no edit is ever lost."""
    return session.repository.room / "drafts"


def save(
    session: Session, loaded: Loaded, edited: bytes, *, reason: str | None = None, by: str | None = None
) -> Written | None:
    """Commit an edited text. None when nothing was changed. Only values entered on add can be edited;
    in place by the same person within 24 hours and unsigned, else as amendments with a reason."""
    if edited == loaded.data:
        return None
    record = record_in(edited, loaded.path)
    old = loaded.record
    with writing(session) as write:
        fresh = load(session, find(session, f"{old.form}/{old.id}"))
        if fresh.data != loaded.data:
            raise Refused([Issue("record.changed-meanwhile", {"id": old.id})])
        operator = session.operator(by)
        issues = _untouched(old, record)
        issues += write.change_issues(loaded.form, fresh.state, operator)
        changed = _changed(old, record)
        in_place = _may_edit(old, operator, write.when)
        amendments = list(old.amendments)
        if changed and not in_place:
            stamp = to_text(write.when.astimezone(session.zone))
            if not (reason or "").strip():
                for name in changed:
                    label = loaded.form.fields[name].label if name in loaded.form.fields else name
                    issues.append(Issue("record.edit-window", {"label": label}, field=name))
            amendments += [
                Amendment(
                    stamp, operator, name, get_path(old.fields, name), get_path(record.fields, name), reason or ""
                )
                for name in changed
            ]
        after: Record = replace(record, amendments=tuple(amendments))
        after = replace(after, status=state_of(loaded.form, after).status)
        write.judge(loaded.form, after, step=None, before=[issue.at(path=loaded.path) for issue in issues])
        data = edited if in_place or not changed else codec.edit(edited, plain_from(after, loaded.form))
        return write.publish(
            [Draft(loaded.form, after, "open" if in_place or not changed else "amend", operator, data=data)]
        )[0]


def _untouched(old: Record, new: Record) -> list[Issue]:
    """Header, events, signatures and amendments are not edited."""
    return [
        Issue("record.edit-header", {"name": name}, field=name)
        for name in ("id", "form", "version", "status", "at", "by", *TAIL)
        if getattr(old, name) != getattr(new, name)
    ]


def _changed(old: Record, new: Record) -> dict[str, Stored]:
    names = dict.fromkeys((*old.fields, *new.fields))
    return {name: new.fields.get(name) for name in names if old.fields.get(name) != new.fields.get(name)}


def _may_edit(record: Record, operator: str, now: datetime) -> bool:
    first = record.events[0]
    recorded = datetime.fromisoformat(first.recorded or first.at)
    return record.by == operator and not record.signatures and now - recorded <= EDIT_WINDOW
