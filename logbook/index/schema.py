"""The tables of the index: what they hold, and how a form's fields become columns.

Our own tables have plural names, forms have singular ones: ``complaint`` is a table of complaints
with header and fields, ``complaint__departments`` holds the rows of its list.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from logbook import __version__
from logbook.core.form import Field
from logbook.core.form import Library
from logbook.core.value import attribute
from logbook.core.value import frozen

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Raise with every change of a table or of what is written into it: another number means rebuild.
SCHEMA_VERSION = "7"

# Filled when duties are first asked for (`index/duties.py`).
OF_RECORDS = ("duty_marks", "duty_triggers", "duty_subjects", "duty_waits", "duty_links")

# In `meta`: the forms whose records the rows in `duty_rows` depend on (JSON; null: all).
ROWS_DEPEND = "duty_rows"

OWN_TABLES = frozenset(
    ("meta", "records", "events", "clocks", "sources", "links", "unreadable", "search", "commits", "touches")
).union(OF_RECORDS, ("duty_rows",))

TABLES = """
create table meta (name text primary key, value text) without rowid;
create table records (
  _record integer primary key, id text not null, form text not null, version integer not null,
  path text not null, blob text not null, status text not null,
  at_epoch integer not null, at text not null, by text not null, recorded_at text not null,
  title text not null, final integer not null, voided integer not null, last_at integer not null,
  conflicts integer not null);
create table events (
  _record integer not null, n integer not null, at integer not null, by text not null, step text not null,
  recorded integer not null, primary key (_record, n)) without rowid;
create table clocks (
  _record integer not null, form text not null, clock text not null, cycle integer not null,
  started integer not null, due integer, stopped integer, state text not null, to_role text,
  settled integer not null, counted integer, first_due integer, provisional integer not null,
  version integer not null, paused_from integer, paused_until integer, expires integer not null);
create table sources (form text not null, key text not null, _record integer not null);
create table links (_record integer not null, target text not null collate nocase);
create table unreadable (path text primary key, blob text not null, issues text not null) without rowid;
create table commits (n integer primary key, id text not null);
create table touches (path text not null, n integer not null, primary key (path, n)) without rowid;
create table duty_marks (
  duty text not null, subject text not null collate nocase, at integer not null, counted integer not null,
  record text not null, period text, slot text, _record integer not null);
create table duty_triggers (
  duty text not null, subject text not null collate nocase, at integer not null, ends integer,
  record text not null, _record integer not null);
create table duty_subjects (
  duty text not null, subject text not null collate nocase, begins integer not null, ends integer,
  title text not null, _record integer not null);
create table duty_waits (_record integer primary key);
create table duty_links (_record integer not null, target text not null collate nocase);
create table duty_rows (head text not null, first integer not null, last integer not null, data text not null);
"""

# Made after the rows on a first build, when sorting once beats inserting in order.
INDEXES = """
create unique index records_path on records (path);
create index records_id on records (id collate nocase);
create index records_at on records (at_epoch, id);
create index records_form on records (form, at_epoch, id);
create index records_status on records (form, status);
create index records_open on records (form, at_epoch, id) where final = 0;
create index records_open_any on records (at_epoch, id) where final = 0;
create index records_last on records (last_at);
create index records_conflicts on records (at_epoch, id) where conflicts > 0;
create index clocks_record on clocks (_record);
create index clocks_running on clocks (due) where stopped is null;
create index clocks_expires on clocks (paused_until) where expires = 1;
create index clocks_stopped on clocks (stopped) where stopped is not null;
create index sources_key on sources (form, key);
create index sources_record on sources (_record);
create index links_target on links (target);
create index links_record on links (_record);
create index duty_marks_pair on duty_marks (duty, subject, at);
create index duty_marks_at on duty_marks (duty, at);
create index duty_marks_record on duty_marks (_record);
create index duty_triggers_pair on duty_triggers (duty, subject);
create index duty_triggers_record on duty_triggers (_record);
create index duty_subjects_duty on duty_subjects (duty);
create index duty_subjects_record on duty_subjects (_record);
create index duty_links_target on duty_links (target);
create index duty_links_record on duty_links (_record);
"""

SEARCH = "create virtual table search using fts5(body, hidden, content='', tokenize='unicode61 remove_diacritics 0')"

# Values people group and join by; an index makes both quick (spec: group by within 4 ms at 100k).
_INDEXED = frozenset(("choice", "ref", "staff", "bool"))
_COLUMN = {
    "int": "integer", "bool": "integer", "decimal": "numeric", "money": "numeric",
    # Ids are unique whatever the case (rulings 9).
    "ref": "text collate nocase", "staff": "text collate nocase",
}  # fmt: skip

# The header values repeated in a form's own table: joining them in would take grouping off its index.
HEADER_COLUMNS = ("id", "status", "at", "by", "recorded_at", "title")


@frozen
class Context:
    """What turning a record into rows depends on besides the record."""

    library: Library
    zone: ZoneInfo
    calendars: Mapping[str, Any] = attribute(default_factory=dict)
    skip_private: bool = False
    lang: str = "zh"

    def meta(self, library_key: str) -> dict[str, str]:
        """What an index must say of itself to be of use to this program and this book."""
        return {
            "schema": SCHEMA_VERSION,
            "language": self.lang,
            "program": __version__,
            "library": library_key,
            "zone": self.zone.key,
            "registers": " ".join(sorted(self.library.register_names)),  # completion reads nothing but the file
            "private": "left out" if self.skip_private else "in",
        }


@frozen
class FormTable:
    """How one form, all its versions together, lies in tables."""

    form: str
    columns: dict[str, Field]
    lists: dict[str, Field]

    @property
    def table(self) -> str:
        return table_name(self.form)

    @property
    def header(self) -> tuple[str, ...]:
        """Header columns, without those whose name the form uses for a field of its own."""
        return tuple(name for name in HEADER_COLUMNS if name not in self.columns)

    def list_table(self, name: str) -> str:
        return f"{self.form}__{name}"

    def list_columns(self, name: str) -> tuple[str, ...]:
        field = self.lists[name]
        if field.type == "checklist":
            return ("item", "result", "remark", "value")
        return tuple(field.columns)

    def create(self) -> Iterable[str]:
        """The statements that make the tables of this form."""
        header = "".join(f", {quote(name)} text" for name in self.header)
        fields = "".join(f", {quote(name)} {_COLUMN.get(f.type, 'text')}" for name, f in self.columns.items())
        yield f"create table {quote(self.table)} (_record integer primary key{header}{fields})"
        for name, field in self.lists.items():
            kinds = {n: _COLUMN.get(c.type, "text") for n, c in field.columns.items()}
            cells = [f", {quote(n)} {kinds.get(n, 'text')}" for n in self.list_columns(name)]
            yield (
                f"create table {quote(self.list_table(name))}"
                " (_record integer not null, _row integer not null"
                f"{''.join(cells)}, primary key (_record, _row)) without rowid"
            )

    def create_indexes(self) -> Iterable[str]:
        indexed = [name for name, field in self.columns.items() if field.type in _INDEXED]
        for name in ("status", *indexed):
            if name in self.columns or name in self.header:
                yield _index(self.table, name)
        for name, field in self.lists.items():
            for column in field.columns.values():
                if column.type == "ref":
                    yield _index(self.list_table(name), column.id)


class FormTables(Mapping[str, FormTable]):
    """One table layout a form, made when it is asked for: most commands look at one form of many."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._made: dict[str, FormTable] = {}

    def __getitem__(self, form: str) -> FormTable:
        made = self._made.get(form)
        if made is None:
            made = self._made[form] = self._layout(form)
        return made

    def __contains__(self, form: object) -> bool:
        return form in self._library.forms

    def __iter__(self) -> Iterator[str]:
        return iter(self._library.forms)

    def __len__(self) -> int:
        return len(self._library.forms)

    def _layout(self, name: str) -> FormTable:
        """All versions together: a field that only an older version has keeps its column."""
        older = self._library.older
        versions = [
            self._library.forms[name],
            *(older[key] for key in older if key.partition("@")[0] == name),
        ]
        columns: dict[str, Field] = {}
        lists: dict[str, Field] = {}
        for form in versions:
            for field in form.fields.values():
                if field.derived_text is not None:
                    continue
                if field.type in ("list", "checklist"):
                    lists.setdefault(field.id, field)
                else:
                    columns.setdefault(field.id, field)
        return FormTable(name, columns, lists)


def _index(table: str, column: str) -> str:
    return f"create index {quote(f'{table}.{column}')} on {quote(table)} ({quote(column)})"


def table_name(form: str) -> str:
    """The table of a form: its own name, unless that is one of our tables."""
    return f"form_{form}" if form in OWN_TABLES else form


def create_tables(connection: sqlite3.Connection) -> None:
    """The tables that do not depend on forms, in an empty database."""
    for statement in _statements(TABLES):
        connection.execute(statement)


def create_duty_tables(connection: sqlite3.Connection) -> None:
    """Only the tables of duties, with their indexes."""
    for statement in (*_statements(TABLES), *_statements(INDEXES)):
        if " duty_" in statement:
            connection.execute(statement)


def create_indexes(connection: sqlite3.Connection) -> None:
    """The indexes of those tables."""
    for statement in _statements(INDEXES):
        connection.execute(statement)


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """What an index says of itself; empty for an empty database."""
    try:
        return dict(connection.execute("select name, value from meta"))
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return {}
        raise


def has_search(connection: sqlite3.Connection) -> bool:
    """Whether the full text has been made."""
    return connection.execute("select 1 from sqlite_master where name = 'search'").fetchone() is not None


def quote(name: str) -> str:
    """A name as an SQL identifier, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def _statements(script: str) -> Iterable[str]:
    return (part.strip() for part in script.split(";") if part.strip())
