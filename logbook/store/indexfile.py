"""Git's own index, told of a few files in this process.

A small index, and that of a book whose old months are closed, is written anew here in a few milliseconds. Whatever is
unusual is left to Git, which is told by ``False``; so is a split index: Git 2.39 was seen to crash in ``reset --hard``
on one whose small part was written here.
"""

from __future__ import annotations

import contextlib
import os
import stat
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from logbook.core.value import frozen
from logbook.store.git import GitFailed
from logbook.store.git import Repository
from logbook.store.objects import blob_id
from logbook.store.objects import flush
from logbook.store.objects import sha1_of

_LARGE = 1_000_000  # bytes; above, Git does it: walking through the entries would take longer
_MANY = 50  # files written in the second of the index itself that may be looked at here
_HEADER = 12
_HASH = 20
_NO_HASH = bytes(_HASH)
_VERSIONS = (b"\0\0\0\2", b"\0\0\0\3")  # 4 shortens names
_EXTENDED, _STAGE, _ASSUMED = 0x40, 0x30, 0x80  # in the first byte of the flags
_KEPT = (b"sdir", b"REUC", b"TREE")
_DROPPED = (b"EOIE", b"IEOT")  # offsets into the others, only to be quicker; Git does without


@frozen
class Taken:
    """One file as the index is to hold it: its path in bytes, where it lies, the blob it holds, its mode in Git."""

    raw: bytes
    place: str | bytes
    blob: str
    mode: str


class _Unusual(Exception):
    """Nothing for us: let Git do it."""


def look(repo: Repository) -> IndexFile | None:
    """The index as it is now, where :func:`take` can most likely do with it; else Git is to be started."""
    try:
        if (repo.git_dir / "index").is_symlink() or repo.local_config("core.sharedrepository") or not repo.is_own():
            return None
        return IndexFile(repo)
    except (OSError, _Unusual):
        return None


def take(repo: Repository, files: Sequence[Taken], known: IndexFile | None = None) -> bool:
    """Put these files of the work tree, as they are now, into Git's index. ``False``, with nothing changed, where
    that is Git's to do. BookError ``git.failed`` (as of Git's) while somebody else holds the index. ``known``: what
    :func:`look` found."""
    if known is None:
        return False
    place, lock = repo.git_dir / "index", repo.git_dir / "index.lock"
    try:
        fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except FileExistsError as error:
        raise GitFailed("update-index", 128, f"Unable to create '{lock}': File exists.") from error
    done = False
    try:
        index = known if known.looks == _looks(place) else IndexFile(repo)
        data = index.with_files(repo, files)
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        flush(fd)
        os.close(fd)
        fd = -1
        os.replace(lock, place)
        done = True
        return True
    except _Unusual:
        return False
    finally:
        if fd >= 0:
            os.close(fd)
        if not done:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(lock)


def _looks(place: Path) -> tuple[int, int, int]:
    found = os.stat(place)
    return found.st_ino, found.st_size, found.st_mtime_ns


class IndexFile:
    """An index file taken apart as far as we need it; ``_Unusual`` where it is none of the kind we know."""

    def __init__(self, repo: Repository) -> None:
        place = repo.git_dir / "index"
        self.looks = _looks(place)
        if self.looks[1] > _LARGE:
            raise _Unusual
        data = self._data = place.read_bytes()
        if data[:4] != b"DIRC" or data[4:8] not in _VERSIONS:
            raise _Unusual
        self._names: list[bytes] = []  # in Git's order
        self._starts: list[int] = []
        self._young: list[int] = []  # places of those that are as young as the index
        second = (self.looks[2] // 1_000_000_000).to_bytes(4, "big")
        at, last = _HEADER, len(data) - _HASH
        for number in range(int.from_bytes(data[8:12], "big")):
            if at + 62 > last:
                raise _Unusual
            flags = data[at + 60]
            start = at + 64 if flags & _EXTENDED else at + 62
            nul = data.find(0, start)
            end = at + ((nul - at + 8) & ~7)
            if not start <= nul < end <= last or flags & _STAGE:
                raise _Unusual  # cut off, or a merge that is not settled
            self._names.append(data[start:nul])
            self._starts.append(at)
            if data[at + 8 : at + 12] >= second:
                self._young.append(number)
            at = end
        self._starts.append(at)
        self._extensions: list[tuple[bytes, bytes]] = []
        while at < last:
            name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
            content = data[at + 8 : at + 8 + size]
            at += 8 + size
            if name in _KEPT:
                self._extensions.append((name, content))
            elif name not in _DROPPED:
                raise _Unusual
        if at != last:
            raise _Unusual

    def with_files(self, repo: Repository, files: Sequence[Taken]) -> bytes:
        """The bytes of this index with these files in it."""
        new: dict[bytes, bytes] = {}
        for file in sorted(files, key=lambda one: one.raw):
            self._see_to_conflicts(file.raw)
            new[file.raw] = _entry(repo, file)
        count = len(self._names)
        # Pieces that come in the place of others: from where to where, and what.
        pieces = list(self._smudged(repo, new))
        for name, entry in new.items():
            at = self._find(name)
            there = at < len(self._names) and self._names[at] == name
            pieces.append((self._starts[at], self._starts[at + 1] if there else self._starts[at], entry))
            count += not there
        body: list[bytes] = []
        copied = _HEADER  # up to here the old bytes are in `body`
        for start, end, piece in sorted(pieces, key=lambda one: one[:2]):
            body += (self._data[copied:start], piece)
            copied = end
        body.append(self._data[copied : self._starts[-1]])
        for extension, content in self._extensions:
            if extension == b"TREE":
                content = forget_trees(content, new)
            body += (extension, len(content).to_bytes(4, "big"), content)
        whole = b"".join((self._data[:8], count.to_bytes(4, "big"), *body))
        checked = self._data[-_HASH:] != _NO_HASH
        return whole + (sha1_of(whole) if checked else _NO_HASH)

    def _find(self, name: bytes) -> int:
        return bisect_left(self._names, name)

    def _has(self, name: bytes) -> bool:
        at = self._find(name)
        return at < len(self._names) and self._names[at] == name

    def _see_to_conflicts(self, raw: bytes) -> None:
        """Leave to Git what it would have to judge: marks somebody set, a file where we need a folder."""
        at = self._find(raw)
        if self._has(raw) and self._data[self._starts[at] + 60] & (_EXTENDED | _ASSUMED):
            raise _Unusual
        after = self._find(raw + b"/")
        if after < len(self._names) and self._names[after].startswith(raw + b"/"):
            raise _Unusual
        folder = raw
        while folder := folder.rpartition(b"/")[0]:
            if self._has(folder) or self._has(folder + b"/"):
                raise _Unusual

    def _smudged(self, repo: Repository, new: Mapping[bytes, bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Entries whose file may have been edited unnoticed, in the second this index was written, and was: with a
        newer index nothing would tell, so they get a size their file never has, and whoever looks must look into it."""
        young = [number for number in self._young if self._names[number] not in new]
        if len(young) > _MANY or (young and os.name == "nt"):
            raise _Unusual
        root = os.fsencode(repo.root)
        for number in young:
            name, start = self._names[number], self._starts[number]
            if self._data[start + 26] & 0xF0 != 0x80:
                raise _Unusual
            try:
                with open(root + b"/" + name, "rb") as file:
                    now = blob_id(file.read())
            except OSError:
                continue  # gone: that is seen without us
            if now != self._data[start + 40 : start + 60].hex():
                yield start + 36, start + 40, bytes(4)


def _entry(repo: Repository, file: Taken) -> bytes:
    found = os.lstat(file.place)
    executable = bool(found.st_mode & stat.S_IXUSR) and repo.local_config("core.filemode") != "false"
    mode = 0o100755 if executable else 0o100644
    if not stat.S_ISREG(found.st_mode) or f"{mode:o}" != file.mode or b"\0" in file.raw or not file.raw:
        raise _Unusual
    stats = (
        found.st_ctime_ns // 1_000_000_000, found.st_ctime_ns % 1_000_000_000,
        found.st_mtime_ns // 1_000_000_000, found.st_mtime_ns % 1_000_000_000,
        found.st_dev, found.st_ino, mode, found.st_uid, found.st_gid, found.st_size,
    )  # fmt: skip
    head = b"".join((one & 0xFFFFFFFF).to_bytes(4, "big") for one in stats)
    flags = min(len(file.raw), 0xFFF).to_bytes(2, "big")
    entry = head + bytes.fromhex(file.blob) + flags + file.raw
    return entry + bytes(8 - len(entry) % 8)


def forget_trees(content: bytes, paths: Iterable[bytes]) -> bytes:
    """The remembered trees without those of the folders on the way to ``paths``."""
    above: set[bytes] = {b""}
    for path in paths:
        while path := path.rpartition(b"/")[0]:
            above.add(path)
    if not content:
        return content
    out: list[bytes] = []
    copied = at = 0
    open_: list[tuple[bytes, int]] = [(b"", 1)]  # folders we are in, and how many of each are still to come
    while open_:
        folder, left = open_.pop()
        if not left:
            continue
        open_.append((folder, left - 1))
        nul = content.index(b"\0", at)
        line = content.index(b"\n", nul)
        count, _, below = content[nul + 1 : line].partition(b" ")
        name = content[at:nul]
        path = folder + b"/" + name if folder else name
        valid = not count.startswith(b"-")
        if valid and path in above:
            out += (content[copied : nul + 1], b"-1 ", below, b"\n")
            copied = line + 1 + _HASH
        at = line + 1 + (_HASH if valid else 0)
        open_.append((path, int(below)))
    return b"".join((*out, content[copied:]))
