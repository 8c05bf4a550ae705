"""Real repositories for the tests of the Git rooms, and children to be killed in them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

from logbook.store.git import clean_environment
from logbook.store.transaction import Change
from logbook.store.transaction import Commit

WHEN = datetime(2026, 11, 22, 9, 35, tzinfo=timezone(timedelta(hours=8)))
LINA = ("李娜", "lina@desk.example")
DESK = ("客服 A", "desk-a@desk.example")


def git(root: Path, *words: str, stdin: str = "") -> str:
    """What plain Git says, with nothing of ours in between."""
    env = clean_environment(
        {
            "GIT_AUTHOR_NAME": "Wang",
            "GIT_AUTHOR_EMAIL": "wang@desk.example",
            "GIT_COMMITTER_NAME": "Wang",
            "GIT_COMMITTER_EMAIL": "wang@desk.example",
        }
    )
    done = subprocess.run(
        ["git", *words], cwd=root, env=env, input=stdin.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def note(path: str, text: str, message: str = "CP-20261122-A001 add: 漏水") -> Commit:
    """A commit of one file."""
    return Commit([Change(path, text.encode())], message, LINA, DESK, WHEN)


def assert_sound(root: Path) -> None:
    """Git finds nothing wrong, and nothing uncommitted."""
    git(root, "fsck", "--strict", "--no-dangling")
    assert git(root, "status", "--porcelain") == ""


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own; its exit status, 0 when it came to its end."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
