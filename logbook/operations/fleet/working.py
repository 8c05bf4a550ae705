"""Working through the sites side by side: threads wait for other machines, processes read the books."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Executor
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from typing import TypeVar

from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.operations.fleet.fleetfile import Site
from logbook.store import mirror

THREADS = 16
# Below so many sites a second process costs more than it brings.
WORTH_PROCESSES = 4

T = TypeVar("T")


@frozen
class Trouble:
    """Why a site gave no answer: an error as a value, so that it can come out of another process."""

    code: str
    args: dict[str, Any]
    issues: tuple[Issue, ...]
    exit_code: int

    @classmethod
    def of(cls, error: LogbookError) -> Trouble:
        issues = error.issues if isinstance(error, Refused) else ()
        return cls(error.code, dict(error.args_), issues, error.exit_code)


@frozen
class Outcome:
    """What one site answered: a value, or the trouble it had."""

    site: Site
    value: Any = None
    trouble: Trouble | None = None


def mirror_path(site: Site, cache: Path) -> Path:
    """Where the mirror of a remote site lies."""
    return cache / f"{site.id}.git"


def root_of(site: Site, cache: Path) -> Path:
    """The folder to read a site's book in. BookError ``fleet.no-book``, ``fleet.no-mirror``."""
    if site.book is not None:
        root = Path(site.book)
        if not root.is_dir():
            raise BookError("fleet.no-book", path=site.book)
        return root
    path = mirror_path(site, cache)
    if not mirror.is_there(path):
        raise BookError("fleet.no-mirror", remote=site.place)
    return path


def refresh(sites: Sequence[Site], cache: Path, *, trail: bool = False) -> list[Outcome]:
    """Bring the mirrors of all remote sites up to date, many at a time; a book on this machine needs nothing.
    The values are :class:`~logbook.store.mirror.Refreshed`, None for such books. ``trail``: what an audit needs."""

    def one(site: Site) -> mirror.Refreshed | None:
        if site.remote is None:
            root_of(site, cache)
            return None
        return mirror.refresh(mirror_path(site, cache), site.remote, site.branch, trail=trail)

    return list(_in(ThreadPoolExecutor(max(1, min(THREADS, len(sites)))), partial(_outcome, one), sites))


def tips(sites: Sequence[Site], cache: Path) -> list[Outcome]:
    """The commit each remote copy is at, asked without fetching; None for a book on this machine."""

    def one(site: Site) -> str | None:
        root = root_of(site, cache)
        return mirror.tip(root, site.remote, site.branch) if site.remote is not None else None

    return list(_in(ThreadPoolExecutor(max(1, min(THREADS, len(sites)))), partial(_outcome, one), sites))


def each(
    sites: Sequence[Site], work: Callable[[Site, Path], Any], cache: Path, *, processes: int | None = None
) -> Iterator[Outcome]:
    """``work(site, root)`` for every site, in the order of the sites. It runs in other processes where that pays
    (``processes``: at most so many; None: as many as there are cores), so it must be a function of a module."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(cores if processes is None else processes, len(sites))
    task = partial(_outcome, partial(_rooted, work, cache))
    if count < 2 or len(sites) < WORTH_PROCESSES:
        yield from map(task, sites)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    yield from _in(ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method)), task, sites)


def _in(pool: Executor, task: Callable[[Site], Outcome], sites: Sequence[Site]) -> Iterator[Outcome]:
    try:
        with pool if sites else nullcontext():
            yield from pool.map(task, sites)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _rooted(work: Callable[[Site, Path], T], cache: Path, site: Site) -> T:
    return work(site, root_of(site, cache))


def _outcome(work: Callable[[Site], Any], site: Site) -> Outcome:
    try:
        return Outcome(site, work(site))
    except LogbookError as error:
        return Outcome(site, trouble=Trouble.of(error))
    except OSError as error:
        args = {"path": str(error.filename or site.place), "why": error.strerror or str(error)}
        return Outcome(site, trouble=Trouble("fleet.unreadable", args, (), 3))
