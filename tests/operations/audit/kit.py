"""Hands that go round the program: plain Git commits in a book, and what the audit says of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logbook.core.findings import Finding
from logbook.operations.audit.run import audit
from logbook.store.git import clean_environment
from tests.operations.desk import Desk
from tests.operations.desk import moment

LINA = ("李娜", "lina@staff.logbook")
DESK = ("前台 A", "desk-a@desk.logbook")
AFTER = "2026-11-22 12:00"


class Hand:
    """Somebody with a shell in the book's folder."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.root = desk.root

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str, *, count: int = 1) -> None:
        text = self.text(path)
        assert old in text, text
        self.write(path, text.replace(old, new, count))

    def write(self, path: str, text: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(
        self,
        *,
        record: str = "",
        form: str = "complaint@1",
        action: str = "open",
        by: str = "lina",
        subject: str = "",
        author: tuple[str, str] = LINA,
        committer: tuple[str, str] = DESK,
        at: str = AFTER,
        committed: str | None = None,
        trailers: Mapping[str, str] | None = None,
    ) -> str:
        """Commit whatever lies in the work tree, with a message as the program would write it."""
        said = trailers if trailers is not None else {"Record": record, "Form": form, "Action": action, "By": by}
        body = "".join(f"{name}: {value}\n" for name, value in said.items())
        self.git("add", "-A")
        dates = {"GIT_AUTHOR_DATE": moment(at).isoformat(), "GIT_COMMITTER_DATE": moment(committed or at).isoformat()}
        people = dict(
            zip(
                ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"),
                (*author, *committer),
                strict=True,
            )
        )
        message = f"{subject or f'{record} {action}'}\n\n{body}"
        self.git("commit", "-q", "--no-verify", "-m", message, extra={**dates, **people})
        return self.desk.head

    def git(self, *words: str, extra: Mapping[str, str] | None = None) -> str:
        env = {**clean_environment({}), **(extra or {})}
        done = subprocess.run(["git", *words], cwd=self.root, env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


def findings(desk: Desk, *, now: str = AFTER, head: bool = False, **more: Any) -> list[Finding]:
    """What the audit finds; ``head`` with what is judged at the head (duties, reviews). That the administrator
    entered the staff of the practice book is left out."""
    done = audit(desk.session(now), **more)
    found = [one for one in done.findings if not str(one.issue.path).startswith("records/staff/") or one.rule != "A14"]
    return [one for one in found if head or one.rule not in ("A16", "A20")]


def said(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.rule, one.code) for one in found]


def path_of(desk: Desk, record: str) -> str:
    found = [str(path.relative_to(desk.root)) for path in Path(desk.root, "records").rglob(f"{record}.yaml")]
    assert len(found) == 1, found
    return found[0]
