"""What a killed writer leaves: the note of what it was about to do, and how the next one ends it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.store import sparse
from logbook.store.git import Repository
from logbook.store.lock import is_held
from logbook.store.objects import FILE
from logbook.store.objects import flush
from logbook.store.objects import flush_folder
from logbook.store.objects import write_new
from logbook.store.worktree import Target
from logbook.store.worktree import file_id
from logbook.store.worktree import index_entries
from logbook.store.worktree import left_out
from logbook.store.worktree import put
from logbook.store.worktree import set_index

# A Git command holds its lock files for moments; one this old (seconds) has lost its owner.
STALE_AFTER = 5.0
# Without a note of ours nothing says whose it is: doctor waits longer.
FOREIGN_STALE_AFTER = 60.0
_PATIENCE = 0.2  # seconds a note may wait for the index: it can be owed a little longer
_OWED = "owed-"
# Where a bulk write keeps its commit until the branch takes it over.
BULK_REF = "refs/logbook/bulk"


@frozen
class Intent:
    """The note: the branch, where it was, where it goes, the files.

    ``targets`` is ``None`` for a bulk write: then the two commits say which files.
    """

    branch: str
    old: str | None
    new: str
    targets: tuple[Target, ...] | None
    written: float = 0.0


def intent_path(repo: Repository) -> Path:
    return repo.room / "intent"


def staging(repo: Repository) -> Path:
    """Where finished files wait for the commit they belong to."""
    return repo.room / "staged"


def write_intent(repo: Repository, intent: Intent) -> None:
    """Leave the note, durably, before the branch moves."""
    plain = {
        "branch": intent.branch,
        "old": intent.old,
        "new": intent.new,
        "pid": os.getpid(),
        "files": None
        if intent.targets is None
        else [[target.path, target.mode, target.old, target.new] for target in intent.targets],
    }
    draft = repo.room / "intent.new"
    repo.room.mkdir(exist_ok=True)
    draft.unlink(missing_ok=True)
    fd = write_new(draft, json.dumps(plain, ensure_ascii=True).encode("ascii"))
    try:
        flush(fd)
    finally:
        os.close(fd)
    os.replace(draft, intent_path(repo))
    flush_folder(repo.room)


def read_intent(path: Path) -> Intent | None:
    """The note in ``path``, ``None`` where there is none or it cannot be understood."""
    try:
        written = path.stat().st_mtime
        plain = json.loads(path.read_bytes())
        files = plain["files"]
        return Intent(
            branch=plain["branch"],
            old=plain["old"],
            new=plain["new"],
            targets=None if files is None else tuple(Target(*row) for row in files),
            written=written,
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None


def drop_intent(repo: Repository) -> None:
    """Everything is in place: the note goes, and with it what was staged."""
    intent_path(repo).unlink(missing_ok=True)
    folder = staging(repo)
    try:
        folder.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        import shutil  # with its compressions: nobody else here needs it

        shutil.rmtree(folder, ignore_errors=True)


def recover(repo: Repository) -> bool:
    """End what killed writers began; call it inside the lock. ``True`` where there was something to end.

    The branch moved: the files and the index follow, where they still hold what they held before.
    It did not: nothing of it happened, and nothing visible was touched.
    While somebody else holds the Git index, the note is put by as owed and the next writer tries again.
    """
    if (repo.common_dir / BULK_REF).exists():
        repo.run("update-ref", "-d", BULK_REF)
    if sparse.unfinished(repo) is not None:
        _finish_months(repo)
    notes = sorted(repo.room.glob(_OWED + "*")) if repo.room.exists() else []
    if intent_path(repo).exists():
        notes.append(intent_path(repo))
    if not notes:
        if staging(repo).exists():
            drop_intent(repo)
        return False
    if _finish(repo, [intent for note in notes if (intent := read_intent(note)) is not None]):
        for note in notes:
            note.unlink(missing_ok=True)
    elif intent_path(repo).exists():
        os.replace(intent_path(repo), repo.room / f"{_OWED}{time.time_ns():020d}")
    drop_intent(repo)
    return True


def _finish_months(repo: Repository) -> None:
    """Close or open months as somebody began to who was killed; what stands in the way now, the next one tries."""
    place = sparse.unfinished(repo)
    if place is not None and (written := _age_of(place)) is not None:
        _drop_stale_locks(repo, Intent("HEAD", None, "", (), written))
        with contextlib.suppress(BookError, OSError):
            sparse.finish(repo)


def _finish(repo: Repository, intents: Sequence[Intent]) -> bool:
    """Bring files and index to what the branch says; ``False`` where the index could not be had."""
    for intent in intents:
        _drop_stale_locks(repo, intent)
    branch = repo.branch_ref()
    head = repo.ref(branch)
    meant: dict[str, tuple[Target, set[str | None]]] = {}  # the newest target of a path, and all it may still hold
    for intent in intents:
        if head is not None and intent.branch == branch and _moved(repo, intent, head):
            for target in _targets(repo, intent):
                _, olds = meant.get(target.path, (target, set()))
                meant[target.path] = (target, olds | {target.old})
    cone = sparse.cone_of(repo)
    lagging = {path: row for path, row in meant.items() if _blob_at(repo, head, path) == row[0].new}
    for target, olds in lagging.values():
        try:
            now = file_id(repo, target.path)
            if now in olds and now != target.new and not left_out(repo, cone, target.path):
                draft = _draft_from_object(repo, target.new) if target.new is not None else None
                put(repo, replace(target, old=now), draft)
        except BookError:
            continue  # a folder or a link lies there now: doctor shows it, nothing of ours is lost
    behind = [target for target, _ in lagging.values() if left_out(repo, cone, target.path)]
    for target in behind:
        del lagging[target.path]
    held = index_entries(repo, list(lagging)) if lagging else {}
    for target, olds in lagging.values():
        now = held[target.path][1] if target.path in held else None
        if now in olds and now != target.new:
            behind.append(target)
    return set_index(repo, behind, patience=_PATIENCE, cone=cone, commit=head) if behind else True


def _moved(repo: Repository, intent: Intent, head: str) -> bool:
    """Whether the branch got as far as the note meant, perhaps further since."""
    if head in (intent.old, intent.new):
        return head == intent.new
    return repo.run("merge-base", "--is-ancestor", intent.new, head, check=False).returncode == 0


def _targets(repo: Repository, intent: Intent) -> Iterable[Target]:
    if intent.targets is not None:
        return intent.targets
    from logbook.store.history import changed_paths

    return [
        Target(path, FILE, old, new)
        for path, old, new in changed_paths(repo, intent.old, intent.new)
    ]


def _blob_at(repo: Repository, head: str | None, path: str) -> str | None:
    entry = repo.entry_at(head, path)
    return None if entry is None else entry.oid


def _draft_from_object(repo: Repository, blob: str) -> str:
    folder = staging(repo)
    folder.mkdir(exist_ok=True)
    draft = folder / f"mend-{os.urandom(6).hex()}"
    os.close(write_new(draft, repo.objects.read(blob)[1]))
    return str(draft)


# -- lock files of Git ------------------------------------------------------------------------


def git_locks(repo: Repository, branch: str | None) -> Iterator[Path]:
    """Git's own lock files a write of ours may have left."""
    names = [repo.git_dir / "index.lock", repo.git_dir / "HEAD.lock"]
    names += [repo.common_dir / "config.lock", repo.git_dir / "config.worktree.lock"]
    names.append(repo.git_dir / "info" / "sparse-checkout.lock")
    if branch is not None:
        names.append(repo.common_dir / (branch + ".lock"))
    return (name for name in names if name.exists())


def _drop_stale_locks(repo: Repository, intent: Intent) -> None:
    """Remove lock files made after the note, old enough, and with no Git command at work in this book."""
    now = time.time()
    for lock in git_locks(repo, intent.branch):
        made = _age_of(lock)
        if made is not None and made >= intent.written - 1 and now - made > STALE_AFTER and not git_at_work(repo):
            lock.unlink(missing_ok=True)


def drop_stale_locks(repo: Repository) -> list[Path]:
    """For ``doctor``, inside the lock: remove Git's lock files nobody can be holding any more."""
    gone = [lock for lock in _stale_locks(repo, FOREIGN_STALE_AFTER) if not git_at_work(repo)]
    for lock in gone:
        lock.unlink(missing_ok=True)
    return gone


def drop_drafts(repo: Repository) -> None:
    """For ``doctor``: remove what killed commands had begun to write in our own folder, named by their process."""
    if sparse.unfinished(repo) is None:
        for draft in (repo.room / "sparse.new", *repo.git_dir.glob("info/sparse-checkout.[0-9a-f]*")):
            draft.unlink(missing_ok=True)
    for left in repo.room.glob("*.json.[0-9]*"):
        pid = left.suffix[1:]
        if pid.isdigit() and not _runs(int(pid)):
            left.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    if os.name == "nt":
        return False  # there nobody can remove a file that is still open
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _stale_locks(repo: Repository, age: float) -> list[Path]:
    try:
        branch: str | None = repo.branch_ref()
    except BookError:
        branch = None
    now = time.time()
    return [lock for lock in git_locks(repo, branch) if now - (_age_of(lock) or now) > age]


def _age_of(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def git_at_work(repo: Repository) -> bool:
    """Whether a Git command runs with its folder inside this book; only Linux can tell, elsewhere ``False``.

    ``git commit`` keeps the index locked while its editor is open, however long that takes.
    """
    if not os.path.isdir("/proc/self"):
        return False
    roots = (os.path.realpath(repo.root), os.path.realpath(repo.git_dir))
    children = _own_children(repo)
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in children:
            continue
        try:
            with open(f"/proc/{name}/comm", "rb") as file:
                if not file.read().startswith(b"git"):
                    continue
            folder = os.readlink(f"/proc/{name}/cwd")
        except OSError:
            continue
        if any(folder == root or folder.startswith(root + os.sep) for root in roots):
            return True
    return False


def _own_children(repo: Repository) -> Sequence[int]:
    """Our own reader of objects is a Git command too, and holds nothing."""
    pid = repo.objects.child_pid()
    return () if pid is None else (pid,)


# -- findings ---------------------------------------------------------------------------------


def doctor_findings(repo: Repository) -> list[Issue]:
    """What a crash left, told and not touched; nothing while a writer is at work."""
    if is_held(lock_path(repo)):
        return []
    issues = []
    if sparse.unfinished(repo) is not None:
        issues.append(Issue("git.months-unfinished", {}))
    for note in [*sorted(repo.room.glob(_OWED + "*")), intent_path(repo)]:
        if note.exists():
            issues.append(_finding(repo, note))
    age = STALE_AFTER if issues else FOREIGN_STALE_AFTER
    for lock in _stale_locks(repo, age):
        issues.append(Issue("git.stale-lock", {"lock": str(lock)}, path=_shown(repo, lock)))
    return issues


def _finding(repo: Repository, note: Path) -> Issue:
    intent = read_intent(note)
    if intent is None:
        return Issue("git.broken-note", {}, severity="warning", path=_shown(repo, note))
    head = repo.ref(intent.branch)
    if head is not None and _moved(repo, intent, head):
        return Issue("git.unfinished", {"count": len(list(_targets(repo, intent)))}, commit=intent.new)
    return Issue("git.abandoned", {}, severity="warning", commit=intent.new)


def lock_path(repo: Repository) -> Path:
    """The file of the book's one lock, shared by all its work trees."""
    return repo.common_dir / "logbook" / "lock"


def _shown(repo: Repository, path: Path) -> str:
    try:
        return path.relative_to(repo.root).as_posix()
    except ValueError:
        return str(path)
