"""All that proves one record: its states, who made them, what it names, and the raw history to check it by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.lifecycle import State
from logbook.core.moments import to_text
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.value import frozen
from logbook.operations import attaching
from logbook.operations.history import Entry
from logbook.operations.history import history
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.store.book import SETTINGS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from logbook.index.book_index import ClockRow
    from logbook.index.book_index import Row
    from logbook.operations.sealing import Seal


@frozen
class Attached:
    """A file a record names: where, its SHA-256, its content as committed (None where it is not there), and what it
    is by its content. ``state``: ``good``, ``missing`` or ``changed``."""

    place: str
    field: Field
    name: str
    data: bytes | None
    kind: str
    state: str


@frozen
class Linked:
    """A record one step away: by which field, and whether it is this record that names the other (``out``) or the
    other that names this one (``in``)."""

    row: Row
    field: Field
    way: str


@frozen
class Evidence:
    """One record as of ``head``. ``received``: commit to the time it came to the shared copy, where a receipt log is
    at hand; ``signed``: commit to the state of its SSH signature; ``stale``: the signatures on the record that no
    longer cover what stands there."""

    head: str
    as_of: datetime
    loaded: Loaded
    entries: tuple[Entry, ...]
    signed: Mapping[str, str]
    received: Mapping[str, str]
    receipts: bool
    stale: tuple[Signature, ...]
    clocks: tuple[ClockRow, ...]
    linked: tuple[Linked, ...]
    attached: tuple[Attached, ...]
    seal: Seal | None


def at_head(session: Session) -> Session:
    """The same book, read as of the hour of its head commit (or of ``--rev``): what is said of it does not depend on
    when it is said. ``--now`` stands where it was given. BookError ``evidence.no-commit`` before the first commit."""
    head = session.rev or session.repository.head()
    if head is None:
        raise BookError("evidence.no-commit", path=str(session.book.root))
    if session.clock.given:
        return session
    # Nothing that was recorded may be lost to a clock that ran behind: events count to the last of the two dates.
    commit = session.repository.objects.commit(head)
    when = max(commit.committer.when, commit.author.when).astimezone(session.zone)
    clock = Clock(when, when, given=True)
    return Session(
        session.book, clock, lang=session.lang, environment=session.environment, by=session.given_by, rev=session.rev
    )


def is_committed(session: Session) -> bool:
    """Whether what is printed follows from the commit alone: with ``--rev`` always, else where forms and settings in
    the work tree are those of the commit."""
    if session.rev is not None:
        return True
    words = ("status", "--porcelain", "--untracked-files=all", "--", "templates", SETTINGS_FILE)
    return not session.repository.run(*words).stdout


def evidence(session: Session, word: str, *, private: bool = False, receipts: Path | None = None) -> Evidence:
    """What there is to show of one record (``session`` from :func:`at_head`). ``receipts``: the log of a receiving
    repository; without it, what this repository knows of one."""
    from logbook.operations.audit.receipts import of_book
    from logbook.operations.sealing import seal_of
    from logbook.operations.signatures import is_stale
    from logbook.store.receipts import read
    from logbook.store.receipts import read_file
    from logbook.store.receipts import received as times_of

    row = find(session, word)
    loaded = load(session, row)
    head = session.rev or session.repository.head()
    assert head is not None
    entries = tuple(history(session, f"{row.form}/{row.id}", private=private)[1])
    commits = [one.commit for one in entries]
    if receipts is not None and not receipts.is_file():
        raise BookError("evidence.no-receipts", path=str(receipts))
    log = read_file(receipts) if receipts is not None else read(session.repository)
    came = times_of(session.repository, of_book(session, log), head, None) if log is not None else {}
    return Evidence(
        head,
        session.now,
        loaded,
        entries,
        signature_states(session, commits, head, came),
        {one: to_text(came[one]) for one in commits if one in came},
        log is not None,
        tuple(one for one in loaded.record.signatures if is_stale(loaded.form, loaded.record, one)),
        tuple(session.index.clocks(row, session.now)),
        tuple(linked(session, loaded.state, row)),
        tuple(attached(session, loaded, head)),
        seal_of(session, loaded.state) if loaded.form.seals is not None else None,
    )


def signature_states(
    session: Session, commits: Iterable[str], head: str, received: Mapping[str, datetime]
) -> dict[str, str]:
    """Commit to the state of its SSH signature by the register as it stood before it: ``unsigned``, ``good``, or why it
    is not good. What is known of revocations at ``head`` holds for all."""
    from logbook.operations.signing import signers_at
    from logbook.store.signatures import verify_commit

    repository = session.repository
    later = signers_at(session, head)
    states: dict[str, str] = {}
    for one in commits:
        parents = repository.objects.commit(one).parents
        signers = signers_at(session, parents[0] if parents else None)
        raw = repository.objects.read(one)[1]
        states[one] = verify_commit(raw, signers, received=received.get(one), later=later).state
    return states


def attached(session: Session, loaded: Loaded, head: str) -> Iterator[Attached]:
    """The files a record names now, each once, as they were committed."""
    known: set[str] = set()
    for place, field, value in attaching.attachments_of(loaded.form, loaded.state.fields):
        path = attaching.path_of(value)
        name = path.rpartition("/")[2]
        if name in known:
            continue
        known.add(name)
        data = session.repository.blob_at(head, path)
        good = data is not None and hashlib.sha256(data).hexdigest() == name
        kind = attaching.content_kind(data) if data is not None else "other"
        yield Attached(place, field, name, data, kind, "good" if good else "missing" if data is None else "changed")


def linked(session: Session, state: State, row: Row) -> Iterator[Linked]:
    """Records one step away, both ways, each once: those it names, then those that name it."""
    known = {(row.form, row.id)}

    def new(rows: Iterable[Row], field: Field, way: str) -> Iterator[Linked]:
        for one in rows:
            if (one.form, one.id) not in known:
                known.add((one.form, one.id))
                yield Linked(one, field, way)

    for field, value in _references(state):
        form, _, record_id = value.rpartition("/")
        for target in field.target:
            if not form or form == target:
                yield from new(session.index.find(target, record_id), field, "out")
    for other in session.library.forms.values():
        for field in other.fields.values():
            if field.type == "ref" and row.form in field.target and not field.derived_text:
                for said in (row.id, f"{row.form}/{row.id}"):
                    yield from new(session.index.all_equal(other.name, {field.id: said}), field, "in")
            for column in field.columns.values():
                if field.type == "list" and column.type == "ref" and row.form in column.target:
                    for said in (row.id, f"{row.form}/{row.id}"):
                        yield from new(session.index.with_row(other.name, field.id, {column.id: said}), column, "in")


def load_linked(session: Session, one: Linked) -> Loaded | None:
    """A linked record itself; None for one that cannot be read (``validate`` tells of it)."""
    try:
        return load(session, one.row, until=session.now)
    except Refused:
        return None


def _references(state: State) -> Iterator[tuple[Field, str]]:
    for name, field in state.form.fields.items():
        value: Stored = state.fields.get(name)
        if field.type == "ref" and isinstance(value, str) and value:
            yield field, value
        elif field.type == "list" and isinstance(value, list):
            for row in value:
                for column in field.columns.values():
                    cell = row.get(column.id) if isinstance(row, dict) else None
                    if column.type == "ref" and isinstance(cell, str) and cell:
                        yield column, cell
