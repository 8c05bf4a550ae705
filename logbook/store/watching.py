"""Whether the work tree holds what HEAD does not: asked of Git while a query does its own work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from logbook.core.errors import BookError

if TYPE_CHECKING:
    import subprocess

    from logbook.store.git import Repository

# Above this many bytes of Git's index (some six thousand files) the look would hold up the query it goes
# with by more than ten milliseconds: measured at 15,000 files, 30 ms of Git and 70 ms of waiting for it.
_SMALL_INDEX = 700_000
_PATIENCE = 1.0  # seconds, for a disk that has forgotten the files


def status_words(prefix: str, *, untracked: str = "all") -> tuple[str, ...]:
    """The Git command that tells what differs from HEAD below ``prefix``."""
    words = ("-c", "core.fsmonitor=false", "status", "--porcelain=v1", "-z", f"--untracked-files={untracked}")
    return (*words, "--no-renames", *(("--", prefix) if prefix else ()))


def dirt(out: bytes) -> list[tuple[str, str]]:
    """Its answer: Git's two letters and the path, a pair a file."""
    rows = [row for row in out.split(b"\0") if row]
    return [(row[:2].decode("ascii"), row[3:].decode("utf-8", "surrogateescape")) for row in rows]


class Watch:
    """A look at the work tree that runs beside the caller's own work; it takes no lock, writes nothing and
    never fails: where Git cannot look there is nothing to say."""

    def __init__(self, repo: Repository, *prefixes: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._room = repo.room
        try:
            size = sum(entry.stat().st_size for entry in os.scandir(repo.git_dir) if _is_index(entry.name))
            if size < _SMALL_INDEX:
                from subprocess import DEVNULL

                words = (*status_words("", untracked="normal"), "--", *prefixes)
                self._process = repo.start(*words, errors=DEVNULL)
        except (OSError, BookError):
            pass

    def paths(self) -> list[str]:
        """The files that differ from HEAD, as far as is known within a second; a new folder is one."""
        if self._process is None:
            return []
        import subprocess

        try:
            out, _ = self._process.communicate(timeout=_PATIENCE)
        except (subprocess.TimeoutExpired, OSError):
            return []
        if self._process.returncode != 0 or self._writing():
            return []
        return [path for _, path in dirt(out)]

    def _writing(self) -> bool:
        """Whether another command is between its commit and its files: that is no difference to tell of."""
        return any(self._room.glob("intent*"))

    def close(self) -> None:
        """End the look, whether it has ended or not."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        with process:
            pass


def _is_index(name: str) -> bool:
    return name == "index" or name.startswith("sharedindex.")
