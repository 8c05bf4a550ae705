"""Crowded months in folders of days, and back: records move, none changes, and it is one commit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.moments import to_text
from logbook.core.record import Stored
from logbook.core.value import frozen
from logbook.operations.session import Session
from logbook.operations.writing import desk_identity
from logbook.operations.writing import person
from logbook.operations.writing import signature
from logbook.store import codec
from logbook.store.book import SETTINGS_FILE
from logbook.store.records import BY_DAY
from logbook.store.records import BY_MONTH
from logbook.store.records import other_place

ACTION = "layout"
CROWDED = 1_000  # records of a month that is moved unasked
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z")
_DEEP = 6  # parts of a path in a day's folder


@frozen
class Moved:
    """What came of it; ``commit`` is None where nothing was to do."""

    form: str
    by: str
    moved: int
    months: tuple[str, ...]
    commit: str | None


def move(session: Session, word: str, *, by_day: bool, months: Sequence[str] = ()) -> Moved:
    """Move a form's records into folders of days, or back into those of months, and let new ones go there, too.

    ``months`` (``yyyy-mm``): those only. Without, every month of more than a thousand records is moved into days,
    and every one that lies in days back. Refused for a register; UsageError ``upkeep.bad-month``; BookError as of
    every write.
    """
    from logbook.store.transaction import Change
    from logbook.store.transaction import Commit
    from logbook.store.transaction import publish
    from logbook.store.transaction import write_lock
    from logbook.store.worktree import read_file

    for month in months:
        if not _MONTH.match(month):
            raise UsageError("upkeep.bad-month", found=month)
    form = session.form(word)
    if form.register:
        raise Refused([Issue("upkeep.register", {"form": form.name})])
    repository = session.repository
    when, desk, operator = session.writing_time(), session.desk(), session.operator()
    from logbook.operations.audit.people import LEADING
    from logbook.operations.reading import World

    if not session.is_administrator(operator) and not World(session).roles(operator) & LEADING:
        raise Refused([Issue("audit.book-role", {"by": operator, "path": SETTINGS_FILE}, field="by")])
    by = BY_DAY if by_day else BY_MONTH
    with write_lock(repository):
        head = repository.head()
        pairs = _pairs(session, head, form.name, by_day=by_day, months=months)
        changes = []
        settings = _settings(read_file(repository, SETTINGS_FILE) or b"", form.name, by)
        if settings is not None:
            changes.append(Change(SETTINGS_FILE, settings))
        contents = repository.objects.read_many(blob for _, _, blob in pairs)
        for (old, new, _), (_, _, data) in zip(pairs, contents, strict=True):
            changes += [Change(old, None), Change(new, data, stored=True)]
        told = tuple(sorted({"-".join(old.split("/")[2:4]) for old, _, _ in pairs}))
        if not changes:
            return Moved(form.name, by, 0, (), None)
        trailers = [("Form", form.name), ("Action", ACTION), ("By", operator), ("Count", str(len(pairs)))]
        trailers.append(("Operation", f"{to_text(when)} {desk}"))
        text = f"book: layout {form.name} by {by}\n\n" + "".join(f"{name}: {value}\n" for name, value in trailers)
        commit = Commit(
            changes, text, person(session, operator), desk_identity(session, desk), when.astimezone(session.zone),
            sign=signature(session, operator, ACTION, when=when)[0],
        )  # fmt: skip
        (done,) = publish(repository, [commit], onto=head)
    return Moved(form.name, by, len(pairs), told, done)


def _pairs(
    session: Session, head: str | None, form: str, *, by_day: bool, months: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Where each record lies, where it shall lie, and its blob."""
    from logbook.store.history import list_tree

    if head is None:
        return []
    by_month: dict[str, list[tuple[str, str, str]]] = {}
    for path, blob in list_tree(session.repository, head, f"records/{form}"):
        parts = path.split("/")
        there = other_place(path)
        if there is not None and (len(parts) == _DEEP) != by_day:
            by_month.setdefault(f"{parts[2]}-{parts[3]}", []).append((path, there, blob))
    found = []
    for month, rows in sorted(by_month.items()):
        if month in months if months else (not by_day or len(rows) > CROWDED):
            found += rows
    return found


def _settings(data: bytes, form: str, by: str) -> bytes | None:
    """``logbook.yaml`` with the form's layout; None where it says so already."""
    document, issues = codec.read(data, path=SETTINGS_FILE)
    if document is None:
        raise Refused(issues, "book.settings-broken", path=SETTINGS_FILE)
    plain = dict(document.plain)
    known = plain.get("layout")
    layout: dict[str, Stored] = dict(known) if isinstance(known, dict) else {}
    if layout.get(form, BY_MONTH) == by:
        return None
    if by == BY_DAY:
        layout[form] = by
    else:
        layout.pop(form, None)  # that is what holds where nothing is said
    if layout:
        plain["layout"] = layout
    else:
        plain.pop("layout", None)
    return codec.edit(data, plain)
