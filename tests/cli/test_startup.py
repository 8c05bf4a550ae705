"""What a command loads, in a fresh process: milliseconds depend on the machine, modules do not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import environment
from tests.operations.desk import Desk

NOW = ("--now", "2026-11-22 09:35")
# Libraries that no command in a hurry waits for.
HEAVY = {"ruamel", "git", "jinja2", "tabulate", "cryptography", "dateutil", "requests", "email", "http"}
# Our own rooms for what these commands do not do.
ELSEWHERE = (
    "logbook.operations.audit", "logbook.operations.merging", "logbook.operations.syncing",
    "logbook.operations.receiving", "logbook.operations.hooking", "logbook.operations.evidence",
    "logbook.operations.erasing", "logbook.operations.notifying", "logbook.store.vault", "logbook.store.receipts",
    "logbook.store.signatures", "logbook.store.tags", "logbook.store.porcelain", "logbook.store.history",
    "logbook.core.merging",
)  # fmt: skip
WRITES = ("logbook.operations.writing", "logbook.store.transaction", "logbook.core.scanning", "logbook.core.signers")
# What these commands did without when last looked at: numbers, what the shell asks for.
LIGHT = ("decimal", "fractions", "click.shell_completion", "logbook.cli.offering")
JUDGES = ("logbook.core.rules", "logbook.core.checking", "logbook.core.clocks", "logbook.index.build")


@pytest.fixture(scope="module")
def warm(told_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, its index fresh and the duties worked out."""
    desk = told_book.copy(tmp_path_factory.mktemp("startup") / "book")
    for words in (("list",), ("overdue",), ("overdue",)):
        _loaded(desk.root, *words, *NOW)
    return desk.root


def _loaded(root: Path, *words: str, **more: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "logbook", *words],
        cwd=root, env=environment(**more), capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


def _unwanted(loaded: set[str], *names: str) -> list[str]:
    wanted = (*names, *HEAVY, *ELSEWHERE)
    return sorted(one for one in loaded if any(one == name or one.startswith(f"{name}.") for name in wanted))


@pytest.mark.parametrize(
    ("words", "not_these", "most"),
    [
        (("--help",), ("json", "subprocess", "zoneinfo", "logbook.index", "logbook.operations"), 20),
        (("list", "complaint", "--format", "json", *NOW), (*WRITES, *JUDGES, *LIGHT), 60),
        (("list", *NOW), (*WRITES, *JUDGES, *LIGHT), 60),
        (("show", MINOR, "--format", "json", *NOW), (*WRITES, "logbook.core.checking", "logbook.core.clocks"), 75),
        (("overdue", "--format", "json", *NOW), (*WRITES, *JUDGES, *LIGHT, "logbook.core.duties"), 60),
        (("overdue", *NOW), (*WRITES, *JUDGES, *LIGHT), 65),
    ],
)
def test_reading_loads_what_it_needs(warm: Path, words: tuple[str, ...], not_these: tuple[str, ...], most: int) -> None:
    loaded = _loaded(warm, *words)
    assert _unwanted(loaded, *not_these) == []
    ours = {one for one in loaded if one.startswith("logbook")}
    assert len(ours) <= most, sorted(ours)


def test_completion_of_a_number_reads_the_index_file_only(warm: Path) -> None:
    asked = {"_LOGBOOK_COMPLETE": "bash_complete", "COMP_WORDS": "logbook show CP-", "COMP_CWORD": "2"}
    loaded = _loaded(warm, **asked)
    rooms = ("subprocess", "zoneinfo", "logbook.operations", "logbook.store.git", "logbook.index.book_index")
    assert _unwanted(loaded, *rooms) == []
    assert "logbook.index.offering" in loaded


def test_a_write_loads_no_library(warm: Path, tmp_path: Path) -> None:
    root = tmp_path / "book"
    shutil.copytree(warm, root)
    loaded = _loaded(root, "add", "repair", "content=水管漏水", "--format", "ids", *NOW)
    # The index may have to follow what came before; whose keys count is known without reading any key.
    assert _unwanted(loaded - {"logbook.store.history"}, "dataclasses", "shutil", "tempfile") == []
    assert len({one for one in loaded if one.startswith("logbook")}) <= 100
