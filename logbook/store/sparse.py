"""Old months left out of the work tree: which folders are open, and Git's index kept small meanwhile.

Git's cone mode names the open folders in ``info/sparse-checkout``; what lies in no open folder is one entry a folder
in the index. A record written there gets no file: the folder's entry is given the tree of the new commit, in place,
for every Git command that could do it would unfold the whole index first.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store.git import GitFailed
from logbook.store.git import Repository
from logbook.store.lock import write_error
from logbook.store.objects import flush
from logbook.store.objects import flush_folder
from logbook.store.objects import sha1_of
from logbook.store.objects import write_new

KEEP_KEY = "logbook.keep"  # how many months stay open, in the clone's own configuration
_PATTERNS = "info/sparse-checkout"
_NOTE = "sparse"
_FULL = "full"
_MONTH = re.compile(r"(records/[^/]+/\d{4}/\d{2})(/.*)?\Z")
_YEAR = re.compile(r"\d{4}\Z")
_SPARSE_FOLDER = b"\x00\x00\x40\x00"  # mode 040000
_HASH = 20


@frozen
class Cone:
    """The open folders: ``whole`` with all below them, ``edges`` with the files that lie in them and no more."""

    whole: frozenset[str]
    edges: frozenset[str]

    def holds(self, path: str) -> bool:
        """Whether a file of this path belongs into the work tree."""
        return self.closed(path) is None

    def closed(self, path: str) -> str | None:
        """The topmost folder on the way to ``path`` that is left out; None where the file is to be there."""
        folder = ""
        for name in path.split("/")[:-1]:
            folder = f"{folder}/{name}" if folder else name
            if folder in self.whole:
                return None
            if folder not in self.edges:
                return folder
        return None


def is_sparse(repo: Repository) -> bool:
    """Whether part of the book was left out of the work tree on purpose."""
    return repo.local_config("core.sparsecheckout") == "true"


def cone_of(repo: Repository) -> Cone | None:
    """The open folders of this work tree; None where all of it is there, or Git's older patterns are in use."""
    if not is_sparse(repo) or repo.local_config("core.sparsecheckoutcone") == "false":
        return None
    try:
        lines = (repo.git_dir / _PATTERNS).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    if lines[:2] != ["/*", "!/*/"]:
        return None
    whole, edges = [], set()
    for line in lines[2:]:
        name = re.sub(r"\\(.)", r"\1", line)
        if line.startswith("!/") and line.endswith("/*/"):
            edges.add(name[2:-3])
        elif line.startswith("/") and line.endswith("/"):
            whole.append(name[1:-1])
    return Cone(frozenset(one for one in whole if one not in edges), frozenset(edges))


def open_new_folders(repo: Repository, cone: Cone, head: str | None, paths: Iterable[str]) -> Cone:
    """Let folders that no commit holds yet be open: a new month, a new form. Nothing else changes by that."""
    whole, edges = set(cone.whole), set(cone.edges)
    known: dict[str, bool] = {}
    for path in paths:
        closed = cone.closed(path)
        if closed is None:
            continue
        if closed not in known:
            known[closed] = repo.entry_at(head, closed) is None
        if known[closed]:
            month = _MONTH.match(path)
            folder = month[1] if month else path.rpartition("/")[0]
            whole.add(folder)
            while folder := folder.rpartition("/")[0]:
                edges.add(folder)
    wider = Cone(frozenset(whole - edges), frozenset(edges))
    if wider != cone:
        _write_patterns(repo, wider)
    return wider


def _write_patterns(repo: Repository, cone: Cone) -> None:
    lines = ["/*", "!/*/"]
    for folder in sorted(cone.whole | cone.edges):
        name = re.sub(r"([*?\[\\])", r"\\\1", folder)
        lines.append(f"/{name}/")
        if folder in cone.edges:
            lines.append(f"!/{name}/*/")
    place = repo.git_dir / _PATTERNS
    draft = place.with_name(f"{place.name}.{os.urandom(4).hex()}")
    _replace(place, draft, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def _replace(place: Path, draft: Path, data: bytes) -> None:
    """A small file, whole and durable. BookError for what the disk refuses."""
    try:
        draft.unlink(missing_ok=True)
        fd = write_new(draft, data)
        try:
            flush(fd)
        finally:
            os.close(fd)
        os.replace(draft, place)
        flush_folder(place.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise write_error(error, place) from error


# -- closing and opening ----------------------------------------------------------------------


def wanted(repo: Repository, head: str, *, now: str, since: str) -> list[str]:
    """The folders to be open when months before ``since`` (``yyyy-mm``) are closed; that of ``now`` always is."""
    folders = {"attachments", "templates"}
    for entry in repo.tree_entries(head):
        if entry.is_tree and entry.name != "records":
            folders.add(entry.name)
    for form in repo.tree_entries(head, "records"):
        if not form.is_tree:
            continue
        inside = f"records/{form.name}"
        years = [year for year in repo.objects.tree(form.oid) if year.is_tree and _YEAR.match(year.name)]
        if not years:
            folders.add(inside)
            continue
        folders.add(f"{inside}/{now.replace('-', '/')}")
        for year in years:
            if year.name >= since[:4]:
                months = repo.objects.tree(year.oid)
                folders.update(f"{inside}/{year.name}/{m.name}" for m in months if f"{year.name}-{m.name}" >= since)
    return sorted(folders)


def as_cone(folders: Iterable[str]) -> Cone:
    """The cone in which these folders are open."""
    whole = set(folders)
    edges = {
        "/".join(parts[:count]) for parts in (folder.split("/") for folder in whole) for count in range(1, len(parts))
    }
    return Cone(frozenset(whole - edges), frozenset(edges))


def close_months(repo: Repository, folders: list[str], *, hold: tuple[int, ...] = ()) -> None:
    """Leave out of the work tree what lies in none of ``folders``; call it inside the lock, with nothing dirty there.

    A crash in the middle is ended by :func:`finish`.
    """
    _note(repo, folders)
    finish(repo, hold=hold)


def open_all(repo: Repository, *, hold: tuple[int, ...] = ()) -> None:
    """Bring everything back into the work tree; call it inside the lock."""
    _note(repo, None)
    finish(repo, hold=hold)


def _note(repo: Repository, folders: list[str] | None) -> None:
    repo.room.mkdir(exist_ok=True)
    data = json.dumps(_FULL if folders is None else folders).encode("ascii")
    _replace(repo.room / _NOTE, repo.room / f"{_NOTE}.new", data)


def unfinished(repo: Repository) -> Path | None:
    """The note of months that were being closed or opened when somebody was killed."""
    place = repo.room / _NOTE
    return place if place.exists() else None


def finish(repo: Repository, *, hold: tuple[int, ...] = ()) -> None:
    """Do what the note says, from wherever it was left; nothing to do without one. BookError for what Git refuses."""
    place = unfinished(repo)
    if place is None:
        return
    try:
        folders = json.loads(place.read_bytes())
    except ValueError:
        place.unlink(missing_ok=True)
        return
    if folders == _FULL:
        if is_sparse(repo):
            repo.run("sparse-checkout", "disable", hold=hold)
            repo.forget_config()
        repo.run("config", "--local", "index.sparse", "false")
        if repo.local_config("extensions.worktreeconfig") == "true":
            repo.run("config", "--worktree", "index.sparse", "false")
        repo.run("config", "--local", "core.splitIndex", "true")
        repo.run("update-index", "--split-index", hold=hold)
    else:
        # Git dies over a split index that is sparse: the one goes before the other comes.
        repo.run("config", "--local", "core.splitIndex", "false")
        repo.run("update-index", "--no-split-index", hold=hold)
        # Git keeps files it has not looked at since they were copied: let it look.
        repo.run("update-index", "-q", "--refresh", check=False, hold=hold)
        names = "".join(f"{folder}\n" for folder in folders).encode("utf-8", "surrogateescape")
        repo.run("sparse-checkout", "set", "--cone", "--sparse-index", "--stdin", stdin=names, hold=hold)
    repo.forget_config()
    try:
        place.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(error, place) from error


# -- Git's index ------------------------------------------------------------------------------


def set_folders(repo: Repository, trees: Mapping[str, str]) -> bool:
    """Let the index say these trees for folders that are one entry in it. ``False``, with nothing changed, where one
    of them is not. BookError ``git.failed`` (as of Git's) while somebody else holds the index."""
    place = repo.git_dir / "index"
    lock = repo.git_dir / "index.lock"
    try:
        fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except FileExistsError as error:
        raise GitFailed("update-index", 128, f"Unable to create '{lock}': File exists.") from error
    try:
        data = _patched(place.read_bytes(), trees)
        if data is None:
            return False
        with open(fd, "wb", closefd=False) as file:
            file.write(data)
        flush(fd)
        os.close(fd)
        fd = -1
        # A file edited in the very moment its entry was made is told by the age of the index: that stays.
        then = place.stat()
        os.utime(lock, ns=(then.st_atime_ns, then.st_mtime_ns))
        os.replace(lock, place)
        return True
    finally:
        if fd >= 0:
            os.close(fd)
        with contextlib.suppress(FileNotFoundError):
            if fd >= 0:
                os.unlink(lock)


def _patched(old: bytes, trees: Mapping[str, str]) -> bytes | None:
    """An index file with other trees for these folders; None where it does not hold each of them as one entry."""
    data = bytearray(old)
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8], "big") != 3:
        return None  # version 4 shortens names, version 2 knows no entries left out
    for folder, tree in trees.items():
        name = folder.encode("utf-8", "surrogateescape") + b"/"
        # Extended flags follow, then these: left out of the work tree.
        mark = (0x4000 | min(len(name), 0xFFF)).to_bytes(2, "big") + b"\x40\x00" + name + b"\0"
        at = data.find(mark)
        if at < 12 + 60 or data[at - 36 : at - 32] != _SPARSE_FOLDER or data.find(mark, at + 1) >= 0:
            return None
        data[at - _HASH : at] = bytes.fromhex(tree)
    end = _entries_end(data)
    if end is None:
        return None
    body = bytes(data[:end]) + _extensions(bytes(data[end:-_HASH]), trees)
    checked = old[-_HASH:].strip(b"\0") != b""
    return body + (sha1_of(body) if checked else bytes(_HASH))


def _entries_end(data: bytearray) -> int | None:
    """Where the entries of an index of version 3 end."""
    at = 12
    for _ in range(int.from_bytes(data[8:12], "big")):
        extended = data[at + 60] & 0x40
        start = at + (64 if extended else 62)
        nul = data.find(0, start)
        if nul < 0:
            return None
        at += (nul - at + 8) & ~7
    return at


def _extensions(data: bytes, trees: Mapping[str, str]) -> bytes:
    """The extensions with the remembered trees of these folders put right and those above forgotten."""
    kept = []
    at = 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        content = data[at + 8 : at + 8 + size]
        at += 8 + size
        if name in (b"EOIE", b"IEOT"):
            continue  # offsets into the others, only to be quicker; Git does without
        if name == b"TREE":
            content = _trees(content, trees)
        kept.append(name + len(content).to_bytes(4, "big") + content)
    return b"".join(kept)


def _trees(content: bytes, trees: Mapping[str, str]) -> bytes:
    out: list[bytes] = []
    above = {"/".join(parts[:count]) for parts in (one.split("/") for one in trees) for count in range(len(parts))}

    def node(at: int, parent: str, *, root: bool = False) -> int:
        nul = content.index(b"\0", at)
        line = content.index(b"\n", nul)
        name = content[at:nul].decode("utf-8", "surrogateescape")
        path = "" if root else f"{parent}/{name}" if parent else name
        count, below = (int(word) for word in content[nul + 1 : line].split(b" "))
        at = line + 1
        oid = content[at : at + _HASH] if count >= 0 else b""
        at += len(oid)
        if path in trees:
            oid = bytes.fromhex(trees[path]) if count >= 0 else b""
        elif path in above:
            count, oid = -1, b""
        out.append(name.encode("utf-8", "surrogateescape") + b"\0%d %d\n" % (count, below) + oid)
        for _ in range(below):
            at = node(at, path)
        return at

    if content:
        node(0, "", root=True)
    return b"".join(out)


def closed_entry(repo: Repository, commit: str | None, folder: str) -> str:
    """The tree of a folder in a commit. BookError ``git.missing-object`` where it has none."""
    entry = repo.entry_at(commit, folder)
    if entry is None or not entry.is_tree:
        raise BookError("git.missing-object", name=folder)
    return entry.oid
