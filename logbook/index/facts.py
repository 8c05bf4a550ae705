"""Many records at once as the tables hold them: headers, fields, rows of lists, steps. For counting."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from itertools import islice
from typing import Any
from typing import NamedTuple

from logbook.core.form import Field
from logbook.index.book_index import BookIndex
from logbook.index.book_index import Row
from logbook.index.build import stored_value
from logbook.index.schema import quote

_HEADER = (
    "r._record, r.id, r.form, r.version, r.path, r.blob, r.status, r.at_epoch, r.at, r.by, r.recorded_at,"
    " r.title, r.final, r.voided, r.last_at"
)
_WIDTH = 15
_AT_ONCE = 500
# Moments may be written with another offset than the book's: rather too many are looked at than too few.
_MARGIN = timedelta(days=2)

# Which record and as of when.
Spot = tuple[int, "int | None"]


class Facts(NamedTuple):
    """A record: its header, and its stored scalar values by column (None: empty)."""

    row: Row
    cells: tuple[Any, ...]


class Happened(NamedTuple):
    """One event of a record; instants are seconds since 1970."""

    at: int
    by: str
    step: str
    recorded: int


def columns_of(index: BookIndex, form: str) -> Mapping[str, Field]:
    """The columns in which the values of :class:`Facts` stand."""
    return index.tables[form].columns


def facts(
    index: BookIndex,
    form: str,
    now: datetime,
    *,
    dated: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    open_: bool | None = None,
    equal: Mapping[str, frozenset[str]] | None = None,
    unequal: Mapping[str, frozenset[str]] | None = None,
    among: tuple[str, str] | None = None,
    ids: Sequence[str] | None = None,
) -> list[Facts]:
    """The records of a form as they stood at ``now``, void ones too, in the order of ``at`` and id.

    ``dated``: ``at``, or the field that holds a moment or day; with it ``since`` and ``until`` leave out what
    lies well outside them (not what lies near: look again). ``open_``: only unfinished ones, or only finished.
    ``equal``: only those whose choice is one of these; ``unequal``: none of these. ``among``: only those that
    took a step (``events`` and its id, empty for any) or have a clock whose moment (``clocks`` and its column)
    lies there. ``ids``: only these, at most some hundreds.
    """
    layout = index.tables[form]
    names = list(layout.columns)

    def ask(connection: sqlite3.Connection, present: frozenset[str], more: str, then: int | None) -> list[Facts]:
        if form not in present:
            return []
        where, params = ["r.form = ?"], [form]
        if open_ is not None:
            where.append(f"r.final = {0 if open_ else 1}")
        for name, wanted in (equal or {}).items():
            column = "r.status" if name == "state" else f"f.{quote(name)}"
            where.append(f"{column} in ({', '.join('?' * len(wanted))})")
            params += sorted(wanted)
        for name, unwanted in (unequal or {}).items():
            column = "r.status" if name == "state" else f"f.{quote(name)}"
            where.append(f"({column} is null or {column} not in ({', '.join('?' * len(unwanted))}))")
            params += sorted(unwanted)
        if ids is not None:
            where.append(f"r.id collate nocase in ({', '.join('?' * len(ids))})")
            params += ids
        if among is not None:
            inside, more_params = _among(among, form, since, until)
            where.append(f"r._record in ({inside})")
            params += more_params
        if dated is not None:
            for bound, sign in ((since, ">="), (until, "<")):
                if bound is None:
                    continue
                if dated == "at":
                    where.append(f"r.at_epoch {sign} ?")
                    params.append(int(bound.timestamp()))  # type: ignore[arg-type]
                else:
                    off = -_MARGIN if sign == ">=" else _MARGIN
                    where.append(f"f.{quote(dated)} {sign} ?")
                    params.append((bound + off).date().isoformat())
        cells = "".join(f", f.{quote(name)}" for name in names)
        sql = (
            f"select {_HEADER}{cells} from records r join {quote(layout.table)} f on f._record = r._record"
            f" where {' and '.join(where)}{more} order by r.at_epoch, r.id"
        )
        return [Facts(_row(found, then), found[_WIDTH:]) for found in connection.execute(sql, params)]

    found = index.asked(now, ask)
    if any(one.row.then is not None for one in found):
        found.sort(key=lambda one: (one.row.at_epoch, one.row.id))
    return found


def _among(among: tuple[str, str], form: str, since: datetime | None, until: datetime | None) -> tuple[str, list[str]]:
    table, name = among
    column = "at" if table == "events" else quote(name)
    where, params = [f"{column} is not null"], []
    if table == "clocks":
        where.append("form = ?")
        params.append(form)
    elif name:
        where.append("step = ?")
        params.append(name)
    for bound, sign in ((since, ">="), (until, "<")):
        if bound is not None:
            where.append(f"{column} {sign} {int(bound.timestamp())}")
    return f"select _record from {table} where {' and '.join(where)}", params


def facts_of(index: BookIndex, rows: Sequence[Row]) -> list[Facts]:
    """The same of rows that are known, all of one form, in their order."""
    if not rows:
        return []
    layout = index.tables[rows[0].form]
    cells = ", ".join(quote(name) for name in ("_record", *layout.columns))
    values: dict[Spot, tuple[Any, ...]] = {}
    for then, some in _in_bunches((row.number, row.then) for row in rows):
        marks = ", ".join("?" * len(some))
        sql = f"select {cells} from {quote(layout.table)} where _record in ({marks})"
        for number, *found in index.connection(then).execute(sql, some):
            values[(number, then)] = tuple(found)
    empty = (None,) * len(layout.columns)
    return [Facts(row, values.get((row.number, row.then), empty)) for row in rows]


def rows_of(index: BookIndex, form: str, name: str, spots: Iterable[Spot]) -> dict[Spot, list[dict[str, Any]]]:
    """The rows of a list of these records as they are stored; a checklist gives a row an item."""
    layout = index.tables[form]
    columns = layout.list_columns(name)
    kinds = layout.lists[name].columns
    cells = ", ".join(quote(column) for column in ("_record", *columns))
    table = quote(layout.list_table(name))
    found: dict[Spot, list[dict[str, Any]]] = {}
    for then, some in _in_bunches(spots):
        sql = f"select {cells} from {table} where _record in ({', '.join('?' * len(some))}) order by _record, _row"
        for number, *values in index.connection(then).execute(sql, some):
            row = {
                column: stored_value(kinds[column], value) if column in kinds else value
                for column, value in zip(columns, values, strict=True)
                if value is not None
            }
            found.setdefault((number, then), []).append(row)
    return found


def events_of(index: BookIndex, spots: Iterable[Spot]) -> dict[Spot, list[Happened]]:
    """The events of these records, in their order."""
    found: dict[Spot, list[Happened]] = {}
    for then, some in _in_bunches(spots):
        marks = ", ".join("?" * len(some))
        sql = f"select _record, at, by, step, recorded from events where _record in ({marks}) order by _record, n"
        for number, *cells in index.connection(then).execute(sql, some):
            found.setdefault((number, then), []).append(Happened._make(cells))
    return found


def _row(cells: Sequence[Any], then: int | None) -> Row:
    *header, final, voided, last_at = cells[:_WIDTH]
    return Row._make((*header, bool(final), bool(voided), last_at, then))


def _in_bunches(spots: Iterable[Spot]) -> Iterator[tuple[int | None, list[int]]]:
    """Numbers of records that lie in the same tables, so many as one statement may name."""
    groups: dict[int | None, list[int]] = {}
    for number, then in spots:
        groups.setdefault(then, []).append(number)
    for then, numbers in groups.items():
        more = iter(numbers)
        while some := list(islice(more, _AT_ONCE)):
            yield then, some
