"""One writer at a time: the book's lock, which the system itself lets go of when its holder dies."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

from logbook.core.errors import BookError

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# Windows locks bytes and hides locked ones from readers: take one far behind the name of the holder.
_WINDOWS_BYTE = 1 << 30


class FileLock:
    """An advisory lock on one file. The file stays; being locked is what counts.

    Children that are given :attr:`fd` hold the lock on as long as they run (POSIX).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd: int | None = None

    def acquire(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for whoever holds it; in a queue that moves one waits on.

        BookError ``git.locked``, ``git.read-only``.
        """
        fd = _open(self.path)
        try:
            deadline = time.monotonic() + timeout
            pause = 0.001
            holder = ""
            while not _try_lock(fd):
                holder = holder or _holder(self.path)
                left = deadline - time.monotonic()
                if left <= 0:
                    now = _holder(self.path)
                    if now == holder:
                        raise BookError("git.locked", holder=holder, seconds=f"{timeout:g}")
                    holder, deadline, left = now, time.monotonic() + timeout, timeout
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, 0.02)
            _name_holder(fd)
        except BaseException:
            os.close(fd)
            raise
        self.fd = fd

    def release(self) -> None:
        """Let the next one in."""
        if self.fd is not None:
            if os.name == "nt":
                _windows_unlock(self.fd)
            os.close(self.fd)  # closing is what lets go: a child of ours may still hold on
            self.fd = None


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock now; asks without writing, so it works on a read-only book."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(fd, shared=True)
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT
    try:
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            return os.open(path, flags, 0o666)
    except OSError as error:
        raise write_error(error, path) from error


def write_error(error: OSError, path: Path | str) -> BookError:
    """The error for a file of the repository that could not be written."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BookError("git.read-only", path=str(path))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BookError("git.disk-full", path=str(path))
    return BookError("git.cannot-write", path=str(path), why=error.strerror or str(error))


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip() or "?"
    except OSError:
        return "?"


def _name_holder(fd: int) -> None:
    """Say who holds it, for the sentence somebody who waited in vain will read."""
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % os.getpid(), 0) if hasattr(os, "pwrite") else os.write(fd, b"%d\n" % os.getpid())
    except OSError:
        pass  # a full disk must not keep a lock from being taken


if os.name == "nt":  # pragma: no cover - needs Windows
    import msvcrt

    def _try_lock(fd: int, *, shared: bool = False) -> bool:
        os.lseek(fd, _WINDOWS_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            if error.errno in _BUSY:
                return False
            raise
        if shared:
            _windows_unlock(fd)
        os.lseek(fd, 0, os.SEEK_SET)
        return True

    def _windows_unlock(fd: int) -> None:
        os.lseek(fd, _WINDOWS_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _try_lock(fd: int, *, shared: bool = False) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _BUSY:
                return False
            raise
        return True

    def _windows_unlock(fd: int) -> None:
        """Elsewhere a lock goes with its descriptor: there is nothing to undo."""
