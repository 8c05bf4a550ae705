"""One write: commits made of whole files, all there or none, by one move of the branch.

The order, each step named for the tests that kill us there: the lock is ours; what a killed writer left is
ended; the targets are clean; a note says what is meant (``note``); finished files wait beside, objects are
stored, all flushed (``stored``); the branch moves by compare-and-swap: from here on it is recorded (``moved``);
the files take their places (``files``); the index follows (``index``); the note goes (``done``).
Before ``moved`` nothing anybody looks at has changed.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime

from logbook.core.errors import BookError
from logbook.core.patterns import lazily
from logbook.core.value import attribute
from logbook.core.value import changing
from logbook.core.value import frozen
from logbook.store.branches import move_branch
from logbook.store.git import GitFailed
from logbook.store.git import Repository
from logbook.store.git import git_is_there
from logbook.store.indexfile import IndexFile
from logbook.store.indexfile import look
from logbook.store.lock import FileLock
from logbook.store.lock import write_error
from logbook.store.machine import now_here
from logbook.store.objects import FILE
from logbook.store.objects import TREE
from logbook.store.objects import ZERO
from logbook.store.objects import Entry
from logbook.store.objects import blob_id
from logbook.store.objects import build_commit
from logbook.store.objects import build_tree
from logbook.store.objects import clean_name
from logbook.store.objects import flush
from logbook.store.objects import flush_all
from logbook.store.objects import flush_folder
from logbook.store.objects import object_id
from logbook.store.objects import stamp_line
from logbook.store.objects import write_loose
from logbook.store.objects import write_new
from logbook.store.recover import BULK_REF
from logbook.store.recover import Intent
from logbook.store.recover import drop_intent
from logbook.store.recover import lock_path
from logbook.store.recover import recover
from logbook.store.recover import staging
from logbook.store.recover import write_intent
from logbook.store.sparse import Cone
from logbook.store.sparse import cone_of
from logbook.store.sparse import is_sparse
from logbook.store.sparse import open_new_folders
from logbook.store.worktree import IndexUpdate
from logbook.store.worktree import Target
from logbook.store.worktree import check_path
from logbook.store.worktree import check_targets
from logbook.store.worktree import left_out
from logbook.store.worktree import place
from logbook.store.worktree import put
from logbook.store.worktree import set_index

Person = tuple[str, str]
_Draft = str | bytes | None
Checkpoint = Callable[[str], None]
_ATTEMPTS = 5
_OPEN_AT_ONCE = 200  # files a process may surely hold open
_LOCK_FILE = lazily(r"Unable to create '(.+\.lock)': File exists")


@frozen
class Change:
    """The new content of one file, whole; ``None``: the file goes, which only a move to another folder may ask for.
    ``path`` is relative to the book, with ``/``. ``stored``: Git has the bytes already, as an object that came from
    elsewhere."""

    path: str
    data: bytes | None
    stored: bool = False


@frozen
class Commit:
    """One commit to be made: author is the member of staff, committer the desk (name, address).

    ``when`` (with offset) is the date of both. ``merged`` are further parents. ``sign`` turns the unsigned
    commit's bytes into an armoured signature.
    """

    changes: Sequence[Change]
    message: str
    author: Person
    committer: Person
    when: datetime
    merged: Sequence[str] = ()
    sign: Callable[[bytes], bytes] | None = None


class _Anywhere:
    """The default of ``onto``: wherever the branch is."""


_ANYWHERE = _Anywhere()


@contextlib.contextmanager
def write_lock(repo: Repository, timeout: float = 10.0) -> Iterator[None]:
    """Hold the book's lock: read the head, choose numbers, check and publish undisturbed.

    May be nested on the same :class:`Repository`. Whoever gets the lock first ends what a killed writer left.
    BookError ``git.locked`` after ``timeout`` seconds, ``git.read-only``.
    """
    if repo.bare:
        raise BookError("git.bare", path=str(repo.root))
    if repo.lock is not None:
        yield
        return
    lock = FileLock(lock_path(repo))
    lock.acquire(timeout)
    repo.lock = lock
    try:
        recover(repo)
        yield
    finally:
        repo.lock = None
        lock.release()


def publish(
    repo: Repository,
    commits: Sequence[Commit] | Callable[[str | None], Sequence[Commit]],
    *,
    onto: str | _Anywhere | None = _ANYWHERE,
    lock_timeout: float = 10.0,
    checkpoint: Checkpoint | None = None,
) -> list[str]:
    """Make the commits on top of the branch, one after the other, and move it once; returns their ids.

    When it returns, they are on the disk. ``commits`` may be a function of the head it builds on (``None``: no
    commit yet); it is asked again when somebody else moved the branch without our lock. ``onto`` refuses any
    other head than the one the caller looked at.
    BookError ``git.dirty-target``, ``git.moved``, ``git.locked``, ``git.detached``, ``git.disk-full``.
    """
    reached = checkpoint or _pass_by
    with write_lock(repo, lock_timeout):
        for _ in range(_ATTEMPTS):
            head = repo.head()
            if not isinstance(onto, _Anywhere) and head != onto:
                raise BookError("git.moved", branch=repo.branch())
            batch = commits(head) if callable(commits) else commits
            if not batch:
                return []
            plan = _plan(repo, head, batch)
            plan.look(repo, head)
            if _write(repo, Intent(repo.branch_ref(), head, plan.ids[-1], plan.targets), plan, batch[-1], reached):
                return plan.ids
            if not callable(commits):
                break
        raise BookError("git.moved", branch=repo.branch())


def _write(repo: Repository, intent: Intent, plan: _Plan, last: Commit, reached: Checkpoint) -> bool:
    """Do what the plan says; ``False``, and no trace, where the branch moved under us."""
    index: IndexUpdate | IndexFile | None = None
    try:
        with _discarding(repo):
            write_intent(repo, intent)
            reached("note")
            # After the note: a Git lock left by a crash is known to be ours by it. In a sparse book Git must
            # see the file before it loads the index, or it takes it for left out.
            index = look(repo)
            if index is None and not is_sparse(repo):
                index = IndexUpdate(repo, hold=_held(repo))
            elif not git_is_there():  # none is started now, but the next unusual write will need one
                raise BookError("git.no-git")
            drafts = _store(repo, plan)
            reached("stored")
            if isinstance(index, IndexUpdate):
                index.stand()
            moved = _move(repo, intent, last)
        if moved:
            reached("moved")
            _follow(repo, plan.targets, drafts, reached, index, cone=plan.cone, commit=intent.new)
        else:
            drop_intent(repo)
        return moved
    finally:
        if isinstance(index, IndexUpdate):
            index.cancel()


def forward(
    repo: Repository,
    new: str,
    *,
    onto: str,
    subject: str,
    committer: Person,
    when: datetime,
    lock_timeout: float = 10.0,
    checkpoint: Checkpoint | None = None,
) -> list[str]:
    """Move the branch from ``onto`` to ``new``, a commit that came from elsewhere and builds on it; the paths that
    changed. Files and index follow as after a write of ours, for those paths only.

    What ``new`` no longer has goes from the work tree: the caller has seen to it that it only moved.
    BookError ``git.dirty-target``, ``git.moved``, ``git.not-a-file``.
    """
    from logbook.store.graph import differences

    reached = checkpoint or _pass_by
    with write_lock(repo, lock_timeout):
        if repo.head() != onto:
            raise BookError("git.moved", branch=repo.branch())
        plan = _Plan(ids=[new])
        plan.targets = tuple(
            Target(check_path(one.path), one.mode if one.second is not None else FILE, one.first, one.second)
            for one in differences(repo, onto, new, modes=True)
        )
        plan.look(repo, onto)
        wanted = [target for target in plan.targets if target.new is not None and target.path not in plan.out]
        contents = repo.objects.read_many(target.new or "" for target in wanted)
        for target, (_, _, data) in zip(wanted, contents, strict=True):
            plan.data[target.path] = data
        last = Commit((), subject, committer, committer, when)
        if not _write(repo, Intent(repo.branch_ref(), onto, new, plan.targets), plan, last, reached):
            raise BookError("git.moved", branch=repo.branch())
        return [target.path for target in plan.targets]


def publish_bulk(
    repo: Repository,
    changes: Iterable[tuple[str, bytes]],
    message: str,
    *,
    author: Person,
    committer: Person,
    when: datetime,
    onto: str | _Anywhere | None = _ANYWHERE,
    lock_timeout: float = 10.0,
    progress: Callable[[int], None] | None = None,
    checkpoint: Checkpoint | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> str | None:
    """Many files in one commit through one ``git fast-import``; returns its id, ``None`` for no changes.

    As durable and as whole as :func:`publish`. ``changes`` is read once, so it may be a generator; each path
    comes once. ``progress`` hears the count of files stored so far, now and then. With ``sign`` (see
    :class:`Commit`) the commit is made once more with its signature, which fast-import cannot add; the unsigned
    one is left to Git's housekeeping.
    """
    reached = checkpoint or _pass_by
    with write_lock(repo, lock_timeout):
        head = repo.head()
        if not isinstance(onto, _Anywhere) and head != onto:
            raise BookError("git.moved", branch=repo.branch())
        commit = Commit((), message, author, committer, when)
        branch = repo.branch_ref()
        with _discarding(repo):
            cone = cone_of(repo)
            targets, drafts, new = _stream(repo, head, changes, commit, progress, cone)
            if not targets:
                drop_intent(repo)
                return None
            if sign is not None:
                new = _signed(repo, new, sign)
            reached("streamed")
            intent = Intent(branch, head, new, None)
            write_intent(repo, intent)
            reached("stored")
            moved = _move(repo, intent, commit, drop=BULK_REF)
        if not moved:
            drop_intent(repo)
            raise BookError("git.moved", branch=repo.branch())
        reached("moved")
        _follow(repo, targets, drafts, reached, cone=cone_of(repo) if cone is not None else None, commit=new)
        return new


def _pass_by(_name: str) -> None:
    pass


@contextlib.contextmanager
def _discarding(repo: Repository) -> Iterator[None]:
    """What fails before the branch moved leaves no trace, except when even that fails: then the note stays."""
    try:
        yield
    except OSError as error:
        with contextlib.suppress(OSError, BookError):
            recover(repo)
        raise write_error(error, error.filename or repo.room) from error
    except BaseException:
        with contextlib.suppress(OSError, BookError):
            recover(repo)
        raise


# -- planning: everything in memory -----------------------------------------------------------


@changing
class _Plan:
    objects: dict[str, tuple[str, bytes]] = attribute(default_factory=dict)
    ids: list[str] = attribute(default_factory=list)
    targets: tuple[Target, ...] = ()
    data: dict[str, bytes | None] = attribute(default_factory=dict)  # path -> final bytes, None: the file goes
    cone: Cone | None = None
    out: frozenset[str] = frozenset()  # paths that get no file: their month is closed

    def look(self, repo: Repository, head: str | None) -> None:
        """See that nothing stands in the way, and which files the work tree is to have."""
        cone = cone_of(repo)
        if cone is not None:
            self.cone = cone = open_new_folders(repo, cone, head, (target.path for target in self.targets))
        check_targets(repo, self.targets, cone)
        if cone is not None:
            self.out = frozenset(one.path for one in self.targets if left_out(repo, cone, one.path))

    def keep(self, kind: str, data: bytes) -> str:
        oid = object_id(kind, data)
        self.objects[oid] = (kind, data)
        return oid


class _Folder:
    """One folder of the tree being built; folders below are opened when a change goes through them."""

    __slots__ = ("children", "entries", "oid")

    def __init__(self, entries: Iterable[Entry], oid: str | None = None) -> None:
        self.entries = {entry.name: entry for entry in entries}
        self.children: dict[str, _Folder] = {}
        self.oid = oid  # None: changed since it was last a tree object

    def find(self, repo: Repository, path: str, *, make: bool) -> _Folder | None:
        """The folder ``path`` (parts joined by ``/``) below this one; with ``make``, about to be changed."""
        folder = self
        if make:
            folder.oid = None
        for name in filter(None, path.split("/")):
            child = folder.children.get(name)
            if child is None:
                entry = folder.entries.get(name)
                if entry is None:
                    if not make:
                        return None
                    child = _Folder(())
                elif entry.is_tree:
                    child = _Folder(repo.objects.tree(entry.oid), entry.oid)
                else:
                    raise BookError("git.not-a-file", path=path)
                folder.children[name] = child
            folder = child
            if make:
                folder.oid = None
        return folder

    def empty(self) -> bool:
        """Whether no file is left in it or below."""
        return all(
            entry.is_tree and name in self.children and self.children[name].empty()
            for name, entry in self.entries.items()
        ) and all(child.empty() for child in self.children.values())

    def close(self, plan: _Plan) -> str:
        """Turn this folder and the changed ones below it into tree objects; the id of this one."""
        if self.oid is None:
            for name, child in self.children.items():
                if child.oid is None and child.empty():
                    self.entries.pop(name, None)  # Git keeps no empty folders
                else:
                    self.entries[name] = Entry(TREE, name, child.close(plan))
            self.oid = plan.keep("tree", build_tree(self.entries.values()))
        return self.oid


def _plan(repo: Repository, head: str | None, batch: Sequence[Commit]) -> _Plan:
    plan = _Plan()
    root = _Folder(() if head is None else repo.objects.tree(f"{head}^{{tree}}"))
    before: dict[str, tuple[str, str | None]] = {}
    parent = head
    for commit in batch:
        for change in commit.changes:
            folder_path, _, name = check_path(change.path).rpartition("/")
            folder = root.find(repo, folder_path, make=True)
            assert folder is not None
            entry = folder.entries.get(name)
            if name in folder.children or (entry is not None and entry.is_tree):
                raise BookError("git.not-a-file", path=change.path)
            mode = FILE if entry is None else entry.mode
            before.setdefault(change.path, (mode, None if entry is None else entry.oid))
            plan.data[change.path] = change.data
            if change.data is None:
                folder.entries.pop(name, None)
                continue
            oid = blob_id(change.data) if change.stored else plan.keep("blob", change.data)
            folder.entries[name] = Entry(mode, name, oid)
        tree = root.close(plan)
        parents = [oid for oid in (parent, *commit.merged) if oid is not None]
        parent = _commit_object(plan, tree, parents, commit)
        plan.ids.append(parent)
    plan.targets = tuple(
        Target(path, mode, old, None if (data := plan.data[path]) is None else blob_id(data))
        for path, (mode, old) in before.items()
    )
    return plan


def _commit_object(plan: _Plan, tree: str, parents: Sequence[str], commit: Commit) -> str:
    author, committer = stamp_line(commit.author, commit.when), stamp_line(commit.committer, commit.when)
    data = build_commit(tree, parents, author, committer, commit.message)
    if commit.sign is not None:
        signature = commit.sign(data)
        data = build_commit(tree, parents, author, committer, commit.message, signature=signature)
    return plan.keep("commit", data)


def _signed(repo: Repository, oid: str, sign: Callable[[bytes], bytes]) -> str:
    """The same commit with a signature, stored durably."""
    _, data = repo.objects.read(oid)
    head, blank, body = data.partition(b"\n\n")
    header = b"\ngpgsig " + sign(data).strip().replace(b"\n", b"\n ")
    signed = head + header + blank + body
    new = object_id("commit", signed)
    write_loose(f"{repo.common_dir}/objects", {new: ("commit", signed)})
    return new


# -- doing ------------------------------------------------------------------------------------


def _store(repo: Repository, plan: _Plan) -> list[_Draft]:
    """Store the objects and the finished files, durably; gives back where the files wait (None: there is to be
    none)."""
    folder = staging(repo)
    folder.mkdir(exist_ok=True)
    drafts: list[_Draft] = []
    open_files: list[int] = []
    sweep = len(plan.targets) > _OPEN_AT_ONCE and hasattr(os, "sync")
    try:
        for number, target in enumerate(plan.targets):
            data = plan.data.get(target.path)
            if data is None or target.path in plan.out:
                drafts.append(None)
                continue
            draft = str(folder / str(number))
            fd = write_new(draft, data)
            drafts.append(draft)
            if len(plan.targets) <= _OPEN_AT_ONCE:
                open_files.append(fd)
                continue
            try:
                if not sweep:
                    flush(fd)
            finally:
                os.close(fd)
        if sweep:
            os.sync()  # one sweep for thousands of drafts
        # Blobs come before the trees that name them, and these before the commit.
        wanted = list(plan.objects.items())
        for start in range(0, len(wanted), _OPEN_AT_ONCE):
            last = start + _OPEN_AT_ONCE >= len(wanted)
            some = dict(wanted[start : start + _OPEN_AT_ONCE])
            write_loose(f"{repo.common_dir}/objects", some, also=open_files if last else ())
        if not wanted:
            flush_all(open_files)
    finally:
        for fd in open_files:
            os.close(fd)
    return drafts


def _move(repo: Repository, intent: Intent, commit: Commit, *, drop: str | None = None) -> bool:
    """Move the branch from ``old`` to ``new``; ``False`` where somebody else moved it first."""
    if drop is None and intent.old is not None:
        who = stamp_line(commit.committer, now_here())
        told = "logbook: " + commit.message.partition("\n")[0]
        moved = move_branch(repo, intent.branch, intent.old, intent.new, who=who, told=told)
        if moved is not None:
            return moved
    lines = [f"update {intent.branch} {intent.new} {intent.old or ZERO}"]
    if drop is not None:
        lines.append(f"delete {drop}")
    name, email = commit.committer
    subject = commit.message.partition("\n")[0]
    try:
        repo.run(
            "-c",
            "core.fsync=all",
            "-c",
            "core.filesRefLockTimeout=2000",
            "update-ref",
            "-m",
            "logbook: " + subject.replace("\0", ""),
            "--stdin",
            stdin=("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"),
            extra={
                "GIT_COMMITTER_NAME": clean_name(name) or "logbook",
                "GIT_COMMITTER_EMAIL": clean_name(email) or "logbook",
            },
            hold=_held(repo),
        )
    except GitFailed as error:
        now = repo.ref(intent.branch)
        if now == intent.new:
            return True
        if now != intent.old:
            return False
        if (lock := _LOCK_FILE.search(error.detail)) is not None:
            raise BookError("git.ref-locked", path=lock[1]) from error
        raise
    flush_folder((repo.common_dir / intent.branch).parent)
    return True


def _follow(
    repo: Repository,
    targets: Sequence[Target],
    drafts: Sequence[_Draft],
    reached: Checkpoint,
    index: IndexUpdate | IndexFile | None = None,
    *,
    cone: Cone | None = None,
    commit: str | None = None,
) -> None:
    """It is recorded; bring files and index along. What cannot follow now, the next writer mends by the note."""
    complete = True
    try:
        for target, draft in zip(targets, drafts, strict=True):
            if draft is not None or target.new is None:
                _put(repo, target, draft)
        reached("files")
        complete = set_index(repo, targets, hold=_held(repo), ready=index, cone=cone, commit=commit)
        reached("index")
    except (OSError, BookError):
        complete = False
    if complete:
        with contextlib.suppress(OSError):
            drop_intent(repo)
        reached("done")


def _put(repo: Repository, target: Target, draft: _Draft) -> None:
    try:
        put(repo, target, draft)
    except OSError as error:
        if error.errno != errno.EXDEV or draft is None:
            raise
        # The work tree lies on another disk than .git: finish beside the target instead.
        folder = os.path.dirname(os.fsencode(place(repo, target.path)))
        os.makedirs(folder, exist_ok=True)
        beside = os.path.join(folder, b".logbook-" + os.urandom(6).hex().encode())
        with open(draft, "rb") as file:
            os.close(write_new(beside, file.read()))
        put(repo, target, beside)


def _held(repo: Repository) -> tuple[int, ...]:
    """The lock's descriptor for children that write: it must not come free while one of them still works."""
    return () if repo.lock is None or repo.lock.fd is None else (repo.lock.fd,)


# -- bulk -------------------------------------------------------------------------------------

_TOLD_EVERY = 256


def _stream(
    repo: Repository,
    head: str | None,
    changes: Iterable[tuple[str, bytes]],
    commit: Commit,
    progress: Callable[[int], None] | None,
    cone: Cone | None,
) -> tuple[list[Target], list[_Draft], str]:
    """Feed fast-import and lay the finished files aside; targets, drafts, and the new commit."""
    root = _Folder(() if head is None else repo.objects.tree(f"{head}^{{tree}}"))
    folder = staging(repo)
    folder.mkdir(parents=True, exist_ok=True)
    targets: list[Target] = []
    drafts: list[_Draft] = []
    known: set[str] = set()
    importer = _Importer(repo)
    try:
        importer.begin(commit, head)
        for path, data in changes:
            if path in known:
                raise ValueError(f"the path comes twice: {path!r}")
            known.add(path)
            inside, _, name = check_path(path).rpartition("/")
            below = root.find(repo, inside, make=False)
            entry = None if below is None else below.entries.get(name)
            if entry is not None and entry.is_tree:
                raise BookError("git.not-a-file", path=path)
            mode, old = (FILE, None) if entry is None else (entry.mode, entry.oid)
            target = Target(path, mode, old, blob_id(data))
            importer.file(mode, path, data)
            draft: _Draft = None
            if cone is not None:
                cone = open_new_folders(repo, cone, head, [path])
            if not left_out(repo, cone, path):
                draft = str(folder / str(len(targets)))
                os.close(write_new(draft, data))
            targets.append(target)
            drafts.append(draft)
            if progress is not None and len(targets) % _TOLD_EVERY == 0:
                progress(len(targets))
        check_targets(repo, targets, cone)
        if not targets:
            importer.abandon()
            return [], [], ""
        new = importer.end()
    except BaseException:
        importer.abandon()
        raise
    if hasattr(os, "sync"):
        os.sync()  # one sweep for thousands of drafts; the commit itself was flushed by Git
    if progress is not None:
        progress(len(targets))
    return targets, drafts, new


class _Importer:
    """One ``git fast-import`` into a ref of our own, which the commit point drops again."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._process = repo.start("-c", "core.fsync=all", "fast-import", "--quiet", "--force", "--done")
        assert self._process.stdin is not None
        self._in = self._process.stdin

    def begin(self, commit: Commit, head: str | None) -> None:
        author, committer = stamp_line(commit.author, commit.when), stamp_line(commit.committer, commit.when)
        message = (commit.message.replace("\0", "").rstrip("\n") + "\n").encode("utf-8")
        self._write(b"reset %s\ncommit %s\n" % (BULK_REF.encode(), BULK_REF.encode()))
        self._write(b"author %s\ncommitter %s\n" % (author, committer))
        self._write(b"data %d\n%s\n" % (len(message), message))
        if head is not None:
            self._write(b"from %s\n" % head.encode())

    def file(self, mode: str, path: str, data: bytes) -> None:
        raw = path.encode("utf-8")
        # check_path refused what would need quoting, except a leading quotation mark.
        name = b'"%s"' % raw.replace(b'"', b'\\"') if raw.startswith(b'"') else raw
        self._write(b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), name, len(data), data))

    def end(self) -> str:
        """Finish and give the commit's id."""
        self._write(b"done\n")
        _, err = self._process.communicate()
        if self._process.returncode != 0:
            self._failed(err)
        new = self._repo.ref(BULK_REF)
        assert new is not None
        return new

    def abandon(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(OSError, ValueError):
            self._process.communicate()

    def _write(self, data: bytes) -> None:
        try:
            self._in.write(data)
        except BrokenPipeError:
            err = self._process.stderr.read() if self._process.stderr is not None else b""
            self._process.wait()
            self._failed(err)

    def _failed(self, err: bytes) -> None:
        from logbook.store.git import git_error

        raise git_error("fast-import", self._process.returncode, err, self._repo.root)
