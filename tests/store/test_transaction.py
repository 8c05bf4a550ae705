"""Writing: one move of the branch, everybody's dirt respected, nothing lost between many writers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.lock import is_held
from logbook.store.porcelain import init_repository
from logbook.store.recover import lock_path
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from logbook.store.transaction import publish_bulk
from logbook.store.transaction import write_lock
from logbook.store.worktree import read_file
from tests.store.repositories import DESK
from tests.store.repositories import LINA
from tests.store.repositories import WHEN
from tests.store.repositories import assert_sound
from tests.store.repositories import git
from tests.store.repositories import in_child
from tests.store.repositories import note

PATH = "records/complaint/2026/11/CP-20261122-A001.yaml"


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with init_repository(tmp_path / "book") as repo:
        publish(repo, [note("logbook.yaml", "name: x\n", "book: init")])
        yield repo


def test_the_first_commit_of_a_book(tmp_path: Path) -> None:
    with init_repository(tmp_path / "book") as repo:
        (made,) = publish(repo, [note(PATH, "id: x\n")])
        assert repo.head() == made
    assert git(tmp_path / "book", "log", "--format=%an <%ae> %aI %cn <%ce> %cI %s") == (
        "李娜 <lina@desk.example> 2026-11-22T09:35:00+08:00 客服 A <desk-a@desk.example> "
        "2026-11-22T09:35:00+08:00 CP-20261122-A001 add: 漏水\n"
    )
    assert_sound(tmp_path / "book")


def test_a_change_is_the_file_the_commit_and_the_index(repo: Repository) -> None:
    publish(repo, [note(PATH, "status: open\n")])
    publish(repo, [note(PATH, "status: closed\n")])
    assert (repo.root / PATH).read_bytes() == b"status: closed\n"
    assert git(repo.root, "show", f"HEAD:{PATH}") == "status: closed\n"
    assert git(repo.root, "show", f"HEAD~1:{PATH}") == "status: open\n"
    assert git(repo.root, "ls-files") == f"logbook.yaml\n{PATH}\n"
    assert_sound(repo.root)


def test_one_operation_moves_the_branch_once(repo: Repository) -> None:
    before = git(repo.root, "reflog", "main").count("\n")
    ids = publish(
        repo,
        [
            note(PATH, "v: 1\n", "one"),
            note("records/key/3-502.yaml", "v: 1\n", "two"),
            note(PATH, "v: 2\n", "three"),
        ],
    )
    assert git(repo.root, "log", "--reverse", "--format=%H", "HEAD~3..").split() == ids
    assert git(repo.root, "reflog", "main").count("\n") == before + 1
    assert git(repo.root, "reflog", "-1", "--format=%gs%n%gn") == "logbook: three\n客服 A\n"
    assert git(repo.root, "show", f"{ids[1]}:{PATH}") == "v: 1\n"
    assert (repo.root / PATH).read_bytes() == b"v: 2\n"
    assert_sound(repo.root)


def test_nothing_to_do_is_nothing_done(repo: Repository) -> None:
    head = repo.head()
    assert publish(repo, []) == []
    assert repo.head() == head


@pytest.mark.parametrize(
    "path",
    [
        "records/房间/3-502 号.yaml",
        "-rf",
        "records/--upload-pack=x.yaml",
        ':(exclude)*"quoted".yaml',
        '"whole.yaml"',
        "a*[b]?.yaml",
        "$(touch x).yaml",
    ],
)
def test_odd_file_names_are_only_names(repo: Repository, path: str) -> None:
    publish(repo, [note(path, "id: 1\n")])
    publish(repo, [note(path, "id: 2\n")])
    publish_bulk(repo, [(path, b"id: 3\n")], "bulk", author=LINA, committer=DESK, when=WHEN)
    assert (repo.root / path).read_bytes() == b"id: 3\n"
    assert repo.blob_at("HEAD", path) == b"id: 3\n"
    assert_sound(repo.root)


@pytest.mark.parametrize(
    "path", ["../out", "/etc/x", "a//b", "a/./b", ".git/config", "a/.GIT/x", "a\nb", "a\0b", "", "a/", "c\\d", "\udc80"]
)
def test_paths_that_lead_out_of_the_book_are_refused(repo: Repository, path: str) -> None:
    with pytest.raises(BookError) as caught:
        publish(repo, [note(path, "x\n")])
    assert caught.value.code == "git.bad-path"
    assert_sound(repo.root)


def test_messages_and_names_cannot_forge_headers(repo: Repository) -> None:
    evil = ("Li\nparent 0000\ncommitter <x>", "a>\n@b")
    publish(repo, [Commit([Change(PATH, b"x\n")], "subject\0 $(id)\n\n-m", evil, evil, WHEN)])
    assert git(repo.root, "log", "-1", "--format=%an|%ae|%P|%B") == (
        f"Li parent 0000 committer x|a@b|{git(repo.root, 'rev-parse', 'HEAD~1').strip()}|subject $(id)\n\n-m\n\n"
    )
    assert_sound(repo.root)


def test_a_signature_is_part_of_the_commit(repo: Repository) -> None:
    seen: list[bytes] = []

    def sign(data: bytes) -> bytes:
        seen.append(data)
        return b"-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n"

    (made,) = publish(repo, [Commit([Change(PATH, b"x\n")], "signed", LINA, DESK, WHEN, sign=sign)])
    raw = repo.objects.read(made)[1]
    head, _, tail = raw.partition(b"gpgsig ")
    signature, _, rest = tail.partition(b"\n\n")
    assert head + b"\n" + rest == seen[0]
    assert signature.replace(b"\n ", b"\n") + b"\n" == sign(b"")
    assert_sound(repo.root)


def test_a_merge_keeps_both_parents(repo: Repository) -> None:
    git(repo.root, "commit", "-q", "--allow-empty", "-m", "other desk")
    other = git(repo.root, "rev-parse", "HEAD").strip()
    git(repo.root, "reset", "-q", "--soft", "HEAD~1")
    (made,) = publish(repo, [Commit([Change(PATH, b"x\n")], "merge", LINA, DESK, WHEN, merged=[other])])
    assert git(repo.root, "rev-parse", f"{made}^2").strip() == other
    assert_sound(repo.root)


# -- other people's work ----------------------------------------------------------------------


def test_a_changed_target_is_refused_and_left_alone(repo: Repository) -> None:
    publish(repo, [note(PATH, "v: 1\n")])
    (repo.root / PATH).write_text("v: mine\n")
    head = repo.head()
    with pytest.raises(BookError) as caught:
        publish(repo, [note("records/key/1.yaml", "x\n"), note(PATH, "v: 2\n")])
    assert (caught.value.code, caught.value.args_["path"], caught.value.exit_code) == ("git.dirty-target", PATH, 3)
    assert repo.head() == head
    assert (repo.root / PATH).read_text() == "v: mine\n"
    assert git(repo.root, "status", "--porcelain") == f" M {PATH}\n"


def test_a_deleted_or_foreign_target_is_refused(repo: Repository) -> None:
    publish(repo, [note(PATH, "v: 1\n")])
    (repo.root / PATH).unlink()
    (repo.root / "new.yaml").write_text("v: mine\n")
    for path in (PATH, "new.yaml"):
        with pytest.raises(BookError) as caught:
            publish(repo, [note(path, "v: 2\n")])
        assert (caught.value.code, caught.value.args_["path"]) == ("git.dirty-target", path)
        with pytest.raises(BookError) as caught:
            publish_bulk(repo, [(path, b"v: 2\n")], "bulk", author=LINA, committer=DESK, when=WHEN)
        assert caught.value.code == "git.dirty-target"
    assert (repo.root / "new.yaml").read_text() == "v: mine\n"
    assert git(repo.root, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"


def test_everybody_elses_dirt_stays_as_it_is(repo: Repository) -> None:
    publish(repo, [note(PATH, "v: 1\n"), note("records/other.yaml", "v: 1\n")])
    (repo.root / "staged.txt").write_text("staged\n")
    git(repo.root, "add", "staged.txt")
    (repo.root / "records/other.yaml").write_text("edited\n")
    (repo.root / "untracked").write_text("new\n")
    publish(repo, [note(PATH, "v: 2\n")])
    assert git(repo.root, "status", "--porcelain") == "A  staged.txt\n M records/other.yaml\n?? untracked\n".replace(
        "A  staged.txt\n M records/other.yaml\n", " M records/other.yaml\nA  staged.txt\n"
    )
    assert git(repo.root, "show", "--name-only", "--format=") == f"{PATH}\n"


def test_links_and_folders_are_not_written_through(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repo.root / "records").symlink_to(tmp_path / "outside")
    (repo.root / "link.yaml").symlink_to(tmp_path / "outside/x")
    (repo.root / "folder.yaml").mkdir()
    os.mkfifo(repo.root / "pipe.yaml")
    for path in (PATH, "link.yaml", "folder.yaml", "pipe.yaml", "logbook.yaml/x.yaml"):
        with pytest.raises(BookError) as caught:
            publish(repo, [note(path, "v: 1\n")])
        assert caught.value.code == "git.not-a-file"
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_committed_folder_or_link_is_no_target(repo: Repository) -> None:
    publish(repo, [note("a/b.yaml", "x\n")])
    (repo.root / "link").symlink_to("a")
    git(repo.root, "add", "link")
    git(repo.root, "commit", "-qm", "link")
    for path in ("a", "link", "link/b.yaml"):
        with pytest.raises(BookError) as caught:
            publish(repo, [note(path, "v: 1\n")])
        assert caught.value.code == "git.not-a-file"
    assert_sound(repo.root)


def test_an_executable_file_stays_one(repo: Repository) -> None:
    publish(repo, [note("run.sh", "one\n")])
    (repo.root / "run.sh").chmod(0o755)
    git(repo.root, "commit", "-qam", "executable")
    publish(repo, [note("run.sh", "two\n")])
    assert git(repo.root, "ls-tree", "HEAD", "run.sh").startswith("100755 ")
    assert_sound(repo.root)


def test_the_bytes_given_are_the_bytes_committed(repo: Repository) -> None:
    (repo.root / ".gitattributes").write_text("*.yaml text eol=crlf\n")
    git(repo.root, "add", ".gitattributes")
    git(repo.root, "commit", "-qm", "attributes")
    publish(repo, [note(PATH, "a: 1\nb: 2\n")])
    assert repo.blob_at("HEAD", PATH) == read_file(repo, PATH) == b"a: 1\nb: 2\n"
    assert git(repo.root, "diff", "--cached", "--name-only") == ""


def test_files_outside_a_sparse_cone_can_be_written(repo: Repository) -> None:
    publish(repo, [note("records/2025/a.yaml", "v: 1\n"), note("records/2026/a.yaml", "v: 1\n")])
    git(repo.root, "sparse-checkout", "set", "--cone", "records/2026")
    assert not (repo.root / "records/2025").exists()
    with Repository(repo.root) as sparse:
        publish(sparse, [note("records/2025/a.yaml", "v: 2\n")])
    assert git(repo.root, "show", "HEAD:records/2025/a.yaml") == "v: 2\n"
    assert_sound(repo.root)


# -- other people's commits -------------------------------------------------------------------


def plain_commit(root: Path) -> None:
    """What ``git commit`` does while we hold only the index, as a push into this branch would."""
    made = git(root, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "plain").strip()
    git(root, "update-ref", "refs/heads/main", made)


def test_a_head_that_moved_is_refused(repo: Repository) -> None:
    seen = repo.head()
    publish(repo, [note("a.yaml", "x\n")])
    with pytest.raises(BookError) as caught:
        publish(repo, [note(PATH, "x\n")], onto=seen)
    assert (caught.value.code, caught.value.exit_code) == ("git.moved", 3)
    assert not (repo.root / PATH).exists()
    publish(repo, [note(PATH, "x\n")], onto=repo.head())
    assert_sound(repo.root)


def test_plain_git_between_our_look_and_our_write_is_seen(repo: Repository) -> None:
    def interfere(name: str) -> None:
        if name == "stored":
            plain_commit(repo.root)

    with pytest.raises(BookError) as caught:
        publish(repo, [note(PATH, "x\n")], checkpoint=interfere)
    assert caught.value.code == "git.moved"
    with pytest.raises(BookError) as caught:
        publish_bulk(
            repo, [(PATH, b"x\n")], "bulk", author=LINA, committer=DESK, when=WHEN, checkpoint=interfere
        )
    assert caught.value.code == "git.moved"
    assert git(repo.root, "log", "--format=%s") == "plain\nplain\nbook: init\n"
    assert_sound(repo.root)


def test_a_function_is_asked_again_when_the_head_moved(repo: Repository) -> None:
    heads: list[str | None] = []

    def commits(head: str | None) -> list[Commit]:
        heads.append(head)
        return [note(PATH, f"built on {head}\n")]

    def interfere(name: str) -> None:
        if name == "stored" and len(heads) == 1:
            plain_commit(repo.root)

    publish(repo, commits, checkpoint=interfere)
    assert len(heads) == 2
    assert (repo.root / PATH).read_text() == f"built on {heads[1]}\n"
    assert git(repo.root, "rev-parse", "HEAD~1").strip() == heads[1]
    assert_sound(repo.root)


def test_an_index_in_other_hands_does_not_lose_the_write(repo: Repository) -> None:
    lock = repo.git_dir / "index.lock"
    lock.touch()
    (made,) = publish(repo, [note(PATH, "x\n")])
    assert repo.head() == made
    lock.unlink()
    publish(repo, [note("other.yaml", "x\n")])
    assert_sound(repo.root)


def test_a_reader_sees_the_lock_and_a_writer_waits_for_it(repo: Repository) -> None:
    ready_read, ready_write = os.pipe()
    done_read, done_write = os.pipe()

    def hold() -> None:
        with Repository(repo.root) as mine, write_lock(mine):
            os.write(ready_write, b"%d" % os.getpid())
            os.read(done_read, 1)

    thread = threading.Thread(target=in_child, args=(hold,))
    thread.start()
    holder = os.read(ready_read, 20).decode()
    assert is_held(lock_path(repo))
    with pytest.raises(BookError) as caught:
        publish(repo, [note(PATH, "x\n")], lock_timeout=0.05)
    assert (caught.value.code, caught.value.exit_code) == ("git.locked", 3)
    assert caught.value.args_ == {"holder": holder, "seconds": "0.05"}
    os.write(done_write, b"x")
    publish(repo, [note(PATH, "x\n")])
    thread.join()
    assert not is_held(lock_path(repo))
    assert_sound(repo.root)


def test_a_killed_holder_lets_go(repo: Repository) -> None:
    def die() -> None:
        with write_lock(Repository(repo.root)):
            os._exit(9)

    assert in_child(die) == 9
    publish(repo, [note(PATH, "x\n")], lock_timeout=0.0)
    assert_sound(repo.root)


def test_reading_numbering_and_writing_under_one_lock(repo: Repository) -> None:
    with write_lock(repo):
        head = repo.head()
        with write_lock(repo):
            publish(repo, [note(PATH, "x\n")], onto=head)
        assert is_held(lock_path(repo))
    assert not is_held(lock_path(repo))


def test_sixteen_writers_lose_nothing(repo: Repository) -> None:
    def write(writer: int) -> None:
        with Repository(repo.root) as mine:
            for number in range(3):
                with write_lock(mine, 60):
                    count = len(mine.tree_entries(mine.head(), "records"))
                    publish(mine, [note(f"records/{count:03d}.yaml", f"{writer} {number}\n")])

    children = []
    for writer in range(16):
        pid = os.fork()
        if pid == 0:
            try:
                write(writer)
                os._exit(0)
            finally:
                os._exit(70)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 16
    entries = repo.tree_entries(repo.head(), "records")
    assert [entry.name for entry in entries] == [f"{number:03d}.yaml" for number in range(48)]
    texts = {(repo.root / "records" / entry.name).read_text() for entry in entries}
    assert texts == {f"{writer} {number}\n" for writer in range(16) for number in range(3)}
    assert git(repo.root, "log", "--format=%s").count("\n") == 49
    assert {git(repo.root, "show", "--name-only", "--format=", f"HEAD~{n}").count("\n") for n in range(48)} == {1}
    assert_sound(repo.root)


# -- bulk -------------------------------------------------------------------------------------


def test_a_bulk_write_is_one_commit(repo: Repository) -> None:
    publish(repo, [note("records/1.yaml", "old\n")])
    told: list[int] = []
    made = publish_bulk(
        repo,
        ((f"records/{number}.yaml", b"id: %d\n" % number) for number in range(600)),
        "import\n\nAction: import\nCount: 600\n",
        author=LINA,
        committer=DESK,
        when=WHEN,
        progress=told.append,
    )
    assert made == repo.head()
    assert git(repo.root, "log", "-1", "--format=%an|%cn|%aI|%P|%B") == (
        f"李娜|客服 A|2026-11-22T09:35:00+08:00|{git(repo.root, 'rev-parse', 'HEAD~1').strip()}|"
        "import\n\nAction: import\nCount: 600\n\n"
    )
    assert (repo.root / "records/599.yaml").read_bytes() == b"id: 599\n"
    assert (repo.root / "records/1.yaml").read_bytes() == b"id: 1\n"
    assert told == [256, 512, 600]
    assert git(repo.root, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    assert_sound(repo.root)


def test_a_bulk_write_may_be_the_first_and_may_be_empty(tmp_path: Path) -> None:
    with init_repository(tmp_path / "book") as repo:
        assert publish_bulk(repo, [], "none", author=LINA, committer=DESK, when=WHEN) is None
        assert repo.head() is None
        publish_bulk(repo, [("a.yaml", b"x\n")], "first", author=LINA, committer=DESK, when=WHEN)
    assert git(tmp_path / "book", "log", "--format=%s") == "first\n"
    assert_sound(tmp_path / "book")


def test_a_bulk_source_that_fails_leaves_nothing(repo: Repository) -> None:
    def source() -> Iterator[tuple[str, bytes]]:
        yield "records/1.yaml", b"x\n"
        raise RuntimeError("line 2")

    head = repo.head()
    with pytest.raises(RuntimeError, match="line 2"):
        publish_bulk(repo, source(), "import", author=LINA, committer=DESK, when=WHEN)
    with pytest.raises(ValueError, match="twice"):
        publish_bulk(repo, [("a", b"1"), ("a", b"2")], "import", author=LINA, committer=DESK, when=WHEN)
    assert repo.head() == head
    assert sorted(entry.name for entry in repo.room.iterdir()) == ["lock"]
    assert_sound(repo.root)
