"""Work spread over the cores: forked helpers that read and compute, one taker who uses the results in order."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

_MOST = 4  # the taker of results is one: more helpers than this only wait for it
_PIPE = 1 << 20  # so that a helper goes on while its last results wait; what a common user may have


def helpers() -> int:
    """How many processes would speed a work up; 1 when none would: one core, no ``fork``, or threads about."""
    import threading

    if not sys.platform.startswith("linux") or threading.active_count() > 1:
        return 1
    return min(_MOST, len(os.sched_getaffinity(0)))


def spread(
    jobs: int, work: Callable[[int], T], *, begin: Callable[[], Callable[[], object]] | None = None
) -> Iterator[T]:
    """``work(0)``, ``work(1)`` and so on in order, each computed by one of the :func:`helpers`.

    A helper is a fork: it has everything the caller has, must not use the caller's open children and
    databases (``begin``, called first in each, may put others in their place; what it returns is called at
    the end), and hands back what can be pickled. It waits when its results are not taken, so that memory
    stays flat. What a helper could not do (it was killed, it raised) is done here once more.
    """
    count = min(helpers(), jobs)
    if count < 2:
        yield from map(work, range(jobs))
        return
    import multiprocessing

    forking = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    running = []
    try:
        gc.freeze()  # what is here now stays shared: no helper's collector writes on it
        for helper in range(count):
            reader, writer = forking.Pipe(duplex=False)
            _widen(writer)
            ends.append(reader)
            process = forking.Process(
                target=_help, args=(writer, tuple(ends), range(helper, jobs, count), work, begin), daemon=True
            )
            process.start()
            running.append(process)
            writer.close()  # the helper has it: when it ends, so does the pipe
        lost: set[int] = set()
        for job in range(jobs):
            helper = job % count
            if helper not in lost:
                try:
                    result: T = ends[helper].recv()
                except (EOFError, OSError):
                    lost.add(helper)
                else:
                    yield result
                    continue
            yield work(job)
    finally:
        gc.unfreeze()
        for reader in ends:
            reader.close()  # whoever still writes is told that nobody listens
        for process in running:
            process.join(0.2)
            if process.is_alive():
                process.terminate()
                process.join()


def _help(
    writer: Connection,
    others: tuple[Connection, ...],
    jobs: range,
    work: Callable[[int], object],
    begin: Callable[[], Callable[[], object]] | None,
) -> None:
    """A helper's life. Problems are silent: the taker does what is missing, and tells."""
    for end in others:
        end.close()  # or the helpers would hold one another's pipes open when the taker is gone
    with contextlib.suppress(BaseException), contextlib.ExitStack() as ends:
        if begin is not None:
            ends.callback(begin())
        for job in jobs:
            writer.send(work(job))
    writer.close()


def _widen(writer: Connection) -> None:
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
