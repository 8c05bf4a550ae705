"""Bringing an index to a commit: what changed since the one it knows, or everything anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import TypeVar

from logbook.index.build import Gathered
from logbook.index.build import Reader
from logbook.index.build import Writer
from logbook.index.build import by_time
from logbook.index.build import read_plain
from logbook.index.build import record_of
from logbook.index.build import record_paths
from logbook.index.initials import ensure
from logbook.index.schema import ROWS_DEPEND
from logbook.index.schema import SEARCH
from logbook.index.schema import Context
from logbook.index.schema import create_tables
from logbook.index.schema import has_search
from logbook.index.schema import read_meta
from logbook.store.records import FOLDER
from logbook.store.records import form_and_id

if TYPE_CHECKING:
    from logbook.store.git import Repository

# More changes than this in one go, and more than half of the book: everything anew is quicker.
_MANY = 5000
_DEFINITIONS = ("templates/", "logbook.yaml")
# So many files are read and written in one go, and from so many on helpers pay for their start.
_CHUNK = 250
_WORTH_PROCESSES = 2000

T = TypeVar("T")
F = TypeVar("F")
_File = tuple[int, str, str]  # row number, path, blob
_Standing = tuple[int, str, str, str, int, str]  # row number, path, blob, form, version, id
_Known = tuple[str, str, int, str, int]  # path, blob, row number, form, version


def build(
    connection: sqlite3.Connection,
    repository: Repository,
    context: Context,
    *,
    head: str | None,
    meta: Mapping[str, str],
) -> None:
    """Fill an empty database with every record of commit ``head``."""
    connection.execute("begin")
    create_tables(connection)
    writer = Writer(connection, context, bulk=True)
    files = tree_files(repository, head)
    files.sort(key=lambda file: by_time(file[0]))
    numbered = [(number, path, blob) for number, (path, blob) in enumerate(files, 1)]
    for gathered in _gather(repository, context, numbered):
        writer.take_in(gathered)
    writer.finish(lambda again: blobs(repository, again))
    _write_meta(connection, {**meta, "head": head or ""})
    connection.execute("pragma analysis_limit = 400")
    connection.execute("analyze")
    connection.execute("commit")
    ensure()


def _gather(
    repository: Repository, context: Context, files: Sequence[_File], *, search: bool = False
) -> Iterator[Gathered]:
    """The rows of the files; of many by several processes. ``search``: with the words of the full text."""
    writers: list[Writer] = []

    def work(here: Repository, part: Sequence[_File]) -> Gathered:
        if not writers:  # each process has its own; it keeps the rows until they are handed over
            writers.append(Writer(sqlite3.connect(":memory:"), context, search=search, bulk=True))
        for (number, path, blob), data in zip(part, blobs(here, (one[1:] for one in part)), strict=True):
            writers[0].put(number, path, blob, data)
        return writers[0].hand_over()

    return _spread(repository, files, work)


def _spread(
    repository: Repository, files: Sequence[F], work: Callable[[Repository, Sequence[F]], T]
) -> Iterator[T]:
    """``work(repository, part)`` for the files part by part, in order; where there are many, in
    processes that read through a repository of their own."""
    starts = range(0, len(files), _CHUNK)
    if len(files) < _WORTH_PROCESSES:
        return (work(repository, files[first : first + _CHUNK]) for first in starts)
    from logbook.store.crew import spread

    repository.close()  # a child of Git cannot be shared
    own = [repository]

    def begin() -> Callable[[], None]:
        own[0] = repository.again()
        return own[0].close

    def job(n: int) -> T:
        return work(own[0], files[starts[n] : starts[n] + _CHUNK])

    return spread(len(starts), job, begin=begin)


def update(
    connection: sqlite3.Connection,
    repository: Repository,
    context: Context,
    *,
    old: str,
    head: str,
) -> bool:
    """Bring a filled index from commit ``old`` to ``head`` within the caller's transaction.

    False, with nothing done: everything has to be built anew (unknown commit, changed forms).
    """
    changed = changed_files(repository, old, head) if old and head else None
    if changed is None or any(path.startswith(_DEFINITIONS) for path in changed):
        return False
    wanted = {path: changed[path] for path in record_paths(changed)}
    if len(wanted) > _MANY:
        (count,) = connection.execute("select count(*) from records").fetchone()
        if len(wanted) > count // 2:
            return False
    search = has_search(connection)
    writer = Writer(connection, context, search=search)
    touched: set[str] = set()
    own: set[int] = set()
    known = list(_known(connection, wanted))
    if search:
        _forget_words(connection, repository, context, known)
    numbers: dict[str, int] = {}
    writer.remove((number, form) for number, _, _, form, *_ in known)
    for number, path, *_, record_id in known:
        numbers[path] = number
        touched.add(record_id)
    connection.executemany("delete from unreadable where path = ?", [(path,) for path in wanted])
    (highest,) = connection.execute("select coalesce(max(_record), 0) from records").fetchone()
    highest = max([highest, *numbers.values()])
    files: list[_File] = []
    for path, blob in sorted(wanted.items(), key=lambda file: by_time(file[0])):
        if blob is not None:
            number = numbers.get(path, 0)
            if not number:
                highest += 1
                number = highest
            files.append((number, path, blob))
    own.update(number for number, *_ in files)
    if len(files) < _WORTH_PROCESSES:
        for (number, path, blob), data in zip(files, blobs(repository, (one[1:] for one in files)), strict=True):
            state = writer.put(number, path, blob, data)
            if state is not None:
                touched.add(state.record.id)
        writer.finish()
    else:
        for gathered in _gather(repository, context, files, search=search):
            touched.update(gathered.ids)
            writer.take_in(gathered)
        writer.finish(lambda again: blobs(repository, again))
    _follow_links(connection, repository, context, writer, touched, own)
    _note_for_duties(connection, touched, own)
    forms = {named[0] for path in wanted if (named := form_and_id(path)) is not None}
    _carry_rows(connection, forms.union(form for _, _, _, form, *_ in known), touched, old=old, head=head)
    _write_meta(connection, {"head": head})
    return True


def add_search(connection: sqlite3.Connection, repository: Repository, context: Context) -> None:
    """Make the full text of every record, within the caller's transaction."""
    connection.execute(SEARCH)
    reader = Reader(context)
    rows = connection.execute("select path, blob, _record, form, version from records order by _record").fetchall()

    def work(here: Repository, part: Sequence[_Known]) -> list[tuple[int, str, str]]:
        found = blobs(here, (row[:2] for row in part))
        return [
            (number, *reader.words(read_plain(data, path), form, version))
            for (path, _, number, form, version), data in zip(part, found, strict=True)
        ]

    for words in _spread(repository, rows, work):
        connection.executemany("insert into search (rowid, body, hidden) values (?, ?, ?)", words)


def _known(
    connection: sqlite3.Connection, paths: Iterable[str]
) -> Iterator[_Standing]:
    """Row number, path, blob, form, version and id of the records the index holds for these paths."""
    for path in paths:
        yield from connection.execute(
            "select _record, path, blob, form, version, id from records where path = ?", (path,)
        ).fetchall()


def _forget_words(
    connection: sqlite3.Connection,
    repository: Repository,
    context: Context,
    known: Sequence[_Standing],
) -> None:
    """A contentless table wants to be told the very words it holds; the old blob still says them."""
    reader = Reader(context)

    def work(here: Repository, part: Sequence[_Standing]) -> list[tuple[int, str, str]]:
        found = blobs(here, ((path, blob) for _, path, blob, *_ in part))
        return [
            (number, *reader.words(read_plain(data, path), form, version))
            for (number, path, _, form, version, _), data in zip(part, found, strict=True)
        ]

    forget = "insert into search (search, rowid, body, hidden) values ('delete', ?, ?, ?)"
    for words in _spread(repository, known, work):
        connection.executemany(forget, words)


def _follow_links(
    connection: sqlite3.Connection,
    repository: Repository,
    context: Context,
    writer: Writer,
    touched: set[str],
    own: set[int],
) -> None:
    """Clocks of records that look at one that changed: compute them anew."""
    from logbook.core.lifecycle import state_of

    numbers: set[int] = set()
    for record_id in touched:
        for (number,) in connection.execute("select _record from links where target = ?", (record_id,)):
            if number not in own:
                numbers.add(number)
    rows = [
        connection.execute("select path, blob, _record from records where _record = ?", (number,)).fetchone()
        for number in sorted(numbers)
    ]
    for (path, blob, number), data in zip(rows, blobs(repository, [row[:2] for row in rows]), strict=True):
        record, form = record_of(read_plain(data, path), path, context.library)
        writer.put_clocks(number, path, blob, state_of(form, record))


def _note_for_duties(connection: sqlite3.Connection, touched: set[str], own: set[int]) -> None:
    """Records that duties must look at anew: what changed, and what was judged by something that did."""
    execute = connection.execute
    if execute("select 1 from meta where name = 'duties'").fetchone() is None:
        return  # nobody has asked for duties yet: they will look at everything
    connection.executemany("insert or ignore into duty_waits values (?)", [(number,) for number in own])
    waits = "insert or ignore into duty_waits select _record from duty_links where target = ?"
    for target in (*touched, "*"):
        execute(waits, (target,))


def _carry_rows(
    connection: sqlite3.Connection, forms: set[str], touched: set[str], *, old: str, head: str
) -> None:
    """The missing duties last worked out hold for the new commit as well where no record of what they look at
    changed: they are the dearest part of what is overdue."""
    depends = read_meta(connection).get(ROWS_DEPEND)
    if depends is None or depends == "null" or not forms.isdisjoint(json.loads(depends)):
        return
    asked = "select 1 from duty_links where target = ? limit 1"
    if not any(connection.execute(asked, (target,)).fetchone() for target in (*touched, "*")):
        connection.execute("update duty_rows set head = ? where head = ?", (head, old))


def _write_meta(connection: sqlite3.Connection, values: Mapping[str, str]) -> None:
    connection.executemany("insert or replace into meta values (?, ?)", values.items())


# --------------------------------------------------------------------------- history


def add_history(connection: sqlite3.Connection, repository: Repository, *, head: str) -> None:
    """Learn which commits touched which paths, up to ``head``, within the caller's transaction."""
    known = read_meta(connection).get("history")
    if known == head:
        return
    log = _log(repository, known, head) if known else None
    if log is None:
        connection.execute("delete from commits")
        connection.execute("delete from touches")
        log = _log(repository, None, head)
    (n,) = connection.execute("select coalesce(max(n), 0) from commits").fetchone()
    commits: list[tuple[int, str]] = []
    touches: list[tuple[str, int]] = []
    for commit, paths in log or ():
        n += 1
        commits.append((n, commit))
        touches.extend((path, n) for path in paths)
    connection.executemany("insert into commits values (?, ?)", commits)
    connection.executemany("insert or ignore into touches values (?, ?)", sorted(touches))
    _write_meta(connection, {"history": head})


def _log(repository: Repository, old: str | None, new: str) -> list[tuple[str, list[str]]] | None:
    """Commits from after ``old`` to ``new``, oldest first, with the paths each touched (a merge: those
    that differ from every parent). None when ``old`` is not behind ``new``."""
    if old is not None:
        if repository.objects.find(old) is None:
            return None
        if repository.run("merge-base", "--is-ancestor", old, new, check=False).returncode != 0:
            return None
    span = new if old is None else f"{old}..{new}"
    done = repository.run(
        "-c", "log.showRoot=true", "-c", "diff.renames=false", "-c", "log.showSignature=false", "log",
        "--reverse", "--topo-order", "-c", "--no-renames", "--no-color", "--name-only", "-z",
        "--format=%x01%H", "--end-of-options", span,
    )  # fmt: skip
    found: list[tuple[str, list[str]]] = []
    for part in done.stdout.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        names = [name.lstrip("\n") for name in part[40:].split("\0")]
        found.append((part[:40], [name for name in names if name]))
    return found


# --------------------------------------------------------------------------- what Git is asked


def tree_files(repository: Repository, head: str | None) -> list[tuple[str, str]]:
    """Path and blob of every record file of a commit."""
    from logbook.store.history import list_tree

    if head is None:
        return []
    return [file for file in list_tree(repository, head, FOLDER) if file[0].endswith(".yaml")]


def changed_files(repository: Repository, old: str, new: str) -> dict[str, str | None] | None:
    """Path to new blob (None: gone) of every file that differs; None when ``old`` is unknown."""
    from logbook.store.history import changed_paths

    if repository.objects.find(old) is None:
        return None
    return {path: after for path, _, after in changed_paths(repository, old, new)}


def blobs(repository: Repository, files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """The contents of the files, in order."""
    return (data for _, _, data in repository.objects.read_many(blob for _, blob in files))
