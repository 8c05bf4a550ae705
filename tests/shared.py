"""A shared copy on the same machine: a bare repository with the hooks in it, and pushes as people see them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from pathlib import Path

from logbook.operations import hooking
from logbook.operations.hooking import Interpreter
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from tests.operations.desk import Desk

PROJECT = Path(__file__).parents[1]
INTERPRETER = Interpreter(sys.executable, str(PROJECT))
ZERO = "0" * 40


@dataclass(frozen=True)
class Pushed:
    """What came of a push: whether it went in, and what the other side said."""

    accepted: bool
    said: list[str]
    err: str


class SharedCopy:
    """A bare repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, desk: Desk, root: Path) -> SharedCopy:
        """A bare clone of a desk's book, with the hooks."""
        git(desk.root, "clone", "-q", "--bare", str(desk.root), str(root))
        shared = cls(root)
        shared.install()
        return shared

    def install(self) -> None:
        with Repository(self.root) as repository:
            now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
            hooking.install(repository, INTERPRETER, place=None, force=False, now=now)

    def copy(self, root: Path) -> SharedCopy:
        shutil.copytree(self.root, root)
        return SharedCopy(root)

    def push(self, desk: Desk, *words: str, env: Mapping[str, str] | None = None) -> Pushed:
        """``git push`` from a desk; by default of its branch."""
        done = subprocess.run(
            ["git", "push", *(words[:-1] if words[:1] == ("--force",) else ()), str(self.root), *(words[-1:] or ["main"])],
            cwd=desk.root,
            env={**clean_environment({}), **(env or {})},
            capture_output=True,
            check=False,
        )
        err = done.stderr.decode()
        said = [line.removeprefix("remote: ").rstrip() for line in err.splitlines() if line.startswith("remote: ")]
        return Pushed(done.returncode == 0, said, err)

    def git(self, *words: str, check: bool = True) -> str:
        return git(self.root, *words, check=check)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "refs/heads/main").strip()

    @property
    def receipts(self) -> list[str]:
        return (self.root / "logbook" / "receipts.log").read_text("utf-8").splitlines()


def git(folder: Path, *words: str, check: bool = True, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**clean_environment({}), **(env or {})}, capture_output=True, check=False
    )
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done.stdout.decode()


def without_commits(lines: list[str]) -> list[str]:
    """The lines with commit ids taken out."""
    return [re.sub(r"\b[0-9a-f]{10,40}\b", "…", line) for line in lines]
