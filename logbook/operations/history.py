"""Who changed which field of a record, when, and why: read from its commits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Stored
from logbook.core.value import frozen
from logbook.operations.reading import find
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.history import trailers_of
from logbook.store.records import record_from


@frozen
class FieldChange:
    """One value before and after a commit."""

    field: str
    old: Stored
    new: Stored


@frozen
class Entry:
    """One commit that touched the record."""

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


def history(session: Session, word: str) -> tuple[Form | None, list[Entry]]:
    """Every commit of one record, oldest first, with the fields it changed."""
    row = find(session, word)
    repository = session.repository
    entries: list[Entry] = []
    before: State | None = None
    form: Form | None = None
    for commit_id in reversed(session.index.history_of(row.path)):
        commit = repository.objects.commit(commit_id)
        after, form = _state_at(session, commit_id, row.path, form)
        trailers = trailers_of(commit.message)
        events = after.events[len(before.events) if before else 0 :] if after else ()
        amendments = (
            after.record.amendments[len(before.record.amendments) if before else 0 :] if after else ()
        )
        reasons = [one.reason for one in events] + [one.reason for one in amendments]
        reason = next(filter(None, reasons), None)
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
                tuple(_changes(before, after)),
                after is not None,
            )
        )
        before = after or before
    return form, entries


def _state_at(
    session: Session, commit: str, path: str, form: Form | None
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
    return (state_of(form, record) if form else None), form


def _changes(before: State | None, after: State | None) -> Iterator[FieldChange]:
    if after is None:
        return
    old: dict[str, Stored] = dict(before.fields) if before else {}
    if before is None or before.status != after.status:
        yield FieldChange("status", before.status if before else None, after.status)
    if before is not None and before.at != after.at:
        yield FieldChange("at", before.at, after.at)
    for name in (*after.fields, *(name for name in old if name not in after.fields)):
        new = after.fields.get(name)
        if old.get(name) != new:
            yield FieldChange(name, old.get(name), new)
    count = len(before.record.signatures) if before else 0
    for signature in after.record.signatures[count:]:
        # The name of a customer is private; who of the staff took the signature is not.
        yield FieldChange("signatures", None, f"{signature.meaning} {signature.by}")
