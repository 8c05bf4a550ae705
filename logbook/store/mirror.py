"""Mirrors: bare copies of other sites' books, kept in a cache folder.

A mirror holds one branch with its whole history: duties are counted from the commit that brought them, so a
shallow copy would give other answers. A refresh brings what was committed since, and tells a rewritten history.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC
from datetime import datetime
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store import remotes
from logbook.store.git import Repository
from logbook.store.git import run_git
from logbook.store.lock import FileLock
from logbook.store.lock import write_error

BRANCH = "refs/heads/main"
_PATIENCE = 60.0  # seconds to wait for another refresh of the same mirror
_STAMP = "fetched"  # its time is when the mirror was last compared with the copy it follows
_TRAIL = ("refs/tags/checkpoint/*:refs/tags/checkpoint/*", "refs/logbook/receipts*:refs/logbook/receipts*")


@frozen
class Refreshed:
    """What a refresh came to: the commit before (None: the mirror is new) and the commit now."""

    before: str | None
    now: str

    @property
    def changed(self) -> bool:
        return self.before != self.now


def refresh(path: Path, address: str, branch: str | None = None, *, trail: bool = False) -> Refreshed:
    """Bring the mirror at ``path`` to what the copy at ``address`` has on ``branch`` (None: the branch its HEAD
    stands on). ``trail``: with its checkpoints and receipts, for an audit.

    BookError ``sync.unreachable``, ``fleet.rewritten``, ``fleet.no-branch``, ``git.locked``; UsageError
    ``sync.bad-remote``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, path.parent) from error
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    lock.acquire(_PATIENCE)
    try:
        if not (path / "HEAD").is_file():
            _make(path)
        with Repository(path) as repository:
            return _refresh(repository, address, branch, trail=trail)
    finally:
        lock.release()


def _refresh(repository: Repository, address: str, branch: str | None, *, trail: bool) -> Refreshed:
    before = repository.ref(BRANCH)
    remote = remotes.find_remote(repository, address, branch or "HEAD")
    source = f"refs/heads/{branch}" if branch else "HEAD"
    told = remotes.bring(repository, remote, [f"{source}:{BRANCH}"])
    if told == "missing" and branch is None:
        there = remotes.branches(repository, remote)
        if len(there) == 1:  # HEAD there names a branch that nobody ever pushed
            told = remotes.bring(repository, remote, [f"refs/heads/{there[0]}:{BRANCH}"])
    if told == "missing":
        known = remotes.branches(repository, remote)
        raise BookError("fleet.no-branch", remote=remote.shown, branch=branch or "HEAD", known=known)
    if told == "refused":
        raise BookError("fleet.rewritten", remote=remote.shown, seen=(before or "")[:10], path=str(repository.root))
    if trail:
        remotes.bring(repository, remote, _TRAIL)
    (repository.git_dir / _STAMP).touch()
    now = repository.ref(BRANCH)
    assert now is not None
    return Refreshed(before, now)


def tip(path: Path, address: str, branch: str | None = None) -> str | None:
    """The commit the copy is at now, asked without fetching. BookError ``sync.unreachable``."""
    with Repository(path) as repository:
        remote = remotes.find_remote(repository, address, branch or "HEAD")
        return remotes.tip_of(repository, remote, f"refs/heads/{branch}" if branch else "HEAD")


def fetched_at(path: Path) -> datetime | None:
    """When the mirror was last compared with the copy it follows."""
    try:
        return datetime.fromtimestamp(int((path / _STAMP).stat().st_mtime), UTC)
    except OSError:
        return None


def is_there(path: Path) -> bool:
    """Whether there is a mirror that has something."""
    if not (path / "HEAD").is_file():
        return False
    with Repository(path) as repository:
        return repository.ref(BRANCH) is not None


def _make(path: Path) -> None:
    """An empty bare repository, whole or not at all."""
    room = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        run_git(room, ("init", "-q", "--bare", f"--initial-branch={BRANCH.removeprefix('refs/heads/')}"))
        os.replace(room, path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)
