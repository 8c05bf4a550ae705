"""The places where a command touches the world - disk, Git child, index - and what may go wrong at one of them."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from typing import Any
from typing import NamedTuple
from typing import NoReturn

KILLED = 109
# Of a list of statements these change nothing.
_READING = ("select", "pragma", "explain", "with")
_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_MIDWAY = 0.0012  # seconds: a small Git command takes two or three thousandths


class Fault(NamedTuple):
    """What goes wrong. ``number``: the error of the system, for the kinds ``error`` and ``full``.

    ``kill``: this process dies, Git children run on; ``group``: everything dies at once; ``midway``: the same,
    a moment after a Git child began; ``torn``: half of the bytes get there, then we die; ``git``: only the Git
    child dies; ``error``: the system refuses this once; ``full``: from here on it refuses whatever takes room.
    """

    kind: str
    number: int = 0

    @property
    def deadly(self) -> bool:
        return self.kind in ("kill", "group", "midway", "torn")

    def __str__(self) -> str:
        return f"{self.kind}-{errno.errorcode[self.number]}" if self.number else self.kind


KILL, GROUP, MIDWAY, TORN, GIT = Fault("kill"), Fault("group"), Fault("midway"), Fault("torn"), Fault("git")
FULL = Fault("full", errno.ENOSPC)
ERRORS = tuple(Fault("error", number) for number in (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR))
FAULTS = (KILL, GROUP, MIDWAY, TORN, GIT, *ERRORS, FULL)

# Which points a fault is for; every other one of them is passed by.
_FOR = {"midway": ("git started",), "git": ("git started",), "torn": ("write",)}
_NEEDS_ROOM = ("open", "write", "fsync", "mkdir", "sql")


class Points:
    """Counts the points a process comes to and lets ``fault`` happen at number ``at`` (from 0)."""

    def __init__(self, fault: Fault | None = None, at: int = -1) -> None:
        self.fault = fault
        self.at = at
        self.seen: list[str] = []
        self.quiet = False  # the command is over
        self._full = False
        self._undo: list[tuple[Any, str, Any]] = []
        self._ended: set[int] = set()

    # -- what happens -----------------------------------------------------------------------------

    def reach(self, kind: str, what: object = "", *, child: Any = None, half: Callable[[], None] | None = None) -> None:
        """One point. ``half`` does half of what a write was to do."""
        fault = self.fault
        if self.quiet:
            return
        if self._full and kind in _NEEDS_ROOM:
            self._refuse(kind)
        if fault is not None and kind not in _FOR.get(fault.kind, (kind,)):
            return
        if fault is not None and fault.number and kind in ("git started", "git ended"):
            return  # nothing here that a system could refuse
        if fault is not None and fault.kind == "full" and kind not in _NEEDS_ROOM:
            return
        number = len(self.seen)
        self.seen.append(f"{kind} {_short(what)}")
        if fault is None or number != self.at:
            return
        if fault.kind == "torn":
            assert half is not None
            half()
            os._exit(KILLED)
        if fault.kind == "kill":
            os._exit(KILLED)
        if fault.kind == "midway":
            time.sleep(_MIDWAY)
        if fault.kind in ("group", "midway"):
            os.killpg(0, signal.SIGKILL)
        if fault.kind == "git":
            child.kill()
            return
        self._full = fault.kind == "full"
        self._refuse(kind)

    def _refuse(self, kind: str) -> NoReturn:
        assert self.fault is not None
        number = self.fault.number
        if kind == "sql":
            full = number == errno.ENOSPC
            error = sqlite3.OperationalError("database or disk is full" if full else "disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_IOERR
            raise error
        raise OSError(number, os.strerror(number))

    # -- where ------------------------------------------------------------------------------------

    def install(self) -> None:
        """From now on every such place of this process is a point. For a child about to be lost: not undone."""
        self._files()
        self._children()
        self._index()

    def _put(self, owner: Any, name: str, made: Callable[[Any], Any]) -> None:
        setattr(owner, name, made(getattr(owner, name)))

    def _files(self) -> None:
        def plain(kind: str) -> Callable[[Any], Any]:
            def made(real: Any) -> Any:
                def hooked(*args: Any, **more: Any) -> Any:
                    self.reach(kind, args[0] if args else "")
                    return real(*args, **more)

                return hooked

            return made

        for name in ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "chmod", "ftruncate", "link", "symlink"):
            self._put(os, name, plain(name))
        for name in ("fsync", "sync"):
            self._put(os, name, plain("fsync"))

        def opened(real: Any) -> Any:
            def hooked(path: Any, flags: int, *args: Any, **more: Any) -> int:
                if flags & _WRITING_FLAGS and path != os.devnull:
                    self.reach("open", path)
                return real(path, flags, *args, **more)  # type: ignore[no-any-return]

            return hooked

        self._put(os, "open", opened)

        def written(real: Any) -> Any:
            def hooked(fd: int, data: Any, *args: Any) -> int:
                self.reach("write", f"{len(data)} bytes", half=lambda: real(fd, bytes(data)[: len(data) // 2], *args))
                return real(fd, data, *args)  # type: ignore[no-any-return]

            return hooked

        self._put(os, "write", written)
        self._put(os, "pwrite", written)

        def python_file(real: Any) -> Any:
            def hooked(file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
                if isinstance(file, int) or not set(mode) & set("wax+"):
                    return real(file, mode, *args, **more)
                self.reach("open", file)
                made = real(file, mode, *args, **more)
                write = made.write

                def write_hooked(data: Any) -> Any:
                    def half() -> None:
                        write(data[: len(data) // 2])
                        made.flush()

                    self.reach("write", file, half=half)
                    return write(data)

                made.write = write_hooked
                return made

            return hooked

        hooked = python_file(builtins.open)
        builtins.open = io.open = hooked

    def _children(self) -> None:
        points = self
        real_init = subprocess.Popen.__init__
        real_wait = subprocess.Popen._wait  # type: ignore[attr-defined]

        def begin(child: Any, words: Any, *args: Any, **more: Any) -> None:
            points.reach("git", " ".join(map(str, words[1:])))
            real_init(child, words, *args, **more)
            points.reach("git started", " ".join(map(str, words[1:])), child=child)

        def wait(child: Any, timeout: Any) -> Any:
            code = real_wait(child, timeout)
            if child.pid not in points._ended:
                points._ended.add(child.pid)
                points.reach("git ended", " ".join(map(str, child.args[1:])))
            return code

        subprocess.Popen.__init__ = begin  # type: ignore[method-assign]
        subprocess.Popen._wait = wait  # type: ignore[attr-defined]

    def _index(self) -> None:
        points = self
        real = sqlite3.connect

        class Hooked(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> Any:
                if not sql.lstrip().lower().startswith(_READING):
                    points.reach("sql", sql)
                return super().execute(sql, *args)

            def executemany(self, sql: str, *args: Any) -> Any:
                points.reach("sql", sql)
                return super().executemany(sql, *args)

            def backup(self, *args: Any, **more: Any) -> Any:
                points.reach("sql", "backup")
                return super().backup(*args, **more)

        def connect(*args: Any, **more: Any) -> Any:
            return real(*args, **{"factory": Hooked, **more})

        sqlite3.connect = connect


def _short(what: object) -> str:
    text = os.fsdecode(what) if isinstance(what, (str, bytes, os.PathLike)) else str(what)
    return " ".join(text.split())[-60:]
