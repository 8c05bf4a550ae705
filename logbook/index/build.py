"""Records into rows: reads the bytes of record files and writes what the tables hold of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import NamedTuple
from typing import cast

from logbook.core.errors import BookError
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.secret import CLEAR_TYPES
from logbook.core.secret import MASK
from logbook.core.secret import is_secret
from logbook.core.text import Text
from logbook.core.values import shown
from logbook.index.schema import OF_RECORDS
from logbook.index.schema import Context
from logbook.index.schema import FormTable
from logbook.index.schema import FormTables
from logbook.index.schema import create_indexes
from logbook.index.schema import quote
from logbook.index.search import Wanted
from logbook.index.search import record_text
from logbook.index.search import text_fields
from logbook.store import codec
from logbook.store.records import form_and_id
from logbook.store.records import record_from

_BATCH = 2000

# What one record is made of, in the order of the columns of `records` after `_record`.
_HEADER_PLACES = {"id": 1, "status": 6, "at": 8, "by": 9, "recorded_at": 10, "title": 11}
_RECORD_SQL = f"insert into records values ({', '.join('?' * 16)})"
_EVENT_SQL = "insert into events values (?, ?, ?, ?, ?, ?)"
_CLOCK_SQL = f"insert into clocks values ({', '.join('?' * 17)})"


class Unreadable(Exception):
    """A file under ``records/`` that is no record we can read; ``issues`` say why."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(issues)
        self.issues = tuple(issues)


def read_plain(data: bytes, path: str) -> dict[str, Stored]:
    """What a file says. Raises :class:`Unreadable`."""
    document, issues = codec.read(data, path)
    if document is None:
        raise Unreadable(issues)
    return document.plain


def record_of(plain: Mapping[str, Stored], path: str, library: Library) -> tuple[Record, Form]:
    """The record that was read and the form it lives under (the newest, when the book does not have
    that version; `validate` reports it). Raises :class:`Unreadable`."""
    record, issues = record_from(plain)
    if record is None:
        raise Unreadable([issue.at(path=path) for issue in issues])
    form = library.form_at(record.form, record.version) or library.forms.get(record.form)
    if form is None:
        raise Unreadable([Issue("query.no-form", {"form": record.form}, path=path, id=record.id)])
    return record, form


# Row number, path and blob of a record whose clocks look at another one, and what it amounts to.
_Waiting = tuple[int, str, str, "State | None"]


class Gathered(NamedTuple):
    """What a :class:`Writer` has made of some records: rows by statement, and the forms whose tables they need."""

    forms: list[str]
    rows: list[tuple[str, list[tuple[object, ...]]]]
    waiting: list[_Waiting]

    @property
    def ids(self) -> Iterator[str]:
        """The ids of the records."""
        return (cast(str, row[1]) for sql, rows in self.rows if sql == _RECORD_SQL for row in rows)


class Reader:
    """The tokens of full text in files of records that were read before."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wanted: dict[tuple[str, int], Wanted] = {}

    def words(
        self, plain: Mapping[str, Stored], form: str, version: int, *, until: datetime | None = None
    ) -> tuple[str, str]:
        """The tokens of a record that was read: those anybody may look for, and those of private fields."""
        key = (form, version)
        wanted = self._wanted.get(key)
        if wanted is None:
            library = self._context.library
            known = library.form_at(form, version) or library.forms[form]
            wanted = self._wanted[key] = text_fields(known)
        words, hidden = record_text(plain, wanted, until=until)
        return words, "" if self._context.skip_private else hidden


class Writer:
    """Writes records into one database. Rows gather in memory; ``flush`` brings them in.

    Clocks that look at another record wait for ``finish``, when every record is there.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        context: Context,
        *,
        until: datetime | None = None,
        search: bool = False,
        bulk: bool = False,
        linked_from: sqlite3.Connection | None = None,
    ) -> None:
        """``until``: records as they were then. ``bulk``: tables get their indexes in ``finish``, when
        sorting once is quicker. ``linked_from``: where linked records are looked up, when it is not the
        database being written."""
        self.connection = connection
        self.context = context
        self.until = until
        self.search = search
        self.reader = Reader(context)
        self.bulk = bulk
        self.linked_from = linked_from if linked_from is not None else connection
        self._until = int(until.timestamp()) if until is not None else 0
        self.tables = FormTables(context.library)
        self._made = {
            row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")
        }
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._forms: dict[str, _FormWriter] = {}
        self._count = 0
        self._unindexed: list[FormTable] = []
        self._waiting: list[_Waiting] = []

    def put(self, number: int, path: str, blob: str, data: bytes) -> State | None:
        """Write the record of one file under a row number that is free. None: it could not be read
        (kept in ``unreadable``), or at ``until`` there was no such record yet."""
        try:
            plain = read_plain(data, path)
            record, form = record_of(plain, path, self.context.library)
            state = state_of(form, record, until=self.until)
            if self.until is not None and not state.exists:
                return None
            words = None
            if self.search:
                words = self.reader.words(plain, record.form, record.version, until=self.until)
            self._put(number, path, blob, state, words)
        except Unreadable as unreadable:
            self._put_unreadable(path, blob, unreadable.issues)
            return None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            # A shape nobody foresaw must not take every query down; it is told like any other fault.
            found = f"{type(error).__name__}: {error}"
            self._put_unreadable(path, blob, [Issue("query.unreadable", {"found": found}, path=path)])
            return None
        return state

    def _put(self, number: int, path: str, blob: str, state: State, words: tuple[str, str] | None) -> None:
        record = state.record
        link = _Link(None, state)
        clocks = self._clock_rows(number, path, blob, state, link)
        last = 0
        events: list[tuple[object, ...]] = []
        sources: dict[str, None] = {}
        for n, event in enumerate(state.events):
            at = _epoch(event.at)
            recorded = _epoch(event.recorded) if event.recorded else at
            last = max(last, at)
            events.append((number, n, at, event.by, event.step, recorded))
            if event.source:
                sources[event.source] = None
        for amendment in record.amendments:
            last = max(last, _epoch(amendment.at))
        for clock in clocks:
            last = max(last, clock[9])
        header = (
            number, record.id, record.form, record.version, path, blob, state.status,
            _epoch(state.at), state.at, state.by, _recorded_at(state), title_of(state, self.context.lang),
            int(state.final), int(state.voided), last, _conflicts(record),
        )  # fmt: skip
        writer = self._forms.get(record.form) or self._form_writer(record.form)
        writer.add(number, header, state.fields)
        if writer.lists:
            writer.add_lists(number, state.fields)
        self._add(_RECORD_SQL, (header,))
        self._add(_EVENT_SQL, events)
        if link.asked:
            # In bulk they are read again: kept, a book's worth of them would fill the memory.
            self._waiting.append((number, path, blob, None if self.bulk else state))
        else:
            self._add(_CLOCK_SQL, clocks)
        if sources:
            self._add("insert into sources values (?, ?, ?)", [(record.form, key, number) for key in sources])
        if words is not None:
            self._add("insert into search (rowid, body, hidden) values (?, ?, ?)", ((number, *words),))
        self._count += 1
        if self._count >= _BATCH:
            self.flush()

    def _put_unreadable(self, path: str, blob: str, issues: Sequence[Issue]) -> None:
        text = json.dumps([issue_to_plain(issue) for issue in issues], ensure_ascii=False)
        self._add("insert or replace into unreadable values (?, ?, ?)", ((path, blob, text),))

    def _add(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._rows.setdefault(sql, []).extend(rows)

    def flush(self) -> None:
        """Bring what has gathered into the database."""
        for sql, rows in self._gathered():
            self.connection.executemany(sql, rows)
        self._count = 0

    def _gathered(self) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
        yield from self._rows.items()
        self._rows = {}
        for writer in self._forms.values():
            yield from writer.take()

    def hand_over(self) -> Gathered:
        """What has gathered, to be taken in by a writer of another process."""
        done = Gathered(list(self._forms), list(self._gathered()), self._waiting)
        self._waiting = []
        self._count = 0
        return done

    def take_in(self, gathered: Gathered) -> None:
        """Bring in what another writer has gathered."""
        for form in gathered.forms:
            self.ensure(form)
        for sql, rows in gathered.rows:
            self.connection.executemany(sql, rows)
        self._waiting += gathered.waiting

    def finish(self, read: Callable[[Iterable[tuple[str, str]]], Iterator[bytes]] | None = None) -> None:
        """Bring everything in, the clocks that look at other records too. ``read``: in bulk, how the files
        (path and blob) of those records are read again."""
        self.flush()
        if self.bulk:
            create_indexes(self.connection)
            for layout in self._unindexed:
                self._index(layout)
        if read is not None:
            again = [(path, blob) for _, path, blob, _ in self._waiting]
            for (number, path, blob, _), data in zip(self._waiting, read(again), strict=True):
                record, form = record_of(read_plain(data, path), path, self.context.library)
                self._put_linked(number, path, blob, state_of(form, record, until=self.until))
        else:
            for number, path, blob, state in self._waiting:
                assert state is not None
                self._put_linked(number, path, blob, state)
        self._waiting.clear()

    def put_clocks(self, number: int, path: str, blob: str, state: State) -> None:
        """Compute the clocks of a record anew, asking the records it points at."""
        execute = self.connection.execute
        execute("delete from clocks where _record = ?", (number,))
        execute("delete from links where _record = ?", (number,))
        self._put_linked(number, path, blob, state)

    def _put_linked(self, number: int, path: str, blob: str, state: State) -> None:
        link = _Link(self, state)
        clocks = self._clock_rows(number, path, blob, state, link)
        execute = self.connection.execute
        self.connection.executemany(_CLOCK_SQL, clocks)
        self.connection.executemany(
            "insert into links values (?, ?)", [(number, target) for target in link.targets]
        )
        if clocks:
            settled = max(clock[9] for clock in clocks)
            execute("update records set last_at = max(last_at, ?) where _record = ?", (settled, number))

    def remove(self, records: Iterable[tuple[int, str]]) -> None:
        """Take records out, each by its row number and form; their text in the search table is the caller's to
        take out first."""
        of_form: dict[str, list[tuple[int]]] = {}
        for number, form in records:
            of_form.setdefault(form, []).append((number,))
        numbers = [number for found in of_form.values() for number in found]
        delete = self.connection.executemany
        for table in ("records", "events", "clocks", "sources", "links", *OF_RECORDS):
            delete(f"delete from {table} where _record = ?", numbers)
        for form, found in of_form.items():
            layout = self.tables.get(form)
            if layout is None or layout.table not in self._made:
                continue
            delete(f"delete from {quote(layout.table)} where _record = ?", found)
            for name in layout.lists:
                delete(f"delete from {quote(layout.list_table(name))} where _record = ?", found)

    def ensure(self, form: str) -> None:
        """Make the tables of a form if they are not there."""
        layout = self.tables[form]
        if layout.table in self._made:
            return
        for statement in layout.create():
            self.connection.execute(statement)
        if self.bulk:
            self._unindexed.append(layout)
        else:
            self._index(layout)
        self._made.add(layout.table)

    def _index(self, layout: FormTable) -> None:
        for statement in layout.create_indexes():
            self.connection.execute(statement)

    def _form_writer(self, form: str) -> _FormWriter:
        self.ensure(form)
        writer = self._forms[form] = _FormWriter(self.tables[form], skip_private=self.context.skip_private)
        return writer

    def _clock_rows(
        self, number: int, path: str, blob: str, state: State, link: _Link
    ) -> list[tuple[Any, ...]]:
        if not state.form.clocks:
            return []
        from logbook.core.calendars import SHIPPED
        from logbook.core.clockplans import versions_of
        from logbook.core.clocks import clocks_of

        form, context = state.record.form, self.context
        try:
            clocks = clocks_of(
                state.form,
                state,
                zone=context.zone,
                calendars=context.calendars or SHIPPED,
                link=link,
                versions=versions_of(context.library, form),
                settings=context.library.settings,
            )
        except BookError as error:
            # A calendar the book does not have: the record can be found all the same, and the lack is told.
            self._put_unreadable(path, blob, [Issue(error.code, error.args_, path=path, id=state.record.id)])
            return []
        return [
            (
                number, form, clock.clock, clock.cycle, clock.started, clock.due,
                # A cancelled clock stands still; when is told by what settled it.
                clock.settled if clock.stopped is None and clock.state == "cancelled" else clock.stopped,
                clock.state, clock.to, max(clock.settled, link.last), clock.counted, clock.first_due,
                int(clock.provisional), clock.version, clock.paused_from, clock.paused_until,
                # What is past its `until` and was never resumed: few, with an index of their own.
                int(
                    clock.paused_until is not None
                    and not clock.resumed
                    and (clock.stopped is None or clock.stopped > clock.paused_until)
                ),
            )
            for clock in clocks
        ]  # fmt: skip

    def linked_value(self, target: str, forms: Sequence[str], name: str) -> tuple[object | None, int]:
        """A stored value of the record ``target`` (``at``, ``state``, a field, the latest time of a step in
        seconds), and the last instant anything happened to that record."""
        marks = ", ".join("?" * len(forms))
        sql = (
            "select _record, form, at, status, last_at from records"
            f" where id = ? collate nocase and form in ({marks})"
        )
        ask = self.connection.execute
        found = ask(sql, (target, *forms)).fetchone()
        if found is None and self.linked_from is not self.connection:
            # Records nothing happened to since ``until`` stand in the index only.
            ask = self.linked_from.execute
            found = ask(sql + " and last_at <= ?", (target, *forms, self._until)).fetchone()
        if found is None:
            return None, 0
        number, form, at, status, last = found
        if name == "at":
            return at, last
        layout = self.tables[form]
        field = layout.columns.get(name)
        if field is not None:
            (value,) = ask(
                f"select {quote(name)} from {quote(layout.table)} where _record = ?", (number,)
            ).fetchone()
            return (stored_value(field, value) if value is not None else None), last
        if name in ("state", "status"):
            return status, last
        step = name.removesuffix(".at")
        (epoch,) = ask("select max(at) from events where _record = ? and step = ?", (number, step)).fetchone()
        return epoch, last


class _Link:
    """What ``clocks_of`` asks of a linked record. Without a writer it only notes that it was asked."""

    def __init__(self, writer: Writer | None, state: State) -> None:
        self.writer = writer
        self.state = state
        self.asked = False
        self.targets: set[str] = set()
        self.last = 0  # the last instant of the records asked: each may have had a say in a clock

    def __call__(self, name: str, path: str) -> object | None:
        self.asked = True
        field = self.state.form.fields.get(name)
        target = self.state.fields.get(name)
        if field is None or not isinstance(target, str) or not target:
            return None
        self.targets.add(target)
        if self.writer is None:
            return None
        value, last = self.writer.linked_value(target, field.target or tuple(self.writer.tables), path)
        self.last = max(self.last, last)
        return value


class _FormWriter:
    """Rows of one form, and how each column comes out of a record's fields."""

    def __init__(self, layout: FormTable, *, skip_private: bool = False) -> None:
        def converter(field: Field, around: Field | None = None) -> Callable[[Stored], object]:
            private = skip_private and (field.private or (around is not None and around.private))
            return _sealed if private and field.type not in CLEAR_TYPES else _CONVERT.get(field.type, _text)

        self._skip_private = skip_private
        self.rows: list[tuple[object, ...]] = []
        self.lists = layout.lists
        self._header = [_HEADER_PLACES[name] for name in layout.header]
        self._nothing = [None] * len(layout.columns)
        first = 1 + len(self._header)
        self._columns = {
            name: (place, converter(field))
            for place, (name, field) in enumerate(layout.columns.items(), first)
        }
        marks = ", ".join("?" * (1 + len(layout.header) + len(layout.columns)))
        self._sql = f"insert into {quote(layout.table)} values ({marks})"
        self._list_rows: dict[str, list[tuple[object, ...]]] = {}
        self._list_sql: dict[str, str] = {}
        self._list_columns: dict[str, list[tuple[str, Callable[[Stored], object]]]] = {}
        for name, field in layout.lists.items():
            width = 2 + len(layout.list_columns(name))
            self._list_sql[name] = (
                f"insert into {quote(layout.list_table(name))} values ({', '.join('?' * width)})"
            )
            self._list_columns[name] = [(n, converter(c, field)) for n, c in field.columns.items()]

    def add(self, number: int, header: tuple[object, ...], fields: Mapping[str, Stored]) -> None:
        """Take in a record: its row of ``records`` and its current fields."""
        row: list[object] = [number]
        row += [header[place] for place in self._header]
        row += self._nothing
        columns = self._columns
        for name, value in fields.items():
            column = columns.get(name)
            if column is not None and value is not None and value != "":
                place, convert = column
                row[place] = convert(value)
        self.rows.append(tuple(row))

    def add_lists(self, number: int, fields: Mapping[str, Stored]) -> None:
        for name, field in self.lists.items():
            value = fields.get(name)
            if not value:
                continue
            rows = self._list_rows.setdefault(name, [])
            if field.type == "checklist":
                if isinstance(value, dict):
                    hidden = self._skip_private and field.private
                    for n, (item, answer) in enumerate(value.items(), 1):
                        result, *rest = _answer(answer)
                        if hidden:
                            rest = [None if one is None else _sealed(one) for one in rest]
                        rows.append((number, n, item, result, *rest))
            elif isinstance(value, list):
                columns = self._list_columns[name]
                for n, row in enumerate(value, 1):
                    plain = row if isinstance(row, dict) else {}
                    cells = [plain.get(column) for column, _ in columns]
                    rows.append(
                        (
                            number,
                            n,
                            *(
                                None if cell is None or cell == "" else convert(cell)
                                for cell, (_, convert) in zip(cells, columns, strict=True)
                            ),
                        )
                    )

    def take(self) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
        """What has gathered, statement by statement, and start anew."""
        if self.rows:
            yield self._sql, self.rows
            self.rows = []
        for name, rows in self._list_rows.items():
            yield self._list_sql[name], rows
        self._list_rows = {}


def stored_value(field: Field, value: object) -> Any:
    """A column's value as the file says it; decimals may have lost closing zeros."""
    if is_secret(value):
        return value
    if field.type == "bool" and isinstance(value, int):
        return "true" if value else "false"
    if field.type == "multichoice" and isinstance(value, str):
        return value.split(",")
    if field.type == "money" and isinstance(value, (int, float)):
        return f"{value:.2f}"
    return value if isinstance(value, str) else str(value)


def title_of(state: State, lang: str) -> str:
    """What names a record in a list: the form's ``subject`` fields, never a private value."""
    fields = state.form.fields
    parts = []
    for name in state.form.subject:
        field = fields.get(name)
        value = state.fields.get(name)
        if field is not None and not field.private and value:
            parts.append("" if is_secret(value) else shown(field, value, lang))
    return " ".join(" ".join(parts).split())


def issue_to_plain(issue: Issue) -> dict[str, object]:
    """An issue as JSON can hold it."""
    return {
        "rule": issue.rule,
        "args": {name: _arg_to_plain(value) for name, value in issue.args.items()},
        "severity": issue.severity,
        "path": issue.path,
        "line": issue.line,
        "id": issue.id,
        "field": issue.field,
    }


def issue_from_plain(plain: Mapping[str, Any]) -> Issue:
    """The issue that :func:`issue_to_plain` wrote."""
    args = {
        name: Text(**value["text"]) if isinstance(value, dict) and "text" in value else value
        for name, value in plain["args"].items()
    }
    return Issue(
        plain["rule"], args, plain["severity"], plain["path"], plain["line"], plain["id"], plain["field"]
    )


def record_paths(paths: Iterable[str]) -> Iterator[str]:
    """Those that are files of records."""
    return (path for path in paths if form_and_id(path) is not None)


def by_time(path: str) -> tuple[str, str]:
    """A sorting key that puts files in the order of their numbers' days across forms, registers
    first, so that row numbers rise with time."""
    name = path.rpartition("/")[2]
    prefix, _, rest = name.partition("-")
    return (rest, prefix) if rest[:8].isdigit() and len(rest) > 8 else ("", name)


def _arg_to_plain(value: object) -> object:
    if isinstance(value, Text):
        return {"text": {"zh": value.zh, "en": value.en}}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [str(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _recorded_at(state: State) -> str:
    first = state.events[0] if state.events else None
    return (first.recorded or first.at) if first is not None else state.at


def _conflicts(record: Record) -> int:
    """How many places two desks changed at once are still to be settled."""
    if not record.conflicts:
        return 0
    from logbook.core.merging import unsettled

    return len(unsettled(record))


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _answer(answer: Stored) -> tuple[object, object, object]:
    if isinstance(answer, dict):
        return tuple(
            _text(answer[name]) if answer.get(name) else None for name in ("result", "remark", "value")
        )  # type: ignore[return-value]
    return (_text(answer) if answer else None, None, None)


def _text(value: Stored) -> object:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _integer(value: Stored) -> object:
    try:
        return int(value) if isinstance(value, str) else _text(value)
    except ValueError:
        return value


def _boolean(value: Stored) -> object:
    return 1 if value == "true" else 0 if value == "false" else _text(value)


def _many(value: Stored) -> object:
    return ",".join(str(item) for item in value) if isinstance(value, list) else _text(value)


def _sealed(value: Any) -> object:
    """A private value in a book that encrypts them: what nobody can read as it is, and never a plain text."""
    if isinstance(value, list):
        return _sealed(value[0]) if value else None
    return value if is_secret(value) else MASK


_CONVERT: dict[str, Callable[[Stored], object]] = {
    "int": _integer,
    "bool": _boolean,
    "multichoice": _many,
    "attachment": _many,
}
