"""What stands there: A4 (clean text), A8 and A9 (only added to), A11 (attachments), A13 (amendments),
A21 (signatures), A22 (nothing private in clear)."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime

from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import State
from logbook.core.lifecycle import get_path
from logbook.core.lifecycle import put_path
from logbook.core.record import Amendment
from logbook.core.record import Conflict
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.scanning import clear_issues
from logbook.core.signers import staff_of
from logbook.core.value import replace
from logbook.operations.audit.walk import ATTACHMENTS
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import Version
from logbook.operations.audit.walk import sha256
from logbook.operations.audit.walk import version_of
from logbook.operations.sealing import SEALED
from logbook.operations.signatures import is_stale
from logbook.operations.signatures import signature_hash
from logbook.store.history import history
from logbook.store.records import form_and_id

_Entry = Event | Amendment | Signature | Conflict


@dataclass
class Made:
    """When and by whom the values of a record were first committed, and whether a handover has sealed it."""

    at: datetime
    author: str
    fields: dict[str, tuple[datetime, str]] = attribute(default_factory=dict)
    sealed: bool = False
    # Where the walk began later than the record: finds out what was before.
    earlier: Callable[[], Made] | None = None

    def recall(self) -> None:
        """Fill in what was before the walk, when it is asked for."""
        if self.earlier is not None:
            before, self.earlier = self.earlier(), None
            self.at, self.author, self.sealed = before.at, before.author, self.sealed or before.sealed
            self.fields = {**before.fields, **self.fields}


def text(step: Step) -> Iterator[Finding]:
    """A4: what cannot be read, holds hidden characters, or names a version of a form the book does not have."""
    if step.is_merge:
        return
    for change in step.changes:
        if change.status == "T":
            yield step.find("A4", Issue("audit.no-file", {"path": change.path}), change)
        version = change.new
        if version is None:
            if change.is_record and change.status != "D":
                yield step.find("A4", warning(Issue("audit.foreign-file", {"path": change.path})), change)
            continue
        for issue in version.issues:
            rule = "A4" if issue.rule.startswith("yaml.") or issue.rule in _UNKNOWN else "A12"
            yield step.find(rule, issue, change)


_UNKNOWN = ("record.form-version", "record.unknown-form")


def only_added(step: Step) -> Iterator[Finding]:
    """A8: no record and no attachment is taken away; A9: old entries stay as they were, in their order."""
    if step.is_merge:
        return
    for change in step.changes:
        attached = change.path.startswith(f"{ATTACHMENTS}/")
        if change.status == "D" and (change.is_record or attached):
            yield step.find("A8", Issue("audit.removed", {"path": change.path}), change)
        if change.old is None or change.new is None:
            continue
        before, after = change.old.record, change.new.record
        if before is None or after is None:
            if before is not None:
                yield step.find("A9", Issue("audit.destroyed", {"path": change.path}), change)
            continue
        for name in ("events", "amendments", "signatures", "conflicts"):
            yield from _prefix(step, change, name, getattr(before, name), getattr(after, name))


def _prefix(
    step: Step, change: Change, name: str, before: Sequence[_Entry], after: Sequence[_Entry]
) -> Iterator[Finding]:
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            issue = Issue("audit.entry-changed", {"place": f"{name}.{number}"}, field=f"{name}.{number}")
            yield step.find("A9", issue, change, old=_told(old), new=_told(new), happened=getattr(old, "at", None))
            return
    if len(after) < len(before):
        lost = before[len(after)]
        place = f"{name}.{len(after) + 1}"
        issue = Issue("audit.entry-removed", {"place": place, "count": len(before) - len(after)}, field=place)
        yield step.find("A9", issue, change, old=_told(lost), happened=getattr(lost, "at", None))


def _told(entry: _Entry) -> Stored:
    """An entry in one line, without the values it brought (they may be private)."""
    names = ("at", "by", "step", "what", "field", "meaning", "reason", "recorded", "approved_by")
    parts = {name: getattr(entry, name, None) for name in names}
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def attachments(step: Step) -> Iterator[Finding]:
    """A11: a file is named by the hash of its content and never changes."""
    for change in step.changes:
        if not change.path.startswith(f"{ATTACHMENTS}/") or change.data is None:
            continue
        name = change.path.rpartition("/")[2]
        found = sha256(change.data)
        if found != name:
            yield step.find("A11", Issue("audit.attachment", {"file": change.path}), change, old=name, new=found)


def amended(step: Step, made: dict[str, Made]) -> Iterator[Finding]:
    """A13: a value that changed has an amendment from what really stood there, or was set right in place by
    whoever wrote it, within the edit window and before anybody signed."""
    for change in step.changes:
        new = change.new.record if change.new is not None else None
        if new is None or change.new is None:
            continue
        old = change.old.record if change.old is not None else None
        when, author = step.entry.authored, step.author
        name = _name(change.path)
        if old is None:
            made.setdefault(name, Made(when, author))
        elif not step.is_merge:
            if name not in made:
                earlier = None if step.world.whole else _earlier(step, change)
                made[name] = Made(when, "", earlier=earlier)
            known = made[name]
            yield from _changed(step, change, old, new, known)
            for field in new.fields:
                if field not in old.fields:
                    known.fields[field] = (when, author)
        _mark_sealed(change.new, made)


def _name(path: str) -> str:
    """A record by form and id, as seals name it."""
    return "/".join(form_and_id(path) or (path,))


def _mark_sealed(version: Version, made: Mapping[str, Made]) -> None:
    state = version.state
    if state is None or state.form.seals is None:
        return
    for name in _sealed_in(state):
        if name in made:
            made[name].sealed = True


def _sealed_in(state: State) -> set[str]:
    """The records a handover has sealed."""
    rows = state.fields.get(SEALED)
    return {str(row.get("record")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()


def _changed(step: Step, change: Change, old: Record, new: Record, made: Made) -> Iterator[Finding]:
    for name in ("id", "form_version"):
        if getattr(old, name) != getattr(new, name):
            place = "form" if name == "form_version" else name
            issue = Issue("audit.header", {"name": place}, field=place)
            yield step.find("A13", issue, change, old=getattr(old, name), new=getattr(new, name))
    expected: dict[str, Stored] = dict(old.fields)
    header: dict[str, Stored] = {"at": old.at, "by": old.by}
    state = change.old.state if change.old is not None else None
    brought = [event for event in new.events[len(old.events) :] if event.step == AMEND]
    for number, one in enumerate(new.amendments[len(old.amendments) :], len(old.amendments) + 1):
        by_event = any(one.field in event.set for event in brought)
        if one.field in header:
            was = getattr(state, one.field) if state is not None else header[one.field]
        elif by_event and state is not None:
            was = get_path(state.fields, one.field)
        else:
            was = get_path(expected, one.field)
        if _blank(was) != _blank(one.old):
            issue = Issue("audit.amended-from", {"field": one.field}, field=f"amendments.{number}.from")
            yield step.find("A13", issue, change, old=was, new=one.old, happened=one.at)
        if one.field in header:
            header[one.field] = one.new
        elif not by_event:
            expected = put_path(expected, one.field, one.new)
    for name, now in (("at", new.at), ("by", new.by)):
        if now != header[name]:
            yield from _in_place(step, change, name, header[name], now, old, made)
    for name in dict.fromkeys((*expected, *new.fields)):
        was, is_ = expected.get(name), new.fields.get(name)
        if was != is_ and _blank(was) != _blank(is_):
            yield from _in_place(step, change, name, was, is_, old, made)


def _in_place(
    step: Step, change: Change, name: str, was: Stored, now: Stored, old: Record, made: Made
) -> Iterator[Finding]:
    made.recall()
    at, author = made.fields.get(name, (made.at, made.author))
    told: dict[str, object] = {"field": name, "author": step.entry.author}
    window = step.before.settings.edit_window
    if old.signatures or made.sealed:
        code = "audit.changed-sealed" if made.sealed else "audit.changed-signed"
    elif author != step.author:
        code = "audit.changed-by-other"
    elif step.entry.authored - at > window:
        code = "audit.changed-late"
        told["hours"] = int(window.total_seconds() // 3600)
    elif step.action == "open":
        return
    else:
        code = "audit.changed-unsaid"
    yield step.find("A13", Issue(code, told, field=name), change, old=was, new=now)


def _earlier(step: Step, change: Change) -> Callable[[], Made]:
    """Who wrote the values of a record the walk finds there, read from its history; and whether it was sealed."""

    def look() -> Made:
        repository, path, library = step.rules.session.repository, change.path, step.rules.library
        found: Made | None = None
        known: set[str] = set()
        before: frozenset[str] | set[str] = set()
        for parent in step.entry.parents[:1]:
            for entry in history(repository, path, parent, oldest_first=True, parents_first=True):
                author = staff_of(entry.author_email)
                found = found or Made(entry.authored, author)
                blob = next((one.new for one in entry.changes if one.path == path), None)
                if blob is None:
                    continue
                record = version_of(path, blob, repository.objects.read(blob)[1], library).record
                names = set(record.fields) if record is not None else set()
                for name in names - known if before else ():
                    found.fields[name] = (entry.authored, author)
                known |= names
                before = names or before
        found = found or Made(step.entry.authored, "")
        found.sealed = _is_sealed(step, path)
        return found

    return look


def _is_sealed(step: Step, path: str) -> bool:
    """Whether a handover sealed the record before the walk began."""
    name = _name(path)
    forms = [form.name for form in step.rules.library.forms.values() if form.seals is not None]
    return any(
        name in _sealed_in(view.state_of)
        for form in forms
        for view in step.world.with_row(form, SEALED, record=name)
    )


def _blank(value: Stored) -> Stored:
    return None if value in ("", [], {}) else value


def signatures(step: Step) -> Iterator[Finding]:
    """A21: a signature that was added covers what stood there when it was added."""
    if step.is_merge:
        return
    for change in step.changes:
        version = change.new
        if version is None or version.record is None or version.form is None:
            continue
        record, form = version.record, version.form
        start = len(change.old.record.signatures) if change.old and change.old.record else 0
        for number, one in enumerate(record.signatures[start:], start + 1):
            if one.events > len(record.events) or signature_hash(form, record, one.events) != one.sha256:
                told = {"meaning": one.meaning, "by": one.by}
                issue = Issue("audit.signature-hash", told, field=f"signatures.{number}")
                yield step.find("A21", issue, change, happened=one.at)


def stale(step: Step, version: Version) -> Iterator[Finding]:
    """A21 at the head: signatures that something was changed under, until they are renewed."""
    record, form = version.record, version.form
    if record is None or form is None:
        return
    valid = {one.meaning for one in record.signatures if not is_stale(form, record, one)}
    for number, one in enumerate(record.signatures, 1):
        if one.meaning not in valid and is_stale(form, record, one):
            told = {"meaning": one.meaning, "by": one.by}
            issue = warning(Issue("audit.stale", told, field=f"signatures.{number}", path=version.path, id=record.id))
            yield step.find("A21", issue, happened=one.at)


def private(step: Step) -> Iterator[Finding]:
    """A22: nothing private in what everybody reads: subject, trailers, file names."""
    message = step.entry.message
    for change in step.changes:
        state = change.new.state if change.new is not None else None
        if state is None or step.is_merge:
            continue
        for name, field in state.form.fields.items():
            value = state.fields.get(name) if field.private else None
            # Shorter ones are found in any text.
            if isinstance(value, str) and len(value) >= _TELLING and (value in message or value in change.path):
                issue = Issue("audit.private-said", {"label": field.label}, field=name)
                yield step.find("A22", issue, change)


_TELLING = 6


class Clear:
    """A22: personal numbers in clear, told at the commit that wrote them. A full identity-card number is an error
    while it stands there; once it was corrected it is history that nobody can mend, and a warning."""

    def __init__(self) -> None:
        self._found: dict[str, list[Finding]] = {}

    def look(self, step: Step) -> None:
        """Remember what a commit wrote; the place is told, never the number."""
        for change in step.changes if not step.is_merge else ():
            version = change.new
            if version is None or version.record is None or version.form is None:
                continue
            before = change.old.record if change.old is not None else None
            for issue in clear_issues(version.form, version.record, before=before):
                place = version.record.id
                self._found.setdefault(change.path, []).append(step.find("A22", issue.at(id=place), change))

    def findings(self, latest: Mapping[str, Version]) -> Iterator[Finding]:
        """All of them, judged by what stands there at the end."""
        for path, found in self._found.items():
            version = latest.get(path)
            still: set[str | None] = set()
            if version is not None and version.record is not None and version.form is not None:
                issues = clear_issues(version.form, version.record)
                still = {issue.field for issue in issues if issue.is_error}
            for one in found:
                yield one if one.issue.field in still else replace(one, issue=warning(one.issue))
