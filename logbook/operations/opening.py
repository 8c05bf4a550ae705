"""Edit a record's text: what the editor saved is checked, turned into corrections, and committed."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import get_path
from logbook.core.lifecycle import state_of
from logbook.core.moments import to_text
from logbook.core.record import TAIL
from logbook.core.record import Amendment
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.secret import MASK
from logbook.core.secret import Change
from logbook.core.secret import change_record
from logbook.core.secret import is_secret
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


def text_for(session: Session, loaded: Loaded, *, private: bool) -> bytes:
    """The text a person edits: private values plain where they may and can be seen, else as the mask. Equal to
    the file's where there is nothing to hide or to open."""
    change = _showing(session, loaded, private=private)
    plain = plain_from(change_record(loaded.form, loaded.record, change), loaded.form)
    return codec.edit(loaded.data, plain) if plain != plain_from(loaded.record, loaded.form) else loaded.data


def _showing(session: Session, loaded: Loaded, *, private: bool) -> Change:
    from logbook.operations import secrecy

    form, record_id = loaded.form, loaded.record.id

    def show(place: str, text: str) -> str:
        if not private:
            return MASK
        found = secrecy.opened_fields(session, form, record_id, {place: text})[place] if is_secret(text) else text
        return MASK if is_secret(found) else str(found)

    return show


def _given_back(session: Session, loaded: Loaded, record: Record, *, private: bool) -> Record:
    """An edited record with what was shown in place of a value as that value again, where it was left alone."""
    shown = change_record(loaded.form, loaded.record, _showing(session, loaded, private=private))
    if shown == loaded.record:
        return record

    def back(edited: Stored, seen: Stored, stored: Stored) -> Stored:
        if edited == seen:
            return stored
        if isinstance(edited, dict) and isinstance(seen, dict) and isinstance(stored, dict):
            return {name: back(one, seen.get(name), stored.get(name)) for name, one in edited.items()}
        if isinstance(edited, list) and isinstance(seen, list) and isinstance(stored, list):
            pairs = zip_longest(edited, seen[: len(edited)], stored[: len(edited)])
            return [back(*pair) for pair in pairs]
        return edited

    fields = {
        name: back(value, shown.fields.get(name), loaded.record.fields.get(name))
        for name, value in record.fields.items()
    }
    parts = {
        name: getattr(loaded.record, name)
        for name in ("events", "signatures", "amendments")
        if getattr(record, name) == getattr(shown, name)
    }
    given: Record = replace(record, fields=fields, **parts)
    return given


def _masked_issues(record: Record, form: Form) -> list[Issue]:
    """A mask that was moved is no value."""
    return [
        Issue("field.masked", {"label": form.fields[name].label if name in form.fields else name}, field=name)
        for name, value in record.fields.items()
        if _holds_mask(value)
    ]


def _holds_mask(value: Stored) -> bool:
    if isinstance(value, list):
        return any(map(_holds_mask, value))
    return any(map(_holds_mask, value.values())) if isinstance(value, dict) else value == MASK


def drafts_folder(session: Session) -> Path:
    """Where unsaved edits are kept: inside ``.git``, so that no edit is ever lost."""
    return session.repository.room / "drafts"


def save(
    session: Session,
    loaded: Loaded,
    edited: bytes,
    *,
    reason: str | None = None,
    by: str | None = None,
    private: bool = True,
) -> Written | None:
    """Commit an edited text. None when nothing was changed. ``private``: as
    :func:`text_for` was asked. Only values entered on add can be edited; in place by the same person within
    24 hours and unsigned, else as amendments with a reason."""
    if edited in (loaded.data, text_for(session, loaded, private=private)):
        return None
    seen = record_in(edited, loaded.path)
    record = _given_back(session, loaded, seen, private=private)
    if record != seen:
        edited = codec.edit(edited, plain_from(record, loaded.form))
        if edited == loaded.data:
            return None
    old = loaded.record
    with writing(session) as write:
        fresh = load(session, find(session, f"{old.form}/{old.id}"))
        if fresh.data != loaded.data:
            raise Refused([Issue("record.changed-meanwhile", {"id": old.id})])
        operator = session.operator(by)
        issues = [*_untouched(old, record), *_masked_issues(record, loaded.form)]
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
        action = "open" if in_place or not changed else "amend"
        return write.publish([Draft(loaded.form, after, action, operator, base=loaded.data, data=data)])[0]


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
