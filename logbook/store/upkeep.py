"""Housekeeping of the repository: packs instead of loose objects, the commit graph; beside writers, and nothing is
ever thrown away."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store.git import Repository
from logbook.store.lock import FileLock
from logbook.store.recover import git_at_work

# One commit leaves about six loose objects: the record, its folders, itself. The spec packs every 2,000 commits.
MANY_LOOSE = 12_000
SOME_LOOSE = 2_000
MANY_PACKS = 50
_LEFT_BEHIND = 24 * 3600.0  # seconds after which what a killed Git had begun to write is nobody's
_LOCK_LEFT = 3600.0


@frozen
class Store:
    """What the object store is like. ``graph``: commits the commit graph knows, and whether it knows their paths."""

    loose: int
    packs: int
    packed: int
    graph: int
    changed_paths: bool

    @property
    def wants_graph(self) -> bool:
        """Whether history is long enough to need the filters that find a path's commits."""
        return self.loose + self.packed >= MANY_LOOSE and not self.changed_paths

    def due(self, *, loose: int = SOME_LOOSE) -> bool:
        """Whether it is worth the work."""
        return self.loose >= loose or self.packs > MANY_PACKS or self.wants_graph


def look(repo: Repository) -> Store:
    """Count what there is; a few milliseconds."""
    objects = repo.common_dir / "objects"
    loose = 0
    for number in range(256):
        with contextlib.suppress(OSError):
            loose += len(os.listdir(objects / f"{number:02x}"))
    indexes = [place for place in objects.glob("pack/*.idx") if not place.with_suffix(".keep").exists()]
    graphs = [*objects.glob("info/commit-graphs/graph-*.graph"), *objects.glob("info/commit-graph")]
    known = [_graph(place) for place in graphs]
    paths = bool(known) and all(one[1] for one in known)
    return Store(loose, len(indexes), sum(map(_packed, indexes)), sum(one[0] for one in known), paths)


def _packed(place: Path) -> int:
    """How many objects a pack holds, as its index says."""
    try:
        with open(place, "rb") as file:
            file.seek(8 + 255 * 4)
            return int.from_bytes(file.read(4), "big")
    except OSError:
        return 0


def _graph(place: Path) -> tuple[int, bool]:
    """How many commits one file of the commit graph holds, and whether with Bloom filters of their paths."""
    try:
        with open(place, "rb") as file:
            head = file.read(8)
            rows = [file.read(12) for _ in range(head[6])]
            chunks = {row[:4]: int.from_bytes(row[4:], "big") for row in rows}
            file.seek(chunks[b"OIDF"] + 255 * 4)
            return int.from_bytes(file.read(4), "big"), b"BIDX" in chunks
    except (OSError, KeyError, IndexError):
        return 0, False


@contextlib.contextmanager
def alone(repo: Repository) -> Iterator[tuple[int, ...] | None]:
    """One housekeeper at a time, writers go on beside it; None where another is at work. Children that are given the
    descriptor hold on when we are killed. BookError ``git.read-only``."""
    lock = FileLock(repo.common_dir / "logbook" / "upkeep")
    try:
        lock.acquire(0.0)
    except BookError as error:
        if error.code != "git.locked":
            raise
        yield None
        return
    try:
        yield () if lock.fd is None else (lock.fd,)
    finally:
        lock.release()


def pack(repo: Repository, hold: tuple[int, ...] = ()) -> None:
    """Roll loose objects and small packs into larger ones and note down the commits; call it inside :func:`alone`.

    ``--geometric`` takes unreachable loose objects along, so what a writer has stored and not named yet is safe.
    """
    _sweep(repo)
    quiet = ("-c", "core.fsync=all", "-c", "gc.auto=0", "-c", "pack.threads=1", "-c", "repack.writeBitmaps=false")
    repo.run(*quiet, "repack", "-q", "-d", "--geometric=2", hold=hold)
    now = look(repo)
    split = "--split" if now.changed_paths or not now.graph else "--split=replace"
    repo.run(*quiet, "commit-graph", "write", "--reachable", "--changed-paths", split, "--no-progress", hold=hold)


def _sweep(repo: Repository) -> None:
    """Remove what killed Git commands had begun and nobody can want: drafts of a day ago, locks of the graph."""
    objects = repo.common_dir / "objects"
    now = time.time()
    drafts = [*objects.glob("pack/tmp_*"), *objects.glob("pack/.tmp-*"), *objects.glob("info/commit-graphs/tmp_*")]
    drafts += objects.glob("[0-9a-f][0-9a-f]/tmp_obj_*")
    locks = [*objects.glob("info/commit-graphs/*.lock"), *objects.glob("info/*.lock")]
    for place, age in (*((one, _LEFT_BEHIND) for one in drafts), *((one, _LOCK_LEFT) for one in locks)):
        with contextlib.suppress(OSError):
            if now - place.stat().st_mtime > age and not git_at_work(repo):
                place.unlink()
