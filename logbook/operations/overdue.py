"""Everything late at a moment: the clocks of every form and the duties nobody fulfilled, most overdue first."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import NamedTuple

from logbook.core.moments import from_epoch
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations.listing import form_and_query
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.core.duties import Duty
    from logbook.index.book_index import Row
    from logbook.index.query import Query
    from logbook.index.query import Term


class DutyRow(NamedTuple):
    """A duty that is behind for one subject, or falls due soon: a grouped row, or one occurrence of it.

    ``due`` of the latest missed occurrence and ``last_done`` are seconds since 1970; ``missed`` is the
    length of the run of missed ones up to it."""

    duty: str
    zh: str
    en: str
    form: str
    to: str | None
    subject: str | None
    subject_title: str
    due: int
    state: str
    missed: int
    last_done: int | None
    record: str | None
    nominal: str
    slot: str


@frozen
class Late:
    """One row of the overdue list. A duty's row has no record; ``clock`` is the id of the duty then."""

    row: Row | None
    id: str | None
    form: str
    kind: str
    clock: str
    label: Text
    subject: str | None
    due: datetime
    overdue_seconds: int
    state: str
    to: str | None
    title: str
    missed: int | None = None
    last_done: datetime | None = None
    slot: str | None = None
    nominal: str | None = None


def overdue(
    session: Session,
    words: Sequence[str],
    *,
    soon: timedelta | None = None,
    expand: bool = False,
    private: bool = False,
) -> list[Late]:
    """Clocks past due at the session's moment (strictly now > due) and duties whose latest occurrence
    nobody fulfilled, one row a duty and subject (``expand``: one a missed occurrence); with ``soon``
    also what falls due by then; ``private``: private values may be looked for. Refused with every mistake
    of the query."""
    form, query = form_and_query(session, words)
    parsed = session.index.parse(query)
    _refuse_unknown(session, parsed)
    late: list[Late] = []
    if not _only_duties(parsed):
        late += late_clocks(session, form.name if form else None, parsed, soon, private=private)
    if session.library.shared.get("duties"):
        rows = _duty_rows(session, soon, expand=expand)
        late += _duties(session, rows, form.name if form else None, parsed)
        late.sort(key=lambda one: one.due)
    return late


def late_clocks(
    session: Session,
    form: str | None = None,
    query: Query | None = None,
    soon: timedelta | None = None,
    *,
    private: bool = False,
) -> list[Late]:
    """Only the clocks of :func:`overdue`."""
    found = session.index.overdue(session.now, soon=soon, query=query or "", form=form, private=private)
    late = []
    for clock in found:
        definition = session.library.form_at(clock.row.form, clock.row.version)
        named = definition.clocks.get(clock.clock) if definition else None
        late.append(
            Late(
                clock.row,
                clock.row.id,
                clock.row.form,
                "clock",
                clock.clock,
                named.label if named else Text(clock.clock, clock.clock),
                clock.row.title or None,
                from_epoch(clock.due or 0, session.zone),
                clock.overdue_seconds,
                clock.state,
                clock.to,
                clock.row.title,
            )
        )
    return late


# --- duties -------------------------------------------------------------------------------------------


def _duty_rows(session: Session, soon: timedelta | None, *, expand: bool) -> Iterable[DutyRow]:
    """The rows last worked out where they still hold, else worked out anew and kept."""
    from logbook.index.duties import keep
    from logbook.index.duties import kept

    plain = soon is None and not expand
    if plain:
        known = kept(session.index, int(session.now.timestamp()))
        if known is not None:
            return map(DutyRow._make, known)
    from logbook.operations.duties import Ledger

    ledger = Ledger(session)
    rows, first, last = ledger.missing(soon=int(soon.total_seconds()) if soon else 0, expand=expand)
    if plain and ledger.facts.settled:
        first = max(first, ledger.facts.turned())
        keep(session.index, [list(row) for row in rows], first=first, last=last, forms=ledger.looked_at())
    return rows


def _duties(session: Session, rows: Iterable[DutyRow], form: str | None, query: Query | None) -> list[Late]:
    zone, now, zh = session.zone, int(session.now.timestamp()), session.lang == "zh"
    late = []
    for row in rows:
        if (form is not None and row.form != form) or (query is not None and not _wanted(session, row, query)):
            continue
        label = row.zh if zh else row.en
        late.append(
            Late(
                None,
                None,
                row.form,
                "duty",
                row.duty,
                Text(row.zh, row.en),
                row.subject,
                from_epoch(row.due, zone),
                max(0, now - row.due),
                row.state,
                row.to,
                f"{label} {row.subject_title}".rstrip(),
                row.missed,
                from_epoch(row.last_done, zone) if row.last_done is not None else None,
                row.slot or None,
                row.nominal,
            )
        )
    return late


_FORM = ("form", "表单")
_DUTY = ("duty", "职责")
_SUBJECT = ("subject", "对象")
_ROLE = ("to", "报")
_IS = {"overdue": True, "逾期": True, "open": True, "未结": True}


def _refuse_unknown(session: Session, query: Query | None) -> None:
    """Refused when a query names a duty, a subject of one or a role that this book does not have."""
    from logbook.core.errors import Refused
    from logbook.core.issues import Issue
    from logbook.core.suggest import hint
    from logbook.index.query import Match
    from logbook.index.query import Not

    issues = []
    for term in query.terms if query is not None else ():
        while isinstance(term, Not):
            term = term.term
        if not isinstance(term, Match) or term.name not in (*_DUTY, *_SUBJECT, *_ROLE):
            continue
        known = _known(session, term.name)
        words = [word for pair in known.items() for word in pair if word]
        for value in term.values:
            text = value.text.casefold()
            if any(_like(text, word) for word in words) or (term.name in _SUBJECT and _is_record(session, value.text)):
                continue
            near = hint(value.text, words)
            args = {"name": term.name, "found": value.text, "allowed": list(known)[:40], "near": near}
            issues.append(Issue("query.unknown-value", args))
    if issues:
        raise Refused(issues)


def _known(session: Session, name: str) -> dict[str, str]:
    """What may stand behind ``duty:``, ``to:`` or ``subject:``, and how it is called."""
    if name in _SUBJECT:
        return {row.subject: row.subject_title for row in _duty_rows(session, None, expand=False) if row.subject}
    if name in _ROLE:
        return known_roles(session)
    return {one.id: one.label.say(session.lang) for one in _duties_of(session).values()}


def _is_record(session: Session, word: str) -> bool:
    word = word.rpartition("/")[2]
    if any(sign in word for sign in "*?"):
        return bool(session.index.select([f"id:{word}"], now=session.now, limit=1))
    return bool(session.index.find(None, word))


def _duties_of(session: Session) -> Mapping[str, Duty]:
    from logbook.core.dutyfile import duties_of

    return duties_of(session.library, session.book.settings.settings)


def known_roles(session: Session) -> dict[str, str]:
    """Every role a duty or a clock can go to, and how it is called."""
    library = session.library
    found = {name: label.say(session.lang) for name, label in library.roles.items()}
    found |= {one.role: one.role for one in _duties_of(session).values() if one.role and one.role not in found}
    for form in library.forms.values():
        found |= {clock.to: clock.to for clock in form.clocks.values() if clock.to and clock.to not in found}
    return found


def _role(session: Session, word: str) -> str | None:
    """The role of that id or label."""
    from logbook.core.values import find_label

    return find_label(session.library.roles, word)


def _only_duties(query: Query | None) -> bool:
    """Whether a query names what only duties have."""
    if query is None:
        return False
    from logbook.index.query import Match

    return any(isinstance(term, Match) and term.name in (*_DUTY, *_SUBJECT) for term in query.terms)


def _wanted(session: Session, row: DutyRow, query: Query) -> bool:
    """Whether a query means this row. Fields of a form say nothing about a record nobody wrote, so a
    query that names one leaves duties out, but for the one that names the subject."""
    return all(_holds(session, row, term) is True for term in query.terms)


def _holds(session: Session, row: DutyRow, term: Term) -> bool | None:
    from logbook.index.query import Not
    from logbook.index.query import Words

    if isinstance(term, Not):
        found = _holds(session, row, term.term)
        return None if found is None else not found
    texts = [value.text.casefold() for value in term.values]
    if isinstance(term, Words):
        told = f"{row.zh} {row.en} {row.subject or ''} {row.subject_title}".casefold()
        return any(text in told for text in texts)
    name = term.name
    if name in _FORM:
        from logbook.index.compile import find_form

        return any(find_form(session.library, value.text) == row.form for value in term.values)
    if name == "is":
        return any(_IS.get(text, False) for text in texts)
    if name in _DUTY:
        return any(_like(text, row.duty) or text in (row.zh, row.en.casefold()) for text in texts)
    if name in _ROLE:
        return any(_like(text, row.to or "") or _role(session, text) == (row.to or None) for text in texts)
    if name in _SUBJECT or name == _kind(session, row):
        return any(_like(text, row.subject or "") for text in texts)
    return None


def _kind(session: Session, row: DutyRow) -> str | None:
    """The form of a row's subject: ``room:3-*`` names the subject of a duty of rooms."""
    if row.subject is None:
        return None
    duty = _duties_of(session).get(row.duty)
    return duty.subject_form if duty is not None else None


def _like(pattern: str, text: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))
