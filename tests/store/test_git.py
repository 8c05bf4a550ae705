"""Reading a repository: head, objects, settings, and what Git refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.objects import Entry
from logbook.store.objects import blob_id
from logbook.store.objects import build_tree
from logbook.store.objects import object_id
from logbook.store.objects import parse_tree
from logbook.store.objects import stamp_line
from logbook.store.porcelain import clone
from logbook.store.porcelain import desk_letter
from logbook.store.porcelain import init_repository
from logbook.store.porcelain import set_config
from logbook.store.porcelain import settle
from logbook.store.transaction import publish
from tests.store.repositories import WHEN
from tests.store.repositories import git
from tests.store.repositories import note


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with init_repository(tmp_path / "book") as repo:
        yield repo


def test_a_new_book_has_a_branch_and_no_head(repo: Repository) -> None:
    assert repo.branch() == "main"
    assert repo.head() is None
    assert repo.blob_at(None, "logbook.yaml") is None
    assert repo.tree_entries(repo.head()) == []


def test_head_is_read_loose_and_packed(repo: Repository) -> None:
    (made,) = publish(repo, [note("a.yaml", "id: a\n")])
    assert repo.head() == made == git(repo.root, "rev-parse", "HEAD").strip()
    git(repo.root, "pack-refs", "--all")
    assert not (repo.git_dir / "refs/heads/main").exists()
    assert repo.head() == made


def test_head_needs_no_process(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    (made,) = publish(repo, [note("a.yaml", "id: a\n")])
    monkeypatch.setenv("PATH", "")
    fresh = Repository(repo.root)
    assert fresh.head() == made
    assert fresh.blob_at(made, "a.yaml") == b"id: a\n"


def test_without_git_the_sentence_says_so(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("logbook.store.git.PLACES", "")
    with pytest.raises(BookError) as caught:
        publish(repo, [note("a.yaml", "id: a\n")])
    assert (caught.value.code, caught.value.exit_code) == ("git.no-git", 3)
    assert not (repo.root / "a.yaml").exists()


def test_a_detached_head_is_read_and_not_written(repo: Repository) -> None:
    (made,) = publish(repo, [note("a.yaml", "id: a\n")])
    git(repo.root, "checkout", "-q", "--detach")
    assert repo.head() == made
    with pytest.raises(BookError) as caught:
        publish(repo, [note("b.yaml", "id: b\n")])
    assert caught.value.code == "git.detached"
    assert repo.head() == made
    assert git(repo.root, "status", "--porcelain") == ""


def test_a_second_work_tree_has_its_own_branch(repo: Repository, tmp_path: Path) -> None:
    (made,) = publish(repo, [note("a.yaml", "id: a\n")])
    git(repo.root, "worktree", "add", "-q", "-b", "trial", str(tmp_path / "trial"))
    with Repository(tmp_path / "trial") as trial:
        assert (trial.branch(), trial.head()) == ("trial", made)
        (other,) = publish(trial, [note("b.yaml", "id: b\n")])
        assert trial.blob_at("HEAD", "b.yaml") == b"id: b\n"
    assert repo.head() == made
    assert git(tmp_path / "trial", "status", "--porcelain") == ""
    assert git(repo.root, "rev-parse", "trial").strip() == other


def test_a_plain_folder_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(BookError) as caught:
        Repository(tmp_path)
    assert caught.value.code == "git.no-repository"


def test_sha256_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    with pytest.raises(BookError) as caught:
        Repository(tmp_path)
    assert caught.value.code == "git.sha256"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_another_users_book_is_answered_with_the_line_to_run(repo: Repository) -> None:
    publish(repo, [note("a.yaml", "id: a\n")])
    for place in (repo.root, repo.git_dir):
        os.chown(place, 4711, 4711)
    with pytest.raises(BookError) as caught:
        publish(repo, [note("b.yaml", "id: b\n")])
    assert caught.value.code == "git.dubious-owner"
    assert caught.value.args_["line"] == f"git config --global --add safe.directory {repo.root}"


def test_objects_are_read_loose_and_packed(repo: Repository) -> None:
    (made,) = publish(repo, [note("records/房间/3-502.yaml", "id: 3-502\n")])
    loose = repo.objects.read(made)
    git(repo.root, "repack", "-adq")
    packed = Repository(repo.root)
    assert packed.objects.read(made) == loose
    assert packed.blob_at(made, "records/房间/3-502.yaml") == b"id: 3-502\n"
    assert packed.tree_entries("HEAD", "records") == [
        Entry("40000", "房间", git(repo.root, "rev-parse", "HEAD:records/房间").strip())
    ]
    assert packed.objects.tree(made + "^{tree}")[0].name == "records"
    assert packed.objects.commit(made).author.name == "李娜"
    assert packed.objects.commit(made).author.when == WHEN
    packed.close()
    assert packed.objects.read("HEAD:records/房间/3-502.yaml") == ("blob", b"id: 3-502\n")
    packed.close()


def test_many_objects_come_in_the_order_asked(repo: Repository) -> None:
    texts = [f"id: {number}\n" for number in range(700)]
    publish(repo, [note(f"r/{number}.yaml", texts[number]) for number in (0, 350)])
    wanted = [blob_id(texts[350].encode()), blob_id(texts[0].encode())] * 300
    read = [(oid, data) for oid, _, data in repo.objects.read_many(wanted)]
    assert read == [(wanted[0], b"id: 350\n"), (wanted[1], b"id: 0\n")] * 300


def test_a_killed_reader_is_started_again(repo: Repository) -> None:
    publish(repo, [note("a.yaml", "id: a\n")])
    repo.objects.read("HEAD:a.yaml")
    pid = repo.objects.child_pid()
    assert pid is not None
    os.kill(pid, 9)
    assert repo.objects.read("HEAD:a.yaml") == ("blob", b"id: a\n")


@pytest.mark.parametrize("revision", ["--upload-pack=x", "-1", "", "a b", "a\nHEAD", "no-such", "$(id)"])
def test_hostile_revisions_are_refused(repo: Repository, revision: str) -> None:
    publish(repo, [note("a.yaml", "id: a\n")])
    with pytest.raises(BookError) as caught:
        repo.resolve(revision)
    assert caught.value.code == "git.bad-revision"


def test_revisions_are_resolved(repo: Repository) -> None:
    first, second = publish(repo, [note("a.yaml", "id: a\n"), note("a.yaml", "id: b\n")])
    assert repo.resolve("HEAD") == repo.resolve("main") == second
    assert repo.resolve("HEAD~1") == repo.resolve(first[:12]) == first
    assert repo.blob_at("HEAD^", "a.yaml") == b"id: a\n"
    assert repo.blob_at("HEAD", "a.yaml/deeper") is None


def test_settings_are_read_as_git_reads_them(repo: Repository) -> None:
    set_config(repo, "logbook.desk", "B")
    set_config(repo, 'branch.漏水 "x".description', '"quoted" # not a comment; \\')
    assert desk_letter(repo) == "B"
    fresh = Repository(repo.root)
    assert fresh.config('branch.漏水 "x".description') == '"quoted" # not a comment; \\'
    assert fresh.config("LOGBOOK.Desk") == "B"
    assert fresh.config("logbook.none") is None


def test_the_desk_letter_is_this_clones_alone(repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "global").write_text("[logbook]\n\tdesk = Z\n[user]\n\tname = Lina\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    assert desk_letter(repo) is None
    assert repo.config("user.name") == "Lina"


def test_an_include_is_followed(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "more").write_text("[logbook]\n\tdesk = C\n")
    git(repo.root, "config", "include.path", str(tmp_path / "more"))
    assert desk_letter(Repository(repo.root)) == "C"


def test_the_callers_git_variables_do_not_lead_us_astray(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with init_repository(tmp_path / "other") as other:
        monkeypatch.setenv("GIT_DIR", str(other.git_dir))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        (made,) = publish(repo, [note("a.yaml", "id: a\n")])
        assert other.head() is None
    assert git(repo.root, "rev-parse", "main").strip() == made
    assert not (tmp_path / "index").exists()


def test_a_clone_reads_the_same_and_has_no_letter(repo: Repository, tmp_path: Path) -> None:
    set_config(repo, "logbook.desk", "A")
    (made,) = publish(repo, [note("a.yaml", "id: a\n")])
    with clone(str(repo.root), tmp_path / "copy") as copy:
        assert copy.head() == made
        assert desk_letter(copy) is None
        assert copy.local_config("core.fsync") == "all"


def test_a_sparse_index_is_not_split(repo: Repository) -> None:
    publish(repo, [note("records/2025/a.yaml", "v: 1\n"), note("records/2026/a.yaml", "v: 1\n")])
    set_config(repo, "core.splitIndex", "false")
    git(repo.root, "update-index", "--no-split-index")
    git(repo.root, "sparse-checkout", "set", "--cone", "--sparse-index", "records/2026")
    with Repository(repo.root) as sparse:
        settle(sparse)
        publish(sparse, [note("records/2026/a.yaml", "v: 2\n")])
    assert git(repo.root, "status", "--porcelain") == ""


@pytest.mark.parametrize("source", ["--upload-pack=touch x", "ext::sh -c id", "/no/such/place"])
def test_a_bad_source_is_no_book(tmp_path: Path, source: str) -> None:
    with pytest.raises(BookError) as caught:
        clone(source, tmp_path / "copy")
    assert caught.value.code == "git.clone-failed"


def test_names_are_made_safe_for_git() -> None:
    assert stamp_line(("Li\nNa <x>", "a b@c\0"), WHEN) == b"Li Na x <ab@c> 1795311300 +0800"
    assert stamp_line(("", ""), WHEN - timedelta(hours=1)) == b"unknown <> 1795307700 +0800"


def test_trees_are_sorted_as_git_sorts_them() -> None:
    blob = blob_id(b"")
    tree = object_id("tree", b"")
    rows = [Entry("100644", "a.b", blob), Entry("40000", "a", tree), Entry("100644", "a-b", blob)]
    data = build_tree(rows)
    assert [entry.name for entry in parse_tree(data)] == ["a-b", "a.b", "a"]
    assert parse_tree(data) == [rows[2], rows[0], rows[1]]
