"""Keeping a large book quick: closing old months, housekeeping, and what a doctor advises about both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from logbook.core.errors import BookError
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.operations.session import Session
from logbook.store import sparse
from logbook.store import upkeep

if TYPE_CHECKING:
    from logbook.store.git import Repository

MANY_FILES = 20_000  # files the work tree may hold before old months are better left out of it
CROWDED = 2_000  # entries of one folder
KEEP = 3  # months


@frozen
class Kept:
    """What housekeeping did: ``done``, ``nothing`` to do, or ``busy`` where another one is at it."""

    state: str
    loose: int
    packs: int
    closed: bool = False


@frozen
class Months:
    """How the months stand: the folders that are open (None: all), the files in the work tree and in the book."""

    open: int | None
    files: int
    records: int
    since: str | None = None


def tidy(session: Session, *, force: bool = False) -> Kept:
    """Pack, and close the months that have grown old since, where that was asked for once; silent and lock-aware:
    for cron. BookError ``git.read-only``."""
    repository = session.repository
    closed = _renew(session)
    with upkeep.alone(repository) as hold:
        before = upkeep.look(repository)
        if hold is None:
            return Kept("busy", before.loose, before.packs, closed)
        if not force and not before.due():
            return Kept("nothing", before.loose, before.packs, closed)
        upkeep.pack(repository, hold)
    after = upkeep.look(repository)
    return Kept("done", after.loose, after.packs, closed)


def _renew(session: Session) -> bool:
    """Close what is older than the months that were to be kept; False where nothing is, or somebody works there."""
    keep = session.repository.local_config(sparse.KEEP_KEY) or ""
    cone = sparse.cone_of(session.repository)
    head = session.repository.head()
    if not keep.isdigit() or cone is None or head is None:
        return False
    if sparse.as_cone(_wanted(session, head, int(keep))) == cone:
        return False
    try:
        close_months(session, keep=int(keep), timeout=1.0)
    except BookError:
        return False  # a person is told when he asks for it himself
    return True


def _since(session: Session, keep: int) -> tuple[str, str]:
    """The current month and the first one to be kept, as ``yyyy-mm``."""
    now = session.now.astimezone(session.zone)
    count = now.year * 12 + now.month - 1
    first = max(count - (keep - 1), 0)
    return f"{now.year:04d}-{now.month:02d}", f"{first // 12:04d}-{first % 12 + 1:02d}"


def _wanted(session: Session, head: str, keep: int) -> list[str]:
    now, since = _since(session, keep)
    return sparse.wanted(session.repository, head, now=now, since=since)


def close_months(session: Session, *, keep: int = KEEP, timeout: float = 10.0) -> Months:
    """Leave records of months before the last ``keep`` ones out of the work tree; they stay in the book.

    BookError ``upkeep.dirty-months``, with their names, where files there are not committed; ``upkeep.no-commits``;
    ``upkeep.odd-sparse`` where somebody has set other patterns by hand.
    """
    from logbook.store.porcelain import set_config
    from logbook.store.transaction import write_lock
    from logbook.store.worktree import dirty_paths

    repository = session.repository
    with write_lock(repository, timeout):
        head = repository.head()
        if head is None:
            raise BookError("upkeep.no-commits", path=str(session.book.root))
        if sparse.is_sparse(repository) and sparse.cone_of(repository) is None:
            raise BookError("upkeep.odd-sparse", path=str(session.book.root))
        folders = _wanted(session, head, keep)
        cone = sparse.as_cone(folders)
        dirty = [path for _, path in dirty_paths(repository) if not cone.holds(path)]
        if dirty:
            raise BookError("upkeep.dirty-months", count=len(dirty), names=dirty[:20])
        sparse.close_months(repository, folders, hold=_held(repository))
        set_config(repository, sparse.KEEP_KEY, str(keep))
    return months(session)


def open_months(session: Session) -> Months:
    """Bring every month back into the work tree."""
    from logbook.store.transaction import write_lock

    repository = session.repository
    with write_lock(repository):
        sparse.open_all(repository, hold=_held(repository))
        repository.run("config", "--local", "--unset-all", sparse.KEEP_KEY, check=False)
        repository.forget_config()
    return months(session)


def _held(repository: Repository) -> tuple[int, ...]:
    return () if repository.lock is None or repository.lock.fd is None else (repository.lock.fd,)


def months(session: Session) -> Months:
    """How the months stand now."""
    cone = sparse.cone_of(session.repository)
    files, _, _ = _work_tree(session)
    keep = session.repository.local_config(sparse.KEEP_KEY) or ""
    since = _since(session, int(keep))[1] if cone is not None and keep.isdigit() else None
    records = sum(session.index.counts().values())
    return Months(None if cone is None else len(cone.whole), files, records, since)


def _work_tree(session: Session) -> tuple[int, str, int]:
    """Files of the work tree's records, and the most crowded folder with its number of entries."""
    import os

    files, crowded, most = 0, "", 0
    root = session.book.root
    for folder, folders, names in os.walk(root / "records"):
        files += len(names)
        if len(names) + len(folders) > most:
            crowded, most = os.path.relpath(folder, root).replace(os.sep, "/"), len(names) + len(folders)
    return files, crowded, most


def advice(session: Session) -> Iterator[Issue]:
    """What would make this book quicker, each with its command; nothing when all is well."""
    repository = session.repository
    if repository.bare:
        return
    store = upkeep.look(repository)
    if store.loose >= upkeep.MANY_LOOSE:
        yield _advised("upkeep.many-loose", count=store.loose)
    if store.packs > upkeep.MANY_PACKS:
        yield _advised("upkeep.many-packs", count=store.packs)
    if store.wants_graph:
        yield _advised("upkeep.no-graph" if not store.graph else "upkeep.no-paths")
    files, crowded, most = _work_tree(session)
    cone = sparse.cone_of(repository)
    if files > MANY_FILES:
        yield _advised("upkeep.many-files" if cone is None else "upkeep.still-many-files", count=files)
    if most > CROWDED:
        parts = crowded.split("/")
        code = "upkeep.crowded" if len(parts) == 4 else "upkeep.crowded-other"
        month = f"{parts[2]}-{parts[3]}" if len(parts) == 4 else ""
        args = {"path": crowded, "count": most, "form": parts[1] if len(parts) > 1 else "", "month": month}
        yield Issue(code, args, severity="warning", path=crowded)
    if sparse.is_sparse(repository):
        if cone is None:
            yield _advised("upkeep.odd-sparse", path=str(session.book.root))
        elif repository.local_config("index.sparse") != "true":
            yield _advised("upkeep.full-index")
    elif repository.local_config("core.splitindex") != "true":
        yield _advised("upkeep.no-split")
    if repository.local_config("core.fsmonitor") not in (None, "false"):
        yield _advised("upkeep.fsmonitor", value=repository.local_config("core.fsmonitor"))


def _advised(code: str, **args: object) -> Issue:
    return Issue(code, args, severity="warning")
