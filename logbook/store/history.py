"""Histories and trees as Git streams them: many commits, or many paths, from one process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store.git import Repository
from logbook.store.git import git_error
from logbook.store.objects import EMPTY_TREE
from logbook.store.objects import ZERO
from logbook.store.objects import Entry
from logbook.store.objects import moment

_FIELDS = ("%H", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B")
_FORMAT = "%x01" + "%x00".join(_FIELDS) + "%x00"
_BLOCK = 1 << 16
_FEW_FOLDERS = 8


class PathChange(NamedTuple):
    """One file of one commit: Git's letter (A, M, D, T) and the blobs before and after."""

    status: str
    path: str
    old: str | None
    new: str | None


@frozen
class LogEntry:
    """One commit of a history. A merge lists what it changed against its first parent."""

    id: str
    parents: tuple[str, ...]
    author: str
    author_email: str
    authored: datetime
    committer: str
    committer_email: str
    committed: datetime
    message: str
    changes: tuple[PathChange, ...]

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def trailers(self) -> dict[str, str]:
        """``Name: value`` lines of the last paragraph; the last one of a name counts."""
        return trailers_of(self.message)


def trailers_of(message: str) -> dict[str, str]:
    """The trailers of a commit message, by name."""
    last = message.rstrip("\n").rpartition("\n\n")[2]
    pairs = (line.partition(": ") for line in last.split("\n"))
    return {name: value.strip() for name, colon, value in pairs if colon and " " not in name}


def history(
    repo: Repository,
    path: str | None = None,
    rev: str | None = None,
    *,
    since: str | None = None,
    oldest_first: bool = False,
    parents_first: bool = False,
) -> Iterator[LogEntry]:
    """The commits up to ``rev`` (default: the head), newest first; only those that touch ``path`` where given.

    ``since`` leaves out what that commit already held. ``parents_first`` orders by descent whatever the dates
    say: with ``oldest_first`` no commit comes before one of its parents. Nothing before the first commit.
    BookError ``git.bad-revision``.
    """
    tip = repo.head() if rev is None else repo.resolve(rev)
    if tip is None:
        return
    words = [
        "-c",
        "log.showSignature=false",
        "log",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-notes",
        "--no-mailmap",
        "--no-color",
        "--no-ext-diff",
        "--root",
        "--diff-merges=first-parent",
        "--date=raw",
        "--encoding=UTF-8",
        f"--format={_FORMAT}",
    ]
    if oldest_first:
        words.append("--reverse")
    if parents_first:
        words.append("--topo-order")
    if path is not None:
        words.append("--full-history")
    words.append(tip)
    if since is not None:
        words.append("^" + repo.resolve(since))
    words.append("--")
    if path is not None:
        words.append(path)
    yield from _entries(_tokens(repo, *words))


def _entries(tokens: Iterator[str]) -> Iterator[LogEntry]:
    head: list[str] = []
    changes: list[PathChange] = []
    for token in tokens:
        if token.startswith("\x01"):
            if head:
                yield _entry(head, changes)
            head = [token[1:], *(next(tokens) for _ in range(len(_FIELDS) - 1))]
            changes = []
        elif token.lstrip("\n").startswith(":"):
            _, _, old, new, status = token.lstrip("\n").split(" ")
            changes.append(PathChange(status[0], next(tokens), _blob(old), _blob(new)))
    if head:
        yield _entry(head, changes)


def _entry(head: list[str], changes: list[PathChange]) -> LogEntry:
    oid, parents, author, author_email, authored, committer, committer_email, committed, message = head
    return LogEntry(
        oid,
        tuple(parents.split()),
        author,
        author_email,
        moment(*authored.split(" ")),
        committer,
        committer_email,
        moment(*committed.split(" ")),
        message,
        tuple(changes),
    )


def _blob(oid: str) -> str | None:
    return None if oid == ZERO else oid


def _tokens(repo: Repository, *words: str) -> Iterator[str]:
    """What a Git command prints, cut at the NUL bytes, as it comes."""
    process = repo.start(*words)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    try:
        process.stdin.close()
        rest = b""
        while block := process.stdout.read1(_BLOCK):  # type: ignore[attr-defined]
            *whole, rest = (rest + block).split(b"\0")
            for piece in whole:
                yield piece.decode("utf-8", "surrogateescape")
        if rest:
            yield rest.decode("utf-8", "surrogateescape")
        process.stdout.close()
        errors = process.stderr.read()
        if process.wait() != 0:
            raise git_error(words[0], process.returncode, errors, repo.root)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def changed_paths(repo: Repository, old: str | None, new: str) -> list[tuple[str, str | None, str | None]]:
    """Path, blob before and blob after of every file that differs between two commits (``None``: not there)."""
    if old is not None:
        found = _few_changed(repo, repo.resolve(old), repo.resolve(new))
        if found is not None:
            return found
    first = EMPTY_TREE if old is None else repo.resolve(old)
    # Without an index of its own this command would unfold a sparse one, a quarter of a second long.
    no_index = {"GIT_INDEX_FILE": str(repo.room / "no-index")}
    out = repo.run(
        "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", first, repo.resolve(new), "--", extra=no_index
    ).stdout
    tokens = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    changed = []
    for token in tokens:
        if token:
            _, _, before, after, _ = token.split(" ")
            changed.append((next(tokens), _blob(before), _blob(after)))
    return changed


def _few_changed(repo: Repository, old: str, new: str) -> list[tuple[str, str | None, str | None]] | None:
    """The same, found in this process where few folders differ, as after one record; ``None`` where Git is to be
    asked, before their entries are read: ten months take twice as long to take apart here."""
    try:
        waiting = [("", repo.objects.commit(old).tree, repo.objects.commit(new).tree)]
    except BookError:  # not the id of a commit
        return None
    changed: list[tuple[str, str | None, str | None]] = []
    folders = 0
    while waiting:
        prefix, one, two = waiting.pop()
        if one == two:
            continue
        folders += 1
        if folders + len(waiting) > _FEW_FOLDERS:
            return None
        before = {entry.name: entry for entry in repo.objects.tree(one)} if one else {}
        after = {entry.name: entry for entry in repo.objects.tree(two)} if two else {}
        for name in before.keys() | after.keys():
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            path = prefix + name
            file, its_folder = _parted(was)
            new_file, new_folder = _parted(now)
            if its_folder or new_folder:
                waiting.append((path + "/", its_folder, new_folder))
            if file or new_file:
                changed.append((path, file, new_file))
    changed.sort(key=lambda row: row[0].encode("utf-8", "surrogateescape"))
    return changed


def _parted(entry: Entry | None) -> tuple[str | None, str]:
    """The id of a file, or of a folder."""
    if entry is None:
        return None, ""
    return (None, entry.oid) if entry.is_tree else (entry.oid, "")


def staged_changes(repository: Repository) -> list[PathChange]:
    """What the staging area would change in HEAD, file by file; everything before the first commit."""
    against = repository.head() or EMPTY_TREE
    out = repository.run("diff-index", "--cached", "-z", "--raw", "--no-renames", "--no-abbrev", against).stdout
    tokens = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    changes = []
    for token in tokens:
        if token:
            _, _, old, new, status = token.split(" ")
            changes.append(PathChange(status[0], next(tokens), _blob(old), _blob(new)))
    return changes


def list_tree(repo: Repository, rev: str, prefix: str = "") -> list[tuple[str, str]]:
    """Path and blob of every file of a commit below ``prefix``, links and submodules left out."""
    words = ("--", prefix.rstrip("/") + "/") if prefix else ("--",)
    out = repo.run("ls-tree", "-r", "-z", "--full-tree", repo.resolve(rev), *words).stdout
    files = []
    for row in out.decode("utf-8", "surrogateescape").split("\0"):
        if row.startswith("100"):
            files.append((row[53:], row[12:52]))
    return files
