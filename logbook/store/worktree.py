"""The files people see: reading, replacing whole, telling dirt, and the Git index that describes them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store.git import GitFailed
from logbook.store.git import Repository
from logbook.store.git import git_error
from logbook.store.indexfile import IndexFile
from logbook.store.indexfile import Taken
from logbook.store.indexfile import take
from logbook.store.objects import FILE
from logbook.store.objects import ZERO
from logbook.store.objects import blob_id
from logbook.store.sparse import Cone
from logbook.store.sparse import closed_entry
from logbook.store.sparse import cone_of
from logbook.store.sparse import is_sparse
from logbook.store.sparse import set_folders
from logbook.store.watching import dirt
from logbook.store.watching import status_words

_FEW = 50  # files the index is told of in this process
_INDEX_PATIENCE = 1.0  # seconds to wait for somebody else's Git command to let go of the index
# Never through a link, never waiting for the other end of a pipe.
_READ = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
_LINK, _SUBMODULE = "120000", "160000"


@frozen
class Target:
    """One file a write changes: the blob it had (``None``: there was no such file) and the one it gets (``None``:
    the file goes)."""

    path: str
    mode: str
    old: str | None
    new: str | None


def check_path(path: str) -> str:
    """``path`` itself when it is a plain path inside the book. BookError ``git.bad-path``."""
    parts = path.split("/")
    if (
        any(part in ("", ".", "..") or part.lower() in (".git", "git~1") for part in parts)
        or any(ord(char) < 32 or char in "\\\x7f" for char in path)
        or (os.name == "nt" and ":" in path)
    ):
        raise BookError("git.bad-path", path=path)
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BookError("git.bad-path", path=ascii(path)) from error
    return path


def place(repo: Repository, path: str) -> bytes | str:
    """Where ``path`` lies on disk. Bytes on POSIX: names are UTF-8 whatever the locale says."""
    if os.name == "nt":
        return os.path.join(str(repo.root), *path.split("/"))
    return os.fsencode(repo.root) + b"/" + path.encode("utf-8", "surrogateescape")


def read_file(repo: Repository, path: str) -> bytes | None:
    """The bytes of a work-tree file, ``None`` where there is none. BookError ``git.not-a-file``."""
    where = place(repo, path)
    try:
        fd = os.open(where, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP or os.path.isdir(where):
            raise BookError("git.not-a-file", path=path) from error
        raise BookError("git.cannot-read", path=path, why=error.strerror or str(error)) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise BookError("git.not-a-file", path=path)
    with open(fd, "rb") as file:
        return file.read()


def file_id(repo: Repository, path: str) -> str | None:
    """The blob id of a work-tree file as it is now, ``None`` where there is none."""
    data = read_file(repo, path)
    return None if data is None else blob_id(data)


def left_out(repo: Repository, cone: Cone | None, path: str) -> bool:
    """Whether this file lies in a closed month and is not there: it gets none, and the index only a new tree."""
    if cone is None or cone.holds(path):
        return False
    return not os.path.lexists(place(repo, path))


def check_targets(repo: Repository, targets: Iterable[Target], cone: Cone | None = None) -> None:
    """Refuse to write over what somebody changed and did not commit. BookError ``git.dirty-target``.

    ``cone``: the open folders, where the caller knows them already (and opened new ones).
    """
    folders: set[bytes | str] = set()
    sparse = is_sparse(repo)
    cone = cone or cone_of(repo)
    for target in targets:
        if target.mode in (_LINK, _SUBMODULE):
            raise BookError("git.not-a-file", path=target.path)
        _check_folders(repo, target.path, folders)
        now = file_id(repo, target.path)
        if now is None and sparse and (cone is None or not cone.holds(target.path)):
            continue  # not there on purpose
        if now != target.old:
            raise BookError("git.dirty-target", path=target.path)


def _check_folders(repo: Repository, path: str, known: set[bytes | str]) -> None:
    """No folder on the way may be a link to somewhere else, or a file."""
    parent = path.rpartition("/")[0]
    while parent:
        where = place(repo, parent)
        if where in known:
            return
        known.add(where)
        try:
            mode = os.lstat(where).st_mode
        except FileNotFoundError:
            pass
        except NotADirectoryError as error:
            raise BookError("git.not-a-file", path=parent) from error
        else:
            if not stat.S_ISDIR(mode):
                raise BookError("git.not-a-file", path=parent)
        parent = parent.rpartition("/")[0]


def put(repo: Repository, target: Target, draft: str | bytes | None) -> bool:
    """Move the finished file ``draft`` to its place if that still holds what it held when we looked; take the file
    away, and the folder it leaves empty, where nothing comes in its place.

    ``False`` (and the draft stays) where somebody edited it meanwhile: theirs is kept.
    """
    try:
        if file_id(repo, target.path) not in (target.old, None):
            return False
    except BookError:
        return False
    final = place(repo, target.path)
    if draft is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(final)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(final))
        return True
    if target.mode != FILE and os.name != "nt":
        os.chmod(draft, os.stat(draft).st_mode | 0o111)
    try:
        os.replace(draft, final)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(final), exist_ok=True)
        os.replace(draft, final)
    return True


class IndexUpdate:
    """One ``git update-index`` started ahead: it loads the index while we do other things.

    It holds ``index.lock`` from its start; left without paths, or by our death, it ends and changes nothing.
    """

    def __init__(self, repo: Repository, *, hold: Sequence[int] = ()) -> None:
        self._repo = repo
        self._process = repo.start("update-index", "-z", "--add", "--remove", "--stdin", hold=hold)

    def finish(self, paths: bytes) -> None:
        """Take these paths, each ended by a NUL byte, from the work tree. BookError for what Git refuses."""
        _, errors = self._process.communicate(paths)
        if self._process.returncode != 0:
            raise git_error("update-index", self._process.returncode, errors, self._repo.root)

    def stand(self) -> None:
        """Before the commit point: wait until it holds the index. A Git that refuses to start (settings it cannot
        read) is a BookError now and not after; an index in somebody else's hands is waited for later."""
        lock = self._repo.git_dir / "index.lock"
        while not lock.exists():
            if self._process.poll() is not None:
                _, errors = self._process.communicate()
                if b"index.lock" not in errors:
                    raise git_error("update-index", self._process.returncode, errors, self._repo.root)
                return
            time.sleep(0.0005)

    def cancel(self) -> None:
        """End it without a change; nothing to do when it has ended."""
        if self._process.returncode is None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # a second `communicate` would not, and both would wait for ever
            with self._process:
                pass


def set_index(
    repo: Repository,
    targets: Sequence[Target],
    *,
    hold: Sequence[int] = (),
    patience: float = _INDEX_PATIENCE,
    ready: IndexUpdate | IndexFile | None = None,
    cone: Cone | None = None,
    commit: str | None = None,
) -> bool:
    """Make the Git index say ``new`` for exactly these paths; foreign staged files stay as they are.

    Where the work-tree file is the new one, Git reads it, so that ``git status`` need not later.
    ``False`` when somebody holds the index longer than ``patience`` (seconds), or it cannot be written.
    Files left out of ``cone`` follow by their folder, as it is in ``commit``.
    """
    ours: list[Target] = []
    others: list[Target] = []
    out = [target for target in targets if left_out(repo, cone, target.path)]
    if out and cone is not None:
        if not _set_left_out(repo, out, cone, commit, hold=hold, patience=patience):
            return False
        if len(out) == len(targets):
            return True
        gone = {target.path for target in out}
        targets = [target for target in targets if target.path not in gone]
    for target in targets:
        try:
            same = file_id(repo, target.path) == target.new
        except BookError:
            same = False
        (ours if same else others).append(target)
    done = True
    if isinstance(ready, IndexUpdate) and not ours:
        ready.cancel()
    if ours:
        before = _looks(repo, ours)
        done = _take(repo, ours, hold=hold, patience=patience, ready=ready)
        # An edit between our look and Git's: the index must hold what was committed all the same.
        after = _looks(repo, ours)
        others += [target for target, one, two in zip(ours, before, after, strict=True) if one != two]
    if done and others:
        done = _update_index(repo, "--index-info", stdin=_rows(others), hold=hold, patience=patience)
    return done


def _take(
    repo: Repository,
    targets: Sequence[Target],
    *,
    hold: Sequence[int],
    patience: float,
    ready: IndexUpdate | IndexFile | None,
) -> bool:
    """Let the index hold these files as they lie there: in this process if it can be, else through Git."""
    if isinstance(ready, IndexFile) and len(targets) <= _FEW and all(target.new for target in targets):
        files = [Taken(_raw(one.path), place(repo, one.path), one.new or "", one.mode) for one in targets]
        taken = _patiently(lambda: take(repo, files, ready), patience)
        if taken is not False:
            return taken is True
    paths = b"".join(_raw(target.path) + b"\0" for target in targets)
    words = ("--add", "--remove", "--stdin")
    update = ready if isinstance(ready, IndexUpdate) else None
    return _update_index(repo, *words, stdin=paths, hold=hold, patience=patience, ready=update)


def _rows(targets: Iterable[Target]) -> bytes:
    return b"".join(
        b"%s %s 0\t%s\0" % (target.mode.encode(), target.new.encode(), _raw(target.path))
        if target.new is not None
        else b"0 %s\t%s\0" % (ZERO.encode(), _raw(target.path))
        for target in targets
    )


def _set_left_out(
    repo: Repository,
    targets: Sequence[Target],
    cone: Cone,
    commit: str | None,
    *,
    hold: Sequence[int],
    patience: float,
) -> bool:
    """The index for files in closed folders: the folder's tree, or entry by entry where Git has unfolded it."""
    folders = {folder for target in targets if (folder := cone.closed(target.path)) is not None}
    deadline = time.monotonic() + patience
    while True:
        try:
            if set_folders(repo, {folder: closed_entry(repo, commit, folder) for folder in folders}):
                return True
            break
        except GitFailed:
            if time.monotonic() > deadline:
                return False
        except (OSError, BookError):
            return False
        time.sleep(0.05)
    if not _update_index(repo, "--index-info", stdin=_rows(targets), hold=hold, patience=patience):
        return False
    paths = b"".join(_raw(target.path) + b"\0" for target in targets if target.new is not None)
    return not paths or _update_index(repo, "--skip-worktree", "--stdin", stdin=paths, hold=hold, patience=patience)


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _looks(repo: Repository, targets: Iterable[Target]) -> list[tuple[int, int, int] | None]:
    """What changes about a file when it is edited."""
    looks: list[tuple[int, int, int] | None] = []
    for target in targets:
        try:
            found = os.lstat(place(repo, target.path))
            looks.append((found.st_ino, found.st_size, found.st_mtime_ns))
        except OSError:
            looks.append(None)
    return looks


def _update_index(
    repo: Repository,
    *words: str,
    stdin: bytes,
    hold: Sequence[int],
    patience: float,
    ready: IndexUpdate | None = None,
) -> bool:
    waiting = [] if ready is None else [ready]

    def ask() -> bool:
        if waiting:
            waiting.pop().finish(stdin)
        else:
            repo.run("update-index", "-z", *words, stdin=stdin, hold=hold)
        return True

    return _patiently(ask, patience) is True


def _patiently(ask: Callable[[], bool], patience: float) -> bool | None:
    """What ``ask`` says, as soon as nobody else holds the index; None where that takes too long, or it fails."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return ask()
        except GitFailed as error:
            if "index.lock" not in error.detail or time.monotonic() > deadline:
                return None
        except BookError:
            return None
        time.sleep(0.05)


def index_entries(repo: Repository, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Mode and blob the Git index holds for each of these paths; paths it does not know are left out."""
    words = list(paths) if len(paths) <= 200 else []  # a command line has its limits
    out = repo.run("ls-files", "-s", "-z", "--", *words).stdout
    wanted = set(paths)
    found = {}
    for row in out.split(b"\0"):
        if row:
            about, _, raw = row.partition(b"\t")
            path = raw.decode("utf-8", "surrogateescape")
            mode, oid, _stage = about.decode("ascii").split(" ")
            if path in wanted:
                found[path] = (mode, oid)
    return found


def dirty_paths(repo: Repository, prefix: str = "") -> list[tuple[str, str]]:
    """What differs from HEAD below ``prefix``, as Git's two letters and the path; changes nothing.

    ``??`` is a file Git does not know; ignored ones are left out.
    """
    return dirt(repo.run(*status_words(prefix)).stdout)
