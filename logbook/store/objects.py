"""Git's own formats in memory and on disk: object ids, trees, commits, loose objects."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from typing import NamedTuple

from logbook.core.patterns import lazily
from logbook.core.value import frozen

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ZERO = "0" * 40
FILE = "100644"
TREE = "40000"

_AT_A_TIME = 8  # files flushed together
_BINARY = getattr(os, "O_BINARY", 0)
# Characters Git itself would strip or refuse in a name or an address.
_UNSAFE = lazily(r"[\x00-\x1f\x7f<>]+")
_CRUD = " .,:;\"\\'"


def is_oid(text: str) -> bool:
    """Whether ``text`` is a full object id, 40 lower-case hexadecimal digits."""
    return len(text) == 40 and not text.strip("0123456789abcdef")


@cache
def _sha1() -> Callable[[bytes], Any]:
    """SHA-1; late, for a reading command never hashes, and not OpenSSL's, which takes 4 ms to load."""
    try:
        made: Callable[[bytes], Any] = import_module("_sha1").sha1
    except ImportError:
        from hashlib import sha1 as made
    return made


def object_id(kind: str, data: bytes) -> str:
    """The id Git gives ``data`` stored as ``kind`` (blob, tree, commit, tag)."""
    return str(_sha1()(b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest())


def sha1_of(data: bytes) -> bytes:
    """The SHA-1 of ``data``."""
    return bytes(_sha1()(data).digest())


def blob_id(data: bytes) -> str:
    """The id of a file with these bytes."""
    return object_id("blob", data)


class Entry(NamedTuple):
    """One line of a tree. ``mode`` is Git's octal text, ``40000`` for a folder."""

    mode: str
    name: str
    oid: str

    @property
    def is_tree(self) -> bool:
        return self.mode == TREE


def parse_tree(data: bytes) -> list[Entry]:
    """The entries of a tree object, in Git's order."""
    entries = []
    at, end = 0, len(data)
    while at < end:
        space = data.index(b" ", at)
        nul = data.index(b"\0", space)
        name = data[space + 1 : nul].decode("utf-8", "surrogateescape")
        entries.append(Entry(data[at:space].decode("ascii"), name, data[nul + 1 : nul + 21].hex()))
        at = nul + 21
    return entries


def build_tree(entries: Iterable[Entry]) -> bytes:
    """The bytes of a tree object: folders sort as if their names ended in a slash."""
    rows = []
    for mode, name, oid in entries:
        raw = name.encode("utf-8", "surrogateescape")
        key = raw + b"/" if mode == TREE else raw
        rows.append((key, b"%s %s\0%s" % (mode.encode("ascii"), raw, bytes.fromhex(oid))))
    rows.sort()
    return b"".join(row for _, row in rows)


@frozen
class Stamp:
    """Who and when, as a commit says it."""

    name: str
    email: str
    when: datetime


@frozen
class CommitObject:
    """A commit as read. ``headers`` holds what else stood there (``gpgsig``, ``encoding`` …)."""

    tree: str
    parents: tuple[str, ...]
    author: Stamp
    committer: Stamp
    headers: Mapping[str, str]
    message: str


def clean_name(text: str) -> str:
    """A name or address Git accepts: no line breaks, control characters, ``<`` or ``>``."""
    return " ".join(_UNSAFE.sub(" ", text).split()).strip(_CRUD)


def stamp_line(person: tuple[str, str], when: datetime) -> bytes:
    """``name <address> seconds +hhmm``, the way commits and reflogs write a person.

    ``when`` must know its offset.
    """
    offset = when.utcoffset()
    if offset is None:
        raise ValueError("a commit time needs an offset")
    name, email = clean_name(person[0]), clean_name(person[1]).replace(" ", "")
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    zone = f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    return f"{name or email or 'unknown'} <{email}> {int(when.timestamp())} {zone}".encode()


def build_commit(
    tree: str,
    parents: Iterable[str],
    author: bytes,
    committer: bytes,
    message: str,
    *,
    signature: bytes = b"",
) -> bytes:
    """The bytes of a commit object; ``author`` and ``committer`` come from :func:`stamp_line`."""
    lines = [b"tree " + tree.encode()]
    lines += [b"parent " + parent.encode() for parent in parents]
    lines += [b"author " + author, b"committer " + committer]
    if signature:
        lines.append(b"gpgsig " + signature.strip().replace(b"\n", b"\n "))
    text = message.replace("\0", "").rstrip("\n") + "\n"
    return b"\n".join(lines) + b"\n\n" + text.encode("utf-8")


def parse_commit(data: bytes) -> CommitObject:
    """A commit object's parts. Raises ``ValueError`` where it is no commit."""
    head, _, body = data.partition(b"\n\n")
    headers: dict[str, str] = {}
    parents: list[str] = []
    name = ""
    for line in head.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith(" ") and name:
            headers[name] += "\n" + line[1:]
            continue
        name, _, value = line.partition(" ")
        if name == "parent":
            parents.append(value)
        else:
            headers[name] = value
    try:
        return CommitObject(
            tree=headers.pop("tree"),
            parents=tuple(parents),
            author=parse_stamp(headers.pop("author")),
            committer=parse_stamp(headers.pop("committer")),
            headers=headers,
            message=body.decode("utf-8", "replace"),
        )
    except KeyError as missing:
        raise ValueError(f"no commit: {missing} is missing") from None


def parse_stamp(line: str) -> Stamp:
    """The reverse of :func:`stamp_line`."""
    who, _, date = line.rpartition("> ")
    name, _, email = who.partition("<")
    seconds, _, zone = date.partition(" ")
    return Stamp(name.rstrip(" "), email, moment(seconds, zone))


def moment(seconds: str, zone: str) -> datetime:
    """Git's ``1700000000`` and ``+0800`` as a time with offset."""
    minutes = int(zone[1:3] or 0) * 60 + int(zone[3:5] or 0)
    offset = timedelta(minutes=-minutes if zone.startswith("-") else minutes)
    return datetime.fromtimestamp(int(seconds), timezone(offset))


def flush(fd: int) -> None:
    """Put what was written to ``fd`` on the disk itself."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # plain fsync stops at the drive's cache there
    else:
        os.fsync(fd)


def flush_folder(folder: str | bytes | Path) -> None:
    """Make renames within ``folder`` durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        flush(fd)
    except OSError:
        pass  # some network file systems cannot; the data itself is safe
    finally:
        os.close(fd)


def flush_all(fds: Sequence[int], *, strictly: bool = True) -> None:
    """Flush several files at once: what the file system commits for one of them it commits for all, and the disk
    is waited for once or twice instead of seven times. OSError of the first that fails, if ``strictly``."""
    failed: list[BaseException] = []

    def some(mine: Sequence[int]) -> None:
        for fd in mine:
            try:
                flush(fd)
            except BaseException as error:
                failed.append(error)

    waiting = [fds[n::_AT_A_TIME] for n in range(min(len(fds), _AT_A_TIME))]
    if len(waiting) > 1:
        from threading import Thread

        threads = []
        try:
            while len(waiting) > 1:
                thread = Thread(target=some, args=(waiting[-1],), daemon=True)
                thread.start()
                threads.append(thread)
                waiting.pop()
        except RuntimeError:  # no more threads: the rest one after the other
            pass
        for rest in waiting:
            some(rest)
        for thread in threads:
            thread.join()
    else:
        for rest in waiting:
            some(rest)
    for error in failed:
        if strictly or not isinstance(error, OSError):
            raise error


def flush_folders(folders: Collection[str]) -> None:
    """:func:`flush_folder` for several at once."""
    if os.name == "nt":
        return
    fds: list[int] = []
    try:
        for folder in folders:
            fds.append(os.open(folder, os.O_RDONLY))
        flush_all(fds, strictly=False)  # some network file systems cannot; the data itself is safe
    finally:
        for fd in fds:
            os.close(fd)


def read_loose(objects: str, oid: str) -> tuple[str, bytes] | None:
    """Kind and bytes of a loose object, or ``None`` where there is no such file or it is damaged."""
    try:
        with open(f"{objects}/{oid[:2]}/{oid[2:]}", "rb") as file:
            raw = zlib.decompress(file.read())
    except (OSError, zlib.error):
        return None
    head, nul, data = raw.partition(b"\0")
    kind, _, size = head.decode("ascii", "replace").partition(" ")
    return (kind, data) if nul and size == str(len(data)) else None


def write_new(path: str | bytes | Path, data: bytes, *, mode: int = 0o666) -> int:
    """Make the file ``path``, which must not exist, and give back its open descriptor, not yet flushed."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
    except BaseException:
        os.close(fd)
        os.unlink(path)
        raise
    return fd


def write_loose(objects: str, wanted: Mapping[str, tuple[str, bytes]], also: Iterable[int] = ()) -> None:
    """Store objects (id -> kind, bytes) durably: all written, then all flushed, then all named.

    ``also`` are descriptors of other files to flush in the same sweep; they stay open.
    """
    new: list[tuple[int, str, str]] = []
    try:
        for oid, (kind, data) in wanted.items():
            final = f"{objects}/{oid[:2]}/{oid[2:]}"
            if os.path.exists(final):
                if read_loose(objects, oid) == (kind, data):
                    continue
                _drop_damaged(final)
            draft = f"{objects}/{oid[:2]}/tmp_obj_{os.urandom(6).hex()}"
            packed = zlib.compress(b"%s %d\0%s" % (kind.encode(), len(data), data), 1)
            try:
                fd = write_new(draft, packed, mode=0o444)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(draft), exist_ok=True)
                fd = write_new(draft, packed, mode=0o444)
            new.append((fd, draft, final))
        flush_all([*also, *(fd for fd, _, _ in new)])
    except BaseException:
        for fd, draft, _ in new:
            os.close(fd)
            os.unlink(draft)
        raise
    for fd, _, _ in new:
        os.close(fd)
    for _, draft, final in new:
        os.replace(draft, final)
    flush_folders({os.path.dirname(final) for _, _, final in new})


def _drop_damaged(path: str) -> None:
    """Make way for a good copy; Windows will not replace a read-only file."""
    if os.name == "nt":
        os.chmod(path, 0o666)
    os.unlink(path)
