"""What the page of one record tells, and the words it is found by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.sitepages import REGISTER
from logbook.core.sitepages import Facts
from logbook.core.siteshards import terms_of
from logbook.core.value import replace
from logbook.operations.history import history_of
from logbook.operations.reading import form_of
from logbook.operations.reading import record_in
from logbook.operations.session import Session
from logbook.store.objects import parse_commit
from logbook.store.records import other_place

if TYPE_CHECKING:
    from logbook.index.book_index import Row
    from logbook.index.search import Wanted
    from logbook.store.objects import CommitObject

_PATH = re.compile(r"records/([^/]+)/(?:(\d{4})/(\d{2})/)?")


def month_of(path: str) -> str:
    """The month a record is listed under, by its place: ``2026-11``; registers have none."""
    found = _PATH.match(path)
    return f"{found[2]}-{found[3]}" if found is not None and found[2] else REGISTER


def form_of_path(path: str) -> str | None:
    """The form a file under ``records/`` belongs to; None for any other file."""
    found = _PATH.match(path)
    return found[1] if found is not None else None


def places_of(path: str) -> list[str]:
    """Where a record may have lain: in its month's folder and in its day's."""
    return [path, *filter(None, (other_place(path),))]


class _Elsewhere(Exception):
    """A derived value asked for something outside its record."""


class _Alone:
    """A world in which there is nothing but the record: what is computed from it alone does not go stale."""

    def __getattr__(self, name: str) -> Any:
        raise _Elsewhere(name)


class Reader:
    """Reads records for their pages; what several of them ask for is kept."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._wanted: dict[tuple[str, int], Wanted] = {}
        self._derived: dict[tuple[str, int], list[Field]] = {}
        self._places: dict[str, str] = {}

    def facts(self, rows: Iterable[Row]) -> Iterator[tuple[Facts, set[str]]]:
        """What each page tells, and the words it is found by, as of the session's moment."""
        session, rows = self.session, list(rows)
        clocks = session.index.clocks_of(rows, session.now)
        contents = list(session.repository.objects.read_many(row.blob for row in rows))
        touched = [list(reversed(session.index.history_of(*places_of(row.path)))) for row in rows]
        commits = self._commits({commit for its in touched for commit in its})
        for row, (_, _, data), ids in zip(rows, contents, touched, strict=True):
            until = session.now if row.then is not None else None
            record = record_in(data, row.path)
            form = form_of(session, record)
            state = state_of(form, record, until=until)
            own = [(commit, commits[commit]) for commit in ids]
            _, entries = history_of(session, row, last=state, until=until, commits=own)
            if until is not None:
                record = _then(record, until)
                state = replace(state, record=record)
                entries = [one for one in entries if one.changes]
            facts = Facts(
                row, state, form, session.library.forms[form.name], clocks[row.number], entries,
                self._derivable(form, state), self._links(form, state), self._stale(form, state), month_of(row.path),
            )  # fmt: skip
            yield facts, self.terms(record, form, row.title, until)

    def _commits(self, ids: set[str]) -> dict[str, CommitObject]:
        """Commits read in one stream; a chunk of records shares many, where they were imported."""
        return {oid: parse_commit(data) for oid, _, data in self.session.repository.objects.read_many(sorted(ids))}

    def terms_in(self, blob: str, path: str, until: datetime) -> set[str]:
        """The words of a record's former text as of a moment; none where it cannot be read."""
        try:
            record = record_in(self.session.repository.objects.read(blob)[1], path)
            form = form_of(self.session, record)
        except Refused:
            return set()
        from logbook.index.build import title_of

        title = title_of(state_of(form, record, until=until), self.session.book.settings.language)
        return self.terms(record, form, title, until)

    def terms(self, record: Record, form: Form, title: str, until: datetime | None) -> set[str]:
        """The words a record is found by: what anybody may look for, and its title."""
        from logbook.index.search import record_text
        from logbook.index.search import tokens

        key = (form.name, form.version)
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = self._open_fields(form)
        plain: dict[str, Stored] = {"id": "", **record.fields}
        plain["events"] = [{"at": one.at, "reason": one.reason, "set": dict(one.set)} for one in record.events]
        plain["amendments"] = [{"at": one.at, "reason": one.reason} for one in record.amendments]
        body, _ = record_text(plain, wanted, until=until)
        own = tokens(record.id) if form.register else ""
        return terms_of(f"{body} {own} {tokens(title) if title else ''}")

    def _open_fields(self, form: Form) -> Wanted:
        """What full text reads of a form; private is what is private in it or in the newest version."""
        from logbook.index.search import text_fields

        newest = text_fields(self.session.library.forms[form.name])
        wanted: dict[str, bool | frozenset[str]] = {}
        for name, private in text_fields(form).items():
            now = newest.get(name, False)
            wanted[name] = True if private is True or now is True else frozenset(private or ()) | frozenset(now or ())
        return wanted

    def _derivable(self, form: Form, state: State) -> Mapping[str, Stored]:
        """The derived fields that need nothing but the record."""
        from logbook.core.view import View
        from logbook.operations.deriving import stored_from

        key = (form.name, form.version)
        if key not in self._derived:
            self._derived[key] = [field for field in form.fields.values() if field.derived_text is not None]
        values: dict[str, Stored] = {}
        for field in self._derived[key]:
            try:
                value = View(state, _Alone()).get(field.id)
            except _Elsewhere:
                continue
            stored = stored_from(field, value, self.session.zone)
            if stored is not None:
                values[field.id] = stored
        return values

    def _links(self, form: Form, state: State) -> Mapping[str, str]:
        """The records this one refers to, and their paths."""
        found: dict[str, str] = {}
        for field in form.fields.values():
            value = state.fields.get(field.id)
            if field.type == "ref":
                self._place(field.target, value, found)
            elif field.columns and isinstance(value, list):
                for column in field.columns.values():
                    if column.type == "ref":
                        for row in value:
                            if isinstance(row, dict):
                                self._place(column.target, row.get(column.id), found)
        return found

    def _place(self, target: tuple[str, ...], value: Stored, found: dict[str, str]) -> None:
        if not isinstance(value, str) or not value or value in found:
            return
        known = self._places.get(value)
        if known is None:
            name, slash, rest = value.rpartition("/")
            rows = self.session.index.find(name if slash else None, rest)
            wanted = [row for row in rows if not target or row.form in target] or rows
            known = wanted[0].path if len(wanted) == 1 else ""
            if len(rows) < 2:
                self._places[value] = known
        if known:
            found[value] = known

    def _stale(self, form: Form, state: State) -> list[bool]:
        signatures = state.record.signatures
        if not signatures:
            return []
        from logbook.operations.signatures import is_stale

        return [is_stale(form, state.record, one) for one in signatures]


def _then(record: Record, until: datetime) -> Record:
    """A record without the corrections and signatures that came later."""

    def before(at: str) -> bool:
        return datetime.fromisoformat(at) <= until

    return replace(
        record,
        amendments=tuple(one for one in record.amendments if before(one.at)),
        signatures=tuple(one for one in record.signatures if before(one.at)),
    )
