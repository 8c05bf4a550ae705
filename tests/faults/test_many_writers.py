"""Thirty-two desks press the button at once, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import book
from tests.cli.conftest import told_book
from tests.cli.line import environment
from tests.faults.test_surroundings import git
from tests.faults.test_surroundings import sound

__all__ = ["book", "told_book"]

WRITERS = 32


def test_none_lost_none_mixed_none_half(book: Path) -> None:
    before = int(git(book, "rev-list", "--count", "HEAD"))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "logbook", "add", "complaint", f"name=第{n}位", f"summary=第{n}件事",
             "--now", "2026-11-24 09:00"],
            cwd=book, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for n in range(WRITERS)
    ]  # fmt: skip
    told = {}
    for n, child in enumerate(running):
        out, err = child.communicate(timeout=100)
        assert child.returncode == 0, err.decode()
        told[out.decode().strip()] = n
    assert sorted(told) == [f"CP-20261124-A{n:03}" for n in range(1, WRITERS + 1)]
    assert int(git(book, "rev-list", "--count", "HEAD")) == before + WRITERS
    for line in git(book, "log", f"-{WRITERS}", "--format=%H %s").splitlines():
        commit, record, *_ = line.split()
        path = f"records/complaint/2026/11/{record}.yaml"
        assert git(book, "diff-tree", "--no-commit-id", "--name-only", "-r", commit).split() == [path]
        text = git(book, "show", f"{commit}:{path}")
        assert f"summary: 第{told[record]}件事\n" in text
        assert (book / path).read_text(encoding="utf-8") == text
    sound(book)
