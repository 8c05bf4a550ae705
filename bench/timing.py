"""Whole processes, timed: warm-up, then the median, floor and ours in turn so that drift hits both."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

# A small parent: a child's peak is at least what its parent held when it was started.
_PEAK = (
    "import os, sys\n"
    "silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]\n"
    "child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)\n"
    "print(os.wait4(child, 0)[2].ru_maxrss)"
)

Job = Sequence[str] | Callable[[], object]


class Machine:
    """Where everything runs: a home of its own, an installed logbook, Git that knows nobody."""

    def __init__(self, home: Path, logbook: Sequence[str], *, rounds: int = 9, cases: Path | None = None) -> None:
        self.logbook = list(logbook)
        self.cases = cases
        self.python = sys.executable
        self.rounds = rounds
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        dropped = ("PYTHON", "GIT_", "LOGBOOK_", "LC_", "XDG_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self.environment |= {
            "HOME": str(home), "LANG": "C.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
            "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
        }  # fmt: skip

    def git(self, root: Path, *args: str, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", *args], cwd=root, env=self.environment, input=stdin, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape")

    def once(self, job: Job, *, cwd: Path | None = None, extra: dict[str, str] | None = None) -> float:
        """Milliseconds one job took. A command must end with 0."""
        if callable(job):
            began = time.perf_counter()
            job()
            return (time.perf_counter() - began) * 1000
        environment = self.environment | (extra or {})
        began = time.perf_counter()
        done = subprocess.run(job, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = (time.perf_counter() - began) * 1000
        if done.returncode:
            raise SystemExit(f"{list(job)}: exit {done.returncode}\n{done.stderr.decode(errors='replace')[-2000:]}")
        return took

    def medians(
        self,
        jobs: Sequence[Job],
        *,
        cwd: Path | None = None,
        extra: dict[str, str] | None = None,
        rounds: int | None = None,
    ) -> list[float]:
        """The median milliseconds of each job, run in turn."""
        rounds = rounds or self.rounds
        for job in jobs if rounds > 1 else ():
            self.once(job, cwd=cwd, extra=extra)
        times = [[self.once(job, cwd=cwd, extra=extra) for job in jobs] for _ in range(rounds)]
        return [statistics.median(column) for column in zip(*times, strict=True)]

    def peak(self, command: Sequence[str], *, cwd: Path) -> float:
        """The most memory one command held, in MB."""
        done = subprocess.run(
            [self.python, "-S", "-E", "-c", _PEAK, *command],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        return int(done.stdout.split()[-1]) / 1024
