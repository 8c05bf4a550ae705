"""A practice book with two complaints, and a command line that stands in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.operations.desk import Desk

MINOR = "CP-20261120-A001"
MAJOR = "CP-20261121-A001"


@pytest.fixture(scope="session")
def told_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The book every test of the command line copies: this clone is desk A, Li Na sits at it."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("told") / "book")
    desk.git("config", "logbook.desk", "A")
    desk.git("config", "logbook.staff", "lina")
    desk.add("complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响", now="2026-11-20 09:00")
    desk.add("complaint", "name=李四", "summary=楼道垃圾", "level=major", now="2026-11-21 09:00")
    return desk


@pytest.fixture
def book(told_book: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of one's own, and the current folder."""
    root = tmp_path / "book"
    subprocess.run(["cp", "-a", str(told_book.root), str(root)], check=True)
    monkeypatch.chdir(root)
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def shared(told_book: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    """The command line in the book all tests share: for reading only."""
    monkeypatch.chdir(told_book.root)
    return Line(told_book.root, capsys)


@pytest.fixture
def cli(book: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(book, capsys)
