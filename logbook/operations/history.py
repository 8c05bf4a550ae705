"""Who changed which field of a record, when, and why: read from its commits."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.form import Form
from logbook.core.lifecycle import EVENT_ONLY
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Stored
from logbook.core.secret import is_secret
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations.reading import find
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.history import trailers_of
from logbook.store.records import other_place
from logbook.store.records import record_from

if TYPE_CHECKING:
    from logbook.index.book_index import Row
    from logbook.store.objects import CommitObject

# Stands for a customer's name.
MASKED = "***"


@frozen
class FieldChange:
    """One value before and after a commit. ``inside``: of a list or checklist what changed in it, by
    ``list.N.column`` or ``checklist.item``; a row that came or went stands there whole, as ``list.N``."""

    field: str
    old: Stored
    new: Stored
    inside: tuple[FieldChange, ...] = ()


@frozen
class Entry:
    """One commit that touched the record. ``at`` and ``committed`` are the author's and the committer's date,
    ``happened`` the moment of the last event or correction it brought, ``recorded`` when that was written down by
    the record's own word (its moment, where it says nothing else)."""

    commit: str
    at: datetime
    by: str
    author: str
    committer: str
    action: str
    subject: str
    reason: str | None
    happened: str | None
    changes: tuple[FieldChange, ...]
    readable: bool = True
    committed: datetime | None = None
    recorded: str | None = None


def history(session: Session, word: str, *, private: bool = False) -> tuple[Form | None, list[Entry]]:
    """Every commit of one record, oldest first, with the fields it changed. ``private``: the names of customers
    who signed are not masked and encrypted values are plain where this desk can read them; in clear, the other
    values are masked by who shows them."""
    return history_of(session, find(session, word), private=private)


def history_of(
    session: Session,
    row: Row,
    *,
    private: bool = False,
    last: State | None = None,
    until: datetime | None = None,
    commits: Sequence[tuple[str, CommitObject]] | None = None,
) -> tuple[Form | None, list[Entry]]:
    """The same of a record that was found. ``last``: what it amounts to now, where the caller knows, so that its
    text is not read once more; ``until``: nothing that happened later; ``commits``: those that touched it, oldest
    first, where the caller has read them."""
    repository = session.repository
    entries: list[Entry] = []
    before: State | None = None
    form: Form | None = None
    # It may have lain in the folder of its month before it came into that of its day, or the other way.
    places = [row.path, *filter(None, (other_place(row.path),))]
    if commits is None:
        found = reversed(session.index.history_of(*places))
        commits = [(commit_id, repository.objects.commit(commit_id)) for commit_id in found]
    for commit_id, commit in commits:
        trailers = trailers_of(commit.message)
        if trailers.get("Action") == "layout":
            continue  # it moved: nothing about it changed
        if last is not None and commit_id == commits[-1][0]:
            after: State | None = last
            form = last.form
        else:
            place = next((one for one in places if repository.entry_at(commit_id, one) is not None), row.path)
            after, form = _state_at(session, commit_id, place, form, until)
        events = after.events[len(before.events) if before else 0 :] if after else ()
        amendments = (
            after.record.amendments[len(before.record.amendments) if before else 0 :] if after else ()
        )
        reasons = [one.reason for one in events] + [one.reason for one in amendments]
        reason = next(filter(None, reasons), None)
        signatures = after.record.signatures[len(before.record.signatures) if before else 0 :] if after else ()
        brought = events[-1] if events else amendments[-1] if amendments else signatures[-1] if signatures else None
        entries.append(
            Entry(
                commit_id,
                commit.author.when.astimezone(session.zone),
                trailers.get("By", ""),
                commit.author.name,
                commit.committer.name,
                trailers.get("Action", ""),
                commit.message.partition("\n")[0],
                reason,
                events[-1].at if events else None,
                tuple(_disclosed(session, form, row.id, _changes(before, after, private=private), private=private)),
                after is not None,
                commit.committer.when.astimezone(session.zone),
                (brought.recorded or brought.at) if brought is not None else None,
            )
        )
        before = after or before
    return form, entries


def _disclosed(
    session: Session, form: Form | None, record_id: str, changes: Iterator[FieldChange], *, private: bool
) -> Iterator[FieldChange]:
    if not private or form is None or session.vault is None:
        yield from changes
        return
    from logbook.operations.secrecy import disclosed_value

    for one in changes:
        old = disclosed_value(session, form, record_id, one.field, one.old, words=True)
        new = disclosed_value(session, form, record_id, one.field, one.new, words=True)
        yield replace(one, old=old, new=new)


def _state_at(
    session: Session, commit: str, path: str, form: Form | None, until: datetime | None = None
) -> tuple[State | None, Form | None]:
    data = session.repository.blob_at(commit, path)
    if data is None:
        return None, form
    document, _ = codec.read(data, path=path)
    if document is None:
        return None, form
    record, _ = record_from(document.plain)
    if record is None:
        return None, form
    form = session.library.form_at(record.form, record.version) or form
    # A record whose form the book no longer has cannot be replayed.
    return (state_of(form, record, until=until) if form else None), form


def _changes(before: State | None, after: State | None, *, private: bool) -> Iterator[FieldChange]:
    if after is None:
        return
    old: dict[str, Stored] = dict(before.fields) if before else {}
    if before is None or before.status != after.status:
        yield FieldChange("status", before.status if before else None, after.status)
    if before is not None and before.at != after.at:
        yield FieldChange("at", before.at, after.at)
    if before is not None and before.by != after.by:
        yield FieldChange("by", before.by, after.by)
    for name in (*after.fields, *(name for name in old if name not in after.fields)):
        new = after.fields.get(name)
        if old.get(name) != new:
            yield FieldChange(name, old.get(name), new, tuple(_parts(name, old.get(name), new)))
    for event in after.events[len(before.events) if before else 0 :]:
        # What a pause or an extension brings is no value of the record: it stands in its event alone.
        kept = EVENT_ONLY.get(event.step, frozenset()) if event.step not in after.form.steps else frozenset()
        for name, value in event.set.items():
            if name in kept:
                yield FieldChange(f"{event.step}.{name}", None, value)
    count = len(before.record.signatures) if before else 0
    for signature in after.record.signatures[count:]:
        name = signature.by if not signature.name else signature.name if private else MASKED
        if is_secret(name):
            name = MASKED  # `show --private` opens it
        yield FieldChange("signatures", None, f"{signature.meaning} {name}")


def _parts(place: str, old: Stored, new: Stored) -> Iterator[FieldChange]:
    """What differs inside two values of one list or checklist."""
    if isinstance(old, list) or isinstance(new, list):
        before, after = (one if isinstance(one, list) else [] for one in (old, new))
        if not all(isinstance(row, dict) for row in (*before, *after)):
            return  # several choices of one field: the value itself says it
        for number in range(max(len(before), len(after))):
            first = before[number] if number < len(before) else None
            second = after[number] if number < len(after) else None
            if first is None or second is None:
                yield FieldChange(f"{place}.{number + 1}", first, second)
            else:
                yield from _inside(f"{place}.{number + 1}", first, second)
    elif isinstance(old, dict) or isinstance(new, dict):
        yield from _inside(place, old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {})


def _inside(place: str, old: Stored, new: Stored) -> Iterator[FieldChange]:
    assert isinstance(old, dict) and isinstance(new, dict)
    for name in (*new, *(name for name in old if name not in new)):
        if old.get(name) != new.get(name):
            yield FieldChange(f"{place}.{name}", old.get(name), new.get(name))
