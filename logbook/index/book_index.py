"""The index of one book: opened, brought up to date, and asked."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.index.conditions import Compiled
from logbook.index.conditions import expired
from logbook.index.conditions import running
from logbook.index.schema import SEARCH
from logbook.index.schema import Context
from logbook.index.schema import FormTable
from logbook.index.schema import FormTables
from logbook.index.schema import create_indexes
from logbook.index.schema import create_tables
from logbook.index.schema import quote
from logbook.index.schema import table_name
from logbook.index.storage import Storage

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from logbook.index.query import Query
    from logbook.store.git import Repository

_ROW = (
    "r._record, r.id, r.form, r.version, r.path, r.blob, r.status, r.at_epoch, r.at, r.by, r.recorded_at,"
    " r.title, r.final, r.voided, r.last_at"
)
_WIDTH = 15
_AT_ONCE = 500  # so many records are named in one statement
_MANY = 1000  # so many matches are many: see `select`
_CLOCK = (
    "c.clock, c.cycle, c.started, c.due, c.stopped, c.state, c.to_role, c.counted, c.first_due, c.provisional,"
    " c.version, c.paused_from, c.paused_until, c.expires"
)
_TEXTS = ("text", "phone", "date", "datetime")
_SORT_HEADER = {
    "id": "r.id", "form": "r.form", "status": "r.status", "at": "r.at_epoch", "by": "r.by",
    "recorded": "r.recorded_at", "recorded_at": "r.recorded_at", "title": "r.title",
}  # fmt: skip


class Row(NamedTuple):
    """The header of one record as the index holds it. ``then``: it was computed for that instant
    because something happened to the record later."""

    number: int
    id: str
    form: str
    version: int
    path: str
    blob: str
    status: str
    at_epoch: int
    at: str
    by: str
    recorded_at: str
    title: str
    final: bool
    voided: bool
    last_at: int
    then: int | None = None


class ClockRow(NamedTuple):
    """One clock of one record at ``now``; instants are seconds since 1970.

    ``state``: ``running``, ``paused``, ``pause_expired``, ``overdue`` or ``soon`` while it runs; ``met``,
    ``breached`` or ``cancelled``. ``strict``, ``adjusted``: the verdict by the first due, and by the due that
    approved changes and credited pauses led to; ``running`` while neither is certain.
    ``overdue_seconds``: how late, counted until now or until it was stopped; 0 when not late.
    """

    row: Row
    clock: str
    cycle: int
    started: int
    due: int | None
    stopped: int | None
    state: str
    to: str | None
    overdue_seconds: int
    first_due: int | None = None
    provisional: bool = False
    version: int = 0
    strict: str = "running"
    adjusted: str = "running"
    paused_until: int | None = None


class Broken(NamedTuple):
    """A file under ``records/`` that could not be read, and why."""

    path: str
    blob: str
    issues: tuple[Issue, ...]


class _Past(NamedTuple):
    """The records that had something happen after ``now``, as they were then."""

    now: int
    connection: sqlite3.Connection
    words: bool
    present: frozenset[str]


class BookIndex:
    """Answers about one book at one commit. Open it with :meth:`open`; close it, or use ``with``."""

    def __init__(self, storage: Storage, library: Library) -> None:
        self._storage = storage
        self.library = library
        self.tables = FormTables(library)
        self._past: _Past | None = None
        self._present: frozenset[str] | None = None
        self._indexed: set[tuple[str, str]] = set()

    @classmethod
    def open(
        cls,
        repository: Repository,
        library: Library,
        *,
        zone: ZoneInfo,
        calendars: Mapping[str, Any] | None = None,
        library_key: str = "",
        rev: str | None = None,
        refresh: bool = True,
        skip_private: bool = False,
        lang: str = "zh",
        environment: Mapping[str, str] | None = None,
    ) -> BookIndex:
        """Open the index and bring it to HEAD. With ``rev`` (a commit id): the book as of that
        commit, in memory. ``library_key`` names the state of the forms, e.g. the id of their tree:
        another key means a rebuild. ``skip_private``: private texts are encrypted, index none of them."""
        context = Context(library, zone, calendars or {}, skip_private, lang)
        storage = Storage(
            repository,
            context,
            library_key,
            environment if environment is not None else os.environ,
            rev=rev,
        )
        storage.open(refresh=refresh)
        return cls(storage, library)

    def close(self) -> None:
        self._drop_past()
        self._storage.close()

    def __enter__(self) -> BookIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def head(self) -> str | None:
        """The commit this index speaks of."""
        return self._storage.head

    @property
    def place(self) -> str:
        """Where it lies: a path, or ``:memory:``."""
        return self._storage.place

    @property
    def storage(self) -> Storage:
        """The database under it, for the tables of duties."""
        return self._storage

    def refresh(self) -> bool:
        """Bring it to HEAD; True when there was something to do."""
        if not self._storage.refresh():
            return False
        self._drop_past()
        self._present = None
        self._indexed.clear()
        return True

    def follow(self) -> None:
        """:meth:`refresh` where it can be had now; else it is the next command's."""
        with contextlib.suppress(sqlite3.Error):
            self.refresh()

    def rebuild(self) -> None:
        """Build it anew, whatever it holds."""
        self._storage.rebuild()
        self._drop_past()
        self._present = None

    # --- records ------------------------------------------------------------------------------

    def parse(self, query: Query | str | Sequence[str]) -> Query | None:
        """A query from its text or the words of a command line; None for one that asks for everything.
        Refused with all its mistakes."""
        if not query:
            return None
        from logbook.index.query import Query
        from logbook.index.query import parse_query

        if isinstance(query, Query):
            return query
        parsed, issues = parse_query(query)
        if issues:
            raise Refused(issues, "query.refused")
        return parsed or None

    def select(
        self,
        query: Query | str | Sequence[str] = "",
        *,
        now: datetime,
        form: str | None = None,
        sort: str | Sequence[str] = (),
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        private: bool = False,
    ) -> list[Row]:
        """Records that match, by ``at`` and id unless ``sort`` says otherwise (names of header values,
        ``due``, or fields when one form is asked; a leading ``-`` turns the order).

        ``since`` (included) and ``until`` (excluded) limit ``at``. ``now`` in the past shows the world
        as it was then (rulings 1). ``private``: the asker may see private values, so they may be looked
        for. Raises Refused with every unknown name and value.
        """
        parsed = self.parse(query)
        form = form or self._one_form(parsed)
        issues: list[Issue] = []
        order = self._order(sort, form, int(now.timestamp()), issues, private=private)
        self._compile(parsed, form, now, self.present, issues, private=private)
        if issues:
            raise Refused(issues, "query.refused")

        def ask(
            connection: sqlite3.Connection, present: frozenset[str], more: str, then: int | None
        ) -> list[Any]:
            if form is not None and form not in present:
                return []
            between: list[object] = []
            if since is not None:
                more += " and r.at_epoch >= ?"
                between.append(_ceil(since))
            if until is not None:
                more += " and r.at_epoch < ?"
                between.append(_ceil(until))
            compiled = self._compile(parsed, form, now, present, [], private=private)
            if limit is not None and order[0][0] == "r.at_epoch" and parsed:
                # Many match: the first of them are found soonest by going along the records in order.
                probe = f"select 1 from {compiled.source} where {compiled.where}{more} limit {_MANY}"
                (count,) = connection.execute(
                    f"select count(*) from ({probe})", [*compiled.params, *between]
                ).fetchone()
                if count == _MANY:
                    compiled = self._compile(parsed, form, now, present, [], walk=True, private=private)
            source = compiled.source
            if form is not None and compiled.form is None and any("f." in name for name, _ in order):
                source = f"{source} join {quote(self.tables[form].table)} f on f._record = r._record"
            keys = ", ".join(name for name, _ in order)
            by = ", ".join(f"{name} {'desc' if down else 'asc'}" for name, down in order)
            sql = f"select {_ROW}, {keys} from {source} where {compiled.where}{more} order by {by}"
            params = [*compiled.params, *between]
            if limit is not None:
                sql += " limit ?"
                params.append(limit)
            return [(_row(cells, then), cells[_WIDTH:]) for cells in connection.execute(sql, params)]

        found = self._both(now, ask, words=_has_words(parsed))
        if self._is_past(now):
            for place, (_, down) in reversed(list(enumerate(order))):
                found.sort(key=lambda pair, place=place: _sort_key(pair[1][place]), reverse=down)  # type: ignore[misc]
            del found[limit if limit is not None else len(found) :]
        return [row for row, _ in found]

    def count(
        self, query: Query | str | Sequence[str] = "", *, now: datetime, form: str | None = None
    ) -> int:
        """How many records match."""
        parsed = self.parse(query)
        form = form or self._one_form(parsed)
        issues: list[Issue] = []
        self._compile(parsed, form, now, self.present, issues)
        if issues:
            raise Refused(issues, "query.refused")

        def ask(
            connection: sqlite3.Connection, present: frozenset[str], more: str, then: int | None
        ) -> list[Any]:
            compiled = self._compile(parsed, form, now, present, [])
            sql = f"select count(*) from {compiled.source} where {compiled.where}{more}"
            return connection.execute(sql, compiled.params).fetchall()

        return sum(n for (n,) in self._both(now, ask, words=_has_words(parsed)))

    def counts(self) -> dict[str, int]:
        """How many records each form has."""
        return dict(self._run("select form, count(*) from records group by form order by form"))

    def used_at(self, letter: str, since: datetime) -> list[str]:
        """The forms of the records a desk has made since then, the most frequent first."""
        rows = self._run(
            "select form from records where at_epoch >= ? and id glob ? group by form order by count(*) desc, form",
            (int(since.timestamp()), f"*-{letter}[0-9]*"),
        )
        return [form for (form,) in rows]

    def find(self, form: str | None, record_id: str, *, now: datetime | None = None) -> list[Row]:
        """Records of that id, whatever the case, in one form or in all."""
        import unicodedata

        wanted = unicodedata.normalize("NFC", record_id)
        more, params = (" and r.form = ?", [wanted, form]) if form is not None else ("", [wanted])
        rows = [
            _row(cells, None)
            for cells in self._run(
                f"select {_ROW} from records r where r.id = ? collate nocase{more} order by r.form, r.id",
                params,
            )
        ]
        if now is None:
            return rows
        return [then for row in rows if (then := self.as_of(row, now)) is not None]

    def as_of(self, row: Row, now: datetime) -> Row | None:
        """The row as it was at ``now``; None when the record did not exist."""
        at = int(now.timestamp())
        if row.last_at <= at or not self._is_past(now):
            return row
        past = self._past_at(at, words=False)
        cells = past.connection.execute(
            f"select {_ROW} from records r where r._record = ?", (row.number,)
        ).fetchone()
        return _row(cells, at) if cells is not None else None

    def all_equal(self, form: str, equal: Mapping[str, object]) -> list[Row]:
        """Records of a form whose header values or fields are these typed values; None means empty.
        References and ids compare without case; a frozenset means one of these. A name the index has no
        column for (a derived field) does not narrow: look again at what comes back."""
        layout = self.tables.get(form)
        if layout is None or form not in self.present:
            return []
        where, params = self._equal(equal, lambda name: _column(layout, name))
        self._index_column(layout, equal)
        source = "records r"
        if any(" f." in f" {piece}" for piece in where):
            source += f" join {quote(layout.table)} f on f._record = r._record"
        else:
            where, params = ["r.form = ?", *where], [form, *params]
        sql = f"select {_ROW} from {source} where {' and '.join(where)} order by r.at_epoch, r.id"
        return [_row(cells, None) for cells in self._run(sql, params)]

    def _index_column(self, layout: FormTable, equal: Mapping[str, object]) -> None:
        """Give a text that is looked up by its value an index, where many records would be gone through for it
        each time. Only to be quicker: where it cannot be had, they are gone through."""
        asked = {name: layout.columns[name].type for name, value in equal.items() if name in layout.columns and value}
        texts = [name for name, kind in asked.items() if kind in _TEXTS]
        if not texts or any(kind in ("ref", "staff") for kind in asked.values()):
            return
        table, column = quote(layout.table), texts[0]
        if (layout.table, column) in self._indexed:
            return
        self._indexed.add((layout.table, column))
        connection = self._storage.connection
        with contextlib.suppress(sqlite3.OperationalError):
            many = f"select count(*) from (select 1 from {table} limit {_MANY})"
            if not connection.in_transaction and connection.execute(many).fetchone() == (_MANY,):
                name = quote(f"{layout.table}.{column}")
                connection.execute(f"create index if not exists {name} on {table} ({quote(column)})")

    def with_row(self, form: str, name: str, equal: Mapping[str, object]) -> list[Row]:
        """Records of a form that have a row in the list ``name`` whose columns are these typed values."""
        layout = self.tables.get(form)
        if layout is None or form not in self.present or name not in layout.lists:
            return []
        columns = layout.lists[name].columns
        where, params = self._equal(
            equal, lambda word: (f"l.{quote(word)}", columns[word].type) if word in columns else None
        )
        inside = f" where {' and '.join(where)}" if where else ""
        sql = (
            f"select {_ROW} from records r where r._record in"
            f" (select l._record from {quote(layout.list_table(name))} l{inside}) order by r.at_epoch, r.id"
        )
        return [_row(cells, None) for cells in self._run(sql, params)]

    def _equal(
        self, equal: Mapping[str, object], column_of: Callable[[str], tuple[str, str] | None]
    ) -> tuple[list[str], list[object]]:
        where: list[str] = []
        params: list[object] = []
        for name, value in equal.items():
            found = column_of(name)
            if found is None:
                continue
            column, kind = found
            if value is None:
                where.append(f"{column} is null")
                continue
            zone = self._storage.context.zone
            if isinstance(value, frozenset):  # one of these
                values = [bound for one in sorted(value) for bound in _bound(one, zone)]
            else:
                values = _bound(value, zone)
            marks = ", ".join("?" * len(values))
            where.append(
                f"{column}{' collate nocase' if kind in ('ref', 'staff', 'id') else ''} in ({marks})"
            )
            params += values
        return where, params

    def numbers(self, prefix: str) -> list[str]:
        """Ids that begin with ``prefix`` (``CP-20261122-A``), in their order."""
        rows = self._run(
            "select id from records where id >= ? collate nocase and id < ? collate nocase order by id",
            (prefix, prefix + "\U0010ffff"),
        )
        return [record_id for (record_id,) in rows]

    def by_source(self, form: str, key: str) -> list[Row]:
        """Records of a form that an import made or changed under the source's own ``key``."""
        sql = (
            f"select {_ROW} from sources s join records r on r._record = s._record"
            " where s.form = ? and s.key = ? order by r.id"
        )
        return [_row(cells, None) for cells in self._run(sql, (form, key))]

    def blobs(self) -> list[str]:
        """The blob of every record."""
        return [blob for (blob,) in self._run("select blob from records order by _record")]

    def by_path(self, path: str) -> Row | None:
        """The record of a file."""
        rows = self._run(f"select {_ROW} from records r where r.path = ?", (path,))
        return _row(rows[0], None) if rows else None

    def later_than(self, now: datetime) -> list[Row]:
        """Records to which something happened after ``now``."""
        sql = f"select {_ROW} from records r where r.last_at > ? order by r._record"
        return [_row(cells, None) for cells in self._run(sql, (int(now.timestamp()),))]

    def fields(self, rows: Sequence[Row], names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Stored values of scalar fields, a mapping a row; ``names``: only these. Lists, and decimals
        with closing zeros, stand exactly in the record's file only."""
        from logbook.index.build import stored_value

        found: dict[int, dict[str, Any]] = {}
        groups: dict[tuple[str, int | None], list[Row]] = {}
        for row in rows:
            groups.setdefault((row.form, row.then), []).append(row)
        for (form, then), group in groups.items():
            layout = self.tables[form]
            columns = [name for name in layout.columns if names is None or name in names]
            connection = self._connection(then)
            cells = ", ".join(quote(name) for name in ("_record", *columns))
            for start in range(0, len(group), 500):
                part = group[start : start + 500]
                marks = ", ".join("?" * len(part))
                sql = f"select {cells} from {quote(layout.table)} where _record in ({marks})"
                for number, *values in connection.execute(sql, [row.number for row in part]):
                    found[number] = {
                        name: stored_value(layout.columns[name], value)
                        for name, value in zip(columns, values, strict=True)
                        if value is not None
                    }
        return [found.get(row.number, {}) for row in rows]

    # --- clocks -------------------------------------------------------------------------------

    def overdue(
        self,
        now: datetime,
        *,
        soon: timedelta | None = None,
        query: Query | str | Sequence[str] = "",
        form: str | None = None,
        private: bool = False,
    ) -> list[ClockRow]:
        """Clocks running past their due at ``now``, most overdue first, and those whose pause ran out with
        nobody resuming them; with ``soon`` also those that fall due by then."""
        parsed = self.parse(query)
        form = form or self._one_form(parsed)
        issues: list[Issue] = []
        self._compile(parsed, form, now, self.present, issues, private=private)
        if issues:
            raise Refused(issues, "query.refused")
        at = int(now.timestamp())
        if soon is None:
            clocks = f"{running(at, before=True)} union all {expired(at, after=at)}"
        else:
            until = at + int(soon.total_seconds())
            clocks = f"{running(at, at_or_before=until)} union all {expired(at, after=until + 1)}"

        def ask(
            connection: sqlite3.Connection, present: frozenset[str], more: str, then: int | None
        ) -> list[Any]:
            compiled = self._compile(parsed, form, now, present, [], walk=True, private=private)
            source = f"({clocks}) c cross join records r on r._record = c._record"
            if compiled.form is not None:
                source += f" cross join {quote(self.tables[compiled.form].table)} f on f._record = r._record"
            sql = f"select {_ROW}, {_CLOCK} from {source} where {compiled.where}{more}"
            return [
                _clock_row(_row(cells, then), cells[_WIDTH:], at, listing=True)
                for cells in connection.execute(sql, compiled.params)
            ]

        found: list[ClockRow] = self._both(now, ask, words=_has_words(parsed))
        found.sort(key=lambda clock: (clock.due or 0, clock.row.id, clock.clock, clock.cycle))
        return found

    def clocks(self, row: Row, now: datetime) -> list[ClockRow]:
        """Every clock of a record as it stands at ``now``, in the order they started."""
        at = int(now.timestamp())
        sql = f"select {_CLOCK} from clocks c where c._record = ? order by c.started, c.clock, c.cycle"
        if row.then is not None:
            cells = self._connection(row.then).execute(sql, (row.number,)).fetchall()
        else:
            cells = self._run(sql, (row.number,))
        return [_clock_row(row, clock, at, listing=False) for clock in cells if clock[2] <= at]

    def clocks_of(self, rows: Iterable[Row], now: datetime) -> dict[int, list[ClockRow]]:
        """The same of many records at once, by the number of their row."""
        at = int(now.timestamp())
        found: dict[int, list[ClockRow]] = {}
        present: dict[int, Row] = {}
        for row in rows:
            if row.then is not None:
                found[row.number] = self.clocks(row, now)
            else:
                found[row.number] = []
                present[row.number] = row
        numbers = iter(present)
        while some := list(islice(numbers, _AT_ONCE)):
            sql = (
                f"select c._record, {_CLOCK} from clocks c where c._record in ({', '.join('?' * len(some))})"
                " order by c.started, c.clock, c.cycle"
            )
            for number, *cells in self._run(sql, some):
                if cells[2] <= at:
                    found[number].append(_clock_row(present[number], cells, at, listing=False))
        return found

    def courses(self, since: datetime, now: datetime) -> list[tuple[ClockRow, int | None, bool]]:
        """Clocks that ran at some instant of (since, now], with the instant from which their stop counts
        (None while they run) and whether they were ever paused; cancelled ones are left out."""
        at, begin = int(now.timestamp()), int(since.timestamp())
        where = (
            f"c.due is not null and c.started <= {at} and (c.stopped is null or c.stopped > {begin}"
            f" or c.counted > {begin}) and not (c.state = 'cancelled' and c.stopped <= {at})"
        )

        def ask(
            connection: sqlite3.Connection, present: frozenset[str], more: str, then: int | None
        ) -> list[Any]:
            sql = (
                f"select {_ROW}, {_CLOCK}, c.counted, c.paused_from from clocks c"
                f" cross join records r on r._record = c._record where {where}{more}"
            )
            found = []
            for *cells, counted, paused in connection.execute(sql):
                clock = _clock_row(_row(cells, then), cells[_WIDTH:], at, listing=False)
                stop = None if clock.stopped is None else counted or clock.stopped
                found.append((clock, stop, paused is not None))
            return found

        found: list[tuple[ClockRow, int | None, bool]] = self._both(now, ask, words=False)
        found.sort(key=lambda one: (one[0].due or 0, one[0].row.id, one[0].clock, one[0].cycle))
        return found

    def next_due(self, rows: Sequence[Row], now: datetime) -> dict[int, int]:
        """Row number to the earliest due of a running clock, for rows that have one."""
        at = int(now.timestamp())
        found = {}
        for number, clocks in self.clocks_of(rows, now).items():
            dues = [c.due for c in clocks if c.due is not None and (c.stopped is None or c.stopped > at)]
            if dues:
                found[number] = min(dues)
        return found

    # --- the rest -----------------------------------------------------------------------------

    def broken(self) -> list[Broken]:
        """Files under ``records/`` that could not be read."""
        rows = self._run("select path, blob, issues from unreadable order by path")
        if not rows:
            return []  # the rule: nothing to import
        import json

        from logbook.index.build import issue_from_plain

        return [
            Broken(path, blob, tuple(map(issue_from_plain, json.loads(text)))) for path, blob, text in rows
        ]

    def history_of(self, *paths: str) -> list[str]:
        """Ids of the commits that touched any of these paths, newest first."""
        self._storage.need_history()
        rows = self._run(
            "select distinct c.id, c.n from touches t join commits c on c.n = t.n"
            f" where t.path in ({', '.join('?' * len(paths))}) order by c.n desc",
            paths,
        )
        return [commit for commit, _ in rows]

    def last_touch(self, folder: str) -> str | None:
        """The last commit that touched a file below a folder (``records/complaint/2026/11``); None: there is none."""
        self._storage.need_history()
        rows = self._run(
            "select c.id from commits c where c.n = (select max(n) from touches where path >= ? and path < ?)",
            (f"{folder}/", f"{folder}0"),
        )
        return rows[0][0] if rows else None

    def with_running_clock(self, now: datetime) -> set[int]:
        """The numbers of the records that have a clock that runs at ``now``."""
        rows = self._run(
            "select distinct _record from clocks where stopped is null or stopped > ?", (int(now.timestamp()),)
        )
        return {number for (number,) in rows}

    def pointing_at(self, names: Iterable[str]) -> list[str]:
        """The paths of the records whose clocks hang on moments of these."""
        found: set[str] = set()
        for name in names:
            rows = self._run(
                "select r.path from links l join records r on r._record = l._record where l.target = ?", (name,)
            )
            found.update(path for (path,) in rows)
        return sorted(found)

    def sql(self, text: str, *, private: bool = False) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Read the tables with SQL. Nothing can be written, attached or set; a mistake is Refused.

        Unless ``private``, the columns of private fields hold nothing, wherever in the statement they
        stand, and the tables of the full text cannot be read: SQLite itself asks us column by column.
        """
        connection = self._storage.connection
        self._empty_tables(text)
        connection.set_authorizer(_only_reading if private else self._nothing_private())
        # A statement may never end: now and then Python gets a word in, and Ctrl-C with it.
        connection.set_progress_handler(lambda: 0, 100_000)
        try:
            cursor = connection.execute(text)
            return [column[0] for column in cursor.description or ()], cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Refused([Issue("query.sql", {"why": str(error)})], "query.refused") from error
        finally:
            connection.set_progress_handler(None, 0)
            connection.set_authorizer(None)

    def _nothing_private(self) -> Callable[..., int]:
        hidden: set[tuple[str, str]] = set()
        for layout in self.tables.values():
            hidden |= {(layout.table, name) for name, field in layout.columns.items() if field.private}
            for name, field in layout.lists.items():
                open_ = {column for column, own in field.columns.items() if not own.private}
                if field.type == "checklist":
                    open_ = {"item", "result", "remark", "value"}
                if field.private:
                    open_ = {"item", "result"}
                hidden |= {
                    (layout.list_table(name), column) for column in layout.list_columns(name) if column not in open_
                }

        def ask(action: int, first: str | None, second: str | None, *more: object) -> int:
            if action == sqlite3.SQLITE_READ and first is not None:
                if (first, second) in hidden:
                    return sqlite3.SQLITE_IGNORE
                if first == "search" or first.startswith("search_"):
                    return sqlite3.SQLITE_DENY
            return _only_reading(action, first, second, *more)

        return ask

    @property
    def present(self) -> frozenset[str]:
        """Forms that have tables, which is those that have had a record."""
        if self._present is None:
            made = {name for (name,) in self._run("select name from sqlite_master where type = 'table'")}
            self._present = frozenset(form for form in self.tables if table_name(form) in made)
        return self._present

    # --- inside -------------------------------------------------------------------------------

    def _run(self, sql: str, params: Sequence[object] = ()) -> list[Any]:
        return self._storage.run(sql, params)

    def _one_form(self, query: Query | None) -> str | None:
        if query is None:
            return None
        from logbook.index.compile import one_form

        return one_form(query, self.library)

    def _compile(
        self,
        query: Query | None,
        form: str | None,
        now: datetime,
        present: frozenset[str],
        issues: list[Issue],
        *,
        walk: bool = False,
        private: bool = False,
    ) -> Compiled:
        if query is None:  # what most commands ask: nothing to compile, nothing to import
            return Compiled("r.form = ?", [form], None) if form is not None else Compiled("1", [], None)
        from logbook.index.compile import compile_query

        compiled, found = compile_query(
            query,
            library=self.library,
            tables=self.tables,
            present=present,
            form=form,
            now=now,
            zone=self._storage.context.zone,
            staff_named=self._staff_named,
            walk=walk,
            private=private,
            encrypted=self._storage.context.skip_private,
        )
        issues.extend(found)
        return compiled

    def _staff_named(self, name: str) -> list[str]:
        layout = self.tables.get("staff")
        if layout is None or "staff" not in self.present or "name" not in layout.columns:
            return []
        rows = self._run(
            "select r.id from records r join staff f on f._record = r._record where f.name = ?", (name,)
        )
        return [staff for (staff,) in rows]

    def _both(self, now: datetime, ask: Any, *, words: bool) -> list[Any]:
        """Ask the index and, for a ``now`` in the past, the records that were different then."""
        if words:
            self._storage.need_search()
        at = int(now.timestamp())
        if not self._is_past(now):
            return self._storage.attempt(lambda connection: ask(connection, self.present, "", None))
        past = self._past_at(at, words=words)
        found = self._storage.attempt(
            lambda connection: ask(connection, self.present, f" and r.last_at <= {at}", None)
        )
        return [*found, *ask(past.connection, past.present, "", at)]

    def asked(
        self, now: datetime, ask: Callable[[sqlite3.Connection, frozenset[str], str, int | None], list[Any]]
    ) -> list[Any]:
        """What ``ask`` finds in the tables as they stood at ``now``. It is given a connection, the forms that
        have tables there, what its ``where`` must add, and the instant its rows were computed for (None: as
        they are); it may be called twice."""
        return self._both(now, ask, words=False)

    def connection(self, then: int | None) -> sqlite3.Connection:
        """Where the tables of rows with that ``then`` are."""
        return self._connection(then)

    def _is_past(self, now: datetime) -> bool:
        ((latest,),) = self._run("select max(last_at) from records")
        return latest is not None and int(now.timestamp()) < latest

    def _connection(self, then: int | None) -> sqlite3.Connection:
        """Where rows computed for ``then`` are; the index itself for None."""
        return self._storage.connection if then is None else self._past_at(then, words=False).connection

    def _past_at(self, at: int, *, words: bool) -> _Past:
        if self._past is not None and self._past.now == at and (self._past.words or not words):
            return self._past
        from logbook.index.build import Writer
        from logbook.index.refresh import blobs

        self._drop_past()
        now = datetime.fromtimestamp(at, self._storage.context.zone)
        rows = self.later_than(now)
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(connection)
        create_indexes(connection)
        if words:
            connection.execute(SEARCH)
        writer = Writer(
            connection, self._storage.context, until=now, search=words, linked_from=self._storage.connection
        )
        files = [(row.path, row.blob) for row in rows]
        for row, data in zip(rows, blobs(self._storage.repository, files), strict=True):
            writer.put(row.number, row.path, row.blob, data)
        writer.finish()
        made = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        present = frozenset(form for form in self.tables if table_name(form) in made)
        self._past = _Past(at, connection, words, present)
        return self._past

    def _drop_past(self) -> None:
        if self._past is not None:
            self._past.connection.close()
            self._past = None

    def _order(
        self, sort: str | Sequence[str], form: str | None, now: int, issues: list[Issue], *, private: bool = False
    ) -> list[tuple[str, bool]]:
        words = sort.split(",") if isinstance(sort, str) else list(sort)
        order: list[tuple[str, bool]] = []
        for word in (word.strip() for word in words):
            if not word:
                continue
            down = word.startswith("-")
            name = word.lstrip("+-")
            hidden = self._hidden_field(name, form, private=private)
            if hidden is not None:
                code = "query.encrypted" if private else "query.private"
                issues.append(Issue(code, {"name": name, "label": hidden.label, "column": 0}))
                continue
            expression = self._order_expression(name, form, now)
            if expression is None:
                if form is not None and self._is_computed(name, form):
                    known = [*_SORT_HEADER, "due", *self.tables[form].columns]
                    issues.append(Issue("query.derived-sort", {"name": name, "allowed": known}))
                    continue
                layout = self.tables.get(form) if form is not None else None
                known = [*_SORT_HEADER, "due", *(layout.columns if layout is not None else ())]
                issues.append(Issue("query.unknown-sort", {"name": name, "allowed": known}))
            else:
                order.append((expression, down))
        for column in ("r.at_epoch", "r.id"):
            if all(column != expression for expression, _ in order):
                order.append((column, False))
        return order

    def _hidden_field(self, name: str, form: str | None, *, private: bool) -> Field | None:
        """The private field of that name, when the order of records must not tell what stands in it."""
        layout = self.tables.get(form) if form is not None else None
        if layout is None or (private and not self._storage.context.skip_private):
            return None
        for field in layout.columns.values():
            if field.private and name in (field.id, field.label.zh, field.label.en):
                return field
        return None

    def _is_computed(self, name: str, form: str) -> bool:
        """Whether a form has that field, and does not store it."""
        known = self.library.forms.get(form)
        fields = known.fields.values() if known is not None else ()
        return any(f.derived_text is not None and name in (f.id, f.label.zh, f.label.en) for f in fields)

    def _order_expression(self, name: str, form: str | None, now: int) -> str | None:
        layout = self.tables.get(form) if form is not None else None
        if layout is not None:
            field = layout.columns.get(name) or next(
                (f for f in layout.columns.values() if name in (f.label.zh, f.label.en)), None
            )
            if field is not None and form not in self.present:
                return "r.at_epoch"  # there is nothing to sort
            if field is not None:
                column = f"f.{quote(field.id)}"
                if field.type == "choice":
                    # Choices are in the order the form gives them, not in that of their letters.
                    ranks = " ".join(
                        f"when {_literal(choice)} then {n}" for n, choice in enumerate(field.choices)
                    )
                    return f"case {column} {ranks} end" if ranks else column
                return column
        if name in _SORT_HEADER:
            return _SORT_HEADER[name]
        if name == "due":
            runs = f"c.stopped is null or c.stopped > {now:d}"
            return f"(select min(due) from clocks c where c._record = r._record and ({runs}))"
        return None

    def _empty_tables(self, text: str) -> None:
        """Forms without a record have no tables yet; SQL that names one finds an empty one."""
        import re

        connection = self._storage.connection
        for word in set(re.findall(r"\w+", text)):
            form = word.partition("__")[0]
            if form in self.tables and form not in self.present:
                layout = self.tables[form]
                for statement in layout.create():
                    temporary = statement.replace("create table", "create temp table if not exists", 1)
                    with contextlib.suppress(sqlite3.OperationalError):
                        connection.execute(temporary)


def _row(cells: Sequence[Any], then: int | None) -> Row:
    *header, final, voided, last_at = cells[:_WIDTH]
    return Row._make((*header, bool(final), bool(voided), last_at, then))


def _clock_row(row: Row, cells: Sequence[Any], now: int, *, listing: bool) -> ClockRow:
    clock, cycle, started, due, stopped, state, to, counted, first_due, provisional, *more = cells
    version, paused_from, paused_until, expires = more
    verdict, late = state, 0
    if stopped is None or stopped > now:
        stopped = None
        verdict = "running"
        if due is not None and due < now:
            state, late = "overdue", now - due
        elif expires and paused_until < now:
            state = "pause_expired"
        elif paused_until is not None and paused_from <= now < paused_until + expires and not listing:
            state = "paused"
        else:
            state = "soon" if listing else "running"
    elif state == "breached" and due is not None:
        late = max(0, (counted or stopped) - due)
    first = due if first_due is None or due is None else min(first_due, due)
    end = now if stopped is None else counted or stopped
    return ClockRow(
        row, clock, cycle, started, due, stopped, state, to, late, first_due, bool(provisional), version,
        _verdict(verdict, end, first), _verdict(verdict, end, due), paused_until if state == "paused" else None,
    )  # fmt: skip


def _verdict(state: str, end: int, due: int | None) -> str:
    """What a clock that ended, or runs on, at ``end`` comes to against one of its dues."""
    if state == "cancelled":
        return state
    if due is not None and end > due:
        return "breached"
    return "running" if state == "running" else "met"


def _column(layout: FormTable, name: str) -> tuple[str, str] | None:
    if name in layout.columns:
        return f"f.{quote(name)}", layout.columns[name].type
    if name in ("status", "state"):
        return "r.status", "text"
    if name == "final":
        return "r.final", "bool"
    if name in ("id", "by"):
        return f"r.{name}", "id"
    return ("r.at", "datetime") if name == "at" else None


def _bound(value: object, zone: ZoneInfo) -> list[object]:
    """The forms a typed value may be stored in: a moment has one text an offset."""
    import numbers

    if isinstance(value, datetime):
        return list(dict.fromkeys((value.isoformat(), value.astimezone(zone).isoformat())))
    if isinstance(value, date):
        return [value.isoformat()]
    if isinstance(value, time):
        return [value.strftime("%H:%M")]
    if isinstance(value, tuple | list):
        return [",".join(str(item) for item in value)]
    if isinstance(value, bool):
        return [int(value)]
    if isinstance(value, int | float | str):
        return [value]
    return [float(value) if isinstance(value, numbers.Number) else getattr(value, "id", str(value))]  # type: ignore[arg-type]


def _sort_key(value: Any) -> tuple[int, Any]:
    """SQLite's order: nothing, numbers, text."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, (int, float)) else (2, value)


def _has_words(query: Query | None) -> bool:
    return query is not None and query.has_words


def _ceil(moment: datetime) -> int:
    return -int(-moment.timestamp() // 1)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_READING = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)


def _only_reading(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION and second == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
