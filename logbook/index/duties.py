"""What duties need of the records, kept in the index: marks, triggers, subjects, and the last answer.

The tables are filled when duties are first asked for and follow the records from then on: a record that
changes, and one that was judged by a record that did, is looked at anew with the next question.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from logbook.core.errors import BookError
from logbook.index.schema import OF_RECORDS
from logbook.index.schema import ROWS_DEPEND
from logbook.index.schema import create_duty_tables
from logbook.index.schema import read_meta

# What works marks out is imported when there is something to work out: most commands find an answer.
if TYPE_CHECKING:
    from logbook.core.duties import Duty
    from logbook.core.lifecycle import State
    from logbook.core.occurrences import Mark
    from logbook.core.occurrences import Trigger
    from logbook.core.occurrences import Waiver
    from logbook.index.book_index import BookIndex
    from logbook.store.git import Repository

_CHUNK = 500
_GATHERED = "duties"
_ENABLED = "enabled"
_SITE = "site"
_SETTINGS = "logbook.yaml"
_SITE_DUTIES = "templates/site/duties.yaml"
_NEAR = 16


# --- the last answer ----------------------------------------------------------------------------------


def kept(index: BookIndex, now: int) -> list[list[Any]] | None:
    """The rows last worked out, when they still hold at ``now`` for the same commit; else None."""
    sql = "select data from duty_rows where head = ? and first <= ? and last >= ?"
    found = index.storage.run(sql, (index.head or "", now, now))
    return json.loads(found[0][0]) if found else None


def keep(
    index: BookIndex, rows: Sequence[Sequence[object]], *, first: int, last: int, forms: Iterable[str] | None
) -> None:
    """Remember rows that hold from ``first`` to ``last`` (both included), if the index can be written. ``forms``:
    those whose records they depend on, besides what the gathered ones looked at; None for all."""
    connection = index.storage.connection
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("begin immediate")
        try:
            head = read_meta(connection).get("head", "")
            if head == (index.head or ""):  # else another command has gone on to a later commit
                depends = json.dumps(None if forms is None else sorted(forms))
                connection.execute("insert or replace into meta values (?, ?)", (ROWS_DEPEND, depends))
                connection.execute("delete from duty_rows")
                data = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
                connection.execute("insert into duty_rows values (?, ?, ?, ?)", (head, first, last, data))
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise


# --- gathering ----------------------------------------------------------------------------------------


class _Noted:
    """A world that notes which records it was asked for; ``*``: a whole form of them."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self.targets: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def find(self, form: str, id: str) -> Any:
        self.targets.add(id.rpartition("/")[2])
        return self._world.find(form, id)

    def all(self, form: str, **equal: Any) -> Any:
        self.targets.add("*")
        return self._world.all(form, **equal)

    def with_row(self, form: str, name: str, /, **equal: Any) -> Any:
        self.targets.add("*")
        return self._world.with_row(form, name, **equal)


def gather(index: BookIndex, repository: Repository, duties: Iterable[Duty], world: Any) -> None:
    """Bring marks, triggers and subjects up to the index's commit. ``world``: the other records as the
    conditions of duties read them."""
    jobs = _jobs(duties)

    def has(connection: sqlite3.Connection) -> bool:
        waits = connection.execute("select 1 from duty_waits limit 1").fetchone() is not None
        return not waits and _GATHERED in read_meta(connection)

    def add(connection: sqlite3.Connection) -> None:
        sql = "select r.path, r.blob, r._record, r.title from records r"
        marks = ", ".join("?" * len(jobs))
        if _GATHERED in read_meta(connection):
            _forget(connection, "select _record from duty_waits")
            sql += " join duty_waits w on w._record = r._record"
        else:
            for table in OF_RECORDS:
                connection.execute(f"delete from {table}")
        rows = connection.execute(f"{sql} where r.form in ({marks}) order by r._record", list(jobs)).fetchall()
        _write(connection, index, repository, jobs, rows, world, until=None)
        connection.execute("delete from duty_waits")
        connection.execute("insert or replace into meta values (?, ?)", (_GATHERED, "gathered"))

    if not has(index.storage.connection):
        index.storage.need(add, has)


def _forget(connection: sqlite3.Connection, numbers: str) -> None:
    for table in OF_RECORDS:
        if table != "duty_waits":
            connection.execute(f"delete from {table} where _record in ({numbers})")


_Job = Callable[["State", Any, str], Iterator[tuple[str, tuple[Any, ...]]]]


def _jobs(duties: Iterable[Duty]) -> dict[str, list[_Job]]:
    """Form to what is to be learnt from its records."""
    jobs: dict[str, list[_Job]] = {}
    for duty in duties:
        if duty.cadence is None:
            continue
        jobs.setdefault(duty.form, []).append(_marks_job(duty))
        if duty.trigger_form is not None:
            jobs.setdefault(duty.trigger_form, []).append(_triggers_job(duty))
        if duty.each is not None:
            jobs.setdefault(duty.each.form, []).append(_subjects_job(duty))
    return jobs


_MARK = "insert into duty_marks values (?, ?, ?, ?, ?, ?, ?, ?)"
_TRIGGER = "insert into duty_triggers values (?, ?, ?, ?, ?, ?)"
_SUBJECT = "insert into duty_subjects values (?, ?, ?, ?, ?, ?)"


def _marks_job(duty: Duty) -> _Job:
    from logbook.core.dutyfacts import marks_of

    def job(state: State, world: Any, title: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for subject, mark in marks_of(duty, state, world):
            yield _MARK, (duty.id, subject, *mark)

    return job


def _triggers_job(duty: Duty) -> _Job:
    from logbook.core.dutyfacts import triggers_of

    def job(state: State, world: Any, title: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for trigger in triggers_of(duty, state, world):
            yield _TRIGGER, (duty.id, *trigger)

    return job


def _subjects_job(duty: Duty) -> _Job:
    from logbook.core.dutyfacts import spans_of

    def job(state: State, world: Any, title: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for begins, ends in spans_of(duty, state, world):
            yield _SUBJECT, (duty.id, state.record.id, begins, ends, title)

    return job


def _write(
    connection: sqlite3.Connection,
    index: BookIndex,
    repository: Repository,
    jobs: Mapping[str, list[_Job]],
    records: Sequence[tuple[str, str, int, str]],
    world: Any,
    *,
    until: datetime | None,
) -> None:
    """Learn from these records (path, blob, number, title) what duties want to know."""
    from logbook.core.lifecycle import state_of
    from logbook.index.build import read_plain
    from logbook.index.build import record_of
    from logbook.index.build import title_of
    from logbook.index.refresh import blobs

    noted = _Noted(world)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for start in range(0, len(records), _CHUNK):
        part = records[start : start + _CHUNK]
        # The whole part is read before anybody is asked: a condition may read other records in between.
        contents = list(blobs(repository, [row[:2] for row in part]))
        for (path, _blob, number, title), data in zip(part, contents, strict=True):
            record, form = record_of(read_plain(data, path), path, index.library)
            state = state_of(form, record, until=until)
            if state.voided or not state.exists:
                continue  # a record that was cancelled fulfils nothing and asks for nothing
            if until is not None:
                title = title_of(state, index.storage.context.lang)
            noted.targets.clear()
            for job in jobs[record.form]:
                for sql, row in job(state, noted, title):
                    rows.setdefault(sql, []).append((*row, number))
            if noted.targets:
                links = rows.setdefault("insert into duty_links values (?, ?)", [])
                links.extend((number, target) for target in noted.targets)
        for sql, found in rows.items():
            connection.executemany(sql, found)
        rows.clear()


# --- reading ------------------------------------------------------------------------------------------


class Subject(NamedTuple):
    """An item of a register while a duty repeats for it: ``begins`` included, ``ends`` (None: still) not."""

    id: str
    begins: int
    ends: int | None
    title: str


class DutyFacts:
    """What the records say about duties at ``now``: nothing that happened later.

    ``settled``: nothing in the book happens after ``now``, so the answer is that of the present.
    """

    def __init__(
        self,
        index: BookIndex,
        repository: Repository,
        duties: Sequence[Duty],
        now: datetime,
        world: Callable[[datetime | None], Any],
    ) -> None:
        gather(index, repository, duties, world(None))
        self._index = index
        self.now = int(now.timestamp())
        later = index.later_than(now)
        self.settled = not later
        self.connection = index.storage.connection if self.settled else self._as_then(repository, duties, later, world)

    def _as_then(
        self, repository: Repository, duties: Sequence[Duty], later: Sequence[Any], world: Callable[..., Any]
    ) -> sqlite3.Connection:
        memory = sqlite3.connect(":memory:", isolation_level=None)
        create_duty_tables(memory)
        known = self._index.storage.connection
        for table in ("duty_marks", "duty_triggers", "duty_subjects"):
            sql = f"select t.* from {table} t join records r on r._record = t._record where r.last_at <= ?"
            cursor = known.execute(sql, (self.now,))
            marks = ", ".join("?" * len(cursor.description))
            memory.executemany(f"insert into {table} values ({marks})", cursor)
        moment = datetime.fromtimestamp(self.now, self._index.storage.context.zone)
        jobs = _jobs(duties)
        rows = [(row.path, row.blob, row.number, row.title) for row in later if row.form in jobs]
        _write(memory, self._index, repository, jobs, rows, world(moment), until=moment)
        return memory

    def subjects(self, duty: str) -> list[Subject]:
        """The items a duty has been repeating for, ended ones too."""
        sql = "select subject, begins, ends, title from duty_subjects where duty = ? and begins <= ? order by subject"
        return [Subject(*row) for row in self.connection.execute(sql, (duty, self.now))]

    def next_span(self) -> int | None:
        """The first instant after now at which an item begins or ends by itself, or something done counts."""
        sql = (
            "select min(t) from (select begins as t from duty_subjects where begins > ?1"
            " union all select ends from duty_subjects where ends > ?1"
            " union all select at from duty_triggers where at > ?1"
            " union all select at from duty_marks where at > ?1)"
        )
        found: tuple[int | None] = self.connection.execute(sql, (self.now,)).fetchone()
        return found[0]

    def turned(self) -> int:
        """The last instant up to now at which anything happened: before it the answer may be another one."""
        sql = (
            "select max(t) from (select max(last_at) as t from records where last_at <= ?1"
            " union all select max(at) from duty_marks where at <= ?1"
            " union all select max(at) from duty_triggers where at <= ?1"
            " union all select max(ends) from duty_triggers where ends <= ?1"
            " union all select max(begins) from duty_subjects where begins <= ?1"
            " union all select max(ends) from duty_subjects where ends <= ?1)"
        )
        found: tuple[int | None] = self._index.storage.connection.execute(sql, (self.now,)).fetchone()
        return found[0] or 0

    def marks(
        self, duty: str, since: int, subject: str | None = None, *, until: int | None = None
    ) -> dict[str, list[Mark]]:
        """The marks of a duty from ``since`` to now (or ``until``), in time order, by folded subject."""
        from logbook.core.occurrences import Mark

        sql = "select subject, at, counted, record, period, slot from duty_marks where duty = ? and at between ? and ?"
        params: list[object] = [duty, since, self.now if until is None else min(until, self.now)]
        if subject is not None:
            sql += " and subject = ?"
            params.append(subject)
        made = Mark._make
        as_written: dict[str, list[Mark]] = {}
        for row in self.connection.execute(f"{sql} order by at", params):
            if row[0] in as_written:
                as_written[row[0]].append(made(row[1:]))
            else:
                as_written[row[0]] = [made(row[1:])]
        found: dict[str, list[Mark]] = {}
        for name, marks in as_written.items():
            key = name.casefold()
            found[key] = sorted([*found[key], *marks], key=_when) if key in found else marks
        return found

    def last(self, duty: str, subject: str, before: int | None = None) -> tuple[int, str] | None:
        """When a duty was last done for a subject up to now (or earlier than ``before``), and by which record."""
        sql = (
            "select at, record from duty_marks where duty = ? and subject = ? and at <= ?"
            " order by at desc, record desc limit 1"
        )
        until = self.now if before is None else min(self.now, before - 1)
        found: tuple[int, str] | None = self.connection.execute(sql, (duty, subject, until)).fetchone()
        return found

    def last_of(self, duty: str) -> tuple[int, str] | None:
        """When a duty was last done up to now, for whatever subject, and by which record."""
        sql = "select at, record from duty_marks where duty = ? and at <= ? order by at desc, record desc limit 1"
        found: tuple[int, str] | None = self.connection.execute(sql, (duty, self.now)).fetchone()
        return found

    def triggers(self, duty: str) -> list[Trigger]:
        """Every trigger of a duty, in time order."""
        from logbook.core.occurrences import Trigger

        sql = "select subject, at, ends, record from duty_triggers where duty = ? order by at, record"
        return [Trigger(*row) for row in self.connection.execute(sql, (duty,))]

    def open_triggers(self, duty: str) -> list[Trigger]:
        """The triggers of those subjects that have fewer marks after a trigger than triggers from it on:
        all that could be missed is among them."""
        from logbook.core.occurrences import Trigger

        sql = (
            "select subject, at, ends, record from duty_triggers where duty = ?1 and subject in ("
            "select t.subject from duty_triggers t where t.duty = ?1 and (select count(*) from duty_marks m"
            " where m.duty = ?1 and m.subject = t.subject and m.at >= t.at and m.at <= ?2)"
            " < (select count(*) from duty_triggers o where o.duty = ?1 and o.subject = t.subject and o.at >= t.at))"
            " order by at, record"
        )
        return [Trigger(*row) for row in self.connection.execute(sql, (duty, self.now))]

    def waivers(self) -> dict[tuple[str, str], list[Waiver]]:
        """Approved waivers by duty and folded subject; the subject is empty where all are meant."""
        from logbook.core.occurrences import Waiver

        if "waiver" not in self._index.library.forms:
            return {}
        zone = self._index.storage.context.zone
        now = datetime.fromtimestamp(self.now, zone)
        rows = [self._index.as_of(row, now) for row in self._index.all_equal("waiver", {})]
        approved = [row for row in rows if row is not None and row.status == "approved"]
        found: dict[tuple[str, str], list[Waiver]] = {}
        for fields in self._index.fields(approved):
            first, last = _day(fields.get("from_date")), _day(fields.get("to_date"))
            if first is None:
                continue
            subject = str(fields.get("subject") or "").rpartition("/")[2].casefold()
            waiver = Waiver(first, last if last is not None else first, fields.get("slot") or None)
            found.setdefault((str(fields.get("duty") or ""), subject), []).append(waiver)
        return found


def _when(mark: Mark) -> int:
    return mark.at


def _day(text: object) -> int | None:
    from datetime import date

    try:
        return date.fromisoformat(str(text)[:10]).toordinal()
    except ValueError:
        return None


# --- since when a pack is in force --------------------------------------------------------------------


def enabled(index: BookIndex, repository: Repository) -> dict[str, int]:
    """Since when each pack is in force: the author date of the commit since which ``logbook.yaml`` has
    listed it without a break. A site's own duties are in force each since ``templates/site/duties.yaml``
    has named it, as ``site/<duty>``. Kept in the index with the commit it was read at, until a commit
    after that one touches these files."""
    head = index.head
    if head is None:
        return {}
    known = read_meta(index.storage.connection).get(_ENABLED)
    stored: dict[str, Any] = json.loads(known) if known is not None else {}
    old = stored.get("commit")
    if old == head:
        return dict(stored["since"])
    try:
        if isinstance(old, str) and _untouched(repository, old, head):
            since: dict[str, int] = dict(stored["since"])
        else:
            since = _since(repository, head, _SETTINGS, _packs_in)
            found = _since(repository, head, _SITE_DUTIES, _duties_in)
            since.update((f"{_SITE}/{name}", at) for name, at in found.items())
    except BookError:
        if not stored:
            raise
        return dict(stored["since"])  # without Git what was learnt last has to do
    with contextlib.suppress(sqlite3.OperationalError):
        text = json.dumps({"commit": head, "since": since})
        index.storage.connection.execute("insert or replace into meta values (?, ?)", (_ENABLED, text))
    return since


def _untouched(repository: Repository, old: str, new: str) -> bool:
    """Whether every commit after ``old`` up to ``new`` left both files alone; False as well where ``old``
    does not lie in the history of ``new``."""
    paths = (_SETTINGS, _SITE_DUTIES)

    def entries(commit: str) -> list[str | None]:
        found = [repository.entry_at(commit, path) for path in paths]
        return [entry.oid if entry is not None else None for entry in found]

    try:
        here = entries(new)
        at = new
        for _ in range(_NEAR):  # one's own last commits need no process
            parents = repository.objects.commit(at).parents
            if len(parents) != 1:
                break
            at = parents[0]
            if entries(at) != here:
                return False
            if at == old:
                return True
        if repository.run("merge-base", "--is-ancestor", old, new, check=False).returncode != 0:
            return False
        log = ("log", "-1", "--format=%H", "--full-history", f"{old}..{new}", "--", *paths)
        return not repository.run(*log).stdout.strip()
    except BookError:
        return False


def _since(
    repository: Repository, head: str, path: str, names_in: Callable[[bytes, str], set[str]]
) -> dict[str, int]:
    """Each name the file holds at ``head``, and the author date of the commit since which it has held it
    without a break; where lines were merged that both hold it, the line that has held it longer counts."""
    words = ("--full-history", "--simplify-merges", "--parents", "--topo-order", "--reverse")
    done = repository.run(
        "-c", "log.showSignature=false", "log", *words, "--date=raw", "--format=%H|%P|%ad", head, "--", path
    )
    since: dict[str, dict[str, int]] = {}
    last: dict[str, int] = {}
    for line in done.stdout.decode("ascii").splitlines():
        commit, parents, authored = line.split("|")
        data = repository.blob_at(commit, path)
        names = names_in(data, path) if data is not None else set()
        lines = [since[parent] for parent in parents.split() if parent in since]
        at = int(authored.split(" ")[0])
        last = {name: min((held[name] for held in lines if name in held), default=at) for name in names}
        since[commit] = last
    return last


def _packs_in(data: bytes, path: str) -> set[str]:
    from logbook.store import codec

    document, _ = codec.read(data, path=path)
    packs = document.plain.get("packs") if document is not None else None
    return {str(pack) for pack in packs} if isinstance(packs, list) else {"core"}


def _duties_in(data: bytes, path: str) -> set[str]:
    from logbook.store import codec

    document, _ = codec.read_definition(data, path=path)
    duties = document.plain.get("duties") if document is not None else None
    return set(duties) if isinstance(duties, dict) else set()
