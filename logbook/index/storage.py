"""Where the index of a book lies on disk, and how it is opened, locked, renewed and replaced.

It lies in ``.git/logbook/index.db``; where that cannot be written, in the user's cache folder; where
that cannot either, in memory (rulings 20). Readers see whole commits of ours only (write-ahead log).
Whatever is wrong with the file - damaged, of another program, of another book - it is built anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.index.schema import Context
from logbook.index.schema import has_search
from logbook.index.schema import read_meta

# What builds and renews is imported when there is something to build: most commands find a fresh index.
if TYPE_CHECKING:
    from logbook.store.git import Repository

FILE = "index.db"
MEMORY = ":memory:"
# How long a command waits for another one's writing; a build of a great book takes a minute or two.
_PATIENCE = 300.0

T = TypeVar("T")


class Storage:
    """One open index. ``connection`` is the database of commit ``head``."""

    connection: sqlite3.Connection

    def __init__(
        self,
        repository: Repository,
        context: Context,
        library_key: str,
        environment: Mapping[str, str],
        *,
        rev: str | None = None,
    ) -> None:
        self.repository = repository
        self.context = context
        self.rev = rev
        self.head: str | None = None
        self.place = MEMORY
        self._environment = environment
        self._meta = context.meta(library_key)

    # --- opening ------------------------------------------------------------------------------

    def open(self, *, refresh: bool = True) -> None:
        """Open the best place there is, at HEAD; without ``refresh`` an older commit will do."""
        if self.rev is not None:
            self._open_memory()
            return
        for place in self._places():
            if self._try(place, refresh=refresh):
                return
        self._open_memory()

    def close(self) -> None:
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _places(self) -> Iterator[Path]:
        yield self.repository.room / FILE
        home = self._environment.get("HOME")
        cache = self._environment.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
        if cache and os.path.isabs(cache):
            import hashlib

            name = hashlib.sha256(os.fsencode(os.path.realpath(self.repository.git_dir))).hexdigest()[:20]
            yield Path(cache) / "logbook" / name / FILE

    def _try(self, place: Path, *, refresh: bool) -> bool:
        """Open the index at ``place`` if it can be had there at HEAD."""
        head = self._head()
        connection = _connect(place)
        if connection is not None:
            state = self._state(connection)
            if state == head or (state is not None and not refresh):
                self._take(connection, place, state)
                return True
            if state is not None and head is not None and self._can_write(place):
                with contextlib.suppress(sqlite3.Error):
                    if self._update(connection, head):
                        self._take(connection, place, head)
                        return True
            connection.close()
        if not self._can_write(place):
            return False
        try:
            self._build_file(place)
        except (OSError, sqlite3.OperationalError):
            return False
        connection = _connect(place)
        state = self._state(connection) if connection is not None else None
        if connection is None or state is None:
            return False
        self._take(connection, place, state)
        return True

    def _take(self, connection: sqlite3.Connection, place: Path, head: str | None) -> None:
        self.close()
        self.connection = connection
        self.place = str(place)
        self.head = head or None

    def _open_memory(self) -> None:
        from logbook.index.refresh import build

        connection = sqlite3.connect(MEMORY, isolation_level=None)
        head = self._head()
        build(connection, self.repository, self.context, head=head or None, meta=self._meta)
        self.close()
        self.connection, self.place, self.head = connection, MEMORY, head or None

    def _head(self) -> str:
        return (self.rev if self.rev is not None else self.repository.head()) or ""

    def _state(self, connection: sqlite3.Connection) -> str | None:
        """The commit a database speaks of; None when it is of no use to us."""
        try:
            meta = read_meta(connection)
        except sqlite3.Error:
            return None
        if any(meta.get(name) != value for name, value in self._meta.items()):
            return None
        return meta.get("head")

    # --- renewing -----------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Bring it to HEAD; True when there was something to do."""
        head = self._head()
        if head == (self.head or ""):
            return False
        if self.place == MEMORY:
            if not (self.head and head and self._update(self.connection, head)):
                self._open_memory()
            self.head = head or None
            return True
        if self.head and head and self._can_write(Path(self.place)):
            with contextlib.suppress(sqlite3.Error):
                if self._update(self.connection, head):
                    self.head = head
                    return True
        self.close()
        self.open()
        return True

    def rebuild(self) -> None:
        """Build it anew, whatever it holds."""
        place = Path(self.place)
        self.close()
        if self.place != MEMORY:
            try:
                self._build_file(place, anyway=True)
            except (OSError, sqlite3.OperationalError):
                self._open_memory()
                return
        self.open()

    def _update(self, connection: sqlite3.Connection, head: str) -> bool:
        """Bring a usable database to ``head``. False when it has to be built anew."""
        from logbook.index.refresh import update

        connection.execute("begin immediate")
        try:
            old = self._state(connection)  # another command may have been quicker
            done = old == head or (
                old is not None and update(connection, self.repository, self.context, old=old, head=head)
            )
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit" if done else "rollback")
        return done

    def _build_file(self, place: Path, *, anyway: bool = False) -> None:
        """Build a new database beside ``place`` and put it there in one go."""
        from logbook.index.refresh import build

        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name("index.lock")):
            head = self._head()
            if not anyway:
                standing = _connect(place)
                if standing is not None:
                    state = self._state(standing)
                    standing.close()
                    if state == head:
                        return  # whoever held the lock before us has built it
            for left in place.parent.glob("index.*.new*"):  # one builder at a time: its maker was killed
                with contextlib.suppress(FileNotFoundError):
                    left.unlink()
            new = place.with_name(f"index.{os.getpid()}.new")
            try:
                connection = sqlite3.connect(new, isolation_level=None)
                try:
                    connection.execute("pragma journal_mode = off")
                    connection.execute("pragma synchronous = off")
                    connection.execute("pragma cache_size = -40000")
                    build(connection, self.repository, self.context, head=head or None, meta=self._meta)
                    connection.execute("pragma journal_mode = wal")
                    _replace(connection, new, place)
                finally:
                    connection.close()
            finally:
                _remove(new)

    # --- asking -------------------------------------------------------------------------------

    def run(self, sql: str, params: Sequence[object] = ()) -> list[Any]:
        """All rows of one reading statement; a damaged file is built anew and asked again."""
        return self.attempt(lambda connection: connection.execute(sql, params).fetchall())

    def attempt(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """What ``ask`` finds out; a damaged file is built anew and asked again."""
        try:
            return ask(self.connection)
        except UnicodeEncodeError as error:  # half a character, from bytes of another encoding on the line
            raise Refused([Issue("yaml.half-character", {"found": error.object})]) from error
        except sqlite3.DatabaseError as error:
            if self.place == MEMORY or not _damaged(error):
                raise
        self.rebuild()
        return ask(self.connection)

    def need_search(self) -> None:
        """Make the full text if nobody has asked for it before."""
        if has_search(self.connection):
            return
        from logbook.index.refresh import add_search

        self._extend(lambda c: add_search(c, self.repository, self.context), has_search)

    def need_history(self) -> None:
        """Learn which commits touched which paths, as far as that is not known yet."""
        head = self.head
        if head is None or read_meta(self.connection).get("history") == head:
            return
        from logbook.index.refresh import add_history

        self._extend(
            lambda c: add_history(c, self.repository, head=head),
            lambda c: read_meta(c).get("history") == head,
        )

    def need(
        self, add: Callable[[sqlite3.Connection], None], has: Callable[[sqlite3.Connection], bool]
    ) -> None:
        """Make a part that is made on first use, unless ``has`` finds it there."""
        if not has(self.connection):
            self._extend(add, has)

    def _extend(
        self, add: Callable[[sqlite3.Connection], None], has: Callable[[sqlite3.Connection], bool]
    ) -> None:
        """Add a part that is made on first use; where the file cannot be written, in the next place."""
        try:
            self._add(add, has)
            return
        except sqlite3.OperationalError as error:
            if self.place == MEMORY or not _refused(error):
                raise
        tried = [Path(self.place)]
        for place in self._places():
            if place not in tried and self._can_write(place) and self._try(place, refresh=True):
                with contextlib.suppress(sqlite3.OperationalError):
                    self._add(add, has)
                    return
        self._into_memory()
        self._add(add, has)

    def _add(
        self, add: Callable[[sqlite3.Connection], None], has: Callable[[sqlite3.Connection], bool]
    ) -> None:
        connection = self.connection
        connection.execute("begin immediate")
        try:
            if not has(connection):
                add(connection)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise

    def _into_memory(self) -> None:
        memory = sqlite3.connect(MEMORY, isolation_level=None)
        self.connection.backup(memory)
        self.close()
        self.connection, self.place = memory, MEMORY

    def _can_write(self, place: Path) -> bool:
        folder = place.parent
        while not folder.exists():
            folder = folder.parent
        return os.access(folder, os.W_OK) and (not place.exists() or os.access(place, os.W_OK))


def _connect(place: Path) -> sqlite3.Connection | None:
    """Open what stands at ``place``, for writing if that is allowed; None when there is nothing."""
    if not place.exists():
        return None
    url = "file:" + str(place).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    writable = os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)
    # A log left by somebody who could write is part of the database; without one the file is whole.
    modes = ["mode=rw"] if writable else ["mode=ro", "immutable=1&mode=ro"]
    for mode in modes:
        try:
            connection = sqlite3.connect(f"{url}?{mode}", uri=True, isolation_level=None, timeout=_PATIENCE)
        except sqlite3.Error:
            continue  # a folder, or nobody's business
        try:
            connection.execute("pragma synchronous = off")
            connection.execute("select 1 from sqlite_master").fetchone()
            return connection
        except sqlite3.Error:
            connection.close()
    return None


def _replace(connection: sqlite3.Connection, new: Path, place: Path) -> None:
    """Put a finished database where the index lies. A usable one there is overwritten page by page in
    one transaction, so that its readers go on; a damaged one or none makes way for the new file."""
    standing = _connect(place)
    if standing is not None:
        try:
            connection.backup(standing)
            return
        except sqlite3.Error:
            pass
        finally:
            standing.close()
    connection.close()
    _remove(place)
    os.replace(new, place)


def _remove(place: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{place}{ending}")


def _damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is at fault, not the statement or another command's lock."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR) or (
        code == sqlite3.SQLITE_ERROR and "no such" in str(error)
    )


def _refused(error: sqlite3.OperationalError) -> bool:
    """Whether the place cannot be written: read-only, or full."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    )


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One builder at a time; the lock goes with the process that holds it."""
    fd = os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(fd, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def full_text_version() -> str:
    """SQLite's version; "" where it was built without full text, for then search cannot work."""
    memory = sqlite3.connect(MEMORY)
    try:
        memory.execute("create virtual table t using fts5(x)")
    except sqlite3.Error:
        return ""
    finally:
        memory.close()
    return sqlite3.sqlite_version
