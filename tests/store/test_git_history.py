"""Histories, differences and trees, streamed from Git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.store.git import Repository
from logbook.store.history import PathChange
from logbook.store.history import changed_paths
from logbook.store.history import history
from logbook.store.history import list_tree
from logbook.store.objects import blob_id
from logbook.store.porcelain import init_repository
from logbook.store.transaction import publish
from logbook.store.worktree import dirty_paths
from tests.store.repositories import WHEN
from tests.store.repositories import git
from tests.store.repositories import note

ONE, TWO = blob_id(b"v: 1\n"), blob_id(b"v: 2\n")
PATH = "records/complaint/2026/11/-漏 水.yaml"
MESSAGE = "CP-20261122-A001 resolve: 漏水已修复\n\n:000000 not a change\n\nRecord: CP-20261122-A001\nAction: resolve\n"


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with init_repository(tmp_path / "book") as repo:
        publish(repo, [note("logbook.yaml", "name: x\n", "book: init")])
        publish(repo, [note(PATH, "v: 1\n"), note(PATH, "v: 2\n", MESSAGE)])
        yield repo


def test_history_tells_who_when_and_what(repo: Repository) -> None:
    newest, middle, oldest = history(repo)
    assert (newest.author, newest.author_email) == ("李娜", "lina@desk.example")
    assert (newest.committer, newest.committer_email) == ("客服 A", "desk-a@desk.example")
    assert newest.authored == newest.committed == WHEN
    assert newest.authored.isoformat() == "2026-11-22T09:35:00+08:00"
    assert newest.message == MESSAGE
    assert newest.subject == "CP-20261122-A001 resolve: 漏水已修复"
    assert newest.trailers == {"Record": "CP-20261122-A001", "Action": "resolve"}
    assert newest.parents == (middle.id,)
    assert newest.changes == (PathChange("M", PATH, ONE, TWO),)
    assert middle.changes == (PathChange("A", PATH, None, ONE),)
    assert oldest.parents == ()
    assert [change.path for change in oldest.changes] == ["logbook.yaml"]


def test_history_of_one_path_and_from_a_commit_on(repo: Repository) -> None:
    commits = list(history(repo))
    assert [entry.id for entry in history(repo, PATH)] == [commits[0].id, commits[1].id]
    assert [entry.id for entry in history(repo, "no/such")] == []
    assert [entry.id for entry in history(repo, rev="HEAD~1", oldest_first=True)] == [commits[2].id, commits[1].id]
    assert [entry.id for entry in history(repo, since=commits[1].id)] == [commits[0].id]


def test_an_empty_commit_and_a_merge_are_read(repo: Repository) -> None:
    git(repo.root, "switch", "-qc", "side", "HEAD~1")
    git(repo.root, "commit", "-q", "--allow-empty", "-m", "nothing")
    git(repo.root, "switch", "-q", "main")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "both", "side")
    entries = {entry.subject: entry for entry in history(repo)}
    assert len(entries) == 5
    assert entries["nothing"].changes == ()
    assert len(entries["both"].parents) == 2
    assert entries["both"].changes == ()


def test_a_history_may_be_left_half_read(repo: Repository) -> None:
    stream = history(repo)
    next(stream)
    stream.close()
    assert len(list(history(repo))) == 3


def test_a_book_without_commits_has_no_history(tmp_path: Path) -> None:
    with init_repository(tmp_path) as empty:
        assert list(history(empty)) == []


def test_changed_paths(repo: Repository) -> None:
    assert changed_paths(repo, "HEAD~1", "HEAD") == [(PATH, ONE, TWO)]
    assert changed_paths(repo, None, "HEAD") == [
        ("logbook.yaml", None, blob_id(b"name: x\n")),
        (PATH, None, TWO),
    ]
    git(repo.root, "rm", "-q", PATH)
    git(repo.root, "commit", "-qm", "gone")
    assert changed_paths(repo, "HEAD~1", "HEAD") == [(PATH, TWO, None)]
    assert changed_paths(repo, "HEAD", "HEAD") == []


def test_list_tree(repo: Repository) -> None:
    assert list_tree(repo, "HEAD", "records") == [(PATH, TWO)]
    assert list_tree(repo, "HEAD") == [("logbook.yaml", blob_id(b"name: x\n")), (PATH, TWO)]
    assert list_tree(repo, "HEAD", "templates") == []
    assert list_tree(repo, "HEAD", "rec*") == []


def test_dirty_paths_touch_nothing(repo: Repository) -> None:
    assert dirty_paths(repo) == []
    (repo.root / PATH).write_text("v: 3\n", "utf-8")
    (repo.root / "records/-rf 新.yaml").write_text("x\n", "utf-8")
    (repo.root / "elsewhere").write_text("x\n", "utf-8")
    before = (repo.git_dir / "index").read_bytes()
    assert dirty_paths(repo, "records") == [(" M", PATH), ("??", "records/-rf 新.yaml")]
    assert ("??", "elsewhere") in dirty_paths(repo)
    assert (repo.git_dir / "index").read_bytes() == before


def test_what_few_folders_changed_is_what_git_says(repo: Repository) -> None:
    """Found without a process: files that become folders and back, modes, names that sort oddly."""
    root = repo.root
    for name in ("a.yaml", "a-b.yaml", "a", "漏 水", "deep/er/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    (root / "a").unlink()
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c").write_text("c")
    (root / "a.yaml").chmod(0o755)
    for name in ("deep/er/x", "deep/er", "deep"):
        (root / name).unlink() if name.endswith("x") else (root / name).rmdir()
    (root / "deep").write_text("deep")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two")
    for old, new in (("HEAD~1", "HEAD"), ("HEAD", "HEAD~1"), ("HEAD~3", "HEAD")):
        words = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
        told = iter(git(root, *words).split("\0")[:-1])
        rows = [(name, *(None if oid == "0" * 40 else oid for oid in row.split()[2:4])) for row, name in zip(told, told, strict=True)]
        with Repository(root) as fresh:
            old, new = fresh.resolve(old), fresh.resolve(new)
            fresh.close()
            assert changed_paths(fresh, old, new) == rows
            assert fresh.objects.child_pid() is None
        assert rows
