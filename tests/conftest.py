"""Every test has a home and a Git that know nothing of the person running it."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.operations.desk import Desk

# Books and forms of thousands of tests are kept: looking through them for rings again and again took a third of the run.
gc.set_threshold(200_000, 10, 10)

# Every write of a book is flushed, thousands of times: in memory, where there is enough of it, that costs nothing.
_MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 6 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# Before anything imports the Git door: a child of a test must never read or write the developer's settings.
for name in [key for key in os.environ if key.startswith(("GIT_", "LOGBOOK_"))]:
    del os.environ[name]
os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
os.environ["GIT_CONFIG_NOSYSTEM"] = "1"


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of the tests' own, with caches and settings below it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("TZ", "UTC")
        yield home


@pytest.fixture(scope="session")
def furnished_book(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book every test copies; nobody writes into this one."""
    from tests.operations.desk import furnish
    from tests.operations.desk import make_book

    return furnish(make_book(tmp_path_factory.mktemp("book") / "book"))


@pytest.fixture(scope="session")
def honest_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One complaint taken, answered, amended and signed, all within the program."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("honest") / "book")
    desk.add("complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响", now="2026-11-22 09:35")
    desk.step("CP-20261122-A001", "reply", "reply=明天来修", now="2026-11-22 10:00")
    desk.amend("CP-20261122-A001", "summary=二号电梯异响", reason="听错了", now="2026-11-22 10:30")
    desk.sign("CP-20261122-A001", "heard", now="2026-11-22 10:40")
    return desk


@pytest.fixture
def desk(furnished_book: Desk, tmp_path: Path) -> Desk:
    """A practice book of one's own: people, rooms, keys and areas are there."""
    return furnished_book.copy(tmp_path / "book")


def pytest_exception_interact(call: pytest.CallInfo[object], report: pytest.CollectReport | pytest.TestReport) -> None:
    """A refusal nobody expected says what was refused."""
    issues = getattr(getattr(call.excinfo, "value", None), "issues", None)
    if issues:
        report.sections.append(("Refused", "\n".join(map(str, issues))))
