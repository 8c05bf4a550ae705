"""Building the read-only site: what changed since the last run is made anew, and what depends on the hour always.

A record's page, a month's list and a file of the search are the same bytes whether they were made in one run or in
many: a run over a folder of an earlier commit ends where a run over an empty folder would.
"""

from __future__ import annotations

import multiprocessing
import os
import zlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from logbook import __version__
from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.form import Form
from logbook.core.moments import from_epoch
from logbook.core.sitepages import LINES
from logbook.core.sitepages import REGISTER
from logbook.core.sitepages import Facts
from logbook.core.sitepages import FormLine
from logbook.core.sitepages import Frame
from logbook.core.sitepages import Grid
from logbook.core.sitepages import Late
from logbook.core.sitepages import Line
from logbook.core.sitepages import Listing
from logbook.core.sitepages import Months
from logbook.core.sitepages import Owing
from logbook.core.sitepages import Page
from logbook.core.sitepages import Stamp
from logbook.core.sitepages import Summary
from logbook.core.sitepages import form_href
from logbook.core.sitepages import grid_href
from logbook.core.sitepages import list_href
from logbook.core.sitepages import record_href
from logbook.core.siteshards import group_of
from logbook.core.siteshards import shards_for
from logbook.core.siteshards import short
from logbook.core.siteshards import stem_of
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations.overdue import overdue
from logbook.operations.session import Session
from logbook.operations.site import search
from logbook.operations.site.facts import Reader
from logbook.operations.site.facts import form_of_path
from logbook.operations.site.facts import month_of
from logbook.operations.site.target import Target

if TYPE_CHECKING:
    from logbook.index.book_index import Row

SOON = 24  # hours
GRIDS = 3  # months of duties that have a page
# Below so many records a second process costs more than it brings.
_WORTH_PROCESSES = 400
_AT_ONCE = 250
_UNREAD = "-"

Group = tuple[str, str]


class Renderer(Protocol):
    """Turns values into pages: see ``render/site/pages.py``."""

    @property
    def key(self) -> str: ...
    def dress(self, frame: Frame) -> None: ...
    def assets(self) -> Iterable[tuple[str, bytes]]: ...
    def record(self, facts: Facts) -> bytes: ...
    def listing(self, listing: Listing) -> bytes: ...
    def months(self, months: Months) -> bytes: ...
    def forms(self, forms: Sequence[FormLine]) -> bytes: ...
    def late(self, late: Late) -> Iterable[tuple[str, bytes]]: ...
    def grid(self, grid: Grid) -> bytes: ...
    def summary(self, summary: Summary) -> bytes: ...
    def search(
        self,
        shards: int,
        there: Sequence[int],
        groups: Sequence[tuple[str, str, str, str]],
        forms: Mapping[str, Form],
    ) -> Iterable[tuple[str, bytes]]: ...
    def reports(self, pages: Sequence[Page]) -> Iterable[tuple[str, bytes]]: ...


@frozen
class Built:
    """What a run did: pages of records made anew, files written and taken away, records in all."""

    commit: str
    everything: bool
    records: int
    renewed: int
    written: int
    removed: int


def build(
    session: Session,
    target: Target,
    renderer: Renderer,
    *,
    pages: Sequence[Page] = (),
    processes: int | None = None,
    step: Callable[[int, int], None] = lambda _done, _all: None,
) -> Built:
    """Bring the site in ``target`` to the session's commit and moment. ``pages``: those of reports, which
    are worked out elsewhere; ``processes``: at most so many (None: as many as there are cores); ``step``: told how
    many of how many records are done.

    BookError ``site.empty`` where nothing was committed yet; whatever stops a write."""
    return _Build(session, target, renderer, pages, processes, step).run()


class _Build:
    def __init__(
        self,
        session: Session,
        target: Target,
        renderer: Renderer,
        pages: Sequence[Page],
        processes: int | None,
        step: Callable[[int, int], None],
    ) -> None:
        head = session.index.head
        if head is None:
            raise BookError("site.empty", path=str(session.book.root))
        self.session = session
        self.target = target
        self.renderer = renderer
        self.processes = processes
        self.step = step
        self.head = head
        self.now = int(session.now.timestamp())
        self.names = _names(session)
        self.pages = list(pages)
        settings = session.book.settings
        reports = bool(self.pages)
        renderer.dress(
            Frame(settings.name, session.lang, session.zone, session.now, head, settings.practice, self.names, reports)
        )
        said = f"{settings!r} {session.encrypts} {reports} {renderer.key}"  # pages that stay name the reports, too
        self.rules = f"{__version__} {session.rules_key} {session.lang} {zlib.crc32(said.encode()):08x}"
        self.wanted: set[str] = set()

    # --- what there is ----------------------------------------------------------------------------

    @cached_property
    def rows(self) -> list[Row]:
        """Every record, as it is at the session's moment."""
        return self.session.index.select("", now=self.session.now)

    @cached_property
    def by_path(self) -> dict[str, Row]:
        return {row.path: row for row in self.rows}

    @cached_property
    def by_id(self) -> dict[str, Row]:
        return {row.id: row for row in self.rows}

    @cached_property
    def groups(self) -> dict[Group, list[Row]]:
        """The records by form and month, each by time and number."""
        found: dict[Group, list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.form, month_of(row.path)), []).append(row)
        return dict(sorted(found.items()))

    @cached_property
    def later(self) -> list[str]:
        """Records to which something happens only later."""
        return sorted(row.path for row in self.session.index.later_than(self.session.now))

    @cached_property
    def standing(self) -> dict[str, int]:
        """How the clocks that run stand, a number a record: another number, another page."""
        numbers = self.session.index.with_running_clock(self.session.now)
        rows = [row for row in self.rows if row.number in numbers or row.then is not None]
        clocks = self.session.index.clocks_of(rows, self.session.now)
        told = {row.path: [(c.clock, c.cycle, c.due, c.stopped, c.state) for c in clocks[row.number]] for row in rows}
        return {path: zlib.crc32(repr(its).encode()) for path, its in told.items()}

    @property
    def shards(self) -> int:
        return shards_for(len(self.rows))

    # --- the run ------------------------------------------------------------------------------------

    def run(self) -> Built:
        changed = self._changed()
        self.session.index.history_of("")  # learnt once, before other processes ask
        self.target.begin()
        if changed is None:
            renewed = self._everything()
        else:
            renewed = self._renew(changed)
        self._always()
        if changed is None:
            self.target.sweep(self.wanted)
        self.target.finish(
            {
                "commit": self.head, "rules": self.rules, "now": self.now, "language": self.session.lang,
                "as_of": self.session.now.isoformat(), "names": self.names, "later": self.later,
                "standing": self.standing, "shards": self.shards, "records": len(self.rows),
            }
        )  # fmt: skip
        target = self.target
        return Built(self.head, changed is None, len(self.rows), renewed, target.written, target.removed)

    def _changed(self) -> dict[str, str | None] | None:
        """Path to former blob of every record whose page must be made anew; None: all of them."""
        from logbook.store.history import changed_paths

        known = self.target.known
        if not known or known["rules"] != self.rules or known["shards"] != self.shards:
            return None
        if any(self.names.get(staff) != name for staff, name in known["names"].items()):
            return None
        if known["now"] != self.now and (known["later"] or self.later):
            return None
        repository, before = self.session.repository, known["commit"]
        if repository.objects.find(before) is None:
            return None
        differ = changed_paths(repository, before, self.head) if before != self.head else []
        changed: dict[str, str | None] = {
            path: old for path, old, _ in differ if form_of_path(path) is not None and path.endswith(".yaml")
        }
        names = {path.rpartition("/")[2].removesuffix(".yaml") for path in changed}
        for path in self.session.index.pointing_at(sorted(names)):
            changed.setdefault(path, _UNREAD)
        standing = known["standing"]
        for path in {**standing, **self.standing}:
            if standing.get(path) != self.standing.get(path):
                changed.setdefault(path, _UNREAD)
        return changed

    def _everything(self) -> int:
        chunks = [
            rows[start : start + _AT_ONCE] for rows in self.groups.values() for start in range(0, len(rows), _AT_ONCE)
        ]
        postings: search.Postings = {}
        done = 0
        for count, written, found in self._worked(chunks):
            search.merge(postings, found)
            done += count
            self.target.written += written
            self.step(done, len(self.rows))
        self.wanted.update(record_href(row.path) for row in self.rows)
        self.wanted.update(search.put_all(self.target, postings, self.shards))
        for group in self.groups:
            self._list(group)
        return len(self.rows)

    def _renew(self, changed: Mapping[str, str | None]) -> int:
        reader = Reader(self.session)
        then = from_epoch(self.target.known["now"], self.session.zone)
        before: dict[tuple[str, str], set[str]] = {}
        after: dict[tuple[str, str], set[str]] = {}
        rows = []
        gone = set()
        for path, blob in changed.items():
            row = self.by_path.get(path)
            if row is not None:
                rows.append(row)
            else:
                gone.add(record_href(path))
            if blob not in (None, _UNREAD):
                record_id = path.rpartition("/")[2].removesuffix(".yaml")
                before[self._key(path, record_id)] = reader.terms_in(str(blob), path, then)
        for href in gone - {record_href(row.path) for row in rows}:
            self.target.drop(href)
        for facts, terms in reader.facts(rows):
            self.target.put(record_href(facts.row.path), self.renderer.record(facts))
            if changed[facts.row.path] != _UNREAD:
                after[self._key(facts.row.path, facts.row.id)] = terms
        search.change(self.target, before, after, self.shards)
        for group in sorted({(str(form_of_path(path)), month_of(path)) for path in changed}):
            self._list(group)
        return len(rows)

    def _key(self, path: str, record_id: str) -> tuple[str, str]:
        form, month = str(form_of_path(path)), month_of(path)
        return group_of(form, month), short(record_id, stem_of(self._form(form).prefix, month))

    def _form(self, name: str) -> Form:
        return self.session.library.forms[name]

    # --- lists --------------------------------------------------------------------------------------

    def _list(self, group: Group) -> None:
        """The pages that list the records of a form and month, and what the search knows of them."""
        form, month = group
        rows = self.groups.get(group, [])
        parts = max(1, -(-len(rows) // LINES)) if rows else 0
        if rows:
            due = self.session.index.next_due([row for row in rows if not row.final], self.session.now)
            lines = [_line(row, due.get(row.number)) for row in rows]
            stamp = self._stamp(f"records/{form}" + (f"/{month.replace('-', '/')}" if month != REGISTER else ""))
            for part in range(parts):
                some = lines[part * LINES : (part + 1) * LINES]
                page = Listing(self._form(form), month, part + 1, parts, len(lines), some, stamp)
                self._put(list_href(form, month, part + 1), self.renderer.listing(page))
            self.wanted.add(search.put_group(self.target, form, self._form(form).prefix, month, lines))
        else:
            self.target.drop(search.group_href(form, month))
        while self.target.read(list_href(form, month, parts + 1)) is not None:
            parts += 1
            self.target.drop(list_href(form, month, parts))

    def _stamp(self, folder: str) -> Stamp | None:
        commit = self.session.index.last_touch(folder)
        if commit is None:
            return None
        when = self.session.repository.objects.commit(commit).committer.when
        return Stamp(commit, when.astimezone(self.session.zone))

    def _put(self, href: str, data: bytes) -> None:
        self.wanted.add(href)
        self.target.put(href, data)

    # --- what depends on the hour ---------------------------------------------------------------------

    def _always(self) -> None:
        session, renderer = self.session, self.renderer
        for href, data in renderer.assets():
            self._put(href, data)
        found = overdue(session, (), soon=timedelta(hours=SOON))
        late = self._late(found)
        for href, data in renderer.late(late):
            self._put(href, data)
        duties = self._grids()
        forms = self._forms(found)
        self._put("forms.html", renderer.forms(forms))
        groups = []
        by_form: dict[str, list[tuple[str, int, int]]] = {}
        for (name, month), rows in self.groups.items():
            form = self._form(name)
            open_ = sum(not row.final for row in rows)
            by_form.setdefault(name, []).append((month, len(rows), open_))
            groups.append((group_of(name, month), stem_of(form.prefix, month), name, month))
        for name, months in by_form.items():
            stamp = self._stamp(f"records/{name}")
            self._put(form_href(name), renderer.months(Months(self._form(name), months, stamp)))
        for name in set(session.library.forms) - set(by_form):
            self.target.drop(form_href(name))
        there = sorted(int(href[-6:-3]) for href in self.target.pages("s/t") if href.endswith(".js"))
        found_by = renderer.search(self.shards, there, groups, session.library.forms)
        for href, data in (*found_by, *renderer.reports(self.pages)):
            self._put(href, data)
        self._put("index.html", renderer.summary(self._summary(found, late, forms, duties)))
        moving = [name for name in sorted(os.listdir(self.target.folder)) if name.startswith(("overdue-", "reports."))]
        for href in [*moving, *self.target.pages("duties"), *self.target.pages("reports")]:
            if href not in self.wanted:
                self.target.drop(href)

    def _late(self, found: Sequence[Any]) -> Late:
        """Roles in the order of who is latest; a role that only has something due soon comes after them."""
        roles = self.session.library.roles
        late: dict[str, list[Any]] = {}
        soon: dict[str, list[Any]] = {}
        for one in found:
            (soon if one.state == "soon" else late).setdefault(one.to or "", []).append(one)
        owing = [
            Owing(role, roles.get(role, Text(role, role)), late.get(role, []), soon.get(role, []))
            for role in dict.fromkeys((*late, *soon))
        ]
        paths = {one.id: one.row.path for one in found if one.row is not None}
        forms = self.session.library.forms
        titles = {one.form: forms[one.form].title for one in found if one.form in forms}
        return Late(owing, paths, titles, SOON)

    def _forms(self, found: Sequence[Any]) -> list[FormLine]:
        counts: dict[str, list[Any]] = {}
        for row in self.rows:
            its = counts.setdefault(row.form, [0, 0, None])
            its[0] += 1
            its[1] += not row.final
            its[2] = row.at if its[2] is None or row.at_epoch > its[3] else its[2]
            its[3:] = [max(row.at_epoch, its[3]) if len(its) > 3 else row.at_epoch]
        late: dict[str, int] = {}
        for one in found:
            if one.kind == "clock" and one.state != "soon":
                late[one.form] = late.get(one.form, 0) + 1
        library = self.session.library
        return [
            FormLine(
                name, form.title, name in library.register_names, counts[name][0],
                counts[name][1] if form.final else 0, late.get(name, 0), counts[name][2],
            )
            for name, form in library.forms.items() if name in counts
        ]  # fmt: skip

    def _summary(
        self, found: Sequence[Any], late: Late, forms: Sequence[FormLine], duties: Mapping[str, int]
    ) -> Summary:
        library = self.session.library
        own = [row for row in self.rows if row.form not in library.register_names]
        open_ = [row for row in own if not row.final and self._form(row.form).final]
        conflicts = self.session.index.sql("select path from records where conflicts > 0 order by path limit 50")[1]
        days = (timedelta(days=7)).total_seconds()
        return Summary(
            late,
            sum(one.kind == "clock" and one.state != "soon" for one in found),
            sum(one.kind == "duty" and one.state != "soon" for one in found),
            sum(one.state == "soon" for one in found),
            len(open_),
            len(own),
            sum(self.now - days < row.at_epoch <= self.now for row in own),
            [(self.now - row.at_epoch) // 86400 for row in open_],
            forms,
            [_line(self.by_path[path], None) for (path,) in conflicts if path in self.by_path],
            [one.path for one in self.session.index.broken()],
            duties,
        )

    def _grids(self) -> Mapping[str, int]:
        """The grids of this month and those before; what today and yesterday come to."""
        from logbook.operations.duties import Ledger
        from logbook.operations.site.grids import first_month
        from logbook.operations.site.grids import grid
        from logbook.operations.site.grids import month_before

        session = self.session
        month = session.now.astimezone(session.zone).strftime("%Y-%m")
        ledger = Ledger(session)
        begin = first_month(ledger)
        months = [month]
        while begin is not None and months[-1] > begin and len(months) < GRIDS:
            months.append(month_before(months[-1]))
        kept: Mapping[str, int] = {}
        for one in months:
            found = grid(ledger, one, months, self._path)
            if found.today is not None:
                kept = _day(found, found.today)
            self._put(grid_href(one, months), self.renderer.grid(found))
        return kept

    def _path(self, record_id: str) -> str | None:
        row = self.by_id.get(record_id)
        return row.path if row is not None else None

    # --- many hands -----------------------------------------------------------------------------------

    def _worked(self, chunks: Sequence[list[Row]]) -> Iterator[tuple[int, int, search.Postings]]:
        """The pages of records, written; for each chunk how many records, files written, and their words."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        count = min(cores if self.processes is None else self.processes, len(chunks))
        shared = self.session.index.place != ":memory:" and "fork" in multiprocessing.get_all_start_methods()
        if count < 2 or not shared or len(self.rows) < _WORTH_PROCESSES:
            reader = Reader(self.session)
            for chunk in chunks:
                yield _work(reader, self.target, self.renderer, chunk)
            return
        session = self.session
        hand = _Hand(session, self.target.folder, self.renderer, chunks)
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(hand,)) as pool:
            try:
                for outcome in pool.map(_chunk, range(len(chunks))):
                    if outcome[0] < 0:
                        raise BookError(outcome[1], **outcome[2])
                    yield outcome
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class _Hand:
    """What a process of its own needs; it opens the book anew."""

    def __init__(self, session: Session, folder: Path, renderer: Renderer, chunks: Sequence[list[Row]]) -> None:
        self._session = session
        self.target = Target(folder)
        self.renderer = renderer
        self.chunks = chunks
        self.reader: Reader | None = None

    def open(self) -> Reader:
        if self.reader is None:
            one = self._session
            own = Session(one.book, one.clock, lang=one.lang, environment=one.environment, by=one.given_by, rev=one.rev)
            self.reader = Reader(own)
        return self.reader


_hand: _Hand | None = None


def _begin(hand: _Hand) -> None:
    global _hand
    _hand = hand


def _chunk(number: int) -> tuple[int, Any, Any]:
    assert _hand is not None
    try:
        _hand.target.written = 0
        return _work(_hand.open(), _hand.target, _hand.renderer, _hand.chunks[number])
    except LogbookError as error:
        return -1, error.code, dict(error.args_)


def _work(reader: Reader, target: Target, renderer: Renderer, rows: list[Row]) -> tuple[int, int, search.Postings]:
    """Write the pages of records of one group."""
    before = target.written
    form, month = rows[0].form, month_of(rows[0].path)
    group, stem = group_of(form, month), stem_of(reader.session.library.forms[form].prefix, month)
    words = []
    for facts, terms in reader.facts(rows):
        target.put(record_href(facts.row.path), renderer.record(facts))
        words.append((group, short(facts.row.id, stem), terms))
    written, target.written = target.written - before, before
    return len(rows), written, search.gather(words)


def _line(row: Row, due: int | None) -> Line:
    return Line(row.id, row.form, row.path, row.at, row.by, row.status, row.voided, row.final, row.title, due)


def _names(session: Session) -> dict[str, str]:
    """What members of staff are called."""
    rows = session.index.sql("select id, title from records where form = 'staff' order by id")[1]
    return {staff: title or staff for staff, title in rows}


def _day(grid: Grid, today: int) -> dict[str, int]:
    """What the occurrences of today come to, by state."""
    sums: dict[str, int] = {}
    for line in grid.lines:
        if today in line.days:
            for state, count in line.days[today].counts.items():
                sums[state] = sums.get(state, 0) + count
    return sums
