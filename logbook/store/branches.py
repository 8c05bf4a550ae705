"""The branch moved in this process, as Git moves it: locked, compared, written beside, flushed, logged, renamed.

For the plain case only: the branch lies in a file of its own and HEAD names it. Anything else is left to Git.
"""

from __future__ import annotations

import contextlib
import os
import time

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.objects import flush
from logbook.store.objects import flush_folder
from logbook.store.objects import is_oid
from logbook.store.objects import write_new

_PATIENCE = 2.0  # seconds to wait for another command's lock on a ref
_LOGGING = ("true", "always", "false")  # as the clone's own configuration says; the user's is not looked at here


def move_branch(repo: Repository, branch: str, old: str, new: str, *, who: bytes, told: str) -> bool | None:
    """Move ``branch`` (``refs/heads/…``) from ``old`` to ``new``: the commit point. ``False`` where it is not at
    ``old``; ``None``, with nothing done, where Git has to do it. ``who`` and ``told`` go into the reflogs.

    BookError ``git.ref-locked``; OSError for what the disk refuses.
    """
    place = repo.common_dir / branch
    if not _plain(repo, branch, place):
        return None
    locks: list[str] = []
    try:
        # Git, too, holds HEAD while it writes into its log.
        for name in (f"{place}.lock", f"{repo.git_dir}/HEAD.lock"):
            _lock(name, new if not locks else "")
            locks.append(name)
        if not _plain(repo, branch, place):
            return None
        if place.read_text("ascii").strip() != old:
            return False
        line = b"%s %s %s\t%s\n" % (old.encode(), new.encode(), who, _one_line(told))
        for log in dict.fromkeys((repo.common_dir / "logs" / branch, repo.git_dir / "logs" / "HEAD")):
            _append(repo, str(log), line)
        os.replace(locks[0], place)
        del locks[0]
        flush_folder(place.parent)
        return True
    finally:
        for name in locks:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)


def _plain(repo: Repository, branch: str, place: os.PathLike[str]) -> bool:
    """Whether HEAD names this branch, its id lies in its own file, and nothing asks for more than that."""
    if (
        repo.local_config("core.sharedrepository") is not None
        or repo.local_config("extensions.refstorage") not in (None, "files")
        or repo.local_config("core.logallrefupdates") not in _LOGGING
        or os.path.islink(repo.git_dir / "HEAD")
        or os.path.islink(place)
    ):
        return False
    try:
        with open(place, encoding="ascii") as file:
            text = file.read().strip()
        return is_oid(text) and repo.branch_ref() == branch and repo.is_own()
    except (OSError, ValueError, BookError):
        return False


def _lock(name: str, content: str) -> None:
    """Make Git's lock file, with what is to be in its place, on the disk. BookError ``git.ref-locked``."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fd = write_new(name, content.encode("ascii") + b"\n" if content else b"")
            break
        except FileExistsError as error:
            if time.monotonic() > deadline:
                raise BookError("git.ref-locked", path=name) from error
        time.sleep(0.02)
    try:
        if content:
            flush(fd)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    finally:
        os.close(fd)


def _append(repo: Repository, log: str, line: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
    wanted = repo.local_config("core.logallrefupdates") != "false"
    try:
        fd = os.open(log, flags | (os.O_CREAT if wanted else 0), 0o666)
    except FileNotFoundError:
        if not wanted:
            return
        os.makedirs(os.path.dirname(log), exist_ok=True)
        fd = os.open(log, flags | os.O_CREAT, 0o666)
    size = os.fstat(fd).st_size
    try:
        view = memoryview(line)
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(fd, size)  # half a line would spoil the next one
        raise
    finally:
        os.close(fd)


def _one_line(text: str) -> bytes:
    return " ".join(text.replace("\0", "").split()).encode("utf-8", "surrogateescape")
