"""Killed at every place a write touches the disk: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from logbook.store.lock import is_held
from logbook.store.porcelain import init_repository
from logbook.store.recover import doctor_findings
from logbook.store.recover import drop_stale_locks
from logbook.store.recover import recover
from logbook.store.transaction import publish
from logbook.store.transaction import publish_bulk
from logbook.store.transaction import write_lock
from tests.store.repositories import DESK
from tests.store.repositories import LINA
from tests.store.repositories import WHEN
from tests.store.repositories import assert_sound
from tests.store.repositories import git
from tests.store.repositories import in_child
from tests.store.repositories import note

KILLED = 9
OLD, NEW, OTHER = "records/old.yaml", "records/2026/11/new.yaml", "records/other.yaml"
# What Python tells before it changes anything outside itself, starting a Git command included.
_TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "subprocess.Popen"}


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    with init_repository(tmp_path / "book") as repo:
        publish(repo, [note(OLD, "v: acknowledged\n", "acknowledged")])
        yield repo


def one_write(repo: Repository, checkpoint: Callable[[str], None] | None = None) -> None:
    publish(repo, [note(OLD, "v: 2\n", "change"), note(NEW, "v: 2\n", "new")], checkpoint=checkpoint)


def one_bulk(repo: Repository, checkpoint: Callable[[str], None] | None = None) -> None:
    publish_bulk(
        repo,
        [(OLD, b"v: 2\n"), (NEW, b"v: 2\n")],
        "new",
        author=LINA,
        committer=DESK,
        when=WHEN,
        checkpoint=checkpoint,
    )


def killed(root: Path, work: Callable[[], None]) -> int:
    """Run ``work`` in a child that dies in it; a Git command it had started holds the lock until it ends too."""
    status = in_child(work)
    for _ in range(500):
        if not is_held(root / ".git/logbook/lock"):
            break
        time.sleep(0.01)
    return status


def killed_at(name: str) -> Callable[[str], None]:
    return lambda reached: os._exit(KILLED) if reached == name else None


def killed_before_touch(number: int) -> None:
    """From now on this process dies before it touches the disk for the ``number``-th time."""
    left = [number]

    def watch(event: str, args: tuple[object, ...]) -> None:
        if event in _TOUCHES and not (event == "open" and _only_reads(args)):
            left[0] -= 1
            if left[0] < 0:
                os._exit(KILLED)

    sys.addaudithook(watch)


def _only_reads(args: tuple[object, ...]) -> bool:
    flags = args[2]
    return isinstance(flags, int) and not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)


def assert_all_or_nothing(root: Path) -> bool:
    """Both files as before or both as after, in the commit and on disk; ``True`` for after."""
    subjects = git(root, "log", "--format=%s").split("\n")
    assert "acknowledged" in subjects
    after = "new" in subjects
    assert git(root, "show", f"HEAD:{OLD}") == ("v: 2\n" if after else "v: acknowledged\n")
    assert (root / OLD).read_text() == ("v: 2\n" if after else "v: acknowledged\n")
    assert (root / NEW).exists() == after
    return after


@pytest.mark.parametrize("write", [one_write, one_bulk])
@pytest.mark.parametrize("name", ["note", "streamed", "stored", "moved", "files", "index", "done"])
def test_killed_at_each_step(repo: Repository, write: Callable[..., None], name: str) -> None:
    if name in {one_write: ("streamed",), one_bulk: ("note",)}[write]:
        return
    assert killed(repo.root, lambda: write(Repository(repo.root), killed_at(name))) == KILLED
    recorded = name in ("moved", "files", "index", "done")
    findings = [issue.rule for issue in doctor_findings(repo)]
    assert findings == {
        "note": ["git.abandoned"],
        "streamed": [],
        "stored": ["git.abandoned"],
        "done": [],
    }.get(name, ["git.unfinished"])
    publish(repo, [note(OTHER, "v: 1\n")])
    assert assert_all_or_nothing(repo.root) is recorded
    assert doctor_findings(repo) == []
    assert sorted(entry.name for entry in repo.room.iterdir()) == ["lock"]
    assert git(repo.root, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    assert_sound(repo.root)


@pytest.mark.parametrize("write", [one_write, one_bulk])
def test_killed_before_every_touch_of_the_disk(repo: Repository, write: Callable[..., None], tmp_path: Path) -> None:
    outcomes = []
    for number in range(200):
        root = tmp_path / f"copy-{number}"
        shutil.copytree(repo.root, root)

        def work(root: Path = root, number: int = number) -> None:
            mine = Repository(root)
            killed_before_touch(number)
            write(mine)

        status = in_child(work)
        with Repository(root) as copy, write_lock(copy):
            pass
        outcomes.append(assert_all_or_nothing(root))
        assert_sound(root)
        if status == 0:
            break
        assert status == KILLED
    assert status == 0
    assert len(outcomes) > 10
    # Once recorded, always recorded: first only "nothing", then only "all".
    assert outcomes == sorted(outcomes)
    assert outcomes[0] is False
    assert outcomes[-2] is True


def test_an_edit_made_after_the_crash_is_kept(repo: Repository) -> None:
    killed(repo.root, lambda: one_write(Repository(repo.root), killed_at("moved")))
    (repo.root / OLD).write_text("v: by hand\n")
    publish(repo, [note(OTHER, "v: 1\n")])
    assert (repo.root / OLD).read_text() == "v: by hand\n"
    assert (repo.root / NEW).read_text() == "v: 2\n"
    assert git(repo.root, "status", "--porcelain") == f" M {OLD}\n"


def test_a_commit_made_by_plain_git_after_the_crash_is_kept(repo: Repository) -> None:
    killed(repo.root, lambda: one_write(Repository(repo.root), killed_at("files")))
    (repo.root / OLD).write_text("v: 3\n")
    git(repo.root, "add", "records")
    git(repo.root, "commit", "-qm", "plain")
    publish(repo, [note(OTHER, "v: 1\n")])
    assert git(repo.root, "show", f"HEAD:{OLD}") == "v: 3\n"
    assert git(repo.root, "show", f"HEAD:{NEW}") == "v: 2\n"
    assert_sound(repo.root)


def test_another_branch_is_not_mended_with_this_ones_files(repo: Repository) -> None:
    git(repo.root, "branch", "other")
    killed(repo.root, lambda: one_write(Repository(repo.root), killed_at("moved")))
    git(repo.root, "checkout", "-q", "-f", "other")
    publish(repo, [note(OTHER, "v: 1\n")])
    assert (repo.root / OLD).read_text() == "v: acknowledged\n"
    assert_sound(repo.root)


def test_a_failure_before_the_commit_leaves_no_trace(repo: Repository) -> None:
    head = repo.head()

    def fail(name: str) -> None:
        if name == "stored":
            raise KeyboardInterrupt

    for write in (one_write, one_bulk):
        with pytest.raises(KeyboardInterrupt):
            write(repo, fail)
        assert repo.head() == head
        assert sorted(entry.name for entry in repo.room.iterdir()) == ["lock"]
        assert git(repo.root, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
        assert_sound(repo.root)


def test_a_full_disk_records_nothing(repo: Repository) -> None:
    def write() -> None:
        # The system ends any file of ours after 20 kB, as a full disk would.
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        with pytest.raises(BookError) as caught:
            publish(repo, [note(OLD, "v: 2\n"), note(NEW, os.urandom(40_000).hex())])
        assert caught.value.code in ("git.cannot-write", "git.disk-full")

    assert in_child(write) == 0
    assert not assert_all_or_nothing(repo.root)
    assert doctor_findings(repo) == []
    assert_sound(repo.root)


@pytest.mark.parametrize("lock", ["index.lock", "refs/heads/main.lock", "HEAD.lock"])
def test_a_stale_lock_of_a_killed_write_is_removed(repo: Repository, lock: str) -> None:
    killed(repo.root, lambda: one_write(Repository(repo.root), killed_at("moved")))
    place = repo.git_dir / lock
    place.touch()
    made_old(place, repo.room / "intent")
    assert [issue.rule for issue in doctor_findings(repo)] == ["git.unfinished", "git.stale-lock"]
    publish(repo, [note(OTHER, "v: 1\n")])
    assert assert_all_or_nothing(repo.root)
    assert not place.exists()
    assert_sound(repo.root)


def made_old(lock: Path, intent: Path) -> None:
    """As if the crash had been a minute and a half ago."""
    then = time.time() - 90
    os.utime(intent, (then, then))
    os.utime(lock, (then + 1, then + 1))


def test_a_lock_somebody_may_still_hold_stays(repo: Repository) -> None:
    killed(repo.root, lambda: one_write(Repository(repo.root), killed_at("moved")))
    lock = repo.git_dir / "index.lock"
    lock.touch()  # just made: its owner is at work
    (made,) = publish(repo, [note(OTHER, "v: 1\n")])
    assert repo.head() == made
    assert lock.exists()
    lock.unlink()
    with write_lock(repo):
        pass
    assert_all_or_nothing(repo.root)
    assert_sound(repo.root)


def test_an_old_lock_without_a_note_is_for_doctor(repo: Repository) -> None:
    lock = repo.git_dir / "index.lock"
    lock.touch()
    assert doctor_findings(repo) == []
    made_old(lock, lock)
    (issue,) = doctor_findings(repo)
    assert (issue.rule, issue.path, issue.severity) == ("git.stale-lock", ".git/index.lock", "error")
    with write_lock(repo):
        assert lock.exists()
        assert drop_stale_locks(repo) == [lock]
    assert doctor_findings(repo) == []


def test_git_with_an_open_editor_keeps_its_lock(repo: Repository, tmp_path: Path) -> None:
    (repo.root / OLD).write_text("v: by hand\n")
    # Git makes its lock, then writes into it, then opens the editor: only from there on the lock keeps its age.
    opened = tmp_path / "opened"
    env = clean_environment({"GIT_EDITOR": f"touch {shlex.quote(str(opened))}; sleep 60; false"})
    words = ["git", "-c", "user.name=Wang", "-c", "user.email=w@desk.example", "commit", "-a"]
    with subprocess.Popen(words, cwd=repo.root, env=env, stderr=subprocess.DEVNULL, start_new_session=True) as child:
        lock = repo.git_dir / "index.lock"
        for _ in range(1000):
            if opened.exists():
                break
            time.sleep(0.01)
        made_old(lock, lock)
        with write_lock(repo):
            assert drop_stale_locks(repo) == []
        assert lock.exists()
        os.killpg(child.pid, 9)
    with write_lock(repo):
        assert drop_stale_locks(repo) == [lock]
    assert git(repo.root, "status", "--porcelain") == f" M {OLD}\n"


def test_notes_are_owed_while_the_index_is_in_other_hands(repo: Repository) -> None:
    lock = repo.git_dir / "index.lock"
    lock.touch()
    for text in ("v: 2\n", "v: 3\n"):
        publish(repo, [note(OLD, text)])
    assert [issue.rule for issue in doctor_findings(repo)] == ["git.unfinished"] * 2
    lock.unlink()
    with write_lock(repo):
        pass
    assert doctor_findings(repo) == []
    assert (repo.root / OLD).read_text() == "v: 3\n"
    assert_sound(repo.root)


def test_a_note_nobody_can_read_is_told_and_dropped(repo: Repository) -> None:
    with write_lock(repo):
        pass
    (repo.room / "intent").write_bytes(b"{")
    assert [issue.rule for issue in doctor_findings(repo)] == ["git.broken-note"]
    with write_lock(repo):
        assert recover(repo) is False
    assert doctor_findings(repo) == []


def test_a_damaged_object_file_is_written_again(repo: Repository) -> None:
    blob = repo.blob_id(b"v: 2\n")
    place = repo.git_dir / "objects" / blob[:2] / blob[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"")
    one_write(repo)
    assert_sound(repo.root)
