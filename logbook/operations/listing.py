"""Queries: which records, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.index.book_index import Row
    from logbook.operations.reading import Loaded


def form_and_query(session: Session, words: Sequence[str]) -> tuple[Form | None, list[str]]:
    """``list [FORM] [QUERY]…``: the first word is a form where it names one."""
    if words and not any(sign in words[0] for sign in ":<>="):
        from logbook.core.formwords import find_form

        found = find_form(session.library, words[0])
        if not isinstance(found, Issue):
            return found, list(words[1:])
    return None, list(words)


def select(
    session: Session,
    form: Form | None,
    query: Sequence[str],
    *,
    sort: Sequence[str] = (),
    limit: int | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool = False,
) -> list[Row]:
    """The matching records at the session's moment. Registers are left out unless asked for. ``private``:
    the asker may see private values, and so look for them."""
    words = list(query)
    if form is None and not any(word.lstrip("-").startswith(("form:", "表单:")) for word in words):
        registers = sorted(session.library.register_names)
        if registers:
            words.append("-form:" + ",".join(registers))
    return session.index.select(
        words,
        now=session.now,
        form=form.name if form else None,
        sort=list(sort),
        limit=limit,
        since=bound(session, since, end=False),
        until=bound(session, until, end=True),
        private=private,
    )


def bound(session: Session, text: str | None, *, end: bool) -> datetime | None:
    """One end of ``--since``/``--until``: a day or month given as the end is included."""
    if text is None:
        return None
    from logbook.core.moments import parse_range

    found = parse_range(text, now=session.now, zone=session.zone)
    if found is None:
        raise Refused([Issue("book.bad-range", {"found": text}, field="until" if end else "since")])
    return found[1] if end else found[0]


def load_rows(session: Session, rows: Sequence[Row]) -> Iterator[Loaded]:
    """The records themselves, as they were at the session's moment, read in one stream."""
    from logbook.operations.reading import loaded_from

    contents = session.repository.objects.read_many(row.blob for row in rows)
    for row, (_, _, data) in zip(rows, contents, strict=True):
        yield loaded_from(session, row, data, until=session.now if row.then is not None else None)
