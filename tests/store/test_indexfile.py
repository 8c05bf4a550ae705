"""Git's index written by ourselves says what Git's own would, and hides no edit."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from logbook.store.git import Repository
from logbook.store.indexfile import look
from logbook.store.porcelain import init_repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.store.repositories import DESK
from tests.store.repositories import LINA
from tests.store.repositories import WHEN
from tests.store.repositories import git


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    root = tmp_path / "book"
    init_repository(root)
    repo = Repository(root)
    write(repo, {f"records/room/2026/{n % 12 + 1:02d}/R{n:03d}.yaml": f"v: {n}\n" for n in range(60)})
    git(root, "config", "core.splitIndex", "false")
    git(root, "update-index", "--no-split-index")
    then = time.time() - 100
    for place in root.rglob("*.yaml"):
        os.utime(place, (then, then))
    git(root, "update-index", "-q", "--refresh")
    assert look(repo) is not None
    return repo


def write(repo: Repository, files: dict[str, str]) -> None:
    changes = [Change(path, text.encode()) for path, text in files.items()]
    publish(repo, [Commit(changes, "x\n\nRecord: x\n", LINA, DESK, WHEN)])


def in_index(root: Path) -> list[str]:
    return [line.replace(" 0\t", "\t") for line in git(root, "ls-files", "-s").splitlines()]


def in_head(root: Path) -> list[str]:
    return [line.replace(" blob", "") for line in git(root, "ls-tree", "-r", "HEAD").splitlines()]


def test_no_child_and_what_git_reads(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:

        def refuse(*words: object, **more: object) -> None:
            raise AssertionError(f"a child was started: {words}")

        patch.setattr(subprocess, "Popen", refuse)
        # New, first and last by name, one more in the same folder, one that was there.
        write(repo, {"a.yaml": "v: 1\n"})
        write(repo, {"records/room/2026/07/new.yaml": "v: 1\n", "z.yaml": "v: 1\n"})
        write(repo, {"records/room/2026/07/new.yaml": "v: 2\n"})
        write(repo, {"records/room/2026/02/R001.yaml": "v: changed\n"})
    root = repo.root
    assert in_index(root) == in_head(root)
    assert git(root, "status", "--porcelain") == ""
    # Git takes it from there.
    (root / "by-hand.txt").write_text("x\n")
    git(root, "add", "by-hand.txt")
    assert git(root, "status", "--porcelain") == "A  by-hand.txt\n"
    git(root, "-c", "user.name=w", "-c", "user.email=w@x", "commit", "-qm", "by hand")
    assert in_index(root) == in_head(root)
    git(root, "reset", "--hard", "-q")
    assert in_index(root) == in_head(root)
    assert git(root, "write-tree") == git(root, "rev-parse", "HEAD^{tree}")
    git(root, "fsck", "--strict")


def test_what_somebody_staged_stays_staged(repo: Repository) -> None:
    (repo.root / "other.txt").write_text("x\n")
    git(repo.root, "add", "other.txt")
    write(repo, {"a.yaml": "v: 1\n"})
    assert git(repo.root, "status", "--porcelain") == "A  other.txt\n"


def test_an_edit_in_the_very_second_is_seen(repo: Repository) -> None:
    """Same size, same time of change: only its age tells Git to look, and the index has just become newer."""
    place = repo.root / "a.yaml"
    write(repo, {"a.yaml": "v: 1\n"})
    found = place.stat()
    place.write_text("v: 2\n")
    os.utime(place, ns=(found.st_atime_ns, found.st_mtime_ns))
    git(repo.root, "config", "core.trustctime", "false")
    write(repo, {"b.yaml": "v: 1\n"})
    os.utime(repo.git_dir / "index", (time.time() + 5, time.time() + 5))
    assert git(repo.root, "status", "--porcelain") == " M a.yaml\n"


def test_a_split_index_is_left_to_git(repo: Repository) -> None:
    """Git could not go on from one that was written here."""
    git(repo.root, "config", "core.splitIndex", "true")
    git(repo.root, "update-index", "--split-index")
    assert look(repo) is None
    write(repo, {"records/room/2026/02/R001.yaml": "v: changed\n"})
    git(repo.root, "reset", "--hard", "-q")
    assert in_index(repo.root) == in_head(repo.root)
    assert git(repo.root, "status", "--porcelain") == ""


def test_what_is_unusual_is_left_to_git(repo: Repository) -> None:
    git(repo.root, "update-index", "--index-version", "4")
    assert look(repo) is None
    write(repo, {"a.yaml": "v: 1\n"})
    assert in_index(repo.root) == in_head(repo.root)


def test_the_logs_read_as_gits_own(repo: Repository) -> None:
    write(repo, {"a.yaml": "v: 1\n"})
    for name in ("HEAD", "main"):
        assert git(repo.root, "log", "-g", "-1", "--format=%gs %H", name).split() == ["logbook:", "x", repo.head()]
    assert git(repo.root, "reflog", "-1", "--format=%gn", "main").strip() == DESK[0]
    git(repo.root, "pack-refs", "--all")  # no file of its own any more: Git moves it
    write(repo, {"b.yaml": "v: 1\n"})
    assert git(repo.root, "log", "-g", "-1", "--format=%H", "main").strip() == repo.head()
