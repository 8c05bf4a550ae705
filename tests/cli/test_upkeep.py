"""Old months closed and opened, everything that goes on meanwhile, housekeeping, and what a doctor advises."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.operations import upkeep as operations
from logbook.store import sparse
from logbook.store import upkeep
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from tests.cli.line import Line
from tests.operations.desk import Desk

OLD = "CP-20260210-A001"
OLDER = "CP-20250810-A001"
MONTHS = "records/complaint"
TODAY = "2026-11-22 10:00"


@pytest.fixture(scope="module")
def aged(told_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with records of old months; those before September 2026 are closed."""
    desk = told_book.copy(tmp_path_factory.mktemp("aged") / "book")
    for day in ("2025-08-10", "2026-02-10", "2026-02-11"):
        desk.add("complaint", "name=老王", "summary=旧事", at=f"{day} 09:00", reason="补录", now="2026-11-21 10:00")
    return desk.root


@pytest.fixture
def line(aged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    root = tmp_path / "book"
    subprocess.run(["cp", "-a", str(aged), str(root)], check=True)
    monkeypatch.chdir(root)
    return Line(root, capsys)


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], env=clean_environment(), capture_output=True, check=True)
    return done.stdout.decode()


def files() -> list[str]:
    return sorted(path.as_posix() for path in Path(MONTHS).rglob("*.yaml"))


def is_small() -> bool:
    """Whether the index still holds closed months as folders."""
    return f"{MONTHS}/2025/" in git("ls-files", "--sparse").split("\n")


def test_closed_and_everything_goes_on(line: Line, tmp_path: Path) -> None:
    all_files = files()
    assert line("--now", TODAY, "upkeep", "sparse", "--keep", "3").code == 0
    assert files() == [f"{MONTHS}/2026/11/CP-20261120-A001.yaml", f"{MONTHS}/2026/11/CP-20261121-A001.yaml"]
    assert Path("records/staff/lina.yaml").exists() and Path("templates/core/complaint.yaml").exists()

    def well() -> bool:
        return git("status", "--porcelain", "--untracked-files=all") == "" and is_small()

    assert well()
    cases = tmp_path / "cases.csv"
    cases.write_text("姓名,内容,时间\n周七,旧案,2026-02-12 09:00\n吴八,旧案,2025-06-01 09:00\n", encoding="utf-8")
    for words in (
        ("add", "complaint", "name=新人", "summary=新事"),
        ("step", OLD, "forward", "forwarded_to=director"),
        ("amend", OLDER, "summary=改过的旧事", "--reason", "写错了"),
        ("void", OLD, "--reason", "重复登记"),
        ("add", "complaint", "name=老人", "summary=漏记", "--at", "2026-02-11 12:00", "--reason", "补录"),
        ("import", "complaint", str(cases), "--map", "name=姓名", "--map", "summary=内容", "--map", "at=时间"),
    ):
        done = line("--now", TODAY, *words)
        assert done.code == 0, done.err
        assert well(), words
    assert not Path(f"{MONTHS}/2026/02").exists()
    shown = json.loads(line("--now", TODAY, "show", OLDER, "--format", "json").out)
    assert shown["fields"]["summary"] == "改过的旧事"
    assert line("--now", TODAY, "validate").code == 0
    # Closed months are validated as committed: by folder, by id.
    assert line("--now", TODAY, "validate", f"{MONTHS}/2026/02").code == 0
    assert line("--now", TODAY, "validate", OLD).code == 0
    assert line("--now", TODAY, "validate", f"{MONTHS}/2026/02/{OLD}.yaml").code == 0
    audit = json.loads(line("--now", TODAY, "audit", "--format", "json").out)
    assert [one["message"] for one in audit if one["severity"] == "error"] == []
    # A new year and a new month open by themselves.
    assert line("--now", "2027-01-03 10:00", "add", "complaint", "name=新年", "summary=新事").code == 0
    assert Path(f"{MONTHS}/2027/01/CP-20270103-A001.yaml").exists()
    assert well()
    assert git("fsck", "--strict", "--no-dangling") == ""
    assert line("--now", TODAY, "upkeep", "full").code == 0
    assert set(all_files) < set(files()) and git("status", "--porcelain") == ""
    assert Repository(Path.cwd()).local_config("core.splitindex") == "true"
    doctor = json.loads(line("--now", TODAY, "doctor", "--format", "json").out)
    assert [one["rule"] for one in doctor["issues"] if one["rule"].startswith(("upkeep.", "git.", "book."))] == []


def test_what_is_not_committed_stays_open(line: Line) -> None:
    path = f"{MONTHS}/2026/02/{OLD}.yaml"
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text + "# 手记\n", encoding="utf-8")
    refused = line("--now", TODAY, "upkeep", "sparse")
    assert refused.code == 3 and path in refused.err
    assert Path(f"{MONTHS}/2025").exists()
    Path(path).write_text(text, encoding="utf-8")
    assert line("--now", TODAY, "upkeep", "sparse").code == 0
    # A closed file somebody brought back and changed is not written over.
    Path(path).parent.mkdir(parents=True)
    Path(path).write_text(text + "# 手记\n", encoding="utf-8")
    assert line("--now", TODAY, "amend", OLD, "summary=改", "--reason", "错").code == 3


@pytest.mark.parametrize("words", [("upkeep", "sparse", "repair"), ("upkeep", "days"), ("upkeep", "--month", "2026-11")])
def test_words_out_of_place(line: Line, words: tuple[str, ...]) -> None:
    assert line(*words).code == 2


def test_housekeeping(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(Path.cwd())
    objects = git("cat-file", "--batch-all-objects", "--batch-check")
    git("config", "core.fsmonitor", "true")
    monkeypatch.setattr(operations, "MANY_FILES", 3)
    monkeypatch.setattr(operations, "CROWDED", 1)
    monkeypatch.setattr(upkeep, "MANY_LOOSE", 10)
    found = json.loads(line("--now", TODAY, "doctor", "--check", "--format", "json").out)["issues"]
    rules = {one["rule"] for one in found}
    assert rules >= {"upkeep.many-loose", "upkeep.no-graph", "upkeep.many-files", "upkeep.fsmonitor"}
    assert rules & {"upkeep.crowded", "upkeep.crowded-other"}
    with upkeep.alone(repo):  # another one is at it
        assert json.loads(line("upkeep", "--force", "--format", "json").out)["state"] == "busy"
    done = line("upkeep", "--force", "--lang", "en")
    assert done.code == 0 and "Tidied" in done.err
    store = upkeep.look(repo)
    assert (store.loose, store.packs, store.changed_paths) == (0, 1, True)
    assert git("cat-file", "--batch-all-objects", "--batch-check") == objects
    silent = line("upkeep")
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    assert line("--now", TODAY, "add", "complaint", "name=后来", "summary=后来").code == 0


@pytest.fixture
def cut_off(line: Line) -> Iterator[Repository]:
    """Closing was begun: the note is there, the settings are, some files are gone, the index knows nothing."""
    repo = Repository(Path.cwd())
    head = repo.head()
    assert head is not None
    sparse._note(repo, sparse.wanted(repo, head, now="2026-11", since="2026-09"))
    git("config", "core.splitIndex", "false")
    git("update-index", "--no-split-index")
    git("config", "core.sparseCheckout", "true")
    git("config", "index.sparse", "true")
    Path(f"{MONTHS}/2025/08/{OLDER}.yaml").unlink()
    yield repo
    repo.close()


def test_the_next_one_ends_what_was_cut_off(cut_off: Repository, line: Line) -> None:
    told = json.loads(line("--now", TODAY, "doctor", "--check", "--format", "json").out)
    assert "git.months-unfinished" in {one["rule"] for one in told["issues"]}
    assert line("--now", TODAY, "step", OLD, "forward", "forwarded_to=director").code == 0
    assert sparse.unfinished(cut_off) is None
    assert git("status", "--porcelain") == "" and is_small()
    assert not Path(f"{MONTHS}/2026/02").exists()
