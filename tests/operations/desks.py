"""Several desks of one practice book, each a clone with its own letter, around one shared copy."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from logbook.operations import syncing
from logbook.operations.session import Session
from logbook.operations.syncing import Synced
from logbook.operations.validating import validate
from logbook.store.git import clean_environment
from tests.operations.desk import NOW
from tests.operations.desk import Desk


class Post(Desk):
    """One desk: a clone, its letter, the person at it."""

    def __init__(self, root: Path, letter: str) -> None:
        super().__init__(root)
        self.letter = letter

    def session(self, now: str = NOW, *, desk: str | None = None, **more: Any) -> Session:
        return super().session(now, desk=self.letter, **more)

    def sync(self, remote: str | None = None, *, now: str = NOW, by: str | None = "lina", **more: Any) -> Synced:
        session = self.session(now)
        try:
            return syncing.sync(session, remote, by=by, pause=lambda _seconds: None, **more)
        finally:
            session.close()

    @property
    def tree(self) -> str:
        return self.git("rev-parse", "HEAD^{tree}").strip()

    def findings(self, now: str = NOW) -> list[tuple[str, str, str | None]]:
        """Rule, severity and field of everything ``validate`` finds."""
        issues = validate(self.session(now)).issues
        return [(one.rule, one.severity, one.field) for one in issues]

    def conflicts(self, record: str, now: str = NOW) -> list[tuple[str, str, object, object]]:
        return [(one.what, one.field, one.kept, one.other) for one in self.load(record, now).record.conflicts]


def run(*words: str | Path) -> str:
    done = subprocess.run(
        ["git", *map(str, words)], env=clean_environment({}), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def share(desk: Desk, folder: Path) -> Path:
    """A bare copy everybody exchanges with."""
    shared = folder / "shared.git"
    run("clone", "-q", "--bare", desk.root, shared)
    return shared


def post(shared: Path, root: Path, letter: str) -> Post:
    """A new computer: a clone of the shared copy, with a letter of its own."""
    run("clone", "-q", shared, root)
    run("-C", root, "config", "logbook.desk", letter)
    return Post(root, letter)
