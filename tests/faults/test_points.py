"""Killed, torn or refused at the places where a command touches the world: all of them for adding, a part for the others."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.books import COMMANDS
from tests.faults.books import make_books
from tests.faults.books import words_of
from tests.faults.harness import Case
from tests.faults.harness import adopt_orphans
from tests.faults.harness import fast_folder
from tests.faults.points import FAULTS
from tests.faults.points import KILL
from tests.faults.points import TORN

SAMPLE_SECONDS = 10.0
WHOLE_EVERY = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where that can be had: nothing but speed depends on it."""
    import shutil
    import tempfile

    adopt_orphans()
    place = Path(tempfile.mkdtemp(dir=fast_folder())) if fast_folder() else tmp_path_factory.mktemp("faults")
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def books(folder: Path) -> dict[str, Path]:
    return make_books(folder)


def case_of(name: str, books: dict[str, Path], folder: Path) -> Case:
    book, words = words_of(name, folder)
    return Case(name, books[book], words, folder / "work")


# Every point of adding; of stepping, which goes the same way, every third.
@pytest.mark.parametrize(("name", "stride", "fewest"), [("add", 1, 60), ("step", 3, 20)])
def test_killed_at_its_points(name: str, stride: int, fewest: int, books: dict[str, Path], folder: Path) -> None:
    case = case_of(name, books, folder)
    outcomes = []
    while (found := case.at(KILL, len(outcomes) * stride, whole=len(outcomes) % WHOLE_EVERY == 0)) is not None:
        outcomes.append(found)
    assert [found for found in outcomes if found.wrong] == []
    recorded = [found.recorded for found in outcomes]
    assert len(recorded) > fewest
    assert recorded == sorted(recorded)  # once recorded, always recorded
    assert (recorded[0], recorded[-1]) == (False, True)


def test_half_of_every_write(books: dict[str, Path], folder: Path) -> None:
    case = case_of("add", books, folder)
    outcomes = []
    while (found := case.at(TORN, len(outcomes), whole=False)) is not None:
        outcomes.append(found)
    assert [found for found in outcomes if found.wrong] == []
    assert len(outcomes) > 8


def test_a_sample_of_all_other_faults(books: dict[str, Path], folder: Path) -> None:
    """Seeded, so that a failure can be had again; ``python -m tests.faults --all`` runs every one."""
    chance = random.Random(20261124)
    names = list(COMMANDS)
    cases: dict[str, Case] = {}
    end = time.monotonic() + SAMPLE_SECONDS
    seen = 0
    while time.monotonic() < end or seen < 10:
        name, fault = chance.choice(names), chance.choice(FAULTS)
        if name not in cases:
            cases[name] = case_of(name, books, folder)
        found = cases[name].at(fault, chance.randrange(max(1, len(cases[name].points))))
        if found is not None:
            assert found.wrong == (), found
            seen += 1


def test_the_harness_sees_a_half_write(books: dict[str, Path], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch moved before its objects are there must be found out, or all of this proves nothing."""
    import logbook.store.transaction as transaction

    real_store, real_move = transaction._store, transaction._move

    def move_first(repo: object, plan: object) -> object:
        ref = repo.git_dir / "refs/heads/main"  # type: ignore[attr-defined]
        ref.write_text(plan.ids[-1] + "\n")  # type: ignore[attr-defined]
        return real_store(repo, plan)  # type: ignore[arg-type]

    case = case_of("add", books, folder)
    monkeypatch.setattr(transaction, "_store", move_first)
    monkeypatch.setattr(transaction, "_move", lambda *words, **more: True)
    storing = next(number for number, point in enumerate(case.points) if "tmp_obj" in point)
    found = case.at(KILL, storing)
    assert found is not None
    assert found.wrong
    assert real_move is not None


def test_errors_have_names() -> None:
    assert [str(fault) for fault in FAULTS] == [
        "kill", "group", "midway", "torn", "git", "error-ENOSPC", "error-EIO", "error-EACCES", "error-EINTR",
        "full-ENOSPC",
    ]  # fmt: skip
    assert errno.ENOSPC in [fault.number for fault in FAULTS]
